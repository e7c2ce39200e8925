"""A store that keeps everything personal encrypted: a `Store` around another one.

What a conversation holds (states, events, arguments, results, replies, whom a call is about, at which step
it waits, who holds it) is encrypted before it reaches the store behind, with AES-SIV (RFC 5297). That cipher
gives the same for the same text under the same key in the same column of one conversation, which is what lets
the store behind find and compare calls, and gives away no more than that two of them are alike. Who holds it
is alike in all conversations of one key, so that somebody's own are found. A conversation stays with the key
it began with. Its flow and its times stand in clear.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from adapters.keys import Ring, derived
from adapters.problems import Unusable
from adapters.stores.port import (
    ENDED,
    Commit,
    LedgerEntry,
    SessionSummary,
    Store,
    StoredReply,
    StoredSession,
    WrongTransition,
)

_MARK = b"\x01"
_TEXT_MARK = "~"
_NAME_BYTES = 8
_PURPOSE = "unstuck columns"
_UNREADABLE = "(cannot be read)"


class HiddenStore:
    """Keeps sessions in `behind`, encrypted with the keys of `ring`. May be used from several threads."""

    def __init__(self, behind: Store, ring: Ring) -> None:
        self._behind = behind
        self._ring = ring
        self._ciphers = {name: AESSIV(derived(key, _PURPOSE, 64)) for name, key in ring.keys.items()}
        self._used: dict[str, str] = {}

    def __enter__(self) -> HiddenStore:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """See `Store.close`."""
        self._behind.close()

    def begin(self, session: str, flow: str, version: str, actor: str, audience: str, commit: Commit) -> int:
        """See `Store.begin`."""
        name = self._ring.newest
        hidden = self._hidden(name, session, commit)
        with self._in_clear(session):
            holder = self._hide_text(name, session, "actor", actor)
            revision = self._behind.begin(session, flow, version, holder, audience, hidden)
        self._used[session] = name
        return revision

    def commit(self, session: str, expected_revision: int, commit: Commit) -> int:
        """See `Store.commit`."""
        name = self._name(session)
        # One that began before anything was encrypted stays as it is until it is purged.
        hidden = self._hidden(name, session, commit) if name else commit
        with self._in_clear(session):
            return self._behind.commit(session, expected_revision, hidden)

    def load(self, session: str) -> StoredSession:
        """See `Store.load`."""
        kept = self._behind.load(session)
        self._used[session] = _key_name(kept.state)
        return msgspec.structs.replace(
            kept,
            actor=self._clear_text(session, "actor", kept.actor),
            waiting=self._clear_text(session, "waiting", kept.waiting),
            state=self._clear(session, "state", kept.state),
        )

    def events(self, session: str) -> tuple[tuple[int, bytes], ...]:
        """See `Store.events`."""
        return tuple(
            (number, self._clear(session, "event", body)) for number, body in self._behind.events(session)
        )

    def ledger(self, session: str) -> tuple[LedgerEntry, ...]:
        """See `Store.ledger`."""
        return tuple(self._clear_entry(session, entry) for entry in self._behind.ledger(session))

    def sessions(
        self, limit: int, only_open: bool = False, actor: str | None = None
    ) -> tuple[SessionSummary, ...]:
        """See `Store.sessions`."""
        found = [
            each for kept in self._kept_as(actor) for each in self._behind.sessions(limit, only_open, kept)
        ]
        if actor is not None:
            found.sort(key=lambda each: each.updated_at, reverse=True)
        return tuple(self._clear_summary(each) for each in found[:limit])

    def keep_version(self, version: str, sources: Mapping[str, str]) -> None:
        """See `Store.keep_version`."""
        self._behind.keep_version(version, sources)

    def load_version(self, version: str) -> Mapping[str, str]:
        """See `Store.load_version`."""
        return self._behind.load_version(version)

    def stored_reply(self, session: str, request_key: str) -> StoredReply | None:
        """See `Store.stored_reply`."""
        found = self._behind.stored_reply(session, request_key)
        return found and found._replace(
            body_digest=self._clear_text(session, "body_digest", found.body_digest),
            reply=self._clear(session, "reply", found.reply),
        )

    def note_down(self, audit: tuple[bytes, ...]) -> None:
        """See `Store.note_down`. Nothing in an entry has to be encrypted."""
        self._behind.note_down(audit)

    # -- hiding ----------------------------------------------------------------------------------

    @contextmanager
    def _in_clear(self, session: str) -> Iterator[None]:
        """What the store behind says of a call, with the key that the caller knows."""
        try:
            yield
        except WrongTransition as error:
            raise error.of(self._clear_text(session, "key", error.key)) from None

    def _kept_as(self, actor: str | None) -> tuple[str | None, ...]:
        """How somebody may stand in the store behind: under any of the keys, or in clear from before there
        were any; None for everybody."""
        if actor is None:
            return (None,)
        return (*(self._hide_text(name, "", "actor", actor) for name in self._ciphers), actor)

    def _hidden(self, name: str, session: str, commit: Commit) -> Commit:
        reply = commit.reply
        return msgspec.structs.replace(
            commit,
            events=tuple(self._hide(name, session, "event", body) for body in commit.events),
            state=self._hide(name, session, "state", commit.state),
            waiting=self._hide_text(name, session, "waiting", commit.waiting),
            ledger=tuple(self._hide_entry(name, session, entry) for entry in commit.ledger),
            reply=reply and self._hide_reply(name, session, reply),
        )

    def _name(self, session: str) -> str:
        """The name of the key that the session is kept under; empty where it is kept in clear."""
        if session not in self._used:
            self._used[session] = _key_name(self._behind.load(session).state)
        return self._used[session]

    def _hide_entry(self, name: str, session: str, entry: LedgerEntry) -> LedgerEntry:
        texts = {
            column: self._hide_text(name, session, column, getattr(entry, column)) for column in _TEXT_COLUMNS
        }
        return msgspec.structs.replace(
            entry,
            **texts,
            args=self._hide(name, session, "args", entry.args),
            result=self._hide(name, session, "result", entry.result),
        )

    def _hide_reply(self, name: str, session: str, reply: StoredReply) -> StoredReply:
        return reply._replace(
            body_digest=self._hide_text(name, session, "body_digest", reply.body_digest),
            reply=self._hide(name, session, "reply", reply.reply),
        )

    def _hide(self, name: str, session: str, column: str, plain: bytes) -> bytes:
        if not plain:
            return plain
        return _MARK + name.encode("ascii") + self._ciphers[name].encrypt(plain, _place(session, column))

    def _hide_text(self, name: str, session: str, column: str, plain: str) -> str:
        if not plain or plain.startswith(ENDED):
            # How it ended is what open sessions are told from ended ones by.
            return plain
        hidden = self._hide(name, session, column, plain.encode("utf-8", "surrogatepass"))
        return _TEXT_MARK + urlsafe_b64encode(hidden).decode("ascii")

    # -- showing ---------------------------------------------------------------------------------

    def _clear_summary(self, summary: SessionSummary) -> SessionSummary:
        try:
            waiting = self._clear_text(summary.session, "waiting", summary.waiting)
            actor = self._clear_text(summary.session, "actor", summary.actor)
        except Unusable:
            return msgspec.structs.replace(summary, waiting=_UNREADABLE, actor=_UNREADABLE, damaged=True)
        return msgspec.structs.replace(summary, waiting=waiting, actor=actor)

    def _clear_entry(self, session: str, entry: LedgerEntry) -> LedgerEntry:
        texts = {
            column: self._clear_text(session, column, getattr(entry, column)) for column in _TEXT_COLUMNS
        }
        return msgspec.structs.replace(
            entry,
            **texts,
            args=self._clear(session, "args", entry.args),
            result=self._clear(session, "result", entry.result),
        )

    def _clear_text(self, session: str, column: str, kept: str) -> str:
        if not kept.startswith(_TEXT_MARK):
            return kept
        try:
            hidden = urlsafe_b64decode(kept[1:].encode("ascii"))
        except ValueError as error:
            raise _damaged(session) from error
        return self._clear(session, column, hidden).decode("utf-8", "surrogatepass")

    def _clear(self, session: str, column: str, kept: bytes) -> bytes:
        name = _key_name(kept)
        if not name:
            return kept
        cipher = self._ciphers.get(name)
        if cipher is None:
            raise Unusable(
                f"The session {session} was encrypted with the key {name}, which is not here.",
                "Put that key back into the file of keys; what is encrypted is left as it is.",
            )
        try:
            return cipher.decrypt(kept[len(_MARK) + _NAME_BYTES :], _place(session, column))
        except InvalidTag as error:
            raise _damaged(session) from error


_TEXT_COLUMNS = ("key", "subject", "step")

HIDDEN_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "sessions": ("actor", "waiting", "state"),
    "events": ("body",),
    "ledger": (*_TEXT_COLUMNS, "args", "result"),
    "replies": ("body_digest", "reply"),
}
"""What is encrypted, by table; of `waiting`, how a conversation ended is not."""


def is_hidden(behind: Store) -> bool:
    """Whether anything in this store is encrypted already."""
    newest = behind.sessions(limit=1_000)
    return any(each.waiting.startswith(_TEXT_MARK) for each in newest) or any(
        _key_name(behind.load(each.session).state) for each in newest[:1] if not each.damaged
    )


def _key_name(kept: bytes) -> str:
    return kept[1 : 1 + _NAME_BYTES].decode("ascii", "replace") if kept.startswith(_MARK) else ""


def _place(session: str, column: str) -> list[bytes]:
    of = "" if column == "actor" else session
    return [of.encode("utf-8", "surrogatepass"), column.encode("ascii")]


def _damaged(session: str) -> Unusable:
    return Unusable(
        f"What is kept of the session {session} is damaged, or belongs to another one.",
        "Put a backup back; other sessions are not touched.",
    )
