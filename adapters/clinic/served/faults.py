"""Faults that the served clinic can play on purpose, so that whoever calls it can be tried against them.

Each is played at the level of the answer; what happened before it (acted or not) is part of its meaning.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Mapping
from typing import Final

import msgspec
from starlette.types import Receive, Scope, Send

from adapters.problems import PlainProblem
from engine import Value, did_you_mean

_FOREVER = 3600.0
_CHUNK = b" " * 65_536


class Fault(msgspec.Struct, frozen=True):
    """One way to go wrong: in words, and whether the action is done before it does."""

    doc: str
    acts: bool


FAULTS: Final[Mapping[str, Fault]] = {
    "timeout-before": Fault("does nothing, and never answers", acts=False),
    "timeout-after": Fault("does it, and never answers", acts=True),
    "reset": Fault("does it, and ends the connection in the middle of the answer", acts=True),
    "slow": Fault("does it, and answers one byte a second", acts=True),
    "endless": Fault("does it, and answers without an end", acts=True),
    "500": Fault("does it, and answers 500", acts=True),
    "502": Fault("does it, and answers 502, as a proxy does", acts=True),
    "503": Fault("does nothing, and answers 503 with Retry-After", acts=False),
    "429": Fault("does nothing, and answers 429 with Retry-After", acts=False),
    "redirect": Fault("does nothing, and answers with another host's address", acts=False),
    "bad-json": Fault("does it, and answers half a JSON text", acts=True),
    "wrong-shape": Fault("does it, and answers a list of numbers", acts=True),
    "nan": Fault("does it, and answers NaN, which is no JSON", acts=True),
    "duplicate-keys": Fault("does it, and answers every member twice, with two values", acts=True),
    "other-client": Fault("does it, and answers with somebody else's record", acts=True),
    "error-in-200": Fault("does nothing, and answers 200 with an error inside", acts=False),
}


class Faults:
    """Which fault is played for which action (`*`: for every one). Safe to change while it serves."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._planned: dict[str, tuple[str, int]] = {}

    def plan(self, action: str, fault: str, times: int = 0) -> None:
        """Play the fault at the next `times` calls of the action; 0: at all. Raises PlainProblem."""
        if fault not in FAULTS:
            advice = did_you_mean(fault, FAULTS) or f"Known are {', '.join(FAULTS)}."
            raise PlainProblem(f"There is no fault {fault}.", advice)
        with self._lock:
            self._planned[action] = (fault, times)

    def clear(self) -> None:
        """Play none any more."""
        with self._lock:
            self._planned.clear()

    def next(self, action: str) -> str | None:
        """The fault of the next call of the action, which counts as played."""
        with self._lock:
            name = action if action in self._planned else "*"
            fault, times = self._planned.get(name, (None, 0))
            if times == 1:
                del self._planned[name]
            elif times:
                self._planned[name] = (str(fault), times - 1)
            return fault


class Played:
    """The answer of a fault: an ASGI application. `result` is what the action returned, if it was done."""

    def __init__(self, fault: str, result: Value) -> None:
        self._fault = fault
        self._body = json.dumps(result).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Play it until it is over, or until nobody listens any more."""
        playing = [asyncio.ensure_future(self._play(send)), asyncio.ensure_future(_gone(receive))]
        try:
            await asyncio.wait(playing, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in playing:
                each.cancel()

    async def _play(self, send: Send) -> None:
        match self._fault:
            case "timeout-before" | "timeout-after":
                await asyncio.sleep(_FOREVER)
            case "reset":
                await _begin(send, 200, [(b"content-length", b"4096")])
                await send({"type": "http.response.body", "body": self._body[:5], "more_body": True})
            case "slow":
                await self._dribbled(send)
            case "endless":
                await _begin(send, 200, [])
                while True:
                    await send({"type": "http.response.body", "body": _CHUNK, "more_body": True})
                    await asyncio.sleep(0)
            case _:
                status, headers, body = self._whole()
                await _begin(send, status, [*headers, (b"content-length", str(len(body)).encode())])
                await send({"type": "http.response.body", "body": body})

    async def _dribbled(self, send: Send) -> None:
        await _begin(send, 200, [])
        for byte in self._body + b" " * int(_FOREVER):
            await send({"type": "http.response.body", "body": bytes([byte]), "more_body": True})
            await asyncio.sleep(1.0)

    def _whole(self) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """Status, headers and body of a fault that has an answer of its own."""
        match self._fault:
            case "503" | "429":
                return int(self._fault), [(b"retry-after", b"2")], b"{}"
            case "redirect":
                return 307, [(b"location", b"http://elsewhere.example/")], b""
            case "bad-json":
                return 200, [], self._body[: len(self._body) // 2] or b"{"
            case "wrong-shape":
                return 200, [], b"[1, 2, 3]"
            case "nan":
                return 200, [], b'{"id": NaN}'
            case "duplicate-keys":
                return 200, [], _twice(self._body)
            case "other-client":
                return 200, [], _somebody_else(self._body)
            case "error-in-200":
                return 200, [], b'{"error": "not_ready", "message": "This is an error with status 200."}'
            case _:
                return int(self._fault), [], b'{"msg": "Internal Server Error"}'


def _twice(body: bytes) -> bytes:
    if body.startswith(b"{") and len(body) > 2:
        return b'{"id": "one", "version": "one", ' + b'"id": "two", "version": "two", ' + body[1:]
    return b'[{"id": "one", "id": "two"}]'


def _somebody_else(body: bytes) -> bytes:
    """The same record, with every id in it exchanged for another one."""

    def exchanged(value: Value) -> Value:
        match value:
            case dict():
                ids = ("id", "subject", "client", "client_id", "contact", "message", "query")
                return {
                    name: "somebody-else" if name in ids and isinstance(of, str) else exchanged(of)
                    for name, of in value.items()
                }
            case list():
                return [exchanged(item) for item in value]
            case _:
                return value

    return json.dumps(exchanged(json.loads(body))).encode()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _begin(send: Send, status: int, headers: list[tuple[bytes, bytes]]) -> None:
    kind = (b"content-type", b"application/json")
    await send({"type": "http.response.start", "status": status, "headers": [kind, *headers]})
