"""The session store in one SQLite file: one connection, one lock, one transaction a commit.

Write-ahead log with full sync: what `begin` and `commit` have returned survives a crash. Several
processes may use one file. No exception of sqlite3 leaves this module.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import RLock
from types import TracebackType

import msgspec

from adapters.stores.ledger_rules import check_transition
from adapters.stores.port import (
    Commit,
    LedgerEntry,
    Outrun,
    SessionSummary,
    StoredReply,
    StoredSession,
    StoreMisuse,
    UnknownSession,
    UnknownVersion,
)
from adapters.stores.rows import (
    HEAD_COLUMNS,
    LEDGER_COLUMNS,
    Head,
    Row,
    entry_of,
    event_row,
    events_of,
    head_of,
    ledger_of,
    ledger_row,
    number,
    reply_of,
    reply_row,
    session_of,
    sources_of,
    state_sum,
    summary_of,
    version_sum,
)
from adapters.stores.sqlite_file import StoreFile
from adapters.stores.trouble import in_plain_words


class SqliteStore:
    """A `Store` in the SQLite file at `path`. May be used by several threads."""

    def __init__(self, path: Path) -> None:
        """Open the store; folder and file are made if they are missing. Raises Unusable."""
        self._file = StoreFile(path)
        self._lock = RLock()
        self._open = True

    def __enter__(self) -> SqliteStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; closing it again changes nothing."""
        with self._lock:
            self._open = False
            self._file.close()

    def begin(self, session: str, flow: str, version: str, actor: str, audience: str, commit: Commit) -> int:
        """See `Store.begin`."""
        with self._transaction(f"session {session}", writing=True) as db:
            if _one(db, "SELECT 1 FROM sessions WHERE session = ?", session):
                raise StoreMisuse(f"session {session} has already begun")
            if not _one(db, "SELECT 1 FROM versions WHERE version = ?", version):
                raise UnknownVersion(version)
            new = Head(
                *(session, flow, version, actor, audience, commit.at, commit.at),
                *(0, 0, commit.waiting, 0, 0, 0, b""),
            )
            after = _grown(db, new, commit)
            marks = ", ".join("?" * (len(after.row()) + 1))
            db.execute(
                f"INSERT INTO sessions ({HEAD_COLUMNS}, state) VALUES ({marks})",
                (*after.row(), commit.state),
            )
            _append(db, new, commit)
        return after.revision

    def commit(self, session: str, expected_revision: int, commit: Commit) -> int:
        """See `Store.commit`."""
        with self._transaction(f"session {session}", writing=True) as db:
            before = _head(db, session)
            if before.revision != expected_revision:
                raise Outrun(session, expected_revision, before.revision)
            after = _grown(db, before, commit)
            db.execute(
                "UPDATE sessions SET updated_at = ?, revision = ?, seq = ?, waiting = ?, touched = ?,"
                " events = ?, entries = ?, state_sum = ?, checksum = ?, state = ? WHERE session = ?",
                (*after.row()[6:], commit.state, session),
            )
            _append(db, before, commit)
        return after.revision

    def load(self, session: str) -> StoredSession:
        """See `Store.load`."""
        with self._transaction(f"session {session}") as db:
            row = _one(db, f"SELECT {HEAD_COLUMNS}, state FROM sessions WHERE session = ?", session)
            if row is None:
                raise UnknownSession(session)
            return session_of(row)

    def events(self, session: str) -> tuple[tuple[int, bytes], ...]:
        """See `Store.events`."""
        with self._transaction(f"session {session}") as db:
            head = _head(db, session)
            query = "SELECT number, body, checksum FROM events WHERE session = ? ORDER BY number"
            return events_of(head, _all(db, query, session))

    def ledger(self, session: str) -> tuple[LedgerEntry, ...]:
        """See `Store.ledger`."""
        with self._transaction(f"session {session}") as db:
            head = _head(db, session)
            query = f"SELECT {LEDGER_COLUMNS} FROM ledger WHERE session = ? ORDER BY number"
            return ledger_of(head, _all(db, query, session))

    def sessions(
        self, limit: int, only_open: bool = False, actor: str | None = None
    ) -> tuple[SessionSummary, ...]:
        """See `Store.sessions`."""
        # The first condition is written as in the partial index, which is used only then.
        still_open = "substr(waiting, 1, 4) <> 'end '" if only_open else "1"
        query = (
            f"SELECT {HEAD_COLUMNS} FROM sessions WHERE {still_open} AND (? IS NULL OR actor = ?)"
            " ORDER BY touched DESC LIMIT ?"
        )
        with self._transaction() as db:
            return tuple(summary_of(row) for row in _all(db, query, actor, actor, max(limit, 0)))

    def keep_version(self, version: str, sources: Mapping[str, str]) -> None:
        """See `Store.keep_version`."""
        wanted = version_sum(version, sources)
        with self._transaction(f"version {version}", writing=True) as db:
            row = _one(db, "SELECT checksum FROM versions WHERE version = ?", version)
            if row is not None:
                if row[0] != wanted:
                    raise StoreMisuse(f"other files are kept as version {version}")
                return
            db.execute("INSERT INTO versions (version, checksum) VALUES (?, ?)", (version, wanted))
            db.executemany(
                "INSERT INTO version_files (version, path, source) VALUES (?, ?, ?)",
                [(version, path, source) for path, source in sources.items()],
            )

    def load_version(self, version: str) -> Mapping[str, str]:
        """See `Store.load_version`."""
        with self._transaction(f"version {version}") as db:
            row = _one(db, "SELECT checksum FROM versions WHERE version = ?", version)
            if row is None:
                raise UnknownVersion(version)
            query = "SELECT path, source FROM version_files WHERE version = ? ORDER BY path"
            return sources_of(version, row[0], _all(db, query, version))

    def stored_reply(self, session: str, request_key: str) -> StoredReply | None:
        """See `Store.stored_reply`."""
        query = (
            "SELECT request_key, body_digest, reply, checksum FROM replies"
            " WHERE session = ? AND request_key = ?"
        )
        with self._transaction(f"session {session}") as db:
            row = _one(db, query, session, request_key)
            return None if row is None else reply_of(session, row)

    @contextmanager
    def _transaction(self, subject: str = "", writing: bool = False) -> Iterator[sqlite3.Connection]:
        """One transaction, committed at the end, rolled back if anything at all is raised."""
        with self._lock:
            if not self._open:
                raise StoreMisuse("the store is closed")
            with in_plain_words(self._file.path, subject):
                db = self._file.connection
                _roll_back(db)
                if writing:
                    self._file.still_there()
                db.execute("BEGIN IMMEDIATE" if writing else "BEGIN")
                try:
                    yield db
                    db.execute("COMMIT")
                except BaseException:
                    _roll_back(db)
                    raise


def _roll_back(db: sqlite3.Connection) -> None:
    """Leave a transaction that failed or was interrupted. SQLite may have left it already, and a disk
    that refuses even this is reported by the next statement."""
    if db.in_transaction:
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")


def _one(db: sqlite3.Connection, query: str, *values: str | int | None) -> Row | None:
    row: Row | None = db.execute(query, values).fetchone()
    return row


def _all(db: sqlite3.Connection, query: str, *values: str | int | None) -> list[Row]:
    rows: list[Row] = db.execute(query, values).fetchall()
    return rows


def _head(db: sqlite3.Connection, session: str) -> Head:
    row = _one(db, f"SELECT {HEAD_COLUMNS} FROM sessions WHERE session = ?", session)
    if row is None:
        raise UnknownSession(session)
    return head_of(row)


def _grown(db: sqlite3.Connection, before: Head, commit: Commit) -> Head:
    """The head of the session after `commit`."""
    row = _one(db, "SELECT coalesce(max(touched), 0) FROM sessions")
    revision = before.revision + 1
    return msgspec.structs.replace(
        before,
        updated_at=commit.at,
        revision=revision,
        seq=commit.seq,
        waiting=commit.waiting,
        touched=(number(row[0]) if row else 0) + 1,
        events=before.events + len(commit.events),
        entries=before.entries + len(commit.ledger),
        state_sum=state_sum(before.session, revision, commit.state),
    )


def _append(db: sqlite3.Connection, before: Head, commit: Commit) -> None:
    """Add the events, ledger entries and the reply of `commit`; `before` is the head before it."""
    session = before.session
    db.executemany(
        "INSERT INTO events (session, number, body, checksum) VALUES (?, ?, ?, ?)",
        [
            event_row(session, position, body)
            for position, body in enumerate(commit.events, start=before.events + 1)
        ],
    )
    for position, entry in enumerate(commit.ledger, start=before.entries + 1):
        check_transition(_standing(db, session, entry.key), entry)
        row = ledger_row(session, position, entry)
        db.execute(f"INSERT INTO ledger ({LEDGER_COLUMNS}) VALUES ({', '.join('?' * len(row))})", row)
    if commit.reply is not None:
        query = "SELECT 1 FROM replies WHERE session = ? AND request_key = ?"
        if _one(db, query, session, commit.reply.request_key):
            raise StoreMisuse(f"request {commit.reply.request_key} has its reply already")
        db.execute("INSERT INTO replies VALUES (?, ?, ?, ?, ?)", reply_row(session, commit.reply))


def _standing(db: sqlite3.Connection, session: str, key: str) -> LedgerEntry | None:
    query = f"SELECT {LEDGER_COLUMNS} FROM ledger WHERE session = ? AND key = ? ORDER BY number DESC LIMIT 1"
    row = _one(db, query, session, key)
    return None if row is None else entry_of(row)
