"""How a call may go: the table of ledger transitions, and the check of one entry against it.

Knows nothing of where the ledger is kept.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapters.stores.port import LedgerEntry, LedgerStatus, WrongTransition

NEXT: Mapping[LedgerStatus | None, frozenset[LedgerStatus]] = {
    None: frozenset({"planned"}),
    "planned": frozenset({"sent", "rejected"}),
    "sent": frozenset({"confirmed", "rejected", "unknown"}),
    "unknown": frozenset({"reconciled"}),
    "confirmed": frozenset(),
    "rejected": frozenset(),
    "reconciled": frozenset(),
}


def check_transition(before: LedgerEntry | None, after: LedgerEntry) -> None:
    """Raise WrongTransition unless `after` may be recorded now; `before` is how the call stands."""
    had = before.status if before else None
    if after.status not in NEXT[had]:
        raise WrongTransition(after.key, had, after.status)
    if before and _what(before) != _what(after):
        raise WrongTransition(after.key, had, after.status, "it is recorded as a different call")


def _what(entry: LedgerEntry) -> tuple[str, str, str, bytes]:
    return entry.action, entry.subject, entry.step, entry.args
