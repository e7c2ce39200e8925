"""What can be seen of conversations from beside them: where one stands, what it did, which ones are open.

Only reads; whatever changes a conversation goes through the driver.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from adapters.library import Library
from adapters.problems import PlainProblem, Unusable
from adapters.stores.port import SessionSummary, Store
from engine import AtCall, AtPrompt, BrokenState, Flow, State, state_from_json

if TYPE_CHECKING:
    from engine import Outline, Standing

LOOKED_AT = 4
"""For each open conversation that is wanted, so many are looked at."""


class UnderWay(msgspec.Struct, frozen=True):
    """The call that a session waits for: what it does in words, and since when (UTC) it has been sent (""
    before that)."""

    sentence: str
    sent_at: str


class OpenSession(msgspec.Struct, frozen=True):
    """A conversation that can be gone on with. `question` is what it waits for, in short."""

    session: str
    title: str
    client: str
    question: str
    touched: str


class Onlooker:
    """Looks at the sessions of a store. Raises PlainProblem for an unknown session, Unusable when the store
    or a session in it cannot be used."""

    def __init__(self, library: Library, store: Store) -> None:
        self._library = library
        self._store = store

    def standing(self, session: str) -> Standing:
        """The conversation in a few words."""
        from engine import standing

        return standing(*self._load(session))

    def outline(self, session: str, rules: bool = False) -> Outline:
        """Where it stands in the tree of its flows; with `rules` as its authors wrote it."""
        from engine import outline

        return outline(*self._load(session), rules)

    def digest(self, session: str) -> str:
        """The conversation as a text for a ticket or a colleague."""
        from engine import digest

        return digest(*self._load(session))

    def notes(self, session: str) -> tuple[str, ...]:
        """The notes that were written, in order."""
        return self._load(session)[1].notes

    def under_way(self, session: str) -> UnderWay | None:
        """The call that is being made right now; None where none is, or only something is looked up."""
        waiting = self._load(session)[1].waiting
        if not isinstance(waiting, AtCall):
            return None
        entry = next((each for each in self._store.ledger(session) if each.key == waiting.call.key), None)
        sent = entry.at if entry is not None and entry.status != "planned" else ""
        return UnderWay(waiting.call.sentence, sent)

    def open_ones(self, actor: str, limit: int) -> tuple[OpenSession, ...]:
        """The last conversations of `actor` that have not ended, newest first. What cannot be read is left
        out, and so is one in which nothing was answered yet: beginning anew is as good."""
        found: list[OpenSession] = []
        for kept in self._store.sessions(LOOKED_AT * limit, True, actor):
            seen = None if kept.damaged else self._seen(kept)
            if seen is not None:
                found.append(seen)
            if len(found) == limit:
                break
        return tuple(found)

    def _seen(self, kept: SessionSummary) -> OpenSession | None:
        try:
            flow, state = self._load(kept.session)
        except PlainProblem:
            return None
        if not state.trail:
            return None
        from engine import question_in_short, standing

        now = standing(flow, state)
        waiting = state.waiting
        question = question_in_short(waiting.prompt.text.text) if isinstance(waiting, AtPrompt) else ""
        return OpenSession(kept.session, now.title, now.client, question, kept.updated_at)

    def _load(self, session: str) -> tuple[Flow, State]:
        kept = self._store.load(session)
        try:
            state = state_from_json(kept.state)
        except BrokenState as error:
            raise Unusable(f"The session {session} cannot be read: {error}.") from error
        flow = self._library.revive(kept.flow, kept.version, lambda: self._store.load_version(kept.version))
        return flow, state
