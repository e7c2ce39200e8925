"""Turns a second over HTTP and the waits for them, beside the bare framework with a durable commit."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from itertools import product
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

import httpx2

from tests.bench.report import Figure, Limit

CONNECTIONS = (1, 32, 256)
SECONDS = 3.0
ROUNDS = 2
TURNS = 25
"""So long is a conversation; each turn takes a little longer than the one before."""
MOST = 5_000
"""So many turns are prepared for at least; nobody is faster."""

SLOWEST = Limit(0.2, above=True)
WAITS = Limit(10, above=False)


class Talk(NamedTuple):
    """A conversation that a connection holds."""

    session: str
    token: str


class Measured(NamedTuple):
    """Turns a second, and the waits for them in milliseconds."""

    rate: float
    median: float
    longest: float


def measured() -> tuple[Figure, ...]:
    """The lines of the table."""
    figures: list[Figure] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="unstuck-bench-")))
        ours, bare = (stack.enter_context(server(kind, folder)) for kind in ("ours", "bare"))
        for connections in CONNECTIONS:
            both: tuple[list[Measured], list[Measured]] = ([], [])
            for _ in range(ROUNDS):
                for found, port in zip(both, (ours, bare), strict=True):
                    found.append(hold(port, connections, port == ours))
            mine, theirs = (max(found, key=lambda each: each.rate) for found in both)
            figures += _lines(connections, mine, theirs)
    return tuple(figures)


def _lines(connections: int, mine: Measured, theirs: Measured) -> Iterator[Figure]:
    many = f"{connections} connection{'' if connections == 1 else 's'}"
    yield Figure(
        f"turns a second, {many}",
        f"{mine.rate:,.0f}",
        f"{theirs.rate:,.0f}",
        mine.rate / theirs.rate,
        SLOWEST,
    )
    yield Figure(
        "… median wait", f"{mine.median:.1f} ms", f"{theirs.median:.1f} ms", mine.median / theirs.median
    )
    yield Figure(
        "… 99 of 100 wait at most",
        f"{mine.longest:.1f} ms",
        f"{theirs.longest:.1f} ms",
        mine.longest / theirs.longest,
        WAITS,
    )


@contextmanager
def server(kind: str, folder: Path) -> Iterator[int]:
    """A server in a process of its own; its port."""
    command = [sys.executable, "-m", "tests.bench.web_server", kind, str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        wait_for(port, kind)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def wait_for(port: int, kind: str) -> None:
    """Until it answers; its socket is open before."""
    path = "/healthz" if kind == "ours" else "/v1/sessions/x/answers"
    httpx2.request("GET", f"http://127.0.0.1:{port}{path}", timeout=60)


def hold(port: int, connections: int, ours: bool) -> Measured:
    """Answer for some seconds over so many connections."""
    each = max(1, MOST // (TURNS * connections))
    talks = begun(port, each * connections) if ours else [Talk("x", "x")] * (each * connections)
    waits = asyncio.run(_all(port, [talks[at::connections] for at in range(connections)]))
    cuts = quantiles(waits, n=100)
    return Measured(len(waits) / SECONDS, 1000 * cuts[49], 1000 * cuts[98])


def begun(port: int, many: int) -> list[Talk]:
    """So many conversations."""
    with httpx2.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as http:
        replies = [http.post("/v1/sessions", json={"flow": "round"}).json() for _ in range(many)]
    return [Talk(reply["session"], reply["token"]) for reply in replies]


async def _all(port: int, talks: list[list[Talk]]) -> list[float]:
    waits: list[float] = []
    until = perf_counter() + SECONDS
    await asyncio.gather(*(_one(port, own, until, waits) for own in talks))
    return waits


async def _one(port: int, talks: list[Talk], until: float, waits: list[float]) -> None:
    """One connection: an answer as soon as the last one was answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = json.dumps({"answer": "missing"}).encode()
    for talk, turn in product(talks, range(TURNS)):
        began = perf_counter()
        if began >= until:
            break
        writer.write(request(talk, f"turn-{turn}", body))
        status = await reply(reader)
        if status != 200:
            raise SystemExit(f"An answer was refused with {status}.")
        waits.append(perf_counter() - began)
    writer.close()


def request(talk: Talk, key: str, body: bytes) -> bytes:
    """An answer, as it goes over the wire."""
    headers: Mapping[str, str] = {
        "Host": "127.0.0.1",
        "Authorization": f"Bearer {talk.token}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Idempotency-Key": key,
    }
    lines = [f"POST /v1/sessions/{talk.session}/answers HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def reply(reader: asyncio.StreamReader) -> int:
    """The status of a reply, which is read to its end."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
    length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
    await reader.readexactly(length)
    return int(head.split(maxsplit=2)[1])
