"""Mail through a real SMTP server on this machine, which refuses, drops and dribbles as asked."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from threading import Thread

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from adapters.letters import Accepted, Carried, Refused, Uncertain, Unreachable
from adapters.mail.smtp import Server, Smtp, parse_server
from adapters.problems import PlainProblem

REPLIES = {
    "nouser": "550 5.1.1 <nouser@post.example>: User unknown",
    "full": "452 4.2.2 Mailbox full",
    "policy": "550 5.7.1 Not from you",
    "plain": "550 No such user",
    "later": "450 Try again later",
    "closing": "421 4.3.2 Closing down",
}


class Handler:
    """Refuses recipients by their name; keeps what it takes."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.data_reply = "250 OK"

    async def handle_RCPT(  # noqa: N802 - the server's own name for it
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        reply = REPLIES.get(address.partition("@")[0])
        if reply is None:
            envelope.rcpt_tos.append(address)
        return reply or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.taken.append(envelope)
        return self.data_reply


@pytest.fixture
def handler() -> Handler:
    return Handler()


@pytest.fixture
def carrier(handler: Handler) -> Iterator[Smtp]:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port, enable_SMTPUTF8=True)
    controller.start()
    yield Smtp(Server("127.0.0.1", port), deadline=5.0)
    controller.stop()


def message(body: str = "Hello.\n") -> EmailMessage:
    made = EmailMessage()
    made["From"] = "no-reply@clinic.example"
    made["To"] = "ana@post.example"
    made["Subject"] = "Grüße"
    made.set_content(body)
    return made


def send(carrier: Smtp, recipient: str = "ana@post.example", body: str = "Hello.\n") -> Carried:
    return carrier.send(message(body), "no-reply@clinic.example", recipient)


def test_a_message_arrives_as_it_was_sent(carrier: Smtp, handler: Handler) -> None:
    body = "Hello Zoë,\n.\n..two dots\n\nlast line\n"
    assert send(carrier, body=body) == Accepted()
    (envelope,) = handler.taken
    assert (envelope.mail_from, envelope.rcpt_tos) == ("no-reply@clinic.example", ["ana@post.example"])
    assert isinstance(envelope.content, bytes)
    kept = message_from_bytes(envelope.content, policy=default)
    assert kept["Subject"] == "Grüße"
    assert isinstance(kept, EmailMessage)
    assert kept.get_content().replace("\r\n", "\n") == body


@pytest.mark.parametrize(
    ("recipient", "status"),
    [("nouser", "5.1.1"), ("full", "4.2.2"), ("policy", "5.7.1"), ("plain", "5.0.0"), ("later", "4.0.0")],
)
def test_a_refused_recipient_gives_its_status(
    carrier: Smtp, handler: Handler, recipient: str, status: str
) -> None:
    carried = send(carrier, f"{recipient}@post.example")
    assert isinstance(carried, Refused)
    assert carried.status == status
    assert carried.reply == REPLIES[recipient][4:]
    assert handler.taken == []


def test_a_server_that_closes_down_has_sent_nothing(carrier: Smtp) -> None:
    assert isinstance(send(carrier, "closing@post.example"), Unreachable)


def test_a_refused_content_gives_its_status(carrier: Smtp, handler: Handler) -> None:
    handler.data_reply = "554 5.7.1 Looks like spam"
    assert send(carrier) == Refused("5.7.1", "5.7.1 Looks like spam")


def test_an_international_address_goes_where_the_server_takes_it(carrier: Smtp, handler: Handler) -> None:
    assert send(carrier, "zoë@post.example") == Accepted()
    assert handler.taken[0].rcpt_tos == ["zoë@post.example"]


def test_a_refused_connection_has_sent_nothing() -> None:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        carried = send(Smtp(Server("127.0.0.1", port), deadline=5.0))
    assert isinstance(carried, Unreachable)
    assert "refuses connections" in carried.why


def test_an_unknown_name_has_sent_nothing() -> None:
    carried = send(Smtp(Server("no-such-host.invalid", 25), deadline=10.0))
    assert isinstance(carried, Unreachable)


Talk = Callable[[socket.socket], None]


@contextmanager
def server(talk: Talk) -> Iterator[int]:
    """A server of one connection that does just what `talk` says."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with closing(connection):
                connection.settimeout(10)
                try:
                    talk(connection)
                except OSError:
                    return

        thread = Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()


def answer(connection: socket.socket, *replies: str) -> None:
    """Send each reply, reading a command before all but the first."""
    for n, reply in enumerate(replies):
        if n:
            connection.recv(4096)
        connection.sendall(reply.encode() + b"\r\n")


UP_TO_DATA = ("220 hello", "250 hello", "250 ok", "250 ok")


def until_the_end(connection: socket.socket) -> None:
    data = b""
    while not data.endswith(b"\r\n.\r\n"):
        data += connection.recv(4096)


def dropped_after_the_content(connection: socket.socket) -> None:
    answer(connection, *UP_TO_DATA, "354 go on")
    until_the_end(connection)


def dropped_before_the_content(connection: socket.socket) -> None:
    answer(connection, *UP_TO_DATA)
    connection.recv(4096)


def silent_after_the_content(connection: socket.socket) -> None:
    dropped_after_the_content(connection)
    connection.recv(4096)


def silent_at_once(connection: socket.socket) -> None:
    connection.recv(4096)


def dribbling(connection: socket.socket) -> None:
    for _ in range(100):
        connection.sendall(b"2")
        time.sleep(0.1)


def unwilling(connection: socket.socket) -> None:
    answer(connection, "554 no mail here")


@pytest.mark.parametrize(
    ("talk", "expected"),
    [
        (dropped_before_the_content, Unreachable),
        (dropped_after_the_content, Uncertain),
        (silent_at_once, Unreachable),
        (silent_after_the_content, Uncertain),
        (dribbling, Unreachable),
        (unwilling, Unreachable),
    ],
)
def test_only_what_was_handed_over_is_uncertain(talk: Talk, expected: type[Carried]) -> None:
    with server(talk) as port:
        began = time.monotonic()
        carried = send(Smtp(Server("127.0.0.1", port), deadline=1.0))
        took = time.monotonic() - began
    assert isinstance(carried, expected), carried
    assert took < 2.0


def test_encryption_that_is_not_offered_is_not_done_without() -> None:
    with server(lambda connection: answer(connection, "220 hello", "250 hello", "221 bye")) as port:
        carried = send(Smtp(Server("127.0.0.1", port, "starttls"), deadline=5.0))
    assert isinstance(carried, Unreachable)
    assert "encryption" in carried.why


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", Server("mail.example", 25)),
        ("smtp://127.0.0.1:2525", Server("127.0.0.1", 2525)),
        ("smtp://[::1]:2525/", Server("::1", 2525)),
        ("smtp://mail.example:587?starttls=1", Server("mail.example", 587, "starttls")),
        (
            "smtp://ana%40clinic:p%3Aw@mail.example?starttls=1",
            Server("mail.example", 25, "starttls", "ana@clinic", "p:w"),
        ),
        ("smtps://mail.example", Server("mail.example", 465, "implicit")),
    ],
)
def test_a_server_is_read_from_a_url(url: str, expected: Server) -> None:
    assert parse_server(url) == expected


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:port",
        "smtp://mail.example/path",
        "smtp://mail.example?tls=1",
        "smtp://mail.example?starttls=maybe",
        "smtp://ana:secret@mail.example",
    ],
)
def test_another_url_is_a_plain_sentence_without_the_password(url: str) -> None:
    with pytest.raises(PlainProblem) as caught:
        parse_server(url)
    assert "secret" not in str(caught.value)


def test_a_password_is_not_in_the_representation() -> None:
    assert "secret" not in repr(Server("mail.example", 25, "starttls", "ana", "secret"))
