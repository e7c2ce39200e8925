"""An API of a test's own, on this machine: it answers as the test says, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from adapters.clinic.port import CallContext
from adapters.clinic.rest.backend import RestClinic
from engine import Value
from tests.adapters.clinic.bench import Vault

Answering = Callable[[Request, bytes], Response]


class Api:
    """An API that answers as a test says, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, dict[str, str], str]] = []
        self.answer: Answering = lambda request, body: JSONResponse({})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        body = await request.body()
        path = scope["raw_path"].decode() + (f"?{request.url.query}" if request.url.query else "")
        self.asked.append((request.method, path, dict(request.headers), body.decode()))
        await self.answer(request, body)(scope, receive, send)


def call(clinic: RestClinic, action: str, key: str = "k", **args: Value) -> Value:
    return clinic.perform(action, args, CallContext(key, "alice", "s", 5.0, Vault()))
