"""The demo page: a practice's portal with the widget in it, for a visitor, a client and a practitioner.

Whoever opens it is signed in as whom they choose: it is for trying out, on this machine only, and on sample
people. The emails of the clinic's mail folder are shown beside it.
"""

from __future__ import annotations

import mailbox
import time
from email.message import Message
from email.policy import default
from pathlib import Path
from secrets import token_urlsafe

import jwt
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from adapters.library import Library
from adapters.view import Json
from adapters.web.assets import DEMO_SCRIPT
from adapters.web.pages import Pages
from adapters.web.people import AUDIENCE, Embed, Key
from engine import Audience

EMBED = "demo"
_KEY = "demo"
_SECONDS = 120
_MOST_SHOWN = 10
_ROLES = (("visitor", "Not signed in"), ("client", "Client"), ("practitioner", "Practitioner"))
_EXPLAINED = {
    "visitor": "You are on the practice's website, and nobody knows who you are.",
    "client": "You are signed in as a client of the practice.",
    "practitioner": "You are signed in as a practitioner.",
}


class Demo:
    """The demo of one server. `client` and `practitioner` are the ids of who is signed in; `mail` is the
    clinic's Maildir, if it has one."""

    def __init__(
        self, library: Library, clinic: str, mail: Path | None, client: str, practitioner: str
    ) -> None:
        self._library, self._clinic, self._mail = library, clinic, mail
        self._ids = {"client": client, "practitioner": practitioner}
        self._secret = token_urlsafe(48)

    def embed(self) -> Embed:
        """The embed of the page: the server's own origin, with a key that ends with this process."""
        return Embed(EMBED, frozenset(), {_KEY: Key("HS256", self._secret)})

    def routes(self, pages: Pages) -> list[BaseRoute]:
        """Its addresses."""

        async def page(request: Request) -> Response:
            asked = request.query_params.get("as", "")
            role = asked if asked in _EXPLAINED else "visitor"
            flows = [each for each in self._library.flows.values() if Audience(role) in each.audience]
            names = [each.name for each in flows]
            wanted = request.query_params.get("flow", "")
            return pages.rendered(
                "demo.html",
                title=f"{self._clinic}: client portal",
                clinic=self._clinic,
                roles=_ROLES,
                role=role,
                heading="What do you need help with?",
                explained=_EXPLAINED[role],
                flows=[{"flow": each.name, "title": each.title} for each in flows],
                flow=wanted if wanted in names else next(iter(names), ""),
                embed=EMBED,
            )

        return [
            Route("/", page, methods=["GET"]),
            Route("/demo/identity", self._identity, methods=["POST"]),
            Route("/demo/mail", self._mails, methods=["GET"]),
            Route("/demo/demo.js", self._script, methods=["GET"]),
        ]

    async def _identity(self, request: Request) -> Response:
        role = (await request.body()).decode("ascii", "replace").removeprefix("as=")
        subject = self._ids.get(role)
        if subject is None or request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return JSONResponse({"identity": None}, 403)
        now = int(time.time())
        claims = {"aud": AUDIENCE, "sub": subject, "role": role, "iat": now, "exp": now + _SECONDS}
        signed = jwt.encode({**claims, "jti": token_urlsafe(16)}, self._secret, "HS256", {"kid": _KEY})
        return JSONResponse({"identity": signed}, headers={"Cache-Control": "no-store"})

    async def _mails(self, request: Request) -> Response:
        told = await run_in_threadpool(_messages, self._mail)
        return JSONResponse({"messages": told}, headers={"Cache-Control": "no-store"})

    async def _script(self, request: Request) -> Response:
        return Response(DEMO_SCRIPT.text, headers={"Cache-Control": "no-cache"}, media_type="text/javascript")


def _messages(folder: Path | None) -> list[Json]:
    """The newest messages of a Maildir: to whom, about what, and their text."""
    if folder is None or not folder.is_dir():
        return []
    files = [file for part in ("new", "cur") for file in (folder / part).glob("*")]
    newest = sorted(files, key=lambda file: file.stat().st_mtime_ns, reverse=True)[:_MOST_SHOWN]
    return [_message(mailbox.MaildirMessage(file.read_bytes())) for file in newest]


def _message(message: Message) -> Json:
    from email import message_from_bytes

    read = message_from_bytes(message.as_bytes(), policy=default)
    body = read.get_body(("plain",))
    return {
        "to": str(read["To"]),
        "subject": str(read["Subject"]),
        "text": body.get_content() if body else "",
    }
