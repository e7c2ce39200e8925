"""The HTTP application: addresses, headers, limits. What a request does is in `service`.

Every reply of the API is JSON, is not kept by anybody on the way, and every refusal is a problem (RFC 9457).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from time import monotonic
from typing import TypeAlias, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.logs import log
from adapters.problems import PlainProblem, Unusable
from adapters.view import Json, View, as_json
from adapters.web import metrics as counting
from adapters.web.assets import WIDGET
from adapters.web.bodies import Answer, Change, Nothing, Renewal, Start
from adapters.web.description import description
from adapters.web.limiter import Limiter
from adapters.web.refused import MEDIA_TYPE, Refused
from adapters.web.service import Service
from adapters.web.tokens import Holder

LARGEST_BODY = 65_536
LONGEST_KEY = 200
_KEY = re.compile(r"[!-~]{1,200}")
_LISTENS_SECONDS = 30.0
_LOOKS_EVERY = 0.3
_SLOW = 0.4
"""After so many seconds a person is told that something is still being done."""

API_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
_CORS = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key",
    "Access-Control-Max-Age": "600",
}
_Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]
_Body = TypeVar("_Body")


class Api:
    """The API over a service. `starts` bounds how often one address may begin a conversation, `asks` how
    often it may ask at all."""

    def __init__(self, service: Service, starts: Limiter | None = None, asks: Limiter | None = None) -> None:
        self.service = service
        self.metrics = counting.Metrics()
        self._starts = starts or Limiter(30, 30, monotonic)
        self._asks = asks or Limiter(300, 900, monotonic)

    def application(self, pages: list[BaseRoute] | None = None) -> ASGIApp:
        """The ASGI application, with these pages beside the API."""
        at, session = "/v1/sessions", "/v1/sessions/{session}"
        routes: list[BaseRoute] = [
            Route(at, self._api(self._start), methods=["POST"]),
            Route(session, self._api(self._show), methods=["GET"]),
            Route(f"{session}/answers", self._api(self._answer), methods=["POST"]),
            Route(f"{session}/back", self._api(self._back), methods=["POST"]),
            Route(f"{session}/change", self._api(self._change), methods=["POST"]),
            Route(f"{session}/stop", self._api(self._stop), methods=["POST"]),
            Route(f"{session}/token", self._api(self._renew), methods=["POST"]),
            Route(f"{session}/reveals/{{id}}", self._api(self._reveal), methods=["POST"]),
            Route(f"{session}/events", self._api(self._events), methods=["GET"]),
            Route("/v1/flows", self._api(self._flows), methods=["GET"]),
            Route("/openapi.json", self._api(self._describe), methods=["GET"]),
            Route("/widget.js", self._widget, methods=["GET"]),
            Route("/healthz", self._api(self._health), methods=["GET"]),
            Route("/readyz", self._api(self._ready), methods=["GET"]),
            Route("/metrics", self._count, methods=["GET"]),
            *(pages or []),
        ]
        return Starlette(
            routes=routes,
            middleware=[Middleware(_Watching, self.metrics)],
            exception_handlers={404: _no_such, 405: _not_so, 500: _broken},
        )

    # -- conversations ----------------------------------------------------------------------------------

    async def _start(self, request: Request) -> Response:
        self._bounded(self._starts, request)
        body, _ = await _read(request, Start)
        token, whole = await run_in_threadpool(self.service.start, body, _foreign(request))
        return _json({**whole, "token": token}, 201)

    async def _show(self, request: Request) -> Response:
        holder = await self._holder(request)
        return _json(await run_in_threadpool(self.service.conversation, holder))

    async def _answer(self, request: Request) -> Response:
        holder = await self._holder(request)
        body, raw = await _read(request, Answer)
        view = await run_in_threadpool(self.service.answer, holder, body, _key(request), raw)
        return self._turn(view)

    async def _back(self, request: Request) -> Response:
        holder = await self._holder(request)
        await _read(request, Nothing)
        return self._turn(await run_in_threadpool(self.service.back, holder))

    async def _change(self, request: Request) -> Response:
        holder = await self._holder(request)
        body, _ = await _read(request, Change)
        return _json(await run_in_threadpool(self.service.change, holder, body.prompt))

    async def _stop(self, request: Request) -> Response:
        holder = await self._holder(request)
        await _read(request, Nothing)
        return self._turn(await run_in_threadpool(self.service.stop, holder))

    async def _renew(self, request: Request) -> Response:
        body, _ = await _read(request, Renewal)
        session = request.path_params["session"]
        token = await run_in_threadpool(self.service.renewed, session, body.embed, body.identity)
        return _json({"token": token})

    async def _reveal(self, request: Request) -> Response:
        holder = await self._holder(request)
        value, view = await run_in_threadpool(self.service.reveal, holder, request.path_params["id"])
        turn = as_json(view)
        waits = turn.get("reveal")
        turn["reveal"] = {"value": value, **({"next": waits} if waits is not None else {})}
        return _json(turn)

    async def _events(self, request: Request) -> Response:
        holder = await self._holder(request)
        headers = {"X-Accel-Buffering": "no"}
        return StreamingResponse(self._told(request, holder), media_type="text/event-stream", headers=headers)

    async def _told(self, request: Request, holder: Holder) -> AsyncIterator[bytes]:
        """Server-sent events: `turn` with its number when there is another one, `working` while something is
        being done."""
        until, seen = monotonic() + _LISTENS_SECONDS, -1
        yield b": listening\n\n"
        while monotonic() < until and not await request.is_disconnected():
            seq, seconds = await run_in_threadpool(self.service.watch, holder)
            if seq != seen:
                seen = seq
                yield _event("turn", {"seq": seq})
            if seconds > _SLOW:
                yield _event("working", {"seconds": round(seconds)})
            await asyncio.sleep(_LOOKS_EVERY)

    # -- the rest -----------------------------------------------------------------------------------------

    async def _flows(self, request: Request) -> Response:
        return _json({"flows": self.service.flows(request.query_params.get("embed", ""))})

    async def _describe(self, request: Request) -> Response:
        return _json(description())

    async def _health(self, request: Request) -> Response:
        return _json({"state": "alive"})

    async def _ready(self, request: Request) -> Response:
        if await run_in_threadpool(self.service.is_ready):
            return _json({"state": "ready"})
        raise Refused(
            503, "Conversations cannot be kept right now.", "Try again in a while.", {"Retry-After": "5"}
        )

    async def _count(self, request: Request) -> Response:
        return Response(
            self.metrics.page(), media_type=counting.MEDIA_TYPE, headers={"Cache-Control": "no-store"}
        )

    async def _widget(self, request: Request) -> Response:
        headers = {"ETag": WIDGET.etag, "Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        # A module script of another origin is only run with this; the text is the same for everybody.
        headers["Access-Control-Allow-Origin"] = "*"
        if request.headers.get("if-none-match") == WIDGET.etag:
            return Response(status_code=304, headers=headers)
        if "gzip" in request.headers.get("accept-encoding", ""):
            headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
            return Response(WIDGET.packed, media_type="text/javascript; charset=utf-8", headers=headers)
        return Response(WIDGET.text, media_type="text/javascript; charset=utf-8", headers=headers)

    # -- around a request -----------------------------------------------------------------------------------

    def _api(self, endpoint: _Endpoint) -> _Endpoint:
        """The endpoint for pages that may use it, with its refusals as problems."""

        async def opened(request: Request) -> Response:
            origin = _foreign(request)
            allowed = not origin or self.service.allows(origin)
            try:
                if not allowed:
                    raise Refused(
                        403, "Pages of this origin may not use it.", "Add it to an embed's `origins`."
                    )
                self._bounded(self._asks, request)
                response = await endpoint(request)
            except Refused as refused:
                response = problem(refused)
            except Unusable as error:
                log("error", "unusable", told=error.message)
                response = problem(Refused(503, error.message, error.advice, {"Retry-After": "5"}))
            except PlainProblem as error:
                response = problem(Refused(409, error.message, error.advice))
            response.headers.update(API_HEADERS)
            response.headers["Vary"] = "Origin"
            if origin and allowed:
                response.headers["Access-Control-Allow-Origin"] = origin
            return response

        return opened

    def _bounded(self, limiter: Limiter, request: Request) -> None:
        seconds = limiter.wait(request.client.host if request.client else "")
        if seconds:
            headers = {"Retry-After": str(seconds)}
            raise Refused(429, "These are too many requests.", f"Wait {seconds} seconds.", headers)

    async def _holder(self, request: Request) -> Holder:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        known = token.strip() if scheme.lower() == "bearer" else ""
        return await run_in_threadpool(self.service.let_in, request.path_params["session"], known)

    def _turn(self, view: View) -> Response:
        if view.end is not None:
            self.metrics.ended(view.end.outcome.value)
        if view.problem is not None and view.problem.code in ("stale", "ended"):
            return problem(Refused(409, view.problem.text, "", more={"turn": as_json(view)}))
        if view.problem is not None and view.problem.code == "busy":
            return problem(Refused(503, view.problem.text, "", {"Retry-After": "1"}))
        return _json(as_json(view))


class _Watching:
    """Counts and logs each request; answers what a browser asks before one of another origin."""

    def __init__(self, app: ASGIApp, metrics: counting.Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = monotonic(), 500

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        request = Request(scope)
        if request.method == "OPTIONS" and "access-control-request-method" in request.headers:
            origin = request.headers.get("origin", "")
            headers = {**_CORS, "Access-Control-Allow-Origin": origin, "Vary": "Origin"}
            # Whether the origin is one of ours is decided on the request itself, which says so in words.
            await Response(status_code=204, headers=headers)(scope, receive, sent)
        else:
            await self._app(scope, receive, sent)
        route = scope.get("route")
        path = route.path if isinstance(route, Route) else "-"
        seconds = monotonic() - began
        self._metrics.answered(str(scope["method"]), path, status, seconds)
        log("info", "request", method=scope["method"], route=path, status=status, ms=round(1000 * seconds))


def problem(refused: Refused) -> Response:
    """A refusal as a response."""
    body = msgspec.json.encode(refused.as_json())
    return Response(body, refused.status, refused.headers, MEDIA_TYPE)


def _json(told: Json | dict[str, Json], status: int = 200) -> Response:
    return Response(msgspec.json.encode(told), status, media_type="application/json")


def _event(name: str, told: Json) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode(told) + b"\n\n"


async def _read(request: Request, kind: type[_Body]) -> tuple[_Body, bytes]:
    """The body, checked, and as it came. Raises Refused."""
    raw = await body_of(request)
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refused(415, "The body must be JSON.", "Send Content-Type: application/json.")
    try:
        return msgspec.json.decode(raw, type=kind), raw
    except msgspec.ValidationError as error:
        raise Refused(422, "The body is not as it should be.", str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, "The body is not JSON.", str(error)) from error


async def body_of(request: Request) -> bytes:
    """The body, if it is not too large. Raises Refused."""
    raw = b""
    async for part in request.stream():
        raw += part
        if len(raw) > LARGEST_BODY:
            raise Refused(413, "The body is too large.", f"At most {LARGEST_BODY} bytes.")
    return raw


def _key(request: Request) -> str:
    key = request.headers.get("idempotency-key", "")
    if key and not _KEY.fullmatch(key):
        raise Refused(
            400, "This Idempotency-Key cannot be used.", f"1 to {LONGEST_KEY} visible ASCII characters."
        )
    return key


def _foreign(request: Request) -> str:
    """The origin of the page that asks, where it is another one than the server's own."""
    origin = request.headers.get("origin", "")
    return "" if origin == f"{request.url.scheme}://{request.url.netloc}" else origin


async def _no_such(request: Request, error: Exception) -> Response:
    return problem(Refused(404, "There is nothing at this address.", "See /openapi.json."))


async def _not_so(request: Request, error: Exception) -> Response:
    return problem(Refused(405, "This cannot be asked in this way.", "See /openapi.json."))


async def _broken(request: Request, error: Exception) -> Response:
    log("error", "broken", kind=type(error).__name__)
    return problem(Refused(500, "Something is wrong with the server.", "Nothing more was done. Try again."))
