"""The session store in one SQLite file: many readers, one writer, group commit.

Write-ahead log with full sync: what `begin` and `commit` have returned survives a crash. Several threads and
processes may use one file. No exception of sqlite3 leaves this module.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

import msgspec

from adapters.stores import audit_rows
from adapters.stores.ledger_rules import check_transition
from adapters.stores.port import (
    AuditEnd,
    AuditEntry,
    Commit,
    LedgerEntry,
    Outrun,
    SessionSummary,
    StoredReply,
    StoredSession,
    StoreMisuse,
    Trail,
    UnknownSession,
    UnknownVersion,
)
from adapters.stores.rows import (
    EVENT_COLUMNS,
    HEAD_COLUMNS,
    LEDGER_COLUMNS,
    REPLY_COLUMNS,
    Damaged,
    Head,
    Row,
    Values,
    entry_of,
    event_row,
    events_of,
    head_of,
    ledger_of,
    ledger_row,
    reply_of,
    reply_row,
    session_of,
    sources_of,
    state_mac,
    summary_of,
    version_mac,
)
from adapters.stores.seal import Chain, Seal
from adapters.stores.sqlite_file import StoreFile
from adapters.stores.trouble import in_plain_words
from adapters.stores.writer import GroupWriter, Writing

if TYPE_CHECKING:
    from adapters.stores.health import Health

T = TypeVar("T")


class SqliteStore:
    """A `Store` in the SQLite file at `path`. May be used by several threads."""

    def __init__(self, path: Path, open_trail: Callable[[Path, bytes], Trail] | None = None) -> None:
        """Open the store; folder, file and key are made if they are missing. `open_trail` gives what chains
        its audit, for its path and its key; without it nothing can be audited. Raises Unusable."""
        self._file = StoreFile(path)
        self._trail = open_trail(self._file.path, self._file.key.key) if open_trail is not None else None
        self.path = self._file.path
        self._seal = self._file.seal
        self._writer = GroupWriter(self._file)
        self._lock = Lock()
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
            was_open, self._open = self._open, False
        if was_open:
            self._file.close()

    @property
    def master(self) -> bytes:
        """The store's key, of which keys for other purposes are made."""
        return self._file.key.key

    def begin(self, session: str, flow: str, version: str, actor: str, audience: str, commit: Commit) -> int:
        """See `Store.begin`."""
        none = Chain()
        who = (session, flow, version, actor, audience)
        new = Head(*who, commit.at, commit.at, 0, 0, commit.waiting, 0, none, none, none, b"")

        def work(writing: Writing) -> int:
            db = writing.db
            if _one(db, "SELECT 1 FROM sessions WHERE session = ?", session):
                raise StoreMisuse(f"session {session} has already begun")
            if not _one(db, "SELECT 1 FROM versions WHERE version = ?", version):
                raise UnknownVersion(version)
            # The head comes first, because the rest refers to it.
            _insert(db, "sessions", f"{HEAD_COLUMNS}, state", (*new.values(), b"", commit.state))
            return self._extend(writing, new, commit, begins=True)

        return self._write_audited(f"session {session}", commit.audit, work)

    def commit(self, session: str, expected_revision: int, commit: Commit) -> int:
        """See `Store.commit`."""

        def work(writing: Writing) -> int:
            before = self._head(writing.db, session)
            if before.revision != expected_revision:
                raise Outrun(session, expected_revision, before.revision)
            return self._extend(writing, before, commit)

        return self._write_audited(f"session {session}", commit.audit, work)

    def note_down(self, audit: tuple[bytes, ...]) -> None:
        """See `Store.note_down`."""

        def work(writing: Writing) -> None:
            totals = writing.totals
            writing.totals = msgspec.structs.replace(totals, commits=totals.commits + 1)

        self._write_audited("", audit, work)

    def _extend(self, writing: Writing, before: Head, commit: Commit, begins: bool = False) -> int:
        """Add `commit` to the session whose head is `before`; returns the new revision."""
        revision = before.revision + 1
        after = msgspec.structs.replace(
            before,
            updated_at=commit.at,
            revision=revision,
            seq=commit.seq,
            waiting=commit.waiting,
            touched=writing.totals.commits + 1,
            events=_add_events(writing.db, self._seal, before, commit),
            entries=_add_entries(writing.db, self._seal, before, commit),
            replies=_add_reply(writing.db, self._seal, before, commit.reply),
            state_mac=state_mac(self._seal, before.session, revision, commit.state),
        )
        writing.db.execute(
            f"UPDATE sessions SET ({_CHANGING}, mac, state) = ({_marks(_CHANGING)}, ?, ?) WHERE session = ?",
            (*after.values()[_FIXED:], after.mac(self._seal), commit.state, before.session),
        )
        writing.totals = writing.totals.counted(self._seal, None if begins else before, after)
        return revision

    def load(self, session: str) -> StoredSession:
        """See `Store.load`."""
        with self._reading(f"session {session}") as db:
            row = _one(db, f"SELECT {HEAD_COLUMNS}, state FROM sessions WHERE session = ?", session)
            if row is None:
                raise UnknownSession(session)
            return session_of(self._seal, row)

    def events(self, session: str) -> tuple[tuple[int, bytes], ...]:
        """See `Store.events`."""
        with self._reading(f"session {session}") as db:
            head = self._head(db, session)
            query = f"SELECT {EVENT_COLUMNS} FROM events WHERE session = ? ORDER BY number"
            return events_of(self._seal, head, _all(db, query, session))

    def ledger(self, session: str) -> tuple[LedgerEntry, ...]:
        """See `Store.ledger`."""
        with self._reading(f"session {session}") as db:
            head = self._head(db, session)
            query = f"SELECT {LEDGER_COLUMNS} FROM ledger WHERE session = ? ORDER BY number"
            return ledger_of(self._seal, head, _all(db, query, session))

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
        with self._reading() as db:
            return tuple(summary_of(self._seal, row) for row in _all(db, query, actor, actor, max(limit, 0)))

    def keep_version(self, version: str, sources: Mapping[str, str]) -> None:
        """See `Store.keep_version`."""
        wanted = version_mac(self._seal, version, sources)
        query = "SELECT mac FROM versions WHERE version = ?"
        with self._reading(f"version {version}") as db:
            # Nearly always it is kept already, and nobody has to wait for a turn to write.
            if _one(db, query, version) == (wanted,):
                return

        def work(writing: Writing) -> None:
            row = _one(writing.db, query, version)
            if row is not None and row[0] != wanted:
                raise StoreMisuse(f"version {version} is kept with other files")
            if row is None:
                _insert(writing.db, "versions", "version, mac", (version, wanted))
                for path, source in sources.items():
                    _insert(writing.db, "version_files", "version, path, source", (version, path, source))

        self._write(f"version {version}", work)

    def load_version(self, version: str) -> Mapping[str, str]:
        """See `Store.load_version`."""
        with self._reading(f"version {version}") as db:
            row = _one(db, "SELECT mac FROM versions WHERE version = ?", version)
            if row is None:
                raise UnknownVersion(version)
            query = "SELECT path, source FROM version_files WHERE version = ? ORDER BY path"
            return sources_of(self._seal, version, row[0], _all(db, query, version))

    def stored_reply(self, session: str, request_key: str) -> StoredReply | None:
        """See `Store.stored_reply`."""
        query = f"SELECT {REPLY_COLUMNS} FROM replies WHERE session = ? AND request_key = ?"
        with self._reading(f"session {session}") as db:
            row = _one(db, query, session, request_key)
            if row is not None:
                return reply_of(self._seal, row)
            try:
                kept = self._head(db, session).replies.length
            except UnknownSession:
                return None
            if _one(db, "SELECT count(*) FROM replies WHERE session = ?", session) != (kept,):
                raise Damaged
            return None

    # -- looking after the store ------------------------------------------------------------------

    def audited(self) -> tuple[AuditEnd, list[AuditEntry]]:
        """Every entry of the audit in the order of their numbers, and the one before the first that is still
        kept. Raises Unusable where something else stands in their place."""
        with self._reading("audit") as db:
            return audit_rows.begins_after(db, self._seal), list(audit_rows.entries(db))

    def health(self) -> Health:
        """Read everything there is, and say what is damaged. Raises Unusable if it cannot be read at all."""
        from adapters.stores.health import examine

        with self._reading() as db:
            return examine(db, self._seal)

    def back_up(self, target: Path) -> Health:
        """Copy the store to the new file `target`, while it is in use, and say what the copy is like. It is
        read with the same key. Raises Unusable."""
        from adapters.stores.backup import back_up

        self._must_be_open()
        with self._file.reading() as db:
            return back_up(db, self._seal, target)

    def purge(self, sessions: Collection[str], first_audited: int = 0) -> None:
        """Take these sessions out, and the entries of the audit before the number `first_audited`; nothing of
        them is left in the file, its log or its free pages. Copies of it, and what the disk itself keeps
        of what was overwritten, are not reached. Raises Unusable, also if they are gone but somebody kept the
        log from being emptied."""
        from adapters.stores.purge import delete_sessions

        def work(writing: Writing) -> None:
            self._file.owe_wiping()
            delete_sessions(writing, self._seal, sessions)
            audit_rows.cut_before(writing.db, self._seal, first_audited)

        self._write("", work)
        with in_plain_words(self._file.path), self._writer.alone():
            self._file.wipe()

    def _head(self, db: sqlite3.Connection, session: str) -> Head:
        row = _one(db, f"SELECT {HEAD_COLUMNS} FROM sessions WHERE session = ?", session)
        if row is None:
            raise UnknownSession(session)
        return head_of(self._seal, row)

    @contextmanager
    def _reading(self, subject: str = "") -> Iterator[sqlite3.Connection]:
        self._must_be_open()
        with in_plain_words(self._file.path, subject), self._file.reading() as db:
            yield db

    def _write_audited(self, subject: str, audit: tuple[bytes, ...], work: Callable[[Writing], T]) -> T:
        """Do the work and add to the audit, both or neither."""
        if not audit:
            return self._write(subject, work)
        trail = self._trail
        if trail is None:
            raise StoreMisuse("this store was opened without an audit")

        def both(writing: Writing) -> tuple[T, AuditEnd]:
            done = work(writing)
            return done, audit_rows.append(writing.db, self._seal, trail, audit)

        done, last = self._write(subject, both)
        trail.kept(last.number, last.seal)
        return done

    def _write(self, subject: str, work: Callable[[Writing], T]) -> T:
        self._must_be_open()
        with in_plain_words(self._file.path, subject):
            return self._writer.run(work)

    def _must_be_open(self) -> None:
        if not self._open:
            raise StoreMisuse("the store is closed")


_FIXED = 6
"""So many columns of a head never change; they come first."""

_CHANGING = ", ".join(HEAD_COLUMNS.split(", ")[_FIXED:-1])


def _add_events(db: sqlite3.Connection, seal: Seal, before: Head, commit: Commit) -> Chain:
    first = before.events.length + 1
    rows = [event_row(seal, before.session, at, body) for at, body in enumerate(commit.events, first)]
    for row in rows:
        _insert(db, "events", EVENT_COLUMNS, row)
    return before.events.followed_by(seal, (row[-1] for row in rows))


def _add_entries(db: sqlite3.Connection, seal: Seal, before: Head, commit: Commit) -> Chain:
    macs = []
    for position, entry in enumerate(commit.ledger, before.entries.length + 1):
        check_transition(_standing(db, seal, before.session, entry.key), entry)
        values, mac = ledger_row(seal, before.session, position, entry)
        _insert(db, "ledger", LEDGER_COLUMNS, (*values, mac))
        macs.append(mac)
    return before.entries.followed_by(seal, macs)


def _add_reply(db: sqlite3.Connection, seal: Seal, before: Head, reply: StoredReply | None) -> Chain:
    if reply is None:
        return before.replies
    query = "SELECT 1 FROM replies WHERE session = ? AND request_key = ?"
    if _one(db, query, before.session, reply.request_key):
        raise StoreMisuse(f"request {reply.request_key} has its reply already")
    values, mac = reply_row(seal, before.session, before.replies.length + 1, reply)
    _insert(db, "replies", REPLY_COLUMNS, (*values, mac))
    return before.replies.followed_by(seal, (mac,))


def _standing(db: sqlite3.Connection, seal: Seal, session: str, key: str) -> LedgerEntry | None:
    query = f"SELECT {LEDGER_COLUMNS} FROM ledger WHERE session = ? AND key = ? ORDER BY number DESC LIMIT 1"
    row = _one(db, query, session, key)
    return None if row is None else entry_of(seal, row)


def _insert(db: sqlite3.Connection, table: str, columns: str, values: Values) -> None:
    db.execute(f"INSERT INTO {table} ({columns}) VALUES ({_marks(columns)})", values)


def _marks(columns: str) -> str:
    return ", ".join("?" * (columns.count(",") + 1))


def _one(db: sqlite3.Connection, query: str, *values: str | int | None) -> Row | None:
    row: Row | None = db.execute(query, values).fetchone()
    return row


def _all(db: sqlite3.Connection, query: str, *values: str | int | None) -> list[Row]:
    rows: list[Row] = db.execute(query, values).fetchall()
    return rows
