"""The conversation that is broken off everywhere: thirteen answers and five actions that change something, in
`chat --json`, with the clinic and its mail in other processes or in files, so that their record survives.

Each conversation is a process of its own, forked from one that has loaded unstuck already.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import BinaryIO

from adapters.cli import run
from adapters.clinic.served.behind import example_at
from adapters.serving import listening, serve
from adapters.wiring import create_clinic, open_embedded, open_mail
from tests.durability.tracer import Fail, Kill, Point, traced, watch

FLOW = "email-not-received"
TURNS, ACTIONS = 14, 5
PEOPLE = """\
clients:
  - name: Lucie Farrow
    kind: minor
    contacts:
      - name: Paula Farrow
        relationship: parent
        primary: true
        email: paula@mial.example
        phone: +1 613 555 0142
        online_access: false
        email_notifications: false
      - {name: Otto Farrow, relationship: parent, primary: true, email: otto@mail.example}
"""
_ANSWERS: Mapping[str, object] = {
    "who": "Lucie Farrow",
    "which-contacts": ["paula-farrow", "otto-farrow"],
    "switch-on": "both",
    "correct": "change",
    "new": "paula@mail.example",
    "read-back": "yes",
    "change!evidence": "callback_on_file",
    "send": "send",
    "arrived": "yes",
    # What was cut off before it took effect is offered again.
    "not-now": "again",
}
CODE = "import sys; from adapters.cli import run; sys.exit(run(sys.argv[1:]))"


def answer_to(turn: Mapping[str, object]) -> object:
    """What the agent says to the question of this turn. Raises AssertionError where nobody foresaw it."""
    prompt = turn["prompt"]
    assert isinstance(prompt, dict)
    step = str(prompt["step"])
    if step == "compare":
        return "wrong" if "mial" in str(prompt["text"]) else "right"
    assert step in _ANSWERS, f"nobody foresaw the question {prompt['id']}: {prompt['text']}"
    return _ANSWERS[step]


@dataclass(slots=True)
class Heard:
    """What a conversation told until its process ended: its turns, how it ended, and after how many seconds
    the first turn came."""

    turns: list[dict[str, object]] = field(default_factory=list)
    code: int | None = None
    first_after: float | None = None
    trouble: str = ""
    said: str = ""

    @property
    def ended(self) -> bool:
        """Whether the conversation came to its end."""
        return bool(self.turns) and self.turns[-1]["end"] is not None


class Place:
    """A folder with a fresh clinic, and how to reach it."""

    def __init__(self, folder: Path, kind: str) -> None:
        self.folder, self.kind = folder, kind
        self.clinic, self.mail = f"sqlite:///{folder / 'clinic.db'}", f"maildir:{folder / 'mail'}"
        self.store = folder / "sessions.db"
        self.server: Server | None = None

    def arguments(self) -> list[str]:
        """The options of `chat` for this place."""
        store = f"sqlite:///{self.store}"
        return ["--json", "--clinic", self.clinic, "--store", store, "--mail", self.mail]


def make_clinic(path: Path) -> None:
    """A fresh clinic in a file, to be copied."""
    people = path.with_suffix(".people.yaml")
    people.write_text(PEOPLE, encoding="utf-8")
    create_clinic(path, people)


@contextmanager
def a_place(folder: Path, fresh: Path, kind: str) -> Iterator[Place]:
    """A place in `folder`, with a copy of the fresh clinic. `kind` is `files` (the clinic and its mail are
    files), `http` (the clinic is served by another process) or `smtp` (the mail goes to one)."""
    folder.mkdir(parents=True)
    place = Place(folder, kind)
    (folder / "clinic.db").write_bytes(fresh.read_bytes())
    if kind == "files":
        yield place
        return
    serves = {"http": _serve_clinic, "smtp": _take_mail}[kind]
    server = Server(lambda opened: serves(place, opened))
    address = f"127.0.0.1:{server.port}"
    if kind == "http":
        place.clinic = f"rest:{example_at(f'http://{address}', folder)}"
    else:
        place.mail = f"smtp://{address}"
    place.server = server
    server.start()
    try:
        yield place
    finally:
        server.stop()


class Server:
    """A process that serves at a port of its own, and can be stopped and started again."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._serve = serve
        self._pid = 0
        with listening("127.0.0.1", 0) as opened:
            self.port: int = opened.getsockname()[1]

    def start(self) -> None:
        """Begin to serve; whoever connects from now on is heard."""
        with listening("127.0.0.1", self.port) as opened:
            self._pid = os.fork()
            if self._pid == 0:
                try:
                    self._serve(opened)
                finally:
                    os._exit(0)

    def stop(self) -> None:
        """Kill it; stopping it again changes nothing."""
        if self._pid:
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
            self._pid = 0


def _serve_clinic(place: Place, opened: socket.socket) -> None:
    from adapters.clinic.served.app import ServedClinic

    clinic = open_embedded(f"sqlite:///{place.folder / 'clinic.db'}", open_mail(place.mail))
    serve(ServedClinic(clinic).application(), opened)


def _take_mail(place: Place, opened: socket.socket) -> None:
    """Receive mail at that socket into the Maildir that others look into."""
    import asyncio

    from aiosmtpd.smtp import SMTP

    loop = asyncio.new_event_loop()
    sink = _Sink(place.folder / "mail")
    loop.run_until_complete(loop.create_server(lambda: SMTP(sink, enable_SMTPUTF8=True), sock=opened))
    loop.run_forever()


class _Sink:
    """Keeps every mail that was taken, before it says so."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def handle_DATA(self, server: object, session: object, envelope: object) -> str:  # noqa: N802
        from mailbox import Maildir

        from aiosmtpd.smtp import Envelope

        assert isinstance(envelope, Envelope)
        assert isinstance(envelope.content, bytes)
        to = f"Delivered-To: {envelope.rcpt_tos[0]}\n".encode()
        Maildir(self._folder).add(to + envelope.content.replace(b"\r\n", b"\n"))
        return "250 OK"


def hold(
    place: Place,
    session: str = "",
    decide: Callable[[Point], Kill | Fail | None] | None = None,
    reply: Callable[[Mapping[str, object]], object | None] = answer_to,
    cold: bool = False,
) -> Heard:
    """Begin the conversation, or go on with `session`, and answer until it ends, is killed, or `reply` gives
    nothing more. `decide` sees the system calls of its process; a `cold` one loads Python and unstuck
    anew."""
    what = ["--resume", session] if session else [FLOW]
    asked, answers, began = os.pipe(), os.pipe(), time.monotonic()

    def child(notes: BinaryIO) -> int:
        os.dup2(answers[0], 0)
        os.dup2(asked[1], 1)
        os.dup2(notes.fileno(), 2)
        for descriptor in (*asked, *answers):
            os.close(descriptor)
        if cold:
            os.execv(sys.executable, [sys.executable, "-c", CODE, "chat", *what, *place.arguments()])
        sys.stdin = os.fdopen(0, encoding="utf-8")
        sys.stdout, sys.stderr = os.fdopen(1, "w", encoding="utf-8"), os.fdopen(2, "w", encoding="utf-8")
        return run(["chat", *what, *place.arguments()])

    with tempfile.TemporaryFile() as notes:
        pid = traced(lambda: child(notes))
        os.close(asked[1])
        os.close(answers[0])
        heard = Heard()
        talk = Thread(target=_talk, args=(heard, asked[0], answers[1], began, reply, pid))
        talk.start()
        heard.code = watch(pid, decide or (lambda point: None))
        talk.join()
        notes.seek(0)
        heard.said = notes.read().decode("utf-8", "replace")
    return heard


def _talk(
    heard: Heard,
    asked: int,
    answers: int,
    began: float,
    reply: Callable[[Mapping[str, object]], object | None],
    pid: int,
) -> None:
    with open(asked, encoding="utf-8") as lines, open(answers, "w", encoding="utf-8") as sink:
        try:
            for line in lines:
                if not line.endswith("\n"):
                    break
                turn = json.loads(line)
                heard.turns.append(turn)
                if heard.first_after is None:
                    heard.first_after = time.monotonic() - began
                if turn["end"] is not None:
                    break
                given = reply(turn)
                if given is None:
                    break
                sink.write(json.dumps({"answer": given, "seq": turn["seq"]}) + "\n")
                sink.flush()
        except BrokenPipeError:
            pass
        except Exception as error:
            heard.trouble = f"{type(error).__name__}: {error}"
        finally:
            if heard.trouble:
                os.kill(pid, signal.SIGKILL)
            with suppress(BrokenPipeError):
                sink.close()
