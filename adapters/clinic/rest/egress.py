"""One HTTP request to a configured host: under one deadline, without redirects, at most 1 MiB back.

Says honestly how it ended: nothing was sent, or nobody knows, or this is the answer. Knows no mapping.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from time import monotonic, time
from typing import TYPE_CHECKING

from engine import Value

if TYPE_CHECKING:
    # Slow to import: what speaks HTTP is imported with the first call.
    import httpx2

MOST_BYTES = 1_048_576
_WORDS: tuple[tuple[type[BaseException], str], ...] = (
    (ssl.SSLError, "its certificate or encryption is not accepted"),
    (socket.gaierror, "its name is not known"),
    (ConnectionRefusedError, "it refuses connections"),
    (TimeoutError, "it did not answer in time"),
)
_NO_REPEAT = "a member of a record stands in the answer twice"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A request, complete. Its headers and body may hold secrets: it is not printed."""

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whole. `broken` says why the body is not JSON, where it is not."""

    status: int
    headers: Mapping[str, str]
    body: Value
    broken: str = ""
    cookies: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def retry_after(self) -> int | None:
        """In how many seconds it may be tried again, if the answer says so."""
        said = self.headers.get("retry_after", "").strip()
        if said.isascii() and said.isdigit():
            return min(int(said[:9]), 86_400)
        try:
            at = parsedate_to_datetime(said).timestamp()
        except (ValueError, OverflowError):
            return None
        return min(max(round(at - time()), 0), 86_400)


class NotSent(Exception):
    """The host could not be reached: nothing was sent."""


class NoAnswer(Exception):
    """It was sent, and no whole answer came: whether anything was done is not known."""


class Egress:
    """Sends requests, each on a connection of its own: one that was left open could break just when a
    change has been handed over."""

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._context = context or ssl.create_default_context()

    def send(self, request: Outgoing, until: float) -> Answer:
        """The answer, which has come by the moment `until` (monotonic). Raises NotSent and NoAnswer.

        The host is spoken to in a thread of its own, so that no slow name server and no dribbling answer can
        hold the caller longer.
        """
        attempt = _Attempt(request, self._context, until)
        thread = threading.Thread(target=attempt.run, name="rest", daemon=True)
        thread.start()
        thread.join(max(until - monotonic(), 0.0))
        return attempt.result()


class _TooLate(Exception):
    """The caller has given the attempt up."""


class _Attempt:
    def __init__(self, request: Outgoing, context: ssl.SSLContext, until: float) -> None:
        self._request = request
        self._context = context
        self._until = until
        self._lock = threading.Lock()
        self._sent = False
        self._given_up = False
        self._ended: Answer | Exception | None = None

    def result(self) -> Answer:
        """How it ended. What has not ended by now is given up, and cannot be sent later."""
        with self._lock:
            self._given_up = True
            ended, sent = self._ended, self._sent
        if isinstance(ended, Answer):
            return ended
        if ended is None:
            why = "it did not answer in time"
            raise NoAnswer(why) if sent else NotSent(why)
        raise ended

    def run(self) -> None:
        """Speak to the host, and keep how it ended."""
        ended: Answer | Exception
        try:
            ended = self._answer()
        except _TooLate:
            return
        except Exception as error:  # whatever the library raises, the caller must be told how it stands
            why = _plainly(error)
            ended = NoAnswer(why) if self._sent else NotSent(why)
        with self._lock:
            self._ended = ended

    def _answer(self) -> Answer:
        import httpx2

        request = self._request
        # What the environment says about proxies is not asked: calls go to the host that is named.
        with (
            httpx2.Client(
                verify=self._context,
                trust_env=False,
                follow_redirects=False,
                timeout=max(self._until - monotonic(), 0.01),
            ) as client,
            client.stream(
                request.method,
                request.url,
                headers={"accept-encoding": "identity", **request.headers},
                content=request.body,
                extensions={"trace": self._noticed},
            ) as response,
        ):
            return _understood(response, self._received(response))

    def _noticed(self, event: str, _: Mapping[str, object]) -> None:
        """Before its first byte goes is the last moment at which it can be given up without doubt."""
        if event != "http11.send_request_headers.started":
            return
        with self._lock:
            if self._given_up:
                raise _TooLate
            self._sent = True

    def _received(self, response: httpx2.Response) -> bytes:
        data = bytearray()
        for chunk in response.iter_raw():
            data += chunk
            if len(data) > MOST_BYTES:
                raise NoAnswer(f"its answer has more than {MOST_BYTES:,} bytes")
            if monotonic() > self._until:
                raise _TooLate
        return bytes(data)


def _understood(response: httpx2.Response, data: bytes) -> Answer:
    headers = {name.lower().replace("-", "_"): of for name, of in response.headers.items()}
    body, broken = None, ""
    if "content_encoding" in headers:
        broken = "the answer is compressed, which was not asked for"
    elif data.strip():
        try:
            body = _json(data)
        except (ValueError, RecursionError) as error:
            broken = _NO_REPEAT if _NO_REPEAT in str(error) else "the answer is not JSON"
    cookies = {each.name: each.value or "" for each in response.cookies.jar}
    return Answer(response.status_code, headers, body, broken, cookies)


def _json(data: bytes) -> Value:
    """The value of a JSON text: without the numbers that are none, and without members that come twice.
    Raises ValueError."""
    value: Value = json.loads(data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    return value


def _once(pairs: list[tuple[str, Value]]) -> Value:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError(_NO_REPEAT)
    return found


def _no_number(word: str) -> Value:
    raise ValueError(f"{word} is no number")


def _plainly(error: Exception) -> str:
    """Why it failed, without what was sent."""
    if isinstance(error, NoAnswer):
        return str(error)
    causes = [*_causes(error)]
    for kind, words in _WORDS:
        if any(isinstance(cause, kind) for cause in causes):
            return words
    return "the connection broke"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
