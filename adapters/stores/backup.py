"""A copy of a store that is in use: made by SQLite's own online backup, and looked over before it counts."""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

from adapters.on_disk import sync
from adapters.stores.health import Health, examine
from adapters.stores.seal import Seal
from adapters.stores.trouble import exists_already, in_plain_words


def back_up(db: sqlite3.Connection, seal: Seal, target: Path) -> Health:
    """Copy the store behind `db` to the new file `target`, whole and on the disk or not at all; returns what
    the copy is like. Writers go on meanwhile. Raises Unusable."""
    with in_plain_words(target):
        unless_something_is_there(target)
        temporary = target.with_name(f"{target.name}.{secrets.token_hex(4)}")
        os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        try:
            health = _copied(db, seal, temporary)
            sync(temporary)
            try:
                os.link(temporary, target)
            except FileExistsError:
                raise exists_already(target) from None
            sync(target.parent)
        finally:
            temporary.unlink()
        return health


def unless_something_is_there(target: Path) -> None:
    """Raise Unusable if there is a file of this name, or what SQLite would take for the log of a new one."""
    for beside in ("", "-wal", "-shm", "-journal"):
        there = target.with_name(f"{target.name}{beside}")
        if there.exists():
            raise exists_already(there)


def into_one_file(path: Path) -> None:
    """Bring the log of a closed database home, which closing it does not do on a full disk, and says nothing.
    Raises sqlite3.Error."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        mode = db.execute("PRAGMA journal_mode = DELETE").fetchone()[0]
    if mode != "delete" or path.with_name(f"{path.name}-wal").exists():
        raise sqlite3.OperationalError("database or disk is full")
    sync(path)


def _copied(db: sqlite3.Connection, seal: Seal, path: Path) -> Health:
    with closing(sqlite3.connect(path, isolation_level=None)) as copy:
        db.backup(copy)
        # Without a log beside it the copy is one file.
        copy.execute("PRAGMA journal_mode = DELETE")
        copy.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
        return examine(copy, seal)
