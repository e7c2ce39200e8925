"""The clinic's SQLite file: making, opening and refusing it, and its transactions.

One connection behind one lock serves all threads of the process; several processes may open the same
file. Knows nothing of people or mail. No sqlite3 exception leaves this file.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from adapters.clinic.port import ActionFailed, OutcomeLost
from adapters.clinic.schema import APPLICATION_ID, MIGRATIONS
from adapters.problems import PlainProblem, Unusable
from engine import Failure

_INIT = "Make one with `unstuck clinic init`, or name another file."
_NOTHING_HAPPENED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_LOCKED})


class Database:
    """An open clinic file. Use `reading` and `writing`; each is one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._closed = False

    @contextmanager
    def reading(self, seconds: float) -> Iterator[sqlite3.Connection]:
        """A consistent view. Raises ActionFailed `unavailable` if the file cannot be read in time."""
        with self._turn(seconds) as connection, _plainly():
            connection.execute("BEGIN")
            try:
                yield connection
            finally:
                _roll_back(connection)

    @contextmanager
    def writing(self, seconds: float) -> Iterator[sqlite3.Connection]:
        """All or nothing: an exception inside undoes everything.

        Raises ActionFailed `unavailable` where nothing was kept, OutcomeLost where the file failed in the
        very act of keeping it.
        """
        with self._turn(seconds) as connection, _plainly():
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                _commit(connection)
            finally:
                _roll_back(connection)

    def close(self) -> None:
        """Close the file, after the call that is using it. Calling it again does nothing."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._connection.close()

    @contextmanager
    def _turn(self, seconds: float) -> Iterator[sqlite3.Connection]:
        if not self._lock.acquire(timeout=max(seconds, 0.0)):
            raise ActionFailed(Failure.UNAVAILABLE, "The clinic's file is busy; nothing was changed.")
        try:
            if self._closed:
                raise ActionFailed(Failure.UNAVAILABLE, "The clinic's file has been closed.")
            yield self._connection
        finally:
            self._lock.release()


@contextmanager
def _plainly() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise ActionFailed(
            Failure.UNAVAILABLE, f"The clinic's file could not be used ({error}); nothing was changed."
        ) from None


def _commit(connection: sqlite3.Connection) -> None:
    try:
        connection.execute("COMMIT")
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) in _NOTHING_HAPPENED:
            raise
        raise OutcomeLost("the clinic's file failed while the change was being kept") from None


def _roll_back(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        with suppress(sqlite3.Error):
            connection.execute("ROLLBACK")


def open_database(path: Path) -> Database:
    """Open the clinic at `path` for all threads. Raises Unusable, with what to do."""
    if not path.exists():
        raise Unusable(f"There is no clinic at {path}.", _INIT)
    if path.is_dir():
        raise Unusable(f"{path} is a folder, not a clinic's file.", _INIT)
    try:
        connection = _connected(path)
    except sqlite3.Error as error:
        raise _unusable(path, error) from None
    try:
        _refuse_others(connection, path)
        connection.execute("PRAGMA journal_mode = WAL")
        if _format_of(connection) < len(MIGRATIONS):
            _migrate(connection)
        # Whether it can be written shows now, rather than in the middle of a conversation; SQLite lets a
        # transaction begin on a read-only file, and refuses only the first change.
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE clinic SET one = 1")
        connection.execute("ROLLBACK")
    except sqlite3.Error as error:
        connection.close()
        raise _unusable(path, error) from None
    except PlainProblem:
        connection.close()
        raise
    return Database(connection)


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = FULL")
    return connection


def _refuse_others(connection: sqlite3.Connection, path: Path) -> None:
    mark = connection.execute("PRAGMA application_id").fetchone()[0]
    version = _format_of(connection)
    if mark != APPLICATION_ID:
        raise Unusable(f"{path} is a database, but not a clinic's.", _INIT)
    if not 1 <= version <= len(MIGRATIONS):
        raise Unusable(
            f"The clinic at {path} was made by a newer unstuck (format {version}, known is"
            f" {len(MIGRATIONS)}).",
            "Use that unstuck, or make another clinic with `unstuck clinic init`.",
        )


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring a file of an earlier format to the present one, as a whole or not at all."""
    connection.execute("PRAGMA foreign_keys = OFF")  # tables are made anew, which has no effect in between
    connection.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have done it before the lock was had.
        for migration in MIGRATIONS[_format_of(connection) :]:
            for statement in _statements(migration):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")
    finally:
        _roll_back(connection)
    connection.execute("PRAGMA foreign_keys = ON")


def _statements(script: str) -> Iterator[str]:
    """The statements of a script; a trigger, whose body has statements of its own, is one."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _format_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _unusable(path: Path, error: sqlite3.Error) -> Unusable:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        return Unusable(f"{path} is not a clinic's file.", _INIT)
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return Unusable(
            f"The clinic at {path} cannot be opened for writing.",
            "Make the file and its folder writable for you, or name another file.",
        )
    if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return Unusable(
            f"The clinic at {path} cannot be used: the disk is full or has failed ({error}).",
            "Make room on the disk, then try again; the clinic is as it was.",
        )
    if code == sqlite3.SQLITE_BUSY:
        return Unusable(f"The clinic at {path} is in use by something else.", "Try again in a moment.")
    return Unusable(f"The clinic at {path} cannot be used ({error}).", _INIT)


def make_database(path: Path, fill: Callable[[sqlite3.Connection], None], replace: bool) -> None:
    """Make a new clinic file at `path`, filled by `fill`; it appears whole or not at all.

    Raises PlainProblem if there is a file already and `replace` is false, Unusable if it cannot be written.
    """
    if path.is_dir():
        raise Unusable(f"{path} is a folder, not a clinic's file.", "Name a file in it.")
    fresh = path.with_name(path.name + ".new")
    with ExitStack() as stack:
        with suppress(OSError):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            stack.enter_context(_alone_in(path.parent))
        if path.exists() and not replace:
            raise PlainProblem(
                f"There is a file at {path} already.", "Name another file, or use `--force` to replace it."
            )
        _make(path, fresh, fill)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Inside, no other process makes a clinic in this folder: first starts may come at the same moment."""
    held = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def _make(path: Path, fresh: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove(fresh)
        os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        _fill(fresh, fill)
        for tail in ("-wal", "-shm"):
            Path(f"{path}{tail}").unlink(missing_ok=True)
        os.replace(fresh, path)
    except OSError as error:
        _remove(fresh)
        why = error.strerror or str(error)
        raise Unusable(
            f"The clinic cannot be made at {path}: {why}.", "Name a file in a folder that you may write to."
        ) from None
    except sqlite3.Error as error:
        _remove(fresh)
        raise _unusable(path, error) from None
    except BaseException:
        _remove(fresh)
        raise


def _fill(path: Path, fill: Callable[[sqlite3.Connection], None]) -> None:
    connection = _connected(path)
    try:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        _migrate(connection)
        connection.execute("BEGIN IMMEDIATE")
        fill(connection)
        connection.execute("COMMIT")
    finally:
        connection.close()


def _remove(path: Path) -> None:
    for tail in ("", "-wal", "-shm", "-journal"):
        with suppress(OSError):
            Path(f"{path}{tail}").unlink(missing_ok=True)
