"""Connections on which little or nothing is said are let go; slow bodies and slow replies are waited for."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from starlette.types import Receive, Scope, Send

from adapters.serving import serving

PATIENCE = 0.3
HEAD = b"GET / HTTP/1.1\r\nHost: here\r\n"


async def slow(scope: Scope, receive: Receive, send: Send) -> None:
    """Replies with the length of the body, later than a head may take."""
    length, more = 0, True
    while more:
        part = await receive()
        length, more = length + len(part.get("body", b"")), part.get("more_body", False)
    await asyncio.sleep(2 * PATIENCE)
    body = str(length).encode()
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    monkeypatch.setattr("adapters.patience.HEAD_SECONDS", PATIENCE)
    with serving(slow) as at:
        address = urlsplit(at)
        with socket.create_connection((str(address.hostname), address.port or 0), timeout=10) as opened:
            yield opened


def is_let_go(connection: socket.socket) -> bool:
    """Whether the other side ends it without a word."""
    try:
        return connection.recv(1_000) == b""
    except ConnectionResetError:
        return True


def received(connection: socket.socket) -> bytes:
    """The head of a reply and its body of one byte, in however many parts they come."""
    reply = b""
    while b"\r\n\r\n" not in reply[:-1]:
        part = connection.recv(1_000)
        assert part, reply
        reply += part
    return reply


@pytest.mark.parametrize("said", [b"", b"G", HEAD, HEAD + b"X: " + b"a" * 200])
def test_a_head_that_does_not_come_is_not_waited_for(connection: socket.socket, said: bytes) -> None:
    connection.sendall(said)
    assert is_let_go(connection)


def test_a_byte_now_and_then_does_not_buy_more_time(connection: socket.socket) -> None:
    connection.settimeout(PATIENCE / 10)
    connection.sendall(HEAD + b"X: ")
    said = 0
    while said < 1_000 and not has_let_go_after(connection, b"a"):
        said += 1
    assert said < 1_000


def has_let_go_after(connection: socket.socket, said: bytes) -> bool:
    """Say something; whether the other side has ended it."""
    try:
        connection.sendall(said)
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_the_head_of_the_next_request_is_not_waited_for_either(connection: socket.socket) -> None:
    connection.sendall(HEAD + b"\r\n")
    assert received(connection).endswith(b"\r\n\r\n0")
    connection.sendall(HEAD)
    assert is_let_go(connection)


def test_slow_bodies_and_replies_are_waited_for(connection: socket.socket) -> None:
    connection.sendall(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 4\r\n\r\n")
    connection.settimeout(2 * PATIENCE)
    with pytest.raises(TimeoutError):
        connection.recv(1)
    connection.settimeout(10)
    connection.sendall(b"abcd")
    assert received(connection).endswith(b"\r\n\r\n4")
