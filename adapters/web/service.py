"""What the API does: conversations of people who were let in. Knows no HTTP, only its refusals."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from time import monotonic

import msgspec

from adapters.driver import Driver
from adapters.library import Library
from adapters.request import OtherRequest, Request
from adapters.view import Json, View, as_json
from adapters.web.bodies import Answer, Start
from adapters.web.people import VISITOR, Embed, person_of
from adapters.web.refused import Refused, not_known, not_there
from adapters.web.tokens import Holder, TokenBook
from engine import Value

ANYWHERE = Embed("", frozenset())
"""Where no embed is named: a visitor, on the server's own pages."""


class Service:
    """Holds conversations for the web. May be used from several threads."""

    def __init__(
        self,
        driver: Driver,
        library: Library,
        tokens: TokenBook,
        embeds: Mapping[str, Embed],
        now: Callable[[], int],
        digest: Callable[[bytes], str],
    ) -> None:
        """`now` gives the second of Unix time; `digest` stands for a body, and nobody without its key can
        guess from it what the body held."""
        self._driver = driver
        self._library = library
        self._tokens = tokens
        self._embeds = embeds
        self._now = now
        self._digest = digest
        self._lock = threading.Lock()
        self._working: dict[str, float] = {}

    # -- who ------------------------------------------------------------------------------------------

    def allows(self, origin: str) -> bool:
        """Whether pages of this origin may use the API."""
        return any(origin in embed.origins for embed in self._embeds.values())

    def framed_by(self) -> list[str]:
        """The origins that may show the plain pages in a frame."""
        return sorted({origin for embed in self._embeds.values() for origin in embed.origins})

    def let_in(self, session: str, token: str) -> Holder:
        """Who asks for this conversation. Raises Refused: 401 without a valid token, 404 for another's."""
        holder = self._tokens.holder(token, self._now()) if token else None
        if holder is None:
            raise not_known()
        if holder.session != session:
            raise not_there()
        return holder

    def renewed(self, session: str, embed: str, identity: str) -> str:
        """Another token for whoever holds this conversation and is still signed in."""
        person = person_of(identity, self._embed(embed, ""), self._now(), self._tokens)
        holder = self._tokens.last_holder(session)
        if holder is None or holder.person != person or holder.embed != embed:
            raise not_there()
        return self._tokens.issue(holder, self._now())

    # -- conversations ----------------------------------------------------------------------------------

    def flows(self, embed: str = "") -> list[Json]:
        """The flows that a visitor can begin there: their names and titles."""
        where = self._embed(embed, "")
        found = [each for each in self._library.flows.values() if VISITOR.audience in each.audience]
        return [
            {"flow": each.name, "title": each.title}
            for each in found
            if not where.flows or each.name in where.flows
        ]

    def start(self, body: Start, origin: str = "") -> tuple[str, dict[str, Json]]:
        """Begin: the conversation's token, and what `conversation` gives."""
        embed = self._embed(body.embed, origin)
        person = VISITOR
        if body.identity is not None:
            person = person_of(body.identity, embed, self._now(), self._tokens)
        info = self._library.flows.get(body.flow)
        listed = not embed.flows or body.flow in embed.flows
        if info is None or not listed or person.audience not in info.audience:
            raise Refused(404, "There is no such help here.", "Check the flow's name, and who is signed in.")
        view = self._driver.start(body.flow, actor=person.actor, audience=person.audience, own=person.own)
        holder = Holder(view.session, body.embed, body.flow, person)
        token = self._tokens.issue(holder, self._now())
        return token, {"session": view.session, "title": info.title, "transcript": [], "turn": as_json(view)}

    def conversation(self, holder: Holder) -> dict[str, Json]:
        """The conversation until now: its title, the answers given, and the turn that waits."""
        who = holder.person
        view = self._driver.resume(holder.session, actor=who.actor, audience=who.audience)
        told: list[Json] = [msgspec.to_builtins(given) for given in self._driver.answered(holder.session)]
        tree = self._library.pack.trees.get(holder.flow)
        title = tree.title if tree is not None else holder.flow
        return {"session": holder.session, "title": title, "transcript": told, "turn": as_json(view)}

    def answer(self, holder: Holder, body: Answer, key: str, raw: bytes) -> View:
        """The turn after this answer; for a request that is repeated under its key, the turn it had. Raises
        Refused (422) where the key was used for something else."""
        value: Value = msgspec.to_builtins(body.answer)
        try:
            with self._at_work(holder.session):
                return self._driver.answer(
                    holder.session,
                    value,
                    prompt=body.prompt,
                    seq=body.seq,
                    actor=holder.person.actor,
                    audience=holder.person.audience,
                    request=Request(key, self._digest(raw)) if key else None,
                )
        except OtherRequest as error:
            raise Refused(422, error.message, error.advice) from error

    def back(self, holder: Holder) -> View:
        """Go back to the question before."""
        return self._driver.back(holder.session, actor=holder.person.actor, audience=holder.person.audience)

    def change(self, holder: Holder, prompt: str) -> dict[str, Json]:
        """Answer an earlier question again; the conversation as it stands then."""
        who = holder.person
        with self._at_work(holder.session):
            view = self._driver.change(holder.session, prompt, actor=who.actor, audience=who.audience)
        return {**self.conversation(holder), "turn": as_json(view)}

    def stop(self, holder: Holder) -> View:
        """Give the conversation up."""
        return self._driver.stop(holder.session, actor=holder.person.actor, audience=holder.person.audience)

    def reveal(self, holder: Holder, id: str) -> tuple[str | None, View]:
        """The secret that waits, once, and the turn after it."""
        who = holder.person
        return self._driver.reveal(holder.session, id, actor=who.actor, audience=who.audience)

    def watch(self, holder: Holder) -> tuple[int, float]:
        """The number of the turn, and for how many seconds something is being done right now (0: nothing)."""
        with self._lock:
            began = self._working.get(holder.session)
        return self._driver.current(holder.session).seq, monotonic() - began if began is not None else 0.0

    def is_ready(self) -> bool:
        """Whether conversations can be kept right now."""
        try:
            self._tokens.holder("-", self._now())
        except Exception:
            return False
        return True

    @contextmanager
    def _at_work(self, session: str) -> Iterator[None]:
        with self._lock:
            self._working.setdefault(session, monotonic())
        try:
            yield
        finally:
            with self._lock:
                self._working.pop(session, None)

    def _embed(self, name: str, origin: str) -> Embed:
        """The embed of that name, where the page's origin may use it. Raises Refused."""
        if not name:
            return ANYWHERE
        found = self._embeds.get(name)
        if found is None:
            raise Refused(404, "There is no such embed.", "Check the widget's attribute `embed`.")
        if origin and origin not in found.origins:
            raise Refused(
                403, "This page may not use that embed.", "Add its origin to the embed's `origins`."
            )
        return found
