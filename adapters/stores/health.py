"""Looks a whole store over: its structure, every row, and what no session knows of itself."""

from __future__ import annotations

import sqlite3

import msgspec

from adapters.stores.rows import (
    EVENT_COLUMNS,
    HEAD_COLUMNS,
    LEDGER_COLUMNS,
    REPLY_COLUMNS,
    Damaged,
    Head,
    check_replies,
    events_of,
    head_of,
    ledger_of,
    session_of,
    sources_of,
    text,
)
from adapters.stores.seal import Seal
from adapters.stores.totals import Totals, read_totals

_TROUBLE = (Damaged, sqlite3.DatabaseError, UnicodeDecodeError)


class Health(msgspec.Struct, frozen=True):
    """What was found. `sound` is the structure of the file, `damaged` names sessions, `versions` the versions
    of flows that are damaged. `complete` is False if a session was taken out, or put back to what it was
    earlier, or if damage leaves that open."""

    sessions: int
    sound: bool
    damaged: tuple[str, ...]
    versions: tuple[str, ...]
    complete: bool

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return self.sound and self.complete and not self.damaged and not self.versions


def examine(db: sqlite3.Connection, seal: Seal) -> Health:
    """Read everything, inside one transaction. What cannot be read is damaged; nothing is raised for it."""
    heads: list[Head] = []
    damaged: list[str] = []
    sound = _is_sound(db)
    try:
        names = [str(row[0]) for row in db.execute("SELECT session FROM sessions ORDER BY touched DESC")]
    except _TROUBLE:
        names, sound = [], False
    for name in names:
        try:
            heads.append(_whole_session(db, seal, name))
        except _TROUBLE:
            damaged.append(name)
    return Health(
        len(names), sound, tuple(damaged), _damaged_versions(db, seal), _is_complete(db, seal, heads)
    )


def _is_sound(db: sqlite3.Connection) -> bool:
    """What SQLite says of the structure of the file."""
    try:
        return db.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]
    except _TROUBLE:
        return False


def _whole_session(db: sqlite3.Connection, seal: Seal, session: str) -> Head:
    """The head of a session of which every row is as it was written. Raises Damaged."""

    def rows(query: str) -> list[tuple[object, ...]]:
        return db.execute(f"{query} WHERE session = ? ORDER BY number", (session,)).fetchall()

    row = db.execute(f"SELECT {HEAD_COLUMNS}, state FROM sessions WHERE session = ?", (session,)).fetchone()
    if row is None:
        raise Damaged
    head = head_of(seal, row)
    session_of(seal, row)
    events_of(seal, head, rows(f"SELECT {EVENT_COLUMNS} FROM events"))
    ledger_of(seal, head, rows(f"SELECT {LEDGER_COLUMNS} FROM ledger"))
    check_replies(seal, head, rows(f"SELECT {REPLY_COLUMNS} FROM replies"))
    return head


def _damaged_versions(db: sqlite3.Connection, seal: Seal) -> tuple[str, ...]:
    damaged = []
    try:
        versions = db.execute("SELECT version, mac FROM versions").fetchall()
    except _TROUBLE:
        return ("all of them",)
    for version, mac in versions:
        query = "SELECT path, source FROM version_files WHERE version = ?"
        try:
            sources_of(seal, text(version), mac, db.execute(query, (version,)).fetchall())
        except _TROUBLE:
            damaged.append(str(version))
    return tuple(damaged)


def _is_complete(db: sqlite3.Connection, seal: Seal, heads: list[Head]) -> bool:
    try:
        kept = read_totals(db, seal)
    except _TROUBLE:
        return False
    found = Totals()
    for head in heads:
        found = found.counted(seal, None, head)
    return (found.sessions, found.tally) == (kept.sessions, kept.tally)
