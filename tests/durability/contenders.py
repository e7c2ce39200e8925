"""Those who answer one question at the same time: consoles, requests to a server, and drivers, each in a
process of its own, on one session file.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple, Protocol
from uuid import uuid4

import httpx2

from adapters.serving import listening, serve
from adapters.view import as_json
from adapters.web.bounds import Bounds
from adapters.web.limiter import Limiter
from adapters.wiring import Options, create_clinic, open_desk
from adapters.wiring_web import open_web
from engine import Audience, Value
from tests.durability.conversation import CODE

FLOW = "racing"
CHOICES = tuple("abcdefgh")
RACING = f"""\
flow: {FLOW}
title: A question that many answer
audience: [visitor, client, practitioner, agent, admin]
symptoms: [a race]
steps:
  - id: which
    ask: Which one?
    answers: {{{", ".join(f"{each}: The {each}" for each in CHOICES)}, over: {{label: Enough, then: well}}}}
    save: which
  - {{id: queue, do: request_help, with: {{topic: which}}, save: ticket}}
  - go: which
  - {{id: well, ask: Is all well?, kind: yes-no, then: {{yes: good, no: which}}}}
  - {{id: good, end: solved}}
"""
_PATIENCE = 60.0


class Reply(NamedTuple):
    """What somebody who answered got: the code of the problem (empty: their answer was taken), the number and
    the id of the question that waits then, and the turn as it came."""

    problem: str
    seq: int
    prompt: str
    turn: str


class Place(NamedTuple):
    """Where everything is that the contenders share."""

    folder: Path

    def options(self) -> Options:
        """The same for everybody."""
        return Options(
            flows=self.folder / "flows",
            clinic=f"sqlite:///{self.folder / 'clinic.db'}",
            store=f"sqlite:///{self.folder / 'sessions.db'}",
            mail=f"maildir:{self.folder / 'mail'}",
        )


class Contender(Protocol):
    """Somebody who can answer. `answers` sends, `hears` waits for what came of it."""

    name: str

    def answers(self, prompt: str, seq: int, value: Value) -> None:
        """Send an answer to this question."""
        ...

    def hears(self) -> Reply:
        """What came of the answer that was sent last."""
        ...


def make_place(folder: Path) -> Place:
    """A fresh clinic, and the flow."""
    (folder / "flows" / FLOW).mkdir(parents=True)
    (folder / "flows" / FLOW / "flow.yaml").write_text(RACING, encoding="utf-8")
    create_clinic(folder / "clinic.db", None)
    return Place(folder)


class Console:
    """`unstuck chat --json --resume`."""

    def __init__(self, place: Place, session: str) -> None:
        options = place.options()
        command = [sys.executable, "-c", CODE, "chat", "--json", "--resume", session, "--as", "visitor"]
        for name in ("flows", "clinic", "store", "mail"):
            command += [f"--{name}", str(getattr(options, name))]
        self.name = "console"
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )
        self.hears()

    def answers(self, prompt: str, seq: int, value: Value) -> None:
        """See `Contender.answers`."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"answer": value, "prompt": prompt, "seq": seq}) + "\n")
        self._process.stdin.flush()

    def hears(self) -> Reply:
        """See `Contender.hears`."""
        assert self._process.stdout is not None
        return reply_of(json.loads(self._process.stdout.readline()))

    def close(self) -> None:
        """Let it end."""
        self._process.communicate(timeout=_PATIENCE)


class Request:
    """Requests to the server, one after the other. Another one with the same `twin` sends the very same
    request at the same moment."""

    def __init__(self, at: str, session: str, token: str, threads: ThreadPoolExecutor) -> None:
        self.name = "request"
        self._http = httpx2.Client(
            base_url=at, timeout=_PATIENCE, headers={"Authorization": f"Bearer {token}"}
        )
        self._path = f"/v1/sessions/{session}/answers"
        self._threads = threads
        self._sent: tuple[dict[str, Value], str] = ({}, "")
        self._coming: Future[tuple[int, str]] | None = None

    def answers(self, prompt: str, seq: int, value: Value) -> None:
        """See `Contender.answers`."""
        self._sent = ({"answer": value, "prompt": prompt, "seq": seq}, uuid4().hex)
        self._coming = self._threads.submit(self._ask)

    def answers_as(self, other: Request) -> None:
        """Send what the other one sent, as the same request."""
        self._sent = other._sent
        self._coming = self._threads.submit(self._ask)

    def hears(self) -> Reply:
        """See `Contender.hears`."""
        assert self._coming is not None
        status, text = self._coming.result(_PATIENCE)
        got = json.loads(text)
        assert status in (200, 409), f"{status}: {text}"
        turn = got if status == 200 else got["turn"]
        return reply_of(turn, "" if status == 200 else str(got.get("code") or "stale"), text)

    def again(self) -> str:
        """What the same request gets once more."""
        return self._ask()[1]

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()

    def _ask(self) -> tuple[int, str]:
        body, key = self._sent
        reply = self._http.post(self._path, json=body, headers={"Idempotency-Key": key})
        return reply.status_code, reply.text


class Colleague:
    """A driver in a process of its own."""

    def __init__(self, place: Place) -> None:
        self.name = "driver"
        ours, theirs = get_context("spawn").Pipe()
        self._process = get_context("spawn").Process(target=drive, args=(theirs, place), daemon=True)
        self._process.start()
        theirs.close()
        self._pipe: Connection = ours
        self.session = ""

    def answers(self, prompt: str, seq: int, value: Value) -> None:
        """See `Contender.answers`."""
        self._pipe.send((self.session, prompt, seq, value))

    def hears(self) -> Reply:
        """See `Contender.hears`."""
        assert self._pipe.poll(_PATIENCE), "the driver says nothing"
        return reply_of(json.loads(self._pipe.recv()))

    def close(self) -> None:
        """Let it end."""
        self._pipe.send(None)
        self._process.join(_PATIENCE)


def drive(pipe: Connection, place: Place) -> None:
    """Answer whatever comes through the pipe, until nothing comes any more."""
    with open_desk(place.options()) as desk:
        while (wanted := pipe.recv()) is not None:
            session, prompt, seq, value = wanted
            view = desk.driver.answer(
                session, value, prompt=prompt, seq=seq, actor="visitor", audience=Audience.VISITOR
            )
            pipe.send(json.dumps(as_json(view)))


@contextmanager
def server(place: Place) -> Iterator[str]:
    """`unstuck serve` without its limits, in a process of its own; where it is."""
    with closing(listening("127.0.0.1", 0)) as opened:
        at = f"http://127.0.0.1:{opened.getsockname()[1]}"
        process = get_context("spawn").Process(target=_serve, args=(place, opened), daemon=True)
        process.start()
    _until_ready(at)
    try:
        yield at
    finally:
        process.terminate()
        process.join(_PATIENCE)


def _serve(place: Place, opened: socket.socket) -> None:
    many = Limiter(1_000_000_000, time.monotonic)
    with open_web(place.options(), False, False, Bounds(many, many, many)) as web:
        serve(web.application, opened)


def _until_ready(at: str) -> None:
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            if httpx2.get(f"{at}/readyz", timeout=5).status_code == 200:
                return
        except httpx2.TransportError:
            pass
        assert time.monotonic() < until, "the server does not begin"
        time.sleep(0.02)


class Everybody:
    """All contenders, and one conversation after the other for them. `consoles`, `requests` and `drivers` say
    how many of each there are."""

    def __init__(self, folder: Path, consoles: int, requests: int, drivers: int) -> None:
        self._place = make_place(folder)
        self._stack = ExitStack()
        self._numbers = (consoles, requests)
        self._at = self._stack.enter_context(server(self._place))
        self._threads = self._stack.enter_context(ThreadPoolExecutor(requests + 1))
        self._drivers = [self._stack.enter_context(closing(Colleague(self._place))) for _ in range(drivers)]

    def __enter__(self) -> Everybody:
        return self

    def __exit__(self, *what: object) -> None:
        self._stack.close()

    @property
    def place(self) -> Place:
        """Where they are."""
        return self._place

    @contextmanager
    def conversation(self) -> Iterator[tuple[str, Reply, Sequence[Contender]]]:
        """A new conversation: its session, the first question, and everybody at it."""
        begun = httpx2.post(f"{self._at}/v1/sessions", json={"flow": FLOW}, timeout=_PATIENCE).json()
        session, token = begun["session"], begun["token"]
        consoles, requests = self._numbers
        with ExitStack() as stack:
            talking: list[Contender] = [
                stack.enter_context(closing(Console(self._place, session))) for _ in range(consoles)
            ]
            talking += [
                stack.enter_context(closing(Request(self._at, session, token, self._threads)))
                for _ in range(requests)
            ]
            for driver in self._drivers:
                driver.session = session
            yield session, reply_of(begun["turn"]), [*talking, *self._drivers]


def reply_of(turn: Mapping[str, object], problem: str = "", text: str = "") -> Reply:
    """The reply that this turn is."""
    prompt, told = turn.get("prompt"), turn.get("problem")
    seq = turn["seq"]
    assert isinstance(seq, int)
    asked = str(prompt["id"]) if isinstance(prompt, dict) else ""
    said = str(told["code"]) if isinstance(told, dict) else problem
    return Reply(said, seq, asked, text or json.dumps(turn))
