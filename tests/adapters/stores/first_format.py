"""Writes a session store in its first format, as the release before wrote it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from adapters.stores.first_format import checksum
from adapters.stores.port import LedgerEntry, StoredReply
from adapters.stores.schema import APPLICATION_ID, MIGRATIONS
from tests.adapters.stores.contract import FILES, entry

CALLS = (entry("k", "planned"), entry("k", "sent"), entry("k", "confirmed", result=b"done"))
EVENTS = (b"started", b"two" * 40, b"three")
REPLIES = (StoredReply("b", "d1", b"reply b"), StoredReply("a", "d2", b"reply a"))


def write_first_format(path: Path, sessions: int = 3) -> None:
    """A store with so many sessions, `session-0` and on, the last one touched last."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("BEGIN")
        for statement in MIGRATIONS[0].statements:
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute("PRAGMA user_version = 1")
        parts = [part for name in sorted(FILES) for part in (name, FILES[name])]
        db.execute("INSERT INTO versions VALUES ('v1', ?)", (checksum("version", "v1", *parts),))
        db.executemany("INSERT INTO version_files VALUES ('v1', ?, ?)", FILES.items())
        for number in range(sessions):
            _write_session(db, f"session-{number}", 3 * number + 3)
        db.execute("COMMIT")


def _write_session(db: sqlite3.Connection, session: str, touched: int) -> None:
    state = session.encode() * 40
    head = (
        *(session, "email", "v1", "kim", "agent", "2026-11-23T09:30:00Z", "2026-11-23T09:31:00Z", 3, 2),
        *("email/junk", touched, len(EVENTS), len(CALLS), checksum("state", session, 3, state)),
    )
    values = (*head, checksum("session", *head), state)
    db.execute(f"INSERT INTO sessions VALUES ({', '.join('?' * len(values))})", values)
    for number, body in enumerate(EVENTS, 1):
        row = (session, number, body)
        db.execute("INSERT INTO events VALUES (?, ?, ?, ?)", (*row, checksum("event", *row)))
    for number, call in enumerate(CALLS, 1):
        values = (session, number, *_columns(call))
        marks = ", ".join("?" * (len(values) + 1))
        db.execute(f"INSERT INTO ledger VALUES ({marks})", (*values, checksum("ledger", *values)))
    for reply in REPLIES:
        sum_of = checksum("reply", session, *reply)
        db.execute("INSERT INTO replies VALUES (?, ?, ?, ?, ?)", (session, *reply, sum_of))


def _columns(call: LedgerEntry) -> tuple[str | bytes, ...]:
    return (call.key, call.action, call.subject, call.step, call.status, call.args, call.result, call.at)
