"""The book in an SQLite file of its own: every entry is on the disk before `add` returns.

Each entry carries a checksum, so that damage is found and never read as "nothing happened". Whom it is about
and who did it are encrypted (`adapters.veil`).
"""

from __future__ import annotations

import os
import sqlite3
import stat
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path

from adapters.gates.book import Entry, Kind
from adapters.problems import PlainProblem, Unusable
from adapters.veil import BrokenVeil, Veil

NAME = "gates.db"
APPLICATION_ID = 0x756E6774  # "ungt"; SQLite keeps it at a fixed place in the file
FORMAT = 3
HIDING = 3
"""The first format in which everybody in an entry is encrypted."""

_SECONDS = 5.0
_SMALLEST = 512
_KINDS: dict[str, Kind] = {
    "passed": "passed",
    "failed": "failed",
    "change": "change",
    "send": "send",
    "call": "call",
    "void": "void",
}
SCHEMA = """
CREATE TABLE entry (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  kind TEXT NOT NULL,
  subject TEXT NOT NULL,
  what TEXT NOT NULL,
  actor TEXT NOT NULL,
  session TEXT NOT NULL,
  at TEXT NOT NULL,
  key TEXT NOT NULL,
  covers TEXT NOT NULL,
  checksum BLOB NOT NULL
) STRICT;
CREATE INDEX entry_subject ON entry (subject, at);
"""
_TRIGGERS = """
CREATE TRIGGER entry_is_not_changed BEFORE UPDATE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are only added'); END;
CREATE TRIGGER entry_is_not_removed BEFORE DELETE ON entry
BEGIN SELECT RAISE(ABORT, 'entries are only added'); END;
"""
HIDDEN_COLUMNS = ("subject", "actor", "key")
"""What is encrypted of an entry."""
_COLUMNS = "kind, subject, what, actor, session, at, key, covers"


class SqliteBook:
    """A `Book` in the file at `path`, which is made where there is none. Raises Unusable, with what to do."""

    def __init__(self, path: Path, key: bytes | None = None) -> None:
        """`key` (64 bytes) is what ids of people are encrypted with; without one they stand in clear."""
        self._path = path
        self._veil = Veil(key)
        self._lock = threading.Lock()
        with self._plainly():
            _make_file(path)
            self._connection = _connect(path)
            try:
                self._prepare()
                self._identity = _identity(path)
            except BaseException:
                self._connection.close()
                raise

    def about(self, subject: str, since: str, session: str) -> tuple[Entry, ...]:
        """See `Book.about`."""
        with self._lock, self._plainly():
            self._still_there()
            rows = self._connection.execute(
                f"SELECT number, {_COLUMNS}, checksum FROM entry"
                " WHERE subject = ? AND (at >= ? OR session = ?) ORDER BY number",
                (self._veil.hidden("subject", subject), since, session),
            ).fetchall()
        return tuple(self._entry(row) for row in rows)

    def add(self, entry: Entry) -> None:
        """See `Book.add`."""
        values = self._hidden(_values(entry))
        with self._lock, self._plainly():
            self._still_there()
            self._connection.execute(
                f"INSERT INTO entry ({_COLUMNS}, checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*values, _checksum(values)),
            )

    def all_about(self, subject: str) -> tuple[Entry, ...]:
        """Every entry about that person, in order. Raises Unusable."""
        return self.about(subject, "", "")

    def purge(
        self,
        before: str = "",
        subjects: Collection[str] = (),
        sessions: Collection[str] = (),
        needed_since: str = "9",
    ) -> int:
        """Take out for good the entries before that moment, about these people, or of these conversations,
        and of all those only what is not needed any more; how many they were. Nothing of them is left in the
        file and its log. Raises Unusable."""
        whom = [("subject", self._veil.hidden("subject", each)) for each in subjects if each]
        whom += [("session", each) for each in sessions]
        with self._lock, self._plainly():
            self._still_there()
            db = self._connection
            db.execute("PRAGMA secure_delete = ON")
            with self._transaction():
                _drop_triggers(db)
                removed = db.execute("DELETE FROM entry WHERE at < ?", (min(before, needed_since),)).rowcount
                for column, value in whom:
                    removed += db.execute(
                        f"DELETE FROM entry WHERE {column} = ? AND at < ?", (value, needed_since)
                    ).rowcount
                _make(db, _TRIGGERS)
            self._wipe()
        return removed

    def close(self) -> None:
        """Let go of the file. Calling it again does nothing."""
        with self._lock, suppress(sqlite3.Error):
            self._connection.close()

    def _prepare(self) -> None:
        """Refuse what is not ours before anything in it is changed; set up what is new."""
        mark, version, tables = (
            int(self._connection.execute(query).fetchone()[0])
            for query in (
                "PRAGMA application_id",
                "PRAGMA user_version",
                "SELECT count(*) FROM sqlite_schema",
            )
        )
        new = (mark, version, tables) == (0, 0, 0)
        if not new and mark != APPLICATION_ID:
            raise _not_ours(self._path)
        if version > FORMAT:
            raise Unusable(
                f"The file {self._path} was written by a newer unstuck (format {version}).",
                "Use the newer unstuck.",
            )
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        if new:
            self._set_up()
        elif version < HIDING and self._veil.hides:
            self._hide_all()

    def _set_up(self) -> None:
        with self._transaction():
            # Another process may have set it up before the lock was had.
            if self._connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0] == 0:
                _make(self._connection, SCHEMA + _TRIGGERS)
                self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
                self._connection.execute(f"PRAGMA user_version = {FORMAT}")

    def _hide_all(self) -> None:
        """Encrypt what an older unstuck wrote in clear, and leave nothing of that."""
        db = self._connection
        db.execute("PRAGMA secure_delete = ON")
        with self._transaction():
            if int(db.execute("PRAGMA user_version").fetchone()[0]) >= HIDING:
                return
            _drop_triggers(db)
            for number, *texts in db.execute(f"SELECT number, {_COLUMNS}, checksum FROM entry").fetchall():
                entry = self._entry((number, *texts))
                values = self._hidden(_values(entry))
                db.execute(
                    f"UPDATE entry SET ({_COLUMNS}, checksum) = (?, ?, ?, ?, ?, ?, ?, ?, ?) WHERE number = ?",
                    (*values, _checksum(values), number),
                )
            _make(db, _TRIGGERS)
            db.execute(f"PRAGMA user_version = {FORMAT}")
        self._wipe()

    def _wipe(self) -> None:
        """Write the file anew without what was deleted, and empty its log."""
        db = self._connection
        db.execute("PRAGMA temp_store = MEMORY")
        db.execute("VACUUM")
        if db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] != 0:
            raise Unusable(
                f"What was taken out of {self._path} is gone, but its log is in use and was not emptied.",
                "Purge again when nobody holds a conversation.",
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def _hidden(self, values: tuple[str, ...]) -> tuple[str, ...]:
        """The columns of an entry as they are kept."""
        return tuple(
            self._veil.hidden(column, value) if column in HIDDEN_COLUMNS else value
            for column, value in zip(_COLUMNS.split(", "), values, strict=True)
        )

    def _entry(self, row: tuple[object, ...]) -> Entry:
        number, *texts, checksum = row
        values = tuple(str(text) for text in texts)
        kind = _KINDS.get(values[0])
        if checksum != _checksum(values) or kind is None or not isinstance(number, int):
            raise self._damaged()
        _, subject, what, actor, session, at, key, covers = values
        try:
            subject, actor, key = map(self._veil.clear, HIDDEN_COLUMNS, (subject, actor, key))
        except BrokenVeil as error:
            raise self._damaged() from error
        return Entry(kind, subject, what, actor, session, at, key, frozenset(covers.split()), number)

    def _still_there(self) -> None:
        """SQLite would go on with a file that was moved or removed, and others would see none of it."""
        try:
            same = _identity(self._path) == self._identity
        except OSError:
            same = False
        if not same:
            raise Unusable(
                f"The file {self._path} was moved, replaced or removed while it was in use.",
                "Put it back, or start again to begin a new one.",
            )

    def _damaged(self) -> Unusable:
        return Unusable(
            f"The file {self._path}, which holds how identities were verified, is damaged.",
            "Put back a copy of it; without it nothing that needs a verification can be done.",
        )

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        """No error of SQLite or the file system leaves this file as it is."""
        try:
            yield
        except PlainProblem:
            raise
        except UnicodeDecodeError as error:
            raise self._damaged() from error
        except (sqlite3.Error, OSError) as error:
            raise self._trouble(error) from error

    def _trouble(self, error: sqlite3.Error | OSError) -> Unusable:
        code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CANTOPEN) & 0xFF
        if code == sqlite3.SQLITE_NOTADB:
            return _not_ours(self._path)
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FORMAT):
            return self._damaged()
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            return Unusable(f"The file {self._path} is in use and did not become free.", "Try again.")
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            return Unusable(
                f"The file {self._path} could not be written: the disk is full or has failed.",
                "Make room on the disk, then answer again. Nothing that was acknowledged is lost.",
            )
        return Unusable(
            f"The file {self._path} cannot be opened or written.",
            "Check that the file and its folder belong to you and can be written.",
        )


def _make_file(path: Path) -> None:
    """Make the folders and an empty file, for their owner only, unless they are there."""
    for folder in reversed([folder for folder in path.parents if not folder.exists()]):
        folder.mkdir(mode=0o700, exist_ok=True)
    if path.exists():
        found = path.stat()
        # SQLite takes a file smaller than any database for an empty one, and would write over it.
        if not stat.S_ISREG(found.st_mode) or 0 < found.st_size < _SMALLEST:
            raise _not_ours(path)
        return
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _connect(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_SECONDS, isolation_level=None, check_same_thread=False)


def _identity(path: Path) -> tuple[int, int]:
    found = path.stat()
    return found.st_dev, found.st_ino


def _not_ours(path: Path) -> Unusable:
    return Unusable(
        f"The file {path} is not the one in which verifications are kept.",
        "It was left as it is. Move it away, or keep the sessions in another folder with --store.",
    )


def _make(db: sqlite3.Connection, script: str) -> None:
    for statement in _statements(script):
        db.execute(statement)


def _drop_triggers(db: sqlite3.Connection) -> None:
    for name in ("entry_is_not_changed", "entry_is_not_removed"):
        db.execute(f"DROP TRIGGER {name}")


def _statements(script: str) -> Iterator[str]:
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def _values(entry: Entry) -> tuple[str, ...]:
    texts = (entry.subject, entry.what, entry.actor, entry.session, entry.at, entry.key)
    return (entry.kind, *(_storable(text) for text in texts), " ".join(sorted(entry.covers)))


def _storable(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _checksum(values: tuple[str, ...]) -> bytes:
    digest = blake2b(digest_size=16)
    for value in values:
        data = value.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "big") + data)
    return digest.digest()
