"""The demo page: a practice's portal with the widget in it, for a visitor, a client and a practitioner.

Whoever opens it is signed in as whom they choose: it is for trying out, on this machine only, and on sample
people. The emails of the clinic's mail folder are shown beside it.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from secrets import token_urlsafe

import jwt
import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from adapters.library import Library
from adapters.problems import PlainProblem
from adapters.web.assets import DEMO_SCRIPT, DEMO_STYLE, Asset
from adapters.web.letterbox import letters
from adapters.web.pages import Pages
from adapters.web.people import AUDIENCE, Embed, Key
from adapters.web.reading import address_of, body_of
from adapters.web.refused import Refused, refusal_of
from engine import Audience

EMBED = "demo"
_KEY = "demo"
_SECONDS = 120
_HERE = frozenset({"127.0.0.1", "::1", "localhost"})
_LONGEST_WISH = 4_096
"""Bytes of a request that says whom one wants to be."""
_ROLES = (("visitor", "Visitor"), ("client", "Client"), ("practitioner", "Practitioner"))
_HEADINGS = {"visitor": "Welcome", "client": "Hello", "practitioner": "Hello"}
_EXPLAINED = {
    "visitor": "You are on the practice's website, and nobody knows who you are.",
    "client": "You are signed in to the client portal.",
    "practitioner": "You are signed in to the practice's own pages.",
}


class Someone(msgspec.Struct, frozen=True):
    """Somebody whom one can be on the page: the id, the name, and a word about how they stand."""

    id: str
    name: str
    about: str = ""


class Demo:
    """The demo of one server. `clients` gives those who can be signed in as a client, and `practitioners`
    those who can be as a practitioner; `mail` is the clinic's Maildir, if it has one."""

    def __init__(
        self,
        library: Library,
        clinic: str,
        mail: Path | None,
        clients: Callable[[], tuple[Someone, ...]],
        practitioners: Callable[[], tuple[Someone, ...]],
    ) -> None:
        self._library, self._clinic, self._mail = library, clinic, mail
        self._clients, self._practitioners = clients, practitioners
        self._secret = token_urlsafe(48)

    def embed(self) -> Embed:
        """The embed of the page: the server's own origin, with a key that ends with this process."""
        return Embed(EMBED, frozenset(), {_KEY: Key("HS256", self._secret)})

    def routes(self, pages: Pages) -> list[BaseRoute]:
        """Its addresses."""

        async def page(request: Request) -> Response:
            query = request.query_params
            people = await run_in_threadpool(self._people)
            role = query.get("as", "") if query.get("as", "") in _EXPLAINED else "visitor"
            who = _named(people[role], query.get("who", ""))
            flows = [each for each in self._library.flows.values() if Audience(role) in each.audience]
            names = [each.name for each in flows]
            wanted = query.get("flow", "")
            return pages.rendered(
                "demo.html",
                title=f"{self._clinic}: client portal",
                clinic=self._clinic,
                roles=[(name, label) for name, label in _ROLES if name == "visitor" or people[name]],
                role=role,
                people=people[role],
                who=who,
                heading=f"{_HEADINGS[role]}{f', {who.name}' if who else f' to {self._clinic}'}",
                explained=_EXPLAINED[role],
                flows=[{"flow": each.name, "title": each.title} for each in flows],
                flow=wanted if wanted in names else next(iter(names), ""),
                embed=EMBED,
                mailed=self._mail is not None,
            )

        return [
            Route("/", _here_only(page), methods=["GET"]),
            Route("/demo/identity", _here_only(self._identity), methods=["POST"]),
            Route("/demo/mail", _here_only(self._mails), methods=["GET"]),
            Route("/demo/demo.js", _file(DEMO_SCRIPT, "text/javascript"), methods=["GET"]),
            Route("/demo/demo.css", _file(DEMO_STYLE, "text/css"), methods=["GET"]),
        ]

    def _people(self) -> dict[str, tuple[Someone, ...]]:
        return {"visitor": (), "client": self._clients(), "practitioner": self._practitioners()}

    async def _identity(self, request: Request) -> Response:
        """A token for whoever was chosen, for pages of this server only."""
        try:
            said = msgspec.json.decode(await body_of(request, _LONGEST_WISH), type=dict[str, str])
        except (Refused, msgspec.DecodeError):
            said = {}
        role = said.get("as", "")
        people = (await run_in_threadpool(self._people)).get(role, ())
        chosen = next((each for each in people if each.id == said.get("who")), None)
        if chosen is None or request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return JSONResponse({"identity": None}, 403)
        now = int(time.time())
        claims = {"aud": AUDIENCE, "sub": chosen.id, "role": role, "iat": now, "exp": now + _SECONDS}
        signed = jwt.encode({**claims, "jti": token_urlsafe(16)}, self._secret, "HS256", {"kid": _KEY})
        return JSONResponse({"identity": signed}, headers={"Cache-Control": "no-store"})

    async def _mails(self, request: Request) -> Response:
        told = await run_in_threadpool(letters, self._mail)
        return JSONResponse({"messages": told}, headers={"Cache-Control": "no-store"})


def _named(people: tuple[Someone, ...], id: str) -> Someone | None:
    """The one with this id, or the first."""
    return next((each for each in people if each.id == id), next(iter(people), None))


def _file(file: Asset, kind: str) -> Callable[[Request], Response]:
    def given(request: Request) -> Response:
        headers = {"Cache-Control": "no-cache", "ETag": file.etag, "X-Content-Type-Options": "nosniff"}
        return Response(file.text, headers=headers, media_type=kind)

    return given


def _here_only(
    endpoint: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint for browsers of this machine: not through a proxy, and not under a name that somebody else
    made lead here. The demo signs anybody in."""

    async def opened(request: Request) -> Response:
        forwarded = any(name == "forwarded" or name.startswith("x-forwarded") for name in request.headers)
        if forwarded or request.url.hostname not in _HERE or address_of(request) not in _HERE:
            return PlainTextResponse("The demo is for browsers of the machine it runs on.", 404)
        try:
            return await endpoint(request)
        except PlainProblem as error:
            refused = refusal_of(error)
            return PlainTextResponse(f"{refused.title} {refused.detail}", refused.status, refused.headers)

    return opened
