"""A real Postfix takes a mail for somebody who is not there, and reports later: the flow tells of it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from email.message import EmailMessage
from pathlib import Path
from time import monotonic, sleep

import pytest
from aiosmtpd.controller import Controller

from adapters.letters import Accepted, Report
from adapters.mail.reports import Mailbox
from adapters.mail.smtp import Smtp, parse_server
from adapters.wiring import create_clinic
from tests.adapters.mail.postfix import Postfix, postfix
from tests.adapters.mail.test_smtp import Handler

pytestmark = [
    pytest.mark.needs_postfix,
    pytest.mark.skipif(os.getuid() != 0, reason="for want of: root, who alone starts Postfix"),
]
RUN = "import sys; from adapters.cli import run; sys.exit(run(sys.argv[1:]))"
SENDER = "no-reply@mapleleaf.example"
PEOPLE = """clinic:
  name: Maple Leaf Therapy
  login_url: https://mapleleaf.example/portal
  support_email: support@mapleleaf.example
  mail_from: no-reply@mapleleaf.example
  timezone: America/Toronto
clients:
  - {name: Nora Quist, kind: adult, email: nouser@post.example}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Postfix, Handler]]:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    handler = Handler()
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        with postfix(port) as running:
            yield running, handler
    finally:
        controller.stop()


def until(found: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for what another process does."""
    ends = monotonic() + seconds
    while not found():
        assert monotonic() < ends, "it did not come"
        sleep(0.05)


def test_what_was_accepted_comes_back_with_a_report(server: tuple[Postfix, Handler]) -> None:
    running, handler = server
    letter = EmailMessage()
    letter["From"], letter["To"], letter["Subject"] = SENDER, "nouser@post.example", "Your account"
    letter["Message-ID"] = "<token-1@mapleleaf.example>"
    letter.set_content("Hello.\n")
    carrier = Smtp(parse_server(running.url), deadline=10.0)
    assert carrier.send(letter, SENDER, "nouser@post.example") == Accepted()
    assert carrier.send(letter, SENDER, "ana@post.example") == Accepted()
    box, reports = Mailbox(running.bounces), list[Report]()
    until(lambda: bool(reports.extend(box.reports()) or reports))
    assert reports == [Report("token-1@mapleleaf.example", "nouser@post.example", "bounced", "5.1.1")]
    until(lambda: bool(handler.taken))
    assert handler.taken[0].rcpt_tos == ["ana@post.example"]


class Conversation:
    """`unstuck chat --json` in a process of its own, on a clinic whose mail goes through this Postfix."""

    def __init__(self, folder: Path, running: Postfix) -> None:
        options = [
            *("--clinic", f"sqlite:///{folder / 'clinic.db'}", "--mail", running.url),
            *("--store", f"sqlite:///{folder / 'sessions.db'}"),
        ]
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUN, "chat", "email-not-received", "--json", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "UNSTUCK_BOUNCES": str(running.bounces)},
            text=True,
        )
        self.told: list[str] = []
        self.at = ""
        self.hear()

    def hear(self) -> None:
        assert self.process.stdout is not None
        turn = json.loads(self.process.stdout.readline())
        self.told += [each["text"] for each in turn["say"]]
        self.at = turn["prompt"]["id"].rpartition("/")[2] if turn["prompt"] else turn["end"]["outcome"]

    def answer(self, value: str) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"answer": value}) + "\n")
        self.process.stdin.flush()
        self.hear()
        return self.at


@pytest.mark.parametrize("said", ["wait", "no"])
def test_the_flow_that_asked_for_it_tells_that_it_came_back(
    said: str, server: tuple[Postfix, Handler], tmp_path: Path
) -> None:
    running, _ = server
    people = tmp_path / "own.people.yaml"
    people.write_text(PEOPLE, encoding="utf-8")
    create_clinic(tmp_path / "clinic.db", people)
    before = len([*(running.bounces / "new").glob("*")])
    talk = Conversation(tmp_path, running)
    try:
        assert talk.answer("Nora Quist") == "compare"
        assert talk.answer("right") == "send"
        assert talk.answer("send") == "arrived"
        assert any("On its way is not yet there" in text for text in talk.told)
        until(lambda: len([*(running.bounces / "new").glob("*")]) > before)
        assert talk.answer(said) == "what-now"
        assert talk.told[-1] == "It came back (code 5.1.1): this mailbox does not take it."
    finally:
        talk.process.kill()
        talk.process.communicate()
