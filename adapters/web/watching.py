"""What stands around every request: it is counted and logged, and pages of other origins are told whether
they may ask."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from adapters.logs import log
from adapters.web.metrics import Metrics
from adapters.web.reading import foreign_origin
from adapters.web.refused import Refused, foreign_page, problem

_MAY_ASK = {
    "Access-Control-Allow-Methods": "GET, POST",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key",
    "Access-Control-Max-Age": "600",
}
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
OTHER = "other"
"""What a method of somebody's own counts as: what is counted must not grow with what is sent."""


class Watching:
    """Counts and logs each request, and answers what a browser asks before one of another origin."""

    def __init__(self, app: ASGIApp, metrics: Metrics, allows: Callable[[str], bool]) -> None:
        self._app, self._metrics, self._allows = app, metrics, allows

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
        try:
            if request.method == "OPTIONS" and "access-control-request-method" in request.headers:
                await self._beforehand(request)(scope, receive, sent)
            else:
                await self._app(scope, receive, sent)
        finally:
            self._note(scope, status, monotonic() - began)

    def _beforehand(self, request: Request) -> Response:
        origin = foreign_origin(request)
        if origin and not self._allows(origin):
            return problem(foreign_page())
        headers = {**_MAY_ASK, "Access-Control-Allow-Origin": request.headers.get("origin", "")}
        return Response(status_code=204, headers={**headers, "Vary": "Origin"})

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        route = scope.get("route")
        path = route.path if isinstance(route, Route) else "-"
        method = scope["method"] if scope["method"] in _METHODS else OTHER
        self._metrics.answered(method, path, status, seconds)
        session = scope.get("path_params", {}).get("session", "")
        told = {"method": method, "route": path, "status": status, "ms": round(1000 * seconds)}
        log("info", "request", session=session if status < 400 else None, **told)


async def no_such(request: Request, error: Exception) -> Response:
    """Where there is nothing at an address."""
    return problem(Refused(404, "There is nothing at this address.", "See /openapi.json."))


async def not_so(request: Request, error: Exception) -> Response:
    """Where an address is not asked in this way; the reply says how it is (RFC 9110, 15.5.6)."""
    allowed = getattr(error, "headers", None) or {}
    return problem(Refused(405, "This cannot be asked in this way.", "See /openapi.json.", allowed))


async def broken(request: Request, error: Exception) -> Response:
    """Where something went wrong that nobody foresaw."""
    log("error", "broken", kind=type(error).__name__)
    return problem(Refused(500, "Something is wrong with the server.", "Nothing more was done. Try again."))
