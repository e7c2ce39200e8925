"""The table of ledger transitions itself."""

from __future__ import annotations

from typing import get_args

import pytest

from adapters.stores.ledger_rules import NEXT, check_transition
from adapters.stores.port import LedgerEntry, LedgerStatus, WrongTransition

ALLOWED = {
    (None, "planned"),
    ("planned", "sent"),
    ("planned", "rejected"),
    ("sent", "confirmed"),
    ("sent", "rejected"),
    ("sent", "unknown"),
    ("unknown", "reconciled"),
}
STATUSES: tuple[LedgerStatus, ...] = get_args(LedgerStatus)


def entry(status: LedgerStatus) -> LedgerEntry:
    return LedgerEntry("k", "act", "s", "step", status, b"", b"", "2026-11-23T09:30:00Z")


@pytest.mark.parametrize("after", STATUSES)
@pytest.mark.parametrize("before", [None, *STATUSES])
def test_only_the_listed_transitions_pass(before: LedgerStatus | None, after: LedgerStatus) -> None:
    had = entry(before) if before else None
    if (before, after) in ALLOWED:
        check_transition(had, entry(after))
        return
    with pytest.raises(WrongTransition) as caught:
        check_transition(had, entry(after))
    assert (before or "nothing") in str(caught.value)
    assert after in str(caught.value)


def test_no_call_comes_back_to_where_it_was() -> None:
    def reachable(status: LedgerStatus) -> set[LedgerStatus]:
        return {later for step in NEXT[status] for later in (step, *reachable(step))}

    assert all(status not in reachable(status) for status in STATUSES)
