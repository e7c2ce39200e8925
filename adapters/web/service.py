"""What the API does: conversations of people who were let in. Knows no HTTP, only its refusals."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping

import msgspec

from adapters.driver import Driver
from adapters.library import Library
from adapters.request import OtherRequest, Request
from adapters.view import Json, View, as_json
from adapters.web.bodies import Answer, Change, Renewal, Start, Step
from adapters.web.bounds import Bounds
from adapters.web.people import VISITOR, Embed, person_of
from adapters.web.refused import Refused, not_known, not_there
from adapters.web.tokens import Holder, TokenBook
from adapters.web.works import Works
from engine import Audience, Value

_MOST_ENDS = 10_000
"""So many conversations are remembered to have been counted as ended."""

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
        bounds: Bounds,
        can_keep: Callable[[], bool],
    ) -> None:
        """`now` gives the second of Unix time; `digest` stands for a body, and nobody without its key can
        guess from it what the body held; `bounds` are those of people, `can_keep` says whether sessions can
        be kept right now."""
        self._driver = driver
        self._library = library
        self._tokens = tokens
        self._embeds = embeds
        self._now = now
        self._digest = digest
        self._bounds = bounds
        self._can_keep = can_keep
        self.works = Works()
        self._lock = threading.Lock()
        self._ends: OrderedDict[str, None] = OrderedDict()

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

    def renewed(self, session: str, body: Renewal, origin: str = "") -> str:
        """Another token for whoever holds this conversation and is still signed in."""
        person = person_of(body.identity, self._embed(body.embed, origin), self._now(), self._tokens)
        holder = self._tokens.last_holder(session)
        if holder is None or holder.person != person or holder.embed != body.embed:
            raise not_there()
        self._bounds.session_of(person)
        return self._tokens.issue(holder, self._now())

    # -- conversations ----------------------------------------------------------------------------------

    def flows(self, embed: str = "", origin: str = "") -> list[Json]:
        """The flows that a visitor can begin there: their names and titles. Raises Refused."""
        where = self._embed(embed, origin)
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
        self._bounds.session_of(person)
        view = self._driver.start(body.flow, actor=person.actor, audience=person.audience, own=person.own)
        holder = Holder(view.session, body.embed, body.flow, person)
        token = self._tokens.issue(holder, self._now())
        return token, {"session": view.session, "title": info.title, "transcript": [], "turn": as_json(view)}

    def conversation(self, holder: Holder) -> dict[str, Json]:
        """The conversation until now: its title, the answers given, and the turn. Only reads."""
        who = holder.person
        return self._whole(holder, self._driver.shown(holder.session, actor=who.actor, audience=who.audience))

    def resumed(self, holder: Holder) -> dict[str, Json]:
        """The conversation, after what is being done in it; what was cut off is gone on with."""
        who = self._who(holder)
        with self.works.at_work(holder.session):
            view = self._driver.resume(holder.session, actor=who[0], audience=who[1])
        return self._whole(holder, view)

    def answer(self, holder: Holder, body: Answer, key: str, raw: bytes) -> View:
        """The turn after this answer; for a request that is repeated under its key, the turn it had. Raises
        Refused (422) where the key was used for something else."""
        actor, audience = self._who(holder)
        value: Value = msgspec.to_builtins(body.answer)
        request = self._request("answer", key, raw)
        return self._at_work(
            holder,
            lambda: self._driver.answer(
                holder.session,
                value,
                prompt=body.prompt,
                seq=body.seq,
                actor=actor,
                audience=audience,
                request=request,
            ),
        )

    def back(self, holder: Holder, body: Step, key: str, raw: bytes) -> View:
        """Go back to the question before. Refused as in `answer`."""
        actor, audience = self._who(holder)
        request = self._request("back", key, raw)
        return self._at_work(
            holder,
            lambda: self._driver.back(
                holder.session, current=body.seq, actor=actor, audience=audience, request=request
            ),
        )

    def change(self, holder: Holder, body: Change, key: str, raw: bytes) -> View:
        """Answer an earlier question again. Refused as in `answer`."""
        actor, audience = self._who(holder)
        request = self._request("change", key, raw)
        return self._at_work(
            holder,
            lambda: self._driver.change(
                holder.session,
                body.prompt,
                current=body.seq,
                actor=actor,
                audience=audience,
                request=request,
            ),
        )

    def stop(self, holder: Holder, body: Step, key: str, raw: bytes) -> View:
        """Give the conversation up. Refused as in `answer`."""
        actor, audience = self._who(holder)
        request = self._request("stop", key, raw)
        return self._at_work(
            holder,
            lambda: self._driver.stop(
                holder.session, current=body.seq, actor=actor, audience=audience, request=request
            ),
        )

    def reveal(self, holder: Holder, id: str) -> tuple[str | None, View]:
        """The secret that waits, once, and the turn after it."""
        actor, audience = self._who(holder)
        with self.works.at_work(holder.session):
            return self._driver.reveal(holder.session, id, actor=actor, audience=audience)

    def stands(self, session: str) -> dict[str, Json]:
        """The number of the turn there is, and whether it is the end."""
        view = self._driver.current(session)
        return {"seq": view.seq, **({"ended": True} if view.end is not None else {})}

    def is_first_end(self, session: str) -> bool:
        """Whether it was not asked before about the end of this conversation."""
        with self._lock:
            known = session in self._ends
            self._ends[session] = None
            if len(self._ends) > _MOST_ENDS:
                self._ends.popitem(last=False)
            return not known

    def is_ready(self) -> bool:
        """Whether conversations can be kept right now."""
        return self._tokens.can_keep() and self._can_keep()

    def _whole(self, holder: Holder, view: View) -> dict[str, Json]:
        told: list[Json] = [msgspec.to_builtins(given) for given in self._driver.answered(holder.session)]
        tree = self._library.pack.trees.get(holder.flow)
        title = tree.title if tree is not None else holder.flow
        return {"session": holder.session, "title": title, "transcript": told, "turn": as_json(view)}

    def _who(self, holder: Holder) -> tuple[str, Audience]:
        """Who goes on, if they have not done too much of it. Raises Refused (429)."""
        self._bounds.answer_of(holder.person)
        return holder.person.actor, holder.person.audience

    def _request(self, what: str, key: str, raw: bytes) -> Request | None:
        """The request under its key: the same one is what is asked with the same body."""
        return Request(key, self._digest(f"{what} ".encode() + raw)) if key else None

    def _at_work(self, holder: Holder, work: Callable[[], View]) -> View:
        try:
            with self.works.at_work(holder.session):
                return work()
        except OtherRequest as error:
            raise Refused(422, error.message, error.advice) from error

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
