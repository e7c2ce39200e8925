"""Rows of the SQLite store to values and back, with their checksums; what does not add up is `Damaged`.

Rows are read as `object`s: a damaged file can hold a number where the table says text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec

from adapters.stores.checksum import checksum
from adapters.stores.port import LedgerEntry, LedgerStatus, SessionSummary, StoredReply, StoredSession

Row: TypeAlias = Sequence[object]


class Damaged(Exception):
    """A row is not what was written."""


def text(value: object) -> str:
    """`value`, which must be text."""
    if isinstance(value, str):
        return value
    raise Damaged


def number(value: object) -> int:
    """`value`, which must be a whole number."""
    if isinstance(value, int):
        return value
    raise Damaged


def blob(value: object) -> bytes:
    """`value`, which must be bytes."""
    if isinstance(value, bytes):
        return value
    raise Damaged


def _unless_damaged(given: object, wanted: bytes) -> None:
    if given != wanted:
        raise Damaged


class Head(msgspec.Struct, frozen=True):
    """A row of `sessions` without the state itself. `touched` orders all sessions of the store by their
    last commit, whatever the clock did; `events` and `entries` count the rows that belong to it."""

    session: str
    flow: str
    version: str
    actor: str
    audience: str
    started_at: str
    updated_at: str
    revision: int
    seq: int
    waiting: str
    touched: int
    events: int
    entries: int
    state_sum: bytes

    def row(self) -> tuple[str | int | bytes, ...]:
        """The columns in the order of `HEAD_COLUMNS`."""
        values = (
            *(self.session, self.flow, self.version, self.actor, self.audience),
            *(self.started_at, self.updated_at, self.revision, self.seq, self.waiting),
            *(self.touched, self.events, self.entries, self.state_sum),
        )
        return (*values, checksum("session", *values))


HEAD_COLUMNS = (
    "session, flow, version, actor, audience, started_at, updated_at, revision, seq, waiting, touched,"
    " events, entries, state_sum, checksum"
)


def state_sum(session: str, revision: int, state: bytes) -> bytes:
    """The checksum of a state; bound to its session and revision."""
    return checksum("state", session, revision, state)


def head_of(row: Row) -> Head:
    """The head in a row of `HEAD_COLUMNS`. Raises Damaged."""
    head = Head(
        session=text(row[0]),
        flow=text(row[1]),
        version=text(row[2]),
        actor=text(row[3]),
        audience=text(row[4]),
        started_at=text(row[5]),
        updated_at=text(row[6]),
        revision=number(row[7]),
        seq=number(row[8]),
        waiting=text(row[9]),
        touched=number(row[10]),
        events=number(row[11]),
        entries=number(row[12]),
        state_sum=blob(row[13]),
    )
    _unless_damaged(row[14], blob(head.row()[-1]))
    return head


def summary_of(row: Row) -> SessionSummary:
    """The summary of a row of `HEAD_COLUMNS`; a damaged row is shown as far as it can be read."""
    try:
        head = head_of(row)
    except Damaged:
        session, flow, version, actor, audience, started_at, updated_at = map(str, row[:7])
        return SessionSummary(
            *(session, flow, version, actor, audience, started_at, updated_at),
            *(0, 0, str(row[9])),
            damaged=True,
        )
    return SessionSummary(
        head.session,
        head.flow,
        head.version,
        head.actor,
        head.audience,
        head.started_at,
        head.updated_at,
        head.revision,
        head.seq,
        head.waiting,
    )


def session_of(row: Row) -> StoredSession:
    """The session in a row of `HEAD_COLUMNS, state`. Raises Damaged."""
    head = head_of(row)
    state = blob(row[15])
    _unless_damaged(head.state_sum, state_sum(head.session, head.revision, state))
    return StoredSession(
        head.session,
        head.flow,
        head.version,
        head.actor,
        head.audience,
        head.started_at,
        head.updated_at,
        head.revision,
        head.seq,
        head.waiting,
        state,
    )


def event_row(session: str, position: int, body: bytes) -> tuple[str, int, bytes, bytes]:
    """A row of `events`."""
    return session, position, body, checksum("event", session, position, body)


def events_of(head: Head, rows: Sequence[Row]) -> tuple[tuple[int, bytes], ...]:
    """The events in rows of `number, body, checksum`, in order. Raises Damaged, also if one is missing."""
    if len(rows) != head.events:
        raise Damaged
    found = []
    for position, row in enumerate(rows, start=1):
        body = blob(row[1])
        if event_row(head.session, number(row[0]), body) != (head.session, position, body, row[2]):
            raise Damaged
        found.append((position, body))
    return tuple(found)


LEDGER_COLUMNS = "session, number, key, action, subject, step, status, args, result, at, checksum"

_STATUSES: Mapping[str, LedgerStatus] = {
    "planned": "planned",
    "sent": "sent",
    "confirmed": "confirmed",
    "rejected": "rejected",
    "unknown": "unknown",
    "reconciled": "reconciled",
}


def ledger_row(session: str, position: int, entry: LedgerEntry) -> tuple[str | int | bytes, ...]:
    """A row of `LEDGER_COLUMNS`."""
    values = (
        *(session, position, entry.key, entry.action, entry.subject, entry.step),
        *(entry.status, entry.args, entry.result, entry.at),
    )
    return (*values, checksum("ledger", *values))


def entry_of(row: Row) -> LedgerEntry:
    """The entry in a row of `LEDGER_COLUMNS`. Raises Damaged."""
    status = _STATUSES.get(text(row[6]))
    if status is None:
        raise Damaged
    entry = LedgerEntry(
        key=text(row[2]),
        action=text(row[3]),
        subject=text(row[4]),
        step=text(row[5]),
        status=status,
        args=blob(row[7]),
        result=blob(row[8]),
        at=text(row[9]),
    )
    _unless_damaged(row[10], blob(ledger_row(text(row[0]), number(row[1]), entry)[-1]))
    return entry


def ledger_of(head: Head, rows: Sequence[Row]) -> tuple[LedgerEntry, ...]:
    """Each call as it stands, from all its rows in order. Raises Damaged, also if a row is missing."""
    if [row[1] for row in rows] != list(range(1, head.entries + 1)):
        raise Damaged
    standing: dict[str, LedgerEntry] = {}
    for row in rows:
        entry = entry_of(row)
        standing[entry.key] = entry
    return tuple(standing.values())


def reply_row(session: str, reply: StoredReply) -> tuple[str | bytes, ...]:
    """A row of `replies`."""
    return (session, *reply, checksum("reply", session, *reply))


def reply_of(session: str, row: Row) -> StoredReply:
    """The reply in a row of `request_key, body_digest, reply, checksum`. Raises Damaged."""
    reply = StoredReply(text(row[0]), text(row[1]), blob(row[2]))
    _unless_damaged(row[3], blob(reply_row(session, reply)[-1]))
    return reply


def version_sum(version: str, sources: Mapping[str, str]) -> bytes:
    """The checksum of all files of a version, whatever their order."""
    parts = [part for path in sorted(sources) for part in (path, sources[path])]
    return checksum("version", version, *parts)


def sources_of(version: str, given: object, rows: Sequence[Row]) -> Mapping[str, str]:
    """The files in rows of `path, source`, which must add up to the sum `given`. Raises Damaged."""
    sources = {text(row[0]): text(row[1]) for row in rows}
    _unless_damaged(given, version_sum(version, sources))
    return sources
