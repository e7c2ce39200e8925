"""The store's port: what a session store keeps, promises and refuses.

A store knows nothing of flows: events, states, arguments and replies are bytes made elsewhere. What it
does know is order: revisions of a session, and the way a call to the clinic may go (`ledger_rules`).

    PlainProblem
    ├── UnknownSession    no session of this name (a person mistyped it)
    ├── UnknownVersion    no flows kept under this version
    └── Unusable          the store cannot be used, or one session in it is damaged
    Outrun                somebody else committed first: load again
    StoreMisuse           a caller's mistake
    └── WrongTransition   a call cannot go from there to here
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, Protocol, TypeAlias

import msgspec

from adapters.problems import NothingThere, PlainProblem

LedgerStatus: TypeAlias = Literal["planned", "sent", "confirmed", "rejected", "unknown", "reconciled"]

ENDED = "end "
"""How `waiting` begins when the session has ended; the outcome follows."""


class LedgerEntry(msgspec.Struct, frozen=True):
    """How far one call of an action has got. `key` is its idempotency key; `args` and `result` are bytes
    made elsewhere (`result` is empty until there is one); `at` is a moment in UTC."""

    key: str
    action: str
    subject: str
    step: str
    status: LedgerStatus
    args: bytes
    result: bytes
    at: str


class StoredReply(NamedTuple):
    """The reply to one request of a client that may repeat it: `body_digest` tells whether a repeated
    request is the same one."""

    request_key: str
    body_digest: str
    reply: bytes


class Commit(msgspec.Struct, frozen=True):
    """Everything that one turn, or one half of a call, adds to a session; kept whole or not at all.

    `waiting` is the id of the prompt that waits, `call KEY`, or `end OUTCOME`. Ledger entries are taken
    in their order, so that one commit may plan a call and mark it as sent. `audit` holds entries of the
    audit, made elsewhere, which are kept with it.
    """

    events: tuple[bytes, ...]
    state: bytes
    seq: int
    waiting: str
    ledger: tuple[LedgerEntry, ...]
    at: str
    reply: StoredReply | None = None
    audit: tuple[bytes, ...] = ()


class AuditEntry(NamedTuple):
    """An entry of the audit as it is kept: its number (from 1, without gaps), its body, and its seal."""

    number: int
    body: bytes
    seal: bytes


class AuditEnd(NamedTuple):
    """An entry of the audit by its number and its seal: the last one, or the one before the first that is
    still kept; 0 and an empty seal where there is none."""

    number: int = 0
    seal: bytes = b""


class Trail(Protocol):
    """Chains the entries of the audit, and remembers elsewhere how far they go. May be used from several
    threads and processes. Entries are told by their number, and their seal; 0 and no seal stand for none."""

    def check(self, number: int, seal: bytes) -> None:
        """Raise Unusable if more entries are known than end with this one, or if nobody could remember a new
        one: nothing is kept then."""
        ...

    def seal(self, number: int, previous: bytes, body: bytes) -> bytes:
        """The seal of the entry `number` that follows one with the seal `previous`."""
        ...

    def kept(self, number: int, seal: bytes) -> None:
        """The entries up to this one are on the disk. Raises nothing."""
        ...


class SessionSummary(msgspec.Struct, frozen=True):
    """A session in a list. `damaged` ones cannot be loaded, and what is shown of them may be wrong."""

    session: str
    flow: str
    version: str
    actor: str
    audience: str
    started_at: str
    updated_at: str
    revision: int
    seq: int
    waiting: str
    damaged: bool = False


class StoredSession(msgspec.Struct, frozen=True):
    """A session as it was last committed. `revision` counts its commits, from 1."""

    session: str
    flow: str
    version: str
    actor: str
    audience: str
    started_at: str
    updated_at: str
    revision: int
    seq: int
    waiting: str
    state: bytes


class UnknownSession(NothingThere):
    """There is no session of this name."""

    def __init__(self, session: str) -> None:
        self.session = session
        super().__init__(
            f"There is no session {session!r}.", "`unstuck sessions list` shows the sessions there are."
        )


class UnknownVersion(PlainProblem):
    """The store keeps no flows under this version."""

    def __init__(self, version: str) -> None:
        self.version = version
        super().__init__(
            f"The flows of version {version!r} are not kept in this session store.",
            "Start a new conversation; it uses the flows as they are now.",
        )


class Outrun(Exception):
    """Somebody else committed to the session first; it now stands at `revision`. Load it again."""

    def __init__(self, session: str, expected: int, revision: int) -> None:
        self.session = session
        self.expected = expected
        self.revision = revision
        super().__init__(f"session {session} is at revision {revision}, not {expected}")


class StoreMisuse(Exception):
    """The caller asked for something that the port does not allow."""


class WrongTransition(StoreMisuse):
    """The call `key` stands at `before` (None: not planned yet) and cannot become `after`."""

    def __init__(self, key: str, before: LedgerStatus | None, after: LedgerStatus, why: str = "") -> None:
        self.key = key
        self.before = before
        self.after = after
        self.why = why
        detail = f": {why}" if why else ""
        super().__init__(f"call {key} cannot go from {before or 'nothing'} to {after}{detail}")

    def of(self, key: str) -> WrongTransition:
        """The same of a call that is known under another key."""
        return WrongTransition(key, self.before, self.after, self.why)


class Store(Protocol):
    """Keeps sessions, their events and ledgers, the flows they were started with, and stored replies.

    What a method has returned survives a crash of this process or of the machine. Every method may raise
    `Unusable`, after which nothing was changed and the store can be used again once the cause is gone.
    """

    def begin(self, session: str, flow: str, version: str, actor: str, audience: str, commit: Commit) -> int:
        """Keep a new session with its first commit; returns its revision, 1. The version must have been
        kept before (`UnknownVersion`); a session id is used once (`StoreMisuse`)."""
        ...

    def commit(self, session: str, expected_revision: int, commit: Commit) -> int:
        """Add to a session that stands at `expected_revision`; returns the new revision.

        Raises UnknownSession, `Outrun` if somebody else was first, `WrongTransition` if a ledger entry does
        not follow from what is recorded, StoreMisuse if the request key of the reply is already kept.
        """
        ...

    def load(self, session: str) -> StoredSession:
        """The session as it was last committed. Raises UnknownSession."""
        ...

    def events(self, session: str) -> tuple[tuple[int, bytes], ...]:
        """All events of the session with their numbers, counted from 1. Raises UnknownSession."""
        ...

    def ledger(self, session: str) -> tuple[LedgerEntry, ...]:
        """The calls of the session in the order they were planned, each as it stands now. Raises
        UnknownSession."""
        ...

    def sessions(
        self, limit: int, only_open: bool = False, actor: str | None = None
    ) -> tuple[SessionSummary, ...]:
        """The sessions that were touched last, newest first: at most `limit`, only those that have not
        ended, only those of one actor."""
        ...

    def keep_version(self, version: str, sources: Mapping[str, str]) -> None:
        """Keep the files (path to text) that make up a version of the flows; keeping it again changes
        nothing. Raises StoreMisuse if other files are kept under this version."""
        ...

    def load_version(self, version: str) -> Mapping[str, str]:
        """The files of a version. Raises UnknownVersion."""
        ...

    def stored_reply(self, session: str, request_key: str) -> StoredReply | None:
        """The reply that was given to this request, if there was one."""
        ...

    def note_down(self, audit: tuple[bytes, ...]) -> None:
        """Add entries to the audit that belong to no session. Raises StoreMisuse where there is none."""
        ...

    def close(self) -> None:
        """Let go of the store; closing it again changes nothing."""
        ...
