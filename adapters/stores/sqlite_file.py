"""Opens the SQLite file of a session store: makes folder and file, refuses what is not ours, migrates.

Knows nothing of what the tables mean.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from pathlib import Path

from adapters.stores.schema import APPLICATION_ID, MIGRATIONS
from adapters.stores.trouble import closed_off, in_plain_words, moved, not_ours, too_new

BUSY_SECONDS = 5.0
SMALLEST_DATABASE = 512


class StoreFile:
    """An open connection to a store file at `path` (absolute). Used by one thread at a time."""

    def __init__(self, path: Path) -> None:
        """Open the file, which is made if it is missing. Raises Unusable."""
        self.path = _absolute(path)
        with in_plain_words(self.path):
            _make_file(self.path)
            self.connection = _connect(self.path)
            try:
                _prepare(self.connection, self.path)
                self._identity = _identity(self.path)
            except BaseException:
                self.connection.close()
                raise

    def still_there(self) -> None:
        """Raise Unusable if the file was moved or removed: SQLite would go on writing into the void."""
        try:
            same = _identity(self.path) == self._identity
        except OSError as error:
            raise moved(self.path) from error
        if not same:
            raise moved(self.path)

    def close(self) -> None:
        """Let go of the file."""
        with in_plain_words(self.path):
            self.connection.close()


def _absolute(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError) as error:
        raise closed_off(path) from error


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _make_file(path: Path) -> None:
    """Make the folders (for their owner only) and an empty file, unless they are there."""
    for folder in reversed([folder for folder in path.parents if not folder.exists()]):
        folder.mkdir(mode=0o700, exist_ok=True)
    if path.exists():
        # Looked at without opening it: that would drop the locks of another store in this process.
        _refuse_other_things(path)
        return
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    parent = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(parent)
    finally:
        os.close(parent)


def _refuse_other_things(path: Path) -> None:
    """Refuse a folder, pipe or device, and a file too small for a database, which SQLite would take for
    an empty one and write over."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode) or 0 < found.st_size < SMALLEST_DATABASE:
        raise not_ours(path)


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=64
    )
    # Damaged text must be readable to be found damaged.
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Check whose file it is before anything in it is changed; then set it up and migrate."""
    version = _format_of(connection, path)
    _use_wal(connection, path)
    for pragma in ("synchronous = FULL", "foreign_keys = ON", "trusted_schema = OFF", "cell_size_check = ON"):
        connection.execute(f"PRAGMA {pragma}")
    if version < len(MIGRATIONS):
        _migrate(connection, path)


def _format_of(connection: sqlite3.Connection, path: Path) -> int:
    """The format of the file; 0 for an empty one. Raises Unusable for what is not ours or is too new."""
    application, version, tables = (
        _one_number(connection, query)
        for query in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_schema")
    )
    if application == 0 and version == 0 and tables == 0:
        return 0
    if application != APPLICATION_ID:
        raise not_ours(path)
    if version > len(MIGRATIONS) or version < 0:
        raise too_new(path, version, len(MIGRATIONS))
    return version


def _one_number(connection: sqlite3.Connection, query: str) -> int:
    row: tuple[object, ...] = connection.execute(query).fetchone()
    found = row[0]
    return found if isinstance(found, int) else -1


def _use_wal(connection: sqlite3.Connection, path: Path) -> None:
    """Switch to write-ahead logging; while another process does the same, SQLite does not wait itself."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            row: tuple[object, ...] = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(0.01)
            continue
        if row[0] != "wal":
            raise closed_off(path)
        return


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have migrated between the first look and the lock.
        for migration in MIGRATIONS[_format_of(connection, path) :]:
            for statement in migration:
                connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
