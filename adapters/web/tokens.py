"""The tokens of conversations: opaque, 256 bits, kept as hashes only, each good for one conversation.

A visitor's token lives 24 hours. One of somebody signed in ends after 15 minutes without a request and after
8 hours at the latest; the host page then vouches for them anew. The tokens of hosts that were used are kept
until they would have ended anyway. One SQLite file, for any number of processes; who it is stands encrypted
in it.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock

import msgspec

from adapters.problems import Unusable
from adapters.veil import BrokenVeil, Veil
from adapters.web.people import Person
from engine import Audience

NAME = "web.db"
VISITOR_SECONDS = 24 * 3600
IDLE_SECONDS = 15 * 60
SIGNED_IN_SECONDS = 8 * 3600
_TOUCHED_EVERY = 20

TABLES = """
CREATE TABLE IF NOT EXISTS holders (
    hash BLOB PRIMARY KEY, session TEXT NOT NULL, embed TEXT NOT NULL, flow TEXT NOT NULL,
    who TEXT NOT NULL,
    used_at INTEGER NOT NULL, idle INTEGER NOT NULL, ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS used (
    embed TEXT NOT NULL, jti TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (embed, jti)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS holders_end ON holders (ends_at);
CREATE INDEX IF NOT EXISTS used_until ON used (until);
"""
HIDDEN_COLUMNS = ("who",)
"""What is encrypted of a token: the person."""
_OLDER = "DROP TABLE IF EXISTS tokens"
"""In the first format people stood in clear. Tokens live a day at most, so those are let go."""


class Holder(msgspec.Struct, frozen=True):
    """Whom a token lets in, and to which conversation."""

    session: str
    embed: str
    flow: str
    person: Person


class Held(msgspec.Struct, frozen=True):
    """That a conversation is held over the web: where, and until which second of Unix time at the latest."""

    session: str
    embed: str
    ends_at: int


class TokenBook:
    """The tokens in the file at `path`. May be used from several threads."""

    def __init__(self, path: Path, key: bytes) -> None:
        """The file is made, for its owner only, if it is missing; people are encrypted with `key` (64
        bytes). Raises Unusable."""
        self._veil = Veil(key)
        self._lock = Lock()
        try:
            path.touch(mode=0o600)
            self._db = sqlite3.connect(path, timeout=5.0, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.execute("PRAGMA secure_delete = ON")
            self._db.execute(_OLDER)
            self._db.executescript(TABLES)
        except (OSError, sqlite3.Error) as error:
            raise Unusable(
                f"The tokens of conversations cannot be kept at {path} ({error}).",
                "Check the folder and its permissions.",
            ) from error

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._db.close()

    def issue(self, holder: Holder, now: int) -> str:
        """A new token for this person and conversation, at this second of Unix time."""
        token = secrets.token_urlsafe(32)
        visitor = holder.person.audience is Audience.VISITOR
        idle, longest = (VISITOR_SECONDS, VISITOR_SECONDS) if visitor else (IDLE_SECONDS, SIGNED_IN_SECONDS)
        who = self._veil.hidden("who", msgspec.json.encode(holder.person).decode())
        row = (holder.session, holder.embed, holder.flow, who)
        with self._writing() as db:
            db.execute("DELETE FROM holders WHERE ends_at <= ?", (now,))
            db.execute(
                "INSERT INTO holders VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (_hash(token), *row, now, idle, now + longest),
            )
        return token

    def holder(self, token: str, now: int) -> Holder | None:
        """Whom this token lets in now; None where it is none, or has ended."""
        columns = "session, embed, flow, who, used_at, idle, ends_at"
        query = f"SELECT {columns} FROM holders WHERE hash = ? AND ends_at > ?"
        hashed = _hash(token)
        with self._reading(query, (hashed, now)) as found:
            row = found.fetchone()
        if row is None:
            return None
        session, embed, flow, who, used_at, idle, ends_at = row
        if now >= used_at + idle:
            return None
        if now >= used_at + _TOUCHED_EVERY and used_at + idle < ends_at:
            with self._writing() as db:
                db.execute("UPDATE holders SET used_at = max(used_at, ?) WHERE hash = ?", (now, hashed))
        return Holder(session, embed, flow, self._person(who))

    def last_holder(self, session: str) -> Holder | None:
        """Who holds the conversation, whether their token has ended for want of use or not."""
        query = "SELECT embed, flow, who FROM holders WHERE session = ? LIMIT 1"
        with self._reading(query, (session,)) as found:
            row = found.fetchone()
        if row is None:
            return None
        embed, flow, who = row
        return Holder(session, embed, flow, self._person(who))

    def end(self, session: str) -> None:
        """No token of the conversation counts any more."""
        with self._writing() as db:
            db.execute("DELETE FROM holders WHERE session = ?", (session,))

    def held(self, sessions: Collection[str]) -> tuple[Held, ...]:
        """The tokens of these conversations."""
        query = "SELECT session, embed, ends_at FROM holders ORDER BY ends_at"
        with self._reading(query) as found:
            return tuple(Held(*row) for row in found if row[0] in sessions)

    def forget(self, sessions: Collection[str], now: int) -> None:
        """Nothing is left of the tokens of these conversations, nor of any that has ended, in the file and
        its log. Raises Unusable."""
        with self._writing() as db:
            db.execute("DELETE FROM holders WHERE ends_at <= ?", (now,))
            db.execute("DELETE FROM used WHERE until < ?", (now,))
            db.executemany("DELETE FROM holders WHERE session = ?", [(each,) for each in sessions])
        with self._lock, closing(self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")) as done:
            if done.fetchone()[0] != 0:
                raise Unusable(
                    "The tokens of conversations are gone, but the log of their file is in use.",
                    "Purge again when nobody holds a conversation.",
                )

    def can_keep(self) -> bool:
        """Whether something could be written right now; nothing is."""
        try:
            with self._writing():
                return True
        except Unusable:
            return False

    def first_use(self, embed: str, jti: str, until: int) -> bool:
        """See `OnceOnly.first_use`."""
        with self._writing() as db:
            db.execute("DELETE FROM used WHERE until < ?", (until - 3600,))
            done = db.execute("INSERT OR IGNORE INTO used VALUES (?, ?, ?)", (embed, jti, until))
            return done.rowcount == 1

    def _person(self, who: str) -> Person:
        try:
            return msgspec.json.decode(self._veil.clear("who", who), type=Person)
        except (BrokenVeil, msgspec.MsgspecError) as error:
            raise Unusable(
                "The file with the tokens of conversations is damaged.",
                f"Remove {NAME}: whoever holds a conversation over the web then signs in again.",
            ) from error

    @contextmanager
    def _reading(self, query: str, values: tuple[object, ...] = ()) -> Iterator[sqlite3.Cursor]:
        with self._lock:
            try:
                with closing(self._db.execute(query, values)) as found:
                    yield found
            except sqlite3.Error as error:
                raise Unusable("The tokens of conversations cannot be read.", str(error)) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                yield self._db
                self._db.execute("COMMIT")
            except sqlite3.Error as error:
                raise Unusable("The tokens of conversations cannot be kept.", str(error)) from error
            finally:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
