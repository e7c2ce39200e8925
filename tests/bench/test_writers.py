"""What `writers` times is what it says: turns that are kept, and rows that are committed with the settings of
a session store."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from adapters.stores.sqlite import SqliteStore
from tests.bench.writers import A_CONVERSATION, commits_of, raw_file, turns_of


def test_every_turn_is_kept(tmp_path: Path) -> None:
    with turns_of(tmp_path, 2) as works:
        for _ in range(A_CONVERSATION + 2):
            for work in works:
                work()
    with SqliteStore(tmp_path / "sessions.db") as store:
        kept = sorted(each.revision for each in store.sessions(9))
        assert kept == [1, 1, A_CONVERSATION + 1, A_CONVERSATION + 1]
        settings = settings_of(store._file.connection)
    with commits_of(tmp_path / "raw.db", 2) as works:
        for work in works:
            work()
    with closing(sqlite3.connect(tmp_path / "raw.db")) as db:
        assert db.execute("SELECT count(*) FROM rows").fetchone() == (2,)
    with closing(raw_file(tmp_path / "raw.db")) as db:
        assert settings_of(db) == settings


def settings_of(db: sqlite3.Connection) -> tuple[object, ...]:
    """How it keeps what is committed."""
    return tuple(db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous"))
