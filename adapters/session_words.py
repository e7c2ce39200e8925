"""Stored sessions in words, for a list and for a closer look. Reads what the store gives; opens nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from adapters.stores.port import LedgerEntry, SessionSummary, StoredSession
from adapters.tables import table

LONGEST_VALUE = 60
_ITEM = re.compile(r"\[[^\]]*\]")
"""Whom a step is run for; a list does not need that."""


def list_of(sessions: Sequence[SessionSummary]) -> str:
    """One line a session, the last touched first, in columns."""
    if not sessions:
        return "There are no sessions. `unstuck chat` begins one."
    return table(
        ("session", "flow", "by", "last touched", "waits for"),
        [
            (
                each.session,
                each.flow,
                each.actor,
                each.updated_at,
                "damaged" if each.damaged else _ITEM.sub("[…]", each.waiting),
            )
            for each in sessions
        ],
    )


def details_of(
    session: StoredSession, events: Iterable[tuple[int, bytes]], ledger: Iterable[LedgerEntry]
) -> str:
    """What happened in a session, in order, and the calls it made."""
    lines = [
        f"session {session.session} in {session.flow} (version {session.version[:12]})",
        f"by {session.actor} as {session.audience}, begun {session.started_at}, touched {session.updated_at}",
        f"waits for {session.waiting}",
        "",
        *(f"{number:>4}  {_event(data)}" for number, data in events),
    ]
    calls = [f"  {one.at}  {one.action}  {one.status}  {one.key}" for one in ledger]
    return "\n".join([*lines, "", "calls:", *calls] if calls else lines)


def _event(data: bytes) -> str:
    """One stored event in a line: when, what, and what was said."""
    try:
        event = json.loads(data)
    except ValueError:
        return "(cannot be read)"
    if not isinstance(event, Mapping):
        return "(cannot be read)"
    told = [f"{key} {_short(event[key])}" for key in _TOLD if event.get(key) not in (None, "")]
    return "  ".join((str(event.get("at", "")), str(event.get("type", "")), *told))


_TOLD = ("flow", "prompt", "value", "text", "key", "failure", "message")


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
