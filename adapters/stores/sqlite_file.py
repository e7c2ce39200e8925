"""Opens the SQLite file of a session store with its key and its mark: makes what is missing, refuses what is
not ours, migrates, and gives transactions.

Knows nothing of what sessions are.
"""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from threading import RLock

from adapters.on_disk import sync
from adapters.problems import Unusable
from adapters.stores.key_file import KeyFile
from adapters.stores.mark_file import MarkFile
from adapters.stores.rows import Damaged
from adapters.stores.schema import APPLICATION_ID, MIGRATIONS, SEALED, migrate
from adapters.stores.seal import Seal
from adapters.stores.totals import Totals, WrongKey, read_totals, write_totals
from adapters.stores.trouble import (
    closed_off,
    cut_back,
    damaged,
    in_plain_words,
    key_wrong,
    moved,
    not_ours,
    still_read,
    too_new,
)
from adapters.stores.writer import Writing

BUSY_SECONDS = 5.0
_SHORTLY = 0.2
SMALLEST_DATABASE = 512


class StoreFile:
    """An open store file at `path` (absolute). One connection writes, another one reads, so that nobody who
    reads waits for a sync. `writing` is for one thread at a time, `reading` for any number."""

    def __init__(self, path: Path) -> None:
        """Open the file, which is made if it is missing. Raises Unusable."""
        self.path = _absolute(path)
        self._wiping = self.path.with_name(f"{self.path.name}.wipe")
        self._reader: sqlite3.Connection | None = None
        self._reads = RLock()
        with in_plain_words(self.path), ExitStack() as opened:
            _make_file(self.path)
            with closing(_connect(self.path, to_look=True)) as looking:
                found = _format_seen(looking, self.path)
                self.key = opened.enter_context(closing(KeyFile(self.path, may_make=found < SEALED)))
                self.seal = Seal(self.key.key)
                self._mark = opened.enter_context(closing(MarkFile(self.path, self.seal)))
                # Read before the store is: it may only be behind.
                self._acknowledged = self._mark.read()
                if found == 0:
                    self._not_behind(Totals())
                elif found >= SEALED:
                    self._not_behind(self._totals(looking))
            self.connection = opened.enter_context(closing(_connect(self.path)))
            with self.key.taking_turns(BUSY_SECONDS):
                _prepare(self.connection, self.path, self.seal)
                self._not_behind(self._totals(self.connection))
                self._finish_wiping()
            self._identity = _identity(self.path)
            opened.pop_all()

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """One transaction, on the disk when it is left, undone if anything at all is raised."""
        db = self.connection
        with self.key.taking_turns(BUSY_SECONDS):
            _roll_back(db)
            self.still_there()
            db.execute("BEGIN IMMEDIATE")
            try:
                before = self._totals(db)
                self._not_behind(before)
                writing = Writing(db, before)
                yield writing
                if writing.totals != before:
                    write_totals(db, self.seal, writing.totals)
                db.execute("COMMIT")
            except BaseException:
                _roll_back(db)
                raise
            if writing.totals != before:
                self._acknowledged = writing.totals.commits
                self._mark.write(self._acknowledged)

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The store as it is at one moment."""
        with self._reads:
            if self._reader is None:
                self.still_there()
                self._reader = _connect(self.path)
                for pragma in ("query_only = ON", "wal_autocheckpoint = 0", *_CAREFUL):
                    self._reader.execute(f"PRAGMA {pragma}")
            db = self._reader
            _roll_back(db)
            db.execute("BEGIN")
            try:
                yield db
            finally:
                _roll_back(db)

    def owe_wiping(self) -> None:
        """Note that what is deleted in this transaction has to be wiped: if this process does not come to it,
        the next one to open the store does."""
        os.close(os.open(self._wiping, os.O_CREAT | os.O_WRONLY, 0o600))
        sync(self.path.parent)

    def wipe(self) -> None:
        """Leave nothing of what was deleted in the file and its log. Raises Unusable while somebody reads all
        the time. No transaction may be open."""
        from adapters.stores.purge import wipe

        with self._reads, self.key.taking_turns(BUSY_SECONDS):
            if not wipe(self.connection, BUSY_SECONDS):
                raise still_read(self.path)
            self._wiping.unlink(missing_ok=True)

    def _finish_wiping(self) -> None:
        """Wipe what a purge that was cut off has left; another time, where somebody is reading."""
        if not self._wiping.exists():
            return
        from adapters.stores.purge import wipe

        with suppress(sqlite3.Error, OSError):
            if wipe(self.connection, _SHORTLY):
                self._wiping.unlink(missing_ok=True)

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
        with in_plain_words(self.path), ExitStack() as left:
            left.callback(self.key.close)
            left.callback(self._mark.close)
            with suppress(Unusable):
                # The last one to leave writes the log into the file.
                left.enter_context(self.key.taking_turns(BUSY_SECONDS))
            left.callback(self.connection.close)
            with self._reads:
                if self._reader is not None:
                    self._reader.close()

    def _totals(self, db: sqlite3.Connection) -> Totals:
        try:
            return read_totals(db, self.seal)
        except WrongKey as error:
            raise key_wrong(self.path, self.key.path) from error
        except Damaged as error:
            raise damaged(self.path) from error

    def _not_behind(self, totals: Totals) -> None:
        """Raise Unusable if the store has fewer commits than were acknowledged."""
        if totals.commits < self._acknowledged:
            raise cut_back(self.path, self._acknowledged - totals.commits)


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
    sync(path.parent)


def _refuse_other_things(path: Path) -> None:
    """Refuse a folder, pipe or device, and a file too small for a database, which SQLite would take for
    an empty one and write over."""
    found = path.stat()
    if not stat.S_ISREG(found.st_mode) or 0 < found.st_size < SMALLEST_DATABASE:
        raise not_ours(path)


def _connect(path: Path, *, to_look: bool = False) -> sqlite3.Connection:
    """A connection. One that is there `to_look` leaves the file and its log as they are when it is closed:
    another one writes what is whole of the log into the file and removes the rest, which may be what a
    damaged store is to be recovered from."""
    connection = sqlite3.connect(
        f"{path.as_uri()}?mode={'ro' if to_look else 'rw'}",
        uri=True,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=64,
    )
    # Damaged text must be readable to be found damaged.
    connection.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    return connection


_CAREFUL = ("trusted_schema = OFF", "cell_size_check = ON")


def _prepare(connection: sqlite3.Connection, path: Path, seal: Seal) -> None:
    """Set the file up and migrate it."""
    _use_wal(connection, path)
    for pragma in ("synchronous = FULL", "foreign_keys = ON", *_CAREFUL):
        connection.execute(f"PRAGMA {pragma}")
    if _format_of(connection, path) < len(MIGRATIONS):
        _migrate(connection, path, seal)


def _roll_back(db: sqlite3.Connection) -> None:
    """Leave a transaction that failed or was interrupted. SQLite may have left it already, and a disk
    that refuses even this is reported by the next statement."""
    if db.in_transaction:
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")


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


def _format_seen(looking: sqlite3.Connection, path: Path) -> int:
    """The format as somebody sees it who only looks; what a change that was cut off left is undone before,
    which only somebody can who writes."""
    try:
        return _format_of(looking, path)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_READONLY_ROLLBACK:
            raise
    with closing(_connect(path)) as undoing:
        return _format_of(undoing, path)


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


def _migrate(connection: sqlite3.Connection, path: Path, seal: Seal) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have migrated between the first look and the lock.
        migrate(connection, seal, _format_of(connection, path))
        connection.execute("COMMIT")
    except BaseException:
        _roll_back(connection)
        raise
