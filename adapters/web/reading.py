"""Reads what a request brings: its body, its token, its key, and from which page it comes."""

from __future__ import annotations

import asyncio
import re
from typing import TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request

from adapters.web.bounds import BODY_SECONDS
from adapters.web.refused import Refused

LONGEST_KEY = 200
_KEY = re.compile(r"[!-~]{1,200}")
_Body = TypeVar("_Body")


async def body_of(request: Request, most: int, seconds: float = BODY_SECONDS) -> bytes:
    """The body, if it has at most so many bytes and is not too slow. Raises Refused."""
    raw = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for part in request.stream():
                raw += part
                if len(raw) > most:
                    raise Refused(413, "The body is too large.", f"At most {most} bytes.")
    except TimeoutError as error:
        raise Refused(408, "The body did not come in time.", "Send it again.") from error
    except ClientDisconnect as error:
        raise Refused(400, "The body broke off.", "Send it again.") from error
    return bytes(raw)


async def json_of(request: Request, most: int, seconds: float = BODY_SECONDS) -> bytes:
    """The body, said to be JSON. Raises Refused."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise Refused(415, "The body must be JSON.", "Send Content-Type: application/json.")
    return await body_of(request, most, seconds)


def decoded(raw: bytes, kind: type[_Body]) -> _Body:
    """The body, checked. Raises Refused."""
    try:
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise Refused(422, "The body is not as it should be.", str(error)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(400, "The body is not JSON.", str(error)) from error


def key_of(request: Request) -> str:
    """The Idempotency-Key; empty where there is none. Raises Refused."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return ""
    if not _KEY.fullmatch(key):
        raise Refused(
            400, "This Idempotency-Key cannot be used.", f"1 to {LONGEST_KEY} visible ASCII characters."
        )
    return key


def token_of(request: Request) -> str:
    """The bearer token; empty where there is none."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def address_of(request: Request) -> str:
    """Where the request comes from, as far as is known."""
    return request.client.host if request.client else ""


def foreign_origin(request: Request) -> str:
    """The origin of the page that asks, where it is another one than the server's own."""
    origin = request.headers.get("origin", "")
    return "" if origin == f"{request.url.scheme}://{request.url.netloc}" else origin
