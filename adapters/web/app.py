"""The HTTP application: what each address does with a request. What a conversation does is in `service`.

Every reply of the API is JSON, and every refusal is a problem (RFC 9457). Requests that wait for a store or a
clinic's system do so in threads; streams of events and the questions for health never wait behind them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import partial
from time import monotonic
from typing import TypeAlias, TypeVar

import msgspec
from anyio import CapacityLimiter, to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from adapters.problems import PlainProblem
from adapters.view import Json, View, as_json
from adapters.web import metrics as counting
from adapters.web.assets import WIDGET, WORDS, Asset
from adapters.web.bodies import Answer, Change, Renewal, Start, Step
from adapters.web.bounds import MOST_AT_ONCE, MOST_STREAMS, Bounds
from adapters.web.description import description
from adapters.web.operations import JSON, OPERATIONS, SCRIPT, Name, Operation
from adapters.web.reading import address_of, decoded, foreign_origin, json_of, key_of, token_of
from adapters.web.refused import API_HEADERS, Refused, come_again, foreign_page, problem, refusal_of
from adapters.web.service import Service
from adapters.web.tokens import Holder
from adapters.web.watching import Watching, broken, no_such, not_so

_LISTENS_SECONDS = 30.0
_LOOKS_EVERY = 0.25
_ASKS_EVERY = 2.0
"""How often it is looked whether another process went on with a conversation, in seconds."""
_SLOW = 0.4
"""After so many seconds a person is told that something is still being done."""
_THREADS = 32
_LISTENERS = 8

_Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]
T = TypeVar("T")


class Api:
    """The API over a service. `bounds` says how often one address may ask."""

    def __init__(self, service: Service, bounds: Bounds) -> None:
        self.service = service
        self.metrics = counting.Metrics()
        self._bounds = bounds
        self._threads = CapacityLimiter(_THREADS)
        self._listeners = CapacityLimiter(_LISTENERS)
        self._under_way = self._streams = 0
        self._ending = False

    def application(self, pages: list[BaseRoute] | None = None) -> ASGIApp:
        """The ASGI application, with these pages beside the API."""
        does: Mapping[Name, _Endpoint] = {
            "start": self._start,
            "show": self._show,
            "answer": self._answer,
            "back": self._back,
            "change": self._change,
            "stop": self._stop,
            "resume": self._resume,
            "renew": self._renew,
            "reveal": self._reveal,
            "events": self._events,
            "flows": self._flows,
            "describe": self._describe,
            "health": self._health,
            "ready": self._ready,
            "metrics": self._count,
            "widget": self._widget,
            "words": self._words,
        }
        routes: list[BaseRoute] = [
            Route(each.path, self._opened(each, does[each.name]), methods=[each.method])
            for each in OPERATIONS
        ]
        return Starlette(
            routes=[*routes, *(pages or [])],
            middleware=[Middleware(Watching, self.metrics, self.service.allows)],
            exception_handlers={404: no_such, 405: not_so, 500: broken},
        )

    def end(self) -> None:
        """No more is begun: streams of events end, and it is not ready any more."""
        self._ending = True

    # -- conversations ----------------------------------------------------------------------------------

    async def _start(self, request: Request) -> Response:
        address, origin = address_of(request), foreign_origin(request)
        self._bounds.session(address)
        body = decoded(await json_of(request, self._bounds.body_bytes), Start)
        token, whole = await self._work(lambda: self.service.start(body, origin))
        self.metrics.began(body.flow)
        return _json({**whole, "token": token}, 201)

    async def _show(self, request: Request) -> Response:
        return _json(await self._work(lambda: self.service.conversation(self._holder(request))))

    async def _answer(self, request: Request) -> Response:
        def work(holder: Holder, raw: bytes) -> View:
            return self.service.answer(holder, decoded(raw, Answer), key_of(request), raw)

        return self._turn(await self._going_on(request, work))

    async def _back(self, request: Request) -> Response:
        def work(holder: Holder, raw: bytes) -> View:
            return self.service.back(holder, decoded(raw, Step), key_of(request), raw)

        return self._turn(await self._going_on(request, work))

    async def _stop(self, request: Request) -> Response:
        def work(holder: Holder, raw: bytes) -> View:
            return self.service.stop(holder, decoded(raw, Step), key_of(request), raw)

        return self._turn(await self._going_on(request, work))

    async def _change(self, request: Request) -> Response:
        def work(holder: Holder, raw: bytes) -> tuple[View, dict[str, Json]]:
            view = self.service.change(holder, decoded(raw, Change), key_of(request), raw)
            return view, self.service.conversation(holder)

        view, whole = await self._going_on(request, work)
        turn = self._turn(view)
        return _json({**whole, "turn": as_json(view)}) if turn.status_code == 200 else turn

    async def _resume(self, request: Request) -> Response:
        def work(holder: Holder, raw: bytes) -> dict[str, Json]:
            decoded(raw, Step)
            return self.service.resumed(holder)

        return _json(await self._going_on(request, work))

    async def _reveal(self, request: Request) -> Response:
        id = request.path_params["id"]
        self._bounds.answer(address_of(request))
        value, view = await self._work(lambda: self.service.reveal(self._holder(request), id))
        turn = as_json(view)
        waits = turn.get("reveal")
        turn["reveal"] = {"value": value, **({"next": waits} if waits is not None else {})}
        return _json(turn)

    async def _renew(self, request: Request) -> Response:
        self._bounds.session(address_of(request))
        body = decoded(await json_of(request, self._bounds.body_bytes), Renewal)
        session, origin = request.path_params["session"], foreign_origin(request)
        return _json({"token": await self._work(lambda: self.service.renewed(session, body, origin))})

    async def _events(self, request: Request) -> Response:
        holder = await self._work(lambda: self._holder(request))
        if request.method == "HEAD":
            return Response(media_type="text/event-stream")
        if self._streams >= MOST_STREAMS or self._ending:
            raise come_again("There are too many streams of events.")
        headers = {"X-Accel-Buffering": "no"}
        return StreamingResponse(self._told(request, holder), media_type="text/event-stream", headers=headers)

    async def _told(self, request: Request, holder: Holder) -> AsyncIterator[bytes]:
        """Server-sent events: `turn` with its number when there is another one, `working` while something is
        being done."""
        until, done, asked = monotonic() + _LISTENS_SECONDS, -1, 0.0
        seen: dict[str, Json] = {}
        works, session = self.service.works, holder.session
        self._streams += 1
        try:
            with works.listening(session):
                while monotonic() < until and not self._ending and not await request.is_disconnected():
                    if works.done(session) != done or monotonic() - asked > _ASKS_EVERY:
                        done, asked = works.done(session), monotonic()
                        stands = partial(self.service.stands, session)
                        now = await to_thread.run_sync(stands, limiter=self._listeners)
                        if now != seen:
                            seen = now
                            yield _event("turn", now)
                    seconds = works.seconds(session)
                    if seconds > _SLOW:
                        yield _event("working", {"seconds": round(seconds)})
                    await asyncio.sleep(_LOOKS_EVERY)
        finally:
            self._streams -= 1

    # -- the rest -----------------------------------------------------------------------------------------

    async def _flows(self, request: Request) -> Response:
        embed = request.query_params.get("embed", "")
        return _json({"flows": self.service.flows(embed, foreign_origin(request))})

    async def _describe(self, request: Request) -> Response:
        return _json(description())

    async def _health(self, request: Request) -> Response:
        return _json({"state": "alive"})

    async def _ready(self, request: Request) -> Response:
        ready = not self._ending and await to_thread.run_sync(self.service.is_ready, limiter=self._listeners)
        if not ready:
            raise come_again("Conversations cannot be kept right now.")
        return _json({"state": "ready"})

    async def _count(self, request: Request) -> Response:
        self.metrics.now(self._under_way, self._streams)
        return Response(self.metrics.page(), media_type=counting.MEDIA_TYPE)

    async def _widget(self, request: Request) -> Response:
        return _file(request, WIDGET, SCRIPT)

    async def _words(self, request: Request) -> Response:
        found = WORDS.get(request.path_params["language"])
        if found is None:
            raise Refused(404, "The widget does not know this language.", "It speaks English then.")
        return _file(request, found, JSON)

    # -- around a request -----------------------------------------------------------------------------------

    def _opened(self, operation: Operation, endpoint: _Endpoint) -> _Endpoint:
        """The endpoint for pages that may use it, with its refusals as problems."""

        async def opened(request: Request) -> Response:
            origin = foreign_origin(request)
            allowed = not origin or self.service.allows(origin)
            self._under_way += 1
            try:
                if operation.bounded:
                    if not allowed:
                        raise foreign_page()
                    self._bounds.request(address_of(request))
                    if self._under_way > MOST_AT_ONCE:
                        raise come_again("The server has too much to do.")
                response = await endpoint(request)
            except (Refused, PlainProblem) as error:
                response = problem(refusal_of(error))
            finally:
                self._under_way -= 1
            for name, value in API_HEADERS.items():
                response.headers.setdefault(name, value)
            if origin and allowed:
                response.headers.setdefault("Access-Control-Allow-Origin", origin)
                response.headers["Access-Control-Expose-Headers"] = "Retry-After"
            return response

        return opened

    def _holder(self, request: Request) -> Holder:
        return self.service.let_in(request.path_params["session"], token_of(request))

    async def _going_on(self, request: Request, work: Callable[[Holder, bytes], T]) -> T:
        """What the work of a conversation's holder gives, for a request with a body."""
        self._bounds.answer(address_of(request))
        if not token_of(request):
            self._holder(request)
        raw = await json_of(request, self._bounds.body_bytes)
        return await self._work(lambda: work(self._holder(request), raw))

    async def _work(self, work: Callable[[], T]) -> T:
        return await to_thread.run_sync(work, limiter=self._threads)

    def _turn(self, view: View) -> Response:
        code = view.problem.code if view.problem is not None else ""
        if view.end is not None and not code and self.service.is_first_end(view.session):
            self.metrics.ended(view.end.outcome.value)
        if view.problem is not None and code in ("stale", "ended"):
            return problem(Refused(409, view.problem.text, "", more={"turn": as_json(view)}))
        if view.problem is not None and code == "busy":
            raise come_again(view.problem.text)
        return _json(as_json(view))


def _file(request: Request, file: Asset, media: str) -> Response:
    """A file that is the same for everybody, for pages of every origin: a module script of another one is run
    only with these headers."""
    headers = {
        "Access-Control-Allow-Origin": "*",
        "Cache-Control": "no-cache",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "ETag": file.etag,
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("if-none-match") == file.etag:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(file.packed, media_type=media, headers=headers)
    return Response(file.text, media_type=media, headers=headers)


def _json(told: Json | dict[str, Json], status: int = 200) -> Response:
    return Response(msgspec.json.encode(told), status, media_type="application/json")


def _event(name: str, told: Json) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + msgspec.json.encode(told) + b"\n\n"
