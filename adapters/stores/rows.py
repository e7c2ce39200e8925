"""Rows of the SQLite store to values and back, with their MACs; what does not add up is `Damaged`.

The one place where what a session holds becomes columns, and columns become it again. Rows are read as
`object`s: a damaged file can hold a number where the table says text.

How rows hang together: a row's MAC covers its session, its number and all its columns. The head of a session
holds the MAC of its state, and for events, ledger and replies a `Chain`: how many there are and one MAC over
all of theirs. So no row can be changed, swapped, dropped or put back unseen while the head stands. What the
head itself cannot know is in `totals` and `mark_file`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import msgspec

from adapters.stores.port import LedgerEntry, LedgerStatus, SessionSummary, StoredReply, StoredSession
from adapters.stores.seal import Chain, Seal

Row: TypeAlias = Sequence[object]
Values: TypeAlias = tuple[str | int | bytes, ...]


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


# -- heads ------------------------------------------------------------------------------------------


class Head(msgspec.Struct, frozen=True):
    """A row of `sessions` without the state itself. `touched` orders all sessions of the store by their
    last commit, whatever the clock did; the chains are of the rows that belong to it."""

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
    events: Chain
    entries: Chain
    replies: Chain
    state_mac: bytes

    def values(self) -> Values:
        """The columns in the order of `HEAD_COLUMNS`, all but the MAC."""
        return (
            *(self.session, self.flow, self.version, self.actor, self.audience),
            *(self.started_at, self.updated_at, self.revision, self.seq, self.waiting, self.touched),
            *(*self.events, *self.entries, *self.replies, self.state_mac),
        )

    def mac(self, seal: Seal) -> bytes:
        """The MAC over all of it."""
        return seal.of("session", *self.values())


HEAD_COLUMNS = (
    "session, flow, version, actor, audience, started_at, updated_at, revision, seq, waiting, touched,"
    " events, events_mac, entries, entries_mac, replies, replies_mac, state_mac, mac"
)
STATE_AT = HEAD_COLUMNS.count(",") + 1
"""Where the state is in a row of `HEAD_COLUMNS, state`."""


def state_mac(seal: Seal, session: str, revision: int, state: bytes) -> bytes:
    """The MAC of a state; bound to its session and revision."""
    return seal.of("state", session, revision, state)


def head_of(seal: Seal, row: Row) -> Head:
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
        events=Chain(number(row[11]), blob(row[12])),
        entries=Chain(number(row[13]), blob(row[14])),
        replies=Chain(number(row[15]), blob(row[16])),
        state_mac=blob(row[17]),
    )
    _unless_damaged(row[18], head.mac(seal))
    return head


def summary_of(seal: Seal, row: Row) -> SessionSummary:
    """The summary of a row of `HEAD_COLUMNS`; a damaged row is shown as far as it can be read."""
    try:
        head = head_of(seal, row)
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


def session_of(seal: Seal, row: Row) -> StoredSession:
    """The session in a row of `HEAD_COLUMNS, state`. Raises Damaged."""
    head = head_of(seal, row)
    state = blob(row[STATE_AT])
    _unless_damaged(head.state_mac, state_mac(seal, head.session, head.revision, state))
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


# -- events -----------------------------------------------------------------------------------------

EVENT_COLUMNS = "session, number, body, mac"


def event_row(seal: Seal, session: str, position: int, body: bytes) -> tuple[str, int, bytes, bytes]:
    """A row of `EVENT_COLUMNS`."""
    return session, position, body, seal.of("event", session, position, body)


def events_of(seal: Seal, head: Head, rows: Sequence[Row]) -> tuple[tuple[int, bytes], ...]:
    """The events in all rows of the session, in order. Raises Damaged, also if one is missing."""
    found = []
    for row in rows:
        position, body = number(row[1]), blob(row[2])
        _unless_damaged(row[3], event_row(seal, head.session, position, body)[3])
        found.append((position, body))
    _unless_chained(seal, head.events, rows, 3)
    return tuple(found)


def _unless_chained(seal: Seal, wanted: Chain, rows: Sequence[Row], mac_at: int) -> None:
    """Rows whose MACs were found good, which must be all there are, in their order."""
    if Chain().followed_by(seal, (blob(row[mac_at]) for row in rows)) != wanted:
        raise Damaged


# -- the ledger -------------------------------------------------------------------------------------

LEDGER_COLUMNS = "session, number, key, action, subject, step, status, args, result, at, mac"

_STATUSES: Mapping[str, LedgerStatus] = {
    "planned": "planned",
    "sent": "sent",
    "confirmed": "confirmed",
    "rejected": "rejected",
    "unknown": "unknown",
    "reconciled": "reconciled",
}


def ledger_row(seal: Seal, session: str, position: int, entry: LedgerEntry) -> tuple[Values, bytes]:
    """A row of `LEDGER_COLUMNS`: all but the MAC, and the MAC."""
    values = (
        *(session, position, entry.key, entry.action, entry.subject, entry.step),
        *(entry.status, entry.args, entry.result, entry.at),
    )
    return values, seal.of("ledger", *values)


def entry_of(seal: Seal, row: Row) -> LedgerEntry:
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
    _unless_damaged(row[10], ledger_row(seal, text(row[0]), number(row[1]), entry)[1])
    return entry


def ledger_of(seal: Seal, head: Head, rows: Sequence[Row]) -> tuple[LedgerEntry, ...]:
    """Each call as it stands, from all rows of the session in order. Raises Damaged, also if a row is
    missing."""
    standing: dict[str, LedgerEntry] = {}
    for row in rows:
        entry = entry_of(seal, row)
        standing[entry.key] = entry
    _unless_chained(seal, head.entries, rows, 10)
    return tuple(standing.values())


# -- replies ----------------------------------------------------------------------------------------

REPLY_COLUMNS = "session, number, request_key, body_digest, reply, mac"


def reply_row(seal: Seal, session: str, position: int, reply: StoredReply) -> tuple[Values, bytes]:
    """A row of `REPLY_COLUMNS`: all but the MAC, and the MAC."""
    values = (session, position, *reply)
    return values, seal.of("reply", *values)


def reply_of(seal: Seal, row: Row) -> StoredReply:
    """The reply in a row of `REPLY_COLUMNS`. Raises Damaged."""
    reply = StoredReply(text(row[2]), text(row[3]), blob(row[4]))
    _unless_damaged(row[5], reply_row(seal, text(row[0]), number(row[1]), reply)[1])
    return reply


def check_replies(seal: Seal, head: Head, rows: Sequence[Row]) -> None:
    """Raise Damaged unless these are all replies of the session, in order, as they were written."""
    for row in rows:
        reply_of(seal, row)
    _unless_chained(seal, head.replies, rows, 5)


# -- versions ---------------------------------------------------------------------------------------


def version_mac(seal: Seal, version: str, sources: Mapping[str, str]) -> bytes:
    """The MAC of all files of a version, whatever their order."""
    parts = [part for path in sorted(sources) for part in (path, sources[path])]
    return seal.of("version", version, *parts)


def sources_of(seal: Seal, version: str, given: object, rows: Sequence[Row]) -> Mapping[str, str]:
    """The files in rows of `path, source`, which must add up to the MAC `given`. Raises Damaged."""
    sources = {text(row[0]): text(row[1]) for row in rows}
    _unless_damaged(given, version_mac(seal, version, sources))
    return sources
