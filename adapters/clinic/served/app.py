"""The HTTP application over a backend: requests become calls of the port, and what they come to answers.

Knows no particular backend. Addresses are in `routes`, faults on purpose in `faults`.
"""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Callable, Coroutine, Mapping
from itertools import count
from typing import TypeAlias

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route as Path
from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.clinic.actions import CATALOG
from adapters.clinic.port import ActionFailed, Backend, CallContext, OutcomeLost
from adapters.clinic.served.description import description
from adapters.clinic.served.faults import FAULTS, Faults, Played
from adapters.clinic.served.routes import ROUTES, STATUS, VERSION_PARAM, Route
from adapters.secret import Secret, SecretGone
from engine import (
    Action,
    CannotTell,
    DidNotHappen,
    Effect,
    Failure,
    Happened,
    SecretRef,
    SecretType,
    Value,
    secret_id,
)

_SECONDS = 8.0
_BODY_BYTES = 65_536
_KEPT_SECRETS = 1_000
_Answer: TypeAlias = Response | Played
_Endpoint: TypeAlias = Callable[[Request], Coroutine[object, object, Response]]


class _Refused(Exception):
    """The request cannot become a call."""

    def __init__(self, status: int, error: str, message: str) -> None:
        self.status, self.error, self.message = status, error, message
        super().__init__(message)


class _Secrets:
    """The secrets that are on their way: typed ones in, made ones out. The oldest are forgotten."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, Secret] = {}
        self._numbers = count(1)

    def get(self, value: Value) -> Secret:
        found = self._kept.get(secret_id(value) or "")
        if found is None:
            raise SecretGone
        return found

    def keep(self, secret: Secret) -> Value:
        with self._lock:
            ref = SecretRef(f"served-{next(self._numbers)}")
            self._kept[ref.id] = secret
            while len(self._kept) > _KEPT_SECRETS:
                del self._kept[next(iter(self._kept))]
            return ref.as_value()

    def typed(self, text: str) -> Value:
        """The reference of a secret that came in: the same for the same, so that equal calls are equal."""
        for name, kept in list(self._kept.items()):
            if kept.same_as(Secret(text)):
                return SecretRef(name).as_value()
        return self.keep(Secret(text))

    def shown(self, value: Value) -> Value:
        """A result with its secrets in the open, as they are handed over; null for those forgotten."""
        if not isinstance(value, dict):
            return value
        if secret_id(value) is None:
            return {name: self.shown(of) for name, of in value.items()}
        try:
            return self.get(value).reveal()
        except SecretGone:
            return None


class ServedClinic:
    """One backend, served. `token` is what a caller must bear, if there is one; `faults` what goes wrong."""

    def __init__(self, backend: Backend, token: Secret | None = None, faults: Faults | None = None) -> None:
        self.backend = backend
        self.faults = faults or Faults()
        self._token = token
        self._secrets = _Secrets()

    def application(self) -> ASGIApp:
        """The ASGI application."""
        routes = [
            Path("/openapi.json", self._open(self._describe)),
            Path("/v1/capabilities", self._open(self._capabilities)),
            Path("/v1/look-backs", self._open(self._look_back), methods=["POST"]),
            Path("/v1/faults", self._open(self._plan), methods=["PUT"]),
            *(Path(each.path, self._open(self._acting(each)), methods=[each.method]) for each in ROUTES),
        ]
        return Starlette(routes=routes)

    def _open(self, endpoint: Callable[[Request], Coroutine[object, object, _Answer]]) -> _Endpoint:
        """An endpoint behind the token, whose refusals are answers."""

        async def opened(request: Request) -> Response:
            try:
                self._let_in(request)
                answer = await endpoint(request)
            except _Refused as refused:
                return _json({"error": refused.error, "message": refused.message}, refused.status)
            if isinstance(answer, Played):
                return _Bare(answer)
            return answer

        return opened

    def _let_in(self, request: Request) -> None:
        if self._token is None or request.url.path == "/openapi.json":
            return
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), self._token.reveal().encode()):
            raise _Refused(401, "forbidden", "This needs `Authorization: Bearer` and the token.")

    async def _describe(self, request: Request) -> Response:
        return _json(description())

    async def _capabilities(self, request: Request) -> Response:
        names: list[Value] = [*sorted(self.backend.capabilities())]
        return _json({"capabilities": names})

    async def _plan(self, request: Request) -> Response:
        """`{"action": "*", "fault": NAME}` plays a fault from now on, `{}` none any more."""
        body = await _body_of(request)
        action, fault = body.get("action", "*"), body.get("fault")
        if fault is None:
            self.faults.clear()
        elif isinstance(fault, str) and fault in FAULTS and isinstance(action, str):
            self.faults.plan(action, fault)
        else:
            raise _Refused(422, "invalid_input", f"`fault` is one of {', '.join(FAULTS)}.")
        return _json({})

    async def _look_back(self, request: Request) -> Response:
        body = await _body_of(request)
        name, args = body.get("action"), body.get("args")
        action = CATALOG.actions.get(name) if isinstance(name, str) else None
        if action is None or not isinstance(args, dict):
            raise _Refused(422, "invalid_input", "`action` and `args` say which call is looked for.")
        context = self._context(request, _key_of(request))
        known = self._taken_in(action, args)
        found = await run_in_threadpool(self.backend.check_back, action.name, known, context)
        match found:
            case Happened(result=result):
                return _json({"found": "happened", "result": self._secrets.shown(result)})
            case DidNotHappen():
                return _json({"found": "did_not_happen"})
            case CannotTell():
                return _json({"found": "cannot_tell"})

    def _acting(self, route: Route) -> Callable[[Request], Coroutine[object, object, _Answer]]:
        action = CATALOG.actions[route.action]

        async def act(request: Request) -> _Answer:
            args = self._taken_in(action, await _arguments(route, request))
            key = "" if action.effect is Effect.READ else _key_of(request)
            fault = self.faults.next(action.name)
            if fault is not None and not FAULTS[fault].acts:
                return Played(fault, None)
            told = {name: args[name] for name in route.told if name in args}
            context = self._context(request, key)
            answer = await run_in_threadpool(self._performed, action, args, context, told)
            return Played(fault, json.loads(bytes(answer.body))) if fault is not None else answer

        return act

    def _performed(
        self, action: Action, args: Mapping[str, Value], context: CallContext, told: Mapping[str, Value]
    ) -> Response:
        try:
            result = self.backend.perform(action.name, args, context)
        except ActionFailed as failed:
            return _failed(failed.failure, failed.message, failed.result, failed.retry_after)
        except OutcomeLost:
            return _failed(Failure.OUTCOME_UNKNOWN, "It is not known whether this was done.", None, None)
        headers = {"cache-control": "no-store"}
        version = result.get("version") if isinstance(result, dict) else None
        if isinstance(version, str):
            headers["etag"] = json.dumps(version)
        shown = self._secrets.shown(result)
        return _json({**told, **shown} if isinstance(shown, dict) else shown, 200, headers)

    def _taken_in(self, action: Action, args: Mapping[str, Value]) -> dict[str, Value]:
        """The arguments with the secrets among them put away."""
        known = dict(args)
        for param in action.params:
            value = known.get(param.name)
            if isinstance(param.type, SecretType) and isinstance(value, str):
                known[param.name] = self._secrets.typed(value)
        return known

    def _context(self, request: Request, key: str) -> CallContext:
        headers = request.headers
        return CallContext(
            key, headers.get("x-actor", "api"), headers.get("x-session", ""), _SECONDS, self._secrets
        )


class _Bare(Response):
    """An answer that is sent as it likes."""

    def __init__(self, played: Played) -> None:
        super().__init__()
        self._played = played

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._played(scope, receive, send)


def _failed(failure: Failure, message: str, result: Value, retry_after: int | None) -> Response:
    body: dict[str, Value] = {"error": failure.value, "message": message}
    headers: dict[str, str] = {}
    if result is not None:
        body["result"] = result
    if retry_after is not None:
        body["retry_after"] = retry_after
        headers["retry-after"] = str(retry_after)
    return _json(body, STATUS[failure], headers)


def _json(value: Value, status: int = 200, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse(value, status, headers=dict(headers or {}))


def _key_of(request: Request) -> str:
    key = request.headers.get("idempotency-key", "")
    if not key:
        raise _Refused(422, "invalid_input", "This needs the header Idempotency-Key.")
    return key


async def _arguments(route: Route, request: Request) -> dict[str, Value]:
    """The arguments from the path, the query, If-Match and the body. Raises _Refused."""
    args: dict[str, Value] = {name: request.path_params[name] for name in route.in_path()}
    for name, text in request.query_params.items():
        if name not in route.query:
            raise _Refused(422, "invalid_input", f"There is no `{name}` in this query.")
        args[name] = text
    if route.method != "GET":
        for name, value in (await _body_of(request)).items():
            if name in args or name == VERSION_PARAM:
                raise _Refused(422, "invalid_input", f"`{name}` does not stand in the body.")
            args[name] = value
    version = request.headers.get("if-match")
    if version is not None:
        args[VERSION_PARAM] = version.strip().strip('"')
    return args


async def _body_of(request: Request) -> dict[str, Value]:
    """The JSON record in the body; empty where there is none. Raises _Refused."""
    data = b""
    async for chunk in request.stream():
        data += chunk
        if len(data) > _BODY_BYTES:
            raise _Refused(413, "invalid_input", f"A body has at most {_BODY_BYTES:,} bytes.")
    try:
        value = json.loads(data) if data.strip() else {}
    except (ValueError, RecursionError):
        raise _Refused(400, "invalid_input", "The body is not JSON.") from None
    if not isinstance(value, dict):
        raise _Refused(400, "invalid_input", "The body must be a JSON record.")
    return value
