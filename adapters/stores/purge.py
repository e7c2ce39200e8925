"""Takes sessions out of a store so that nothing of them is left: not in rows, free pages or the log."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable

from adapters.stores.rows import HEAD_COLUMNS, Damaged, head_of
from adapters.stores.seal import Seal
from adapters.stores.totals import Totals
from adapters.stores.writer import Writing

_PAUSE = 0.02


def delete_sessions(writing: Writing, seal: Seal, sessions: Iterable[str]) -> None:
    """Delete all rows of these sessions."""
    # So that a kill before the file was wiped leaves little behind.
    writing.db.execute("PRAGMA secure_delete = ON")
    unaccountable = False
    for session in sessions:
        row = writing.db.execute(
            f"SELECT {HEAD_COLUMNS} FROM sessions WHERE session = ?", (session,)
        ).fetchone()
        if row is None:
            continue
        try:
            writing.totals = writing.totals.counted(seal, head_of(seal, row), None)
        except Damaged:
            unaccountable = True
        for table in ("events", "ledger", "replies", "sessions"):
            writing.db.execute(f"DELETE FROM {table} WHERE session = ?", (session,))
    if unaccountable:
        # What a damaged session contributed to the totals cannot be told any more.
        writing.totals = _counted_anew(writing.db, seal, writing.totals.commits + 1)


def wipe(db: sqlite3.Connection, seconds: float) -> bool:
    """Write the whole file anew without what was deleted, and empty the log. False if somebody went on
    reading for so many seconds that the log could not be emptied."""
    # What lives goes through memory and never into a temporary file.
    db.execute("PRAGMA temp_store = MEMORY")
    emptied = _empty_log(db, seconds)
    db.execute("VACUUM")
    return _empty_log(db, seconds) and emptied


def _empty_log(db: sqlite3.Connection, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] != 0:
        if time.monotonic() > deadline:
            return False
        time.sleep(_PAUSE)
    return True


def _counted_anew(db: sqlite3.Connection, seal: Seal, commits: int) -> Totals:
    totals = Totals()
    for row in db.execute(f"SELECT {HEAD_COLUMNS} FROM sessions").fetchall():
        try:
            totals = totals.counted(seal, None, head_of(seal, row))
        except Damaged:
            continue
    return Totals(commits, totals.sessions, totals.tally)
