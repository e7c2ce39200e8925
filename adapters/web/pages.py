"""The same conversations as plain pages, for where no script runs: every step is a form that is posted.

The token stands in a hidden field of the form, never in an address.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from secrets import token_urlsafe
from urllib.parse import parse_qsl

import jinja2
import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from adapters.problems import PlainProblem
from adapters.view import Json, View, as_json
from adapters.web.assets import PAGES_STYLE
from adapters.web.bodies import Answer, Start, Step
from adapters.web.bounds import Bounds
from adapters.web.reading import address_of, body_of, foreign_origin
from adapters.web.refused import Refused, refusal_of
from adapters.web.service import Service
from adapters.web.tokens import Holder

_HELP = "Help"
_DIFFER = "The two are not the same. Please type them again."


class Pages:
    """The plain pages over a service."""

    def __init__(self, service: Service, bounds: Bounds) -> None:
        self._service = service
        self._bounds = bounds
        self._templates = jinja2.Environment(
            loader=jinja2.FileSystemLoader(Path(__file__).with_name("templates")),
            autoescape=True,
            undefined=jinja2.ChainableUndefined,
            trim_blocks=True,
        )

    def routes(self) -> list[BaseRoute]:
        """Their addresses."""
        return [
            Route("/help", self._opened(self._list), methods=["GET"]),
            Route("/help/start", self._opened(self._start), methods=["POST"]),
            Route("/help/turn", self._opened(self._turn), methods=["POST"]),
            Route("/pages.css", self._style, methods=["GET"]),
        ]

    def rendered(self, name: str, status: int = 200, **given: object) -> Response:
        """A page, with the headers of all pages."""
        text = self._templates.get_template(name).render(**given)
        return Response(text, status, self._headers(), "text/html; charset=utf-8")

    def _headers(self) -> dict[str, str]:
        frames = " ".join(["'self'", *self._service.framed_by()])
        rules = (
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
            f"form-action 'self'; base-uri 'none'; frame-ancestors {frames}"
        )
        return {
            "Cache-Control": "no-store",
            "Content-Security-Policy": rules,
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }

    async def _list(self, request: Request) -> Response:
        return self.rendered("flows.html", title=_HELP, flows=self._service.flows(), told="")

    async def _start(self, request: Request) -> Response:
        self._bounds.session(address_of(request))
        form = await _form(request, self._bounds.body_bytes)
        body = Start(_word(form, "flow"), _word(form, "embed"), _word(form, "identity") or None)
        token, whole = await run_in_threadpool(self._service.start, body)
        return self._page(whole, token)

    async def _turn(self, request: Request) -> Response:
        self._bounds.answer(address_of(request))
        form = await _form(request, self._bounds.body_bytes)
        session, token = _word(form, "session"), _word(form, "token")

        def work() -> tuple[dict[str, Json], str | None]:
            holder = self._service.let_in(session, token)
            value, turn = self._done(holder, form)
            whole = self._service.conversation(holder)
            match turn, whole["turn"]:
                case View(), _:
                    whole["turn"] = as_json(turn)
                case str(), dict() as waiting:
                    waiting["problem"] = {"code": "differ", "text": turn}
            return whole, value

        whole, value = await run_in_threadpool(work)
        return self._page(whole, token, value)

    def _done(self, holder: Holder, form: FormData) -> tuple[str | None, View | str | None]:
        """What the form asks for: a secret, if one is shown, and the turn, or why nothing was done."""
        key, step = _word(form, "key"), Step(_number(form))
        raw = msgspec.json.encode(step)
        match _word(form, "do"):
            case "back":
                return None, self._service.back(holder, step, key, raw)
            case "stop":
                return None, self._service.stop(holder, step, key, raw)
            case "resume":
                self._service.resumed(holder)
                return None, None
            case "reveal":
                return self._service.reveal(holder, _word(form, "reveal"))
            case _ if "again" in form and _word(form, "again") != _word(form, "answer"):
                return None, _DIFFER
            case _:
                answer, raw = _answer(form)
                return None, self._service.answer(holder, answer, key, raw)

    async def _style(self, request: Request) -> Response:
        headers = {"ETag": PAGES_STYLE.etag, "Cache-Control": "no-cache"}
        return Response(PAGES_STYLE.text, headers=headers, media_type="text/css; charset=utf-8")

    def _page(self, whole: dict[str, Json], token: str, value: str | None = None) -> Response:
        return self.rendered(
            "page.html",
            title=whole["title"],
            session=whole["session"],
            token=token,
            key=token_urlsafe(16),
            turn=_numbered(whole["turn"]),
            value=value,
        )

    def _opened(
        self, endpoint: Callable[[Request], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        """The endpoint for our own pages, whose refusals are pages, too."""

        async def opened(request: Request) -> Response:
            try:
                # A page that says no referrer says no origin either.
                if foreign_origin(request) not in ("", "null"):
                    raise Refused(403, "This form was sent from another site.", "Start again here.")
                self._bounds.request(address_of(request))
                return await endpoint(request)
            except (Refused, PlainProblem) as error:
                refused = refusal_of(error)
                told, status = f"{refused.title} {refused.detail}", refused.status
            return self.rendered("flows.html", status, title=_HELP, flows=self._service.flows(), told=told)

        return opened


async def _form(request: Request, most: int) -> FormData:
    """The form's fields, of at most so many bytes. Raises Refused."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise Refused(415, "This is not a form.", "Start again.")
    raw = await body_of(request, most)
    try:
        fields = parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=1_000, errors="strict")
    except (UnicodeDecodeError, ValueError) as error:
        raise Refused(400, "This form cannot be read.", "Start again.") from error
    return FormData([(name, value) for name, value in fields])


def _word(form: FormData, name: str) -> str:
    found = form.get(name, "")
    return found if isinstance(found, str) else ""


def _answer(form: FormData) -> tuple[Answer, bytes]:
    """The answer, and what stands for the request."""
    given = [each for each in form.getlist("answer") if isinstance(each, str)]
    several = _word(form, "do") == "answer" and len(given) != 1
    value: str | list[str] | None = given if several else given[0] if given else None
    if _word(form, "do") == "skip":
        value = None
    answer = Answer(value, _word(form, "prompt") or None, _number(form))
    return answer, msgspec.json.encode(answer)


def _number(form: FormData) -> int | None:
    """The number of the turn that was on the page."""
    seq = _word(form, "seq")
    return int(seq) if seq.isascii() and seq.isdigit() and len(seq) < 10 else None


def _numbered(turn: Json) -> Json:
    """The turn, with the numbers of its numbered lines: they count within one list."""
    if isinstance(turn, dict):
        texts = [*(turn["say"] if isinstance(turn["say"], list) else []), turn["prompt"]]
        for text in texts:
            blocks = text.get("rich") if isinstance(text, dict) else None
            count = 0
            for block in blocks if isinstance(blocks, list) else []:
                if isinstance(block, dict):
                    count = count + 1 if block["kind"] == "number" else 0
                    block["number"] = count
    return turn
