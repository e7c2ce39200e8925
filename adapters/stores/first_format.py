"""Reads the first format of the store, whose rows had checksums without a key, and seals it.

Used once for each file, by its migration. What was damaged stays damaged: it gets no MAC.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from hashlib import blake2b

from adapters.stores.rows import (
    HEAD_COLUMNS,
    Damaged,
    Head,
    Row,
    Values,
    blob,
    number,
    state_mac,
    text,
    version_mac,
)
from adapters.stores.seal import Chain, Part, Seal
from adapters.stores.totals import Totals, make_totals

_HEAD = (
    "session, flow, version, actor, audience, started_at, updated_at, revision, seq, waiting, touched,"
    " events, entries, state_mac, mac, state"
)
_EVENTS = "SELECT session, number, body, mac FROM events WHERE session = ? ORDER BY number"
_LEDGER = (
    "SELECT session, number, key, action, subject, step, status, args, result, at, mac FROM ledger"
    " WHERE session = ? ORDER BY number"
)
_REPLIES = (
    "SELECT session, request_key, body_digest, reply, checksum FROM unsealed_replies WHERE session = ?"
    " ORDER BY request_key"
)
_NO_MAC = b""
_BROKEN = Chain(-1, _NO_MAC)
"""The chain of rows that were damaged: no rows ever fit it."""


def seal_rows(db: sqlite3.Connection, seal: Seal) -> None:
    """Give every row that is intact its MAC, and the store its totals. Inside the migration."""
    for (version,) in _all(db, "SELECT version FROM versions"):
        _seal_version(db, seal, version)
    totals, last = Totals(), 0
    for (session,) in _all(db, "SELECT session FROM sessions ORDER BY touched"):
        try:
            head = _seal_session(db, seal, text(session))
        except Damaged:
            db.execute("UPDATE sessions SET mac = ? WHERE session = ?", (_NO_MAC, session))
            continue
        totals, last = totals.counted(seal, None, head), max(last, head.touched)
    make_totals(db, seal, Totals(last, totals.sessions, totals.tally))


def checksum(kind: str, *parts: Part) -> bytes:
    """The checksum that a row of this kind had in the first format."""
    digest = blake2b(digest_size=16)
    for part in (kind, *parts):
        mark, data = _as_bytes(part)
        digest.update(mark + len(data).to_bytes(8, "big") + data)
    return digest.digest()


def _as_bytes(part: Part) -> tuple[bytes, bytes]:
    if isinstance(part, str):
        return b"t", part.encode("utf-8", "surrogateescape")
    if isinstance(part, int):
        return b"n", str(part).encode()
    return b"b", part


def _seal_version(db: sqlite3.Connection, seal: Seal, version: object) -> None:
    rows = _all(db, "SELECT path, source FROM version_files WHERE version = ?", version)
    sources: Mapping[str, str] = {text(path): text(source) for path, source in rows}
    parts = [part for path in sorted(sources) for part in (path, sources[path])]
    given = _all(db, "SELECT mac FROM versions WHERE version = ?", version)[0][0]
    intact = given == checksum("version", text(version), *parts)
    mac = version_mac(seal, text(version), sources) if intact else _NO_MAC
    db.execute("UPDATE versions SET mac = ? WHERE version = ?", (mac, version))


def _seal_session(db: sqlite3.Connection, seal: Seal, session: str) -> Head:
    """Seal a session. Raises Damaged, if its head is."""
    row = _all(db, f"SELECT {_HEAD} FROM sessions WHERE session = ?", session)[0]
    if row[14] != checksum("session", *_values(row[:14])):
        raise Damaged
    revision, state = number(row[7]), blob(row[15])
    intact = row[13] == checksum("state", session, revision, state)
    head = Head(
        *(session, text(row[1]), text(row[2]), text(row[3]), text(row[4]), text(row[5]), text(row[6])),
        *(revision, number(row[8]), text(row[9]), number(row[10])),
        events=_seal_children(db, seal, "events", _all(db, _EVENTS, session), number(row[11])),
        entries=_seal_children(db, seal, "ledger", _all(db, _LEDGER, session), number(row[12])),
        replies=_seal_replies(db, seal, _all(db, _REPLIES, session)),
        state_mac=state_mac(seal, session, revision, state) if intact else _NO_MAC,
    )
    marks = ", ".join("?" * len(HEAD_COLUMNS.split(",")))
    db.execute(
        f"UPDATE sessions SET ({HEAD_COLUMNS}) = ({marks}) WHERE session = ?",
        (*head.values(), head.mac(seal), session),
    )
    return head


def _seal_children(db: sqlite3.Connection, seal: Seal, table: str, rows: Sequence[Row], count: int) -> Chain:
    kind = "event" if table == "events" else "ledger"
    macs = []
    for row in rows:
        values = _values(row[:-1])
        intact = row[-1] == checksum(kind, *values)
        macs.append(seal.of(kind, *values) if intact else _NO_MAC)
        update = f"UPDATE {table} SET mac = ? WHERE session = ? AND number = ?"
        db.execute(update, (macs[-1], values[0], values[1]))
    whole = [row[1] for row in rows] == list(range(1, count + 1)) and _NO_MAC not in macs
    return Chain().followed_by(seal, macs) if whole else _BROKEN


def _seal_replies(db: sqlite3.Connection, seal: Seal, rows: Sequence[Row]) -> Chain:
    """The first format did not number its replies; they are in the order of their request keys here."""
    macs = []
    for position, row in enumerate(rows, start=1):
        session, *rest = _values(row[:-1])
        intact = row[-1] == checksum("reply", session, *rest)
        values = (session, position, *rest)
        macs.append(seal.of("reply", *values) if intact else _NO_MAC)
        db.execute("INSERT INTO replies VALUES (?, ?, ?, ?, ?, ?)", (*values, macs[-1]))
    return _BROKEN if _NO_MAC in macs else Chain().followed_by(seal, macs)


def _values(row: Row) -> Values:
    """The columns of a row. Raises Damaged where one is none of the kinds there are."""
    found = tuple(value for value in row if isinstance(value, str | int | bytes))
    if len(found) != len(row):
        raise Damaged
    return found


def _all(db: sqlite3.Connection, query: str, *values: object) -> list[Row]:
    rows: list[Row] = db.execute(query, values).fetchall()
    return rows
