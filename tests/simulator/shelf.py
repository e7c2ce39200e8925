"""The session store as one process sees it: a real one, which fails or is killed around each commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from adapters.problems import Unusable
from adapters.stores.port import (
    Commit,
    LedgerEntry,
    Outrun,
    SessionSummary,
    Store,
    StoredReply,
    StoredSession,
)
from tests.simulator.surroundings import Surroundings
from tests.simulator.turns import Process

T = TypeVar("T")


class Shelf:
    """See `Store`. What is in the file is real; only the trouble with it is made up."""

    def __init__(self, around: Surroundings, process: Process, inside: Store) -> None:
        self._around = around
        self._process = process
        self._inside = inside

    def begin(self, session: str, flow: str, version: str, actor: str, audience: str, commit: Commit) -> int:
        """See `Store.begin`."""
        return self._kept(lambda: self._inside.begin(session, flow, version, actor, audience, commit), commit)

    def commit(self, session: str, expected_revision: int, commit: Commit) -> int:
        """See `Store.commit`."""
        return self._kept(lambda: self._inside.commit(session, expected_revision, commit), commit)

    def load(self, session: str) -> StoredSession:
        """See `Store.load`."""
        return self._read(lambda: self._inside.load(session))

    def events(self, session: str) -> tuple[tuple[int, bytes], ...]:
        """See `Store.events`."""
        return self._read(lambda: self._inside.events(session))

    def ledger(self, session: str) -> tuple[LedgerEntry, ...]:
        """See `Store.ledger`."""
        return self._read(lambda: self._inside.ledger(session))

    def sessions(
        self, limit: int, only_open: bool = False, actor: str | None = None
    ) -> tuple[SessionSummary, ...]:
        """See `Store.sessions`."""
        return self._read(lambda: self._inside.sessions(limit, only_open, actor))

    def keep_version(self, version: str, sources: Mapping[str, str]) -> None:
        """See `Store.keep_version`."""
        self._read(lambda: self._inside.keep_version(version, sources))

    def load_version(self, version: str) -> Mapping[str, str]:
        """See `Store.load_version`."""
        return self._read(lambda: self._inside.load_version(version))

    def stored_reply(self, session: str, request_key: str) -> StoredReply | None:
        """See `Store.stored_reply`."""
        return self._read(lambda: self._inside.stored_reply(session, request_key))

    def note_down(self, audit: tuple[bytes, ...]) -> None:
        """See `Store.note_down`."""
        self._inside.note_down(audit)

    def close(self) -> None:
        """See `Store.close`."""
        self._inside.close()

    def _kept(self, keep: Callable[[], int], commit: Commit) -> int:
        around = self._around
        around.pause()
        # Most can go wrong around a call.
        times = 3 if commit.ledger else 1
        around.may_crash(self._process, "before a commit", times)
        self._may_fail("cannot be written", times)
        try:
            revision = keep()
        except Outrun:
            around.note(f"{self._process.name} is outrun")
            self._process.disturbed = around.turns.now
            raise
        standing = ", ".join(f"{entry.key} {entry.status}" for entry in commit.ledger)
        around.note(
            f"{self._process.name} keeps revision {revision}, waiting for {commit.waiting} {standing}"
        )
        around.may_crash(self._process, "after a commit", times)
        around.pause()
        return revision

    def _read(self, read: Callable[[], T]) -> T:
        self._around.pause()
        self._may_fail("cannot be read")
        return read()

    def _may_fail(self, how: str, times: int = 1) -> None:
        around = self._around
        if not around.calm and around.tape.happens(times * around.storm.store):
            around.note(f"the store {how}")
            self._process.disturbed = around.turns.now
            raise Unusable(f"The store {how}.", "Make room.")
