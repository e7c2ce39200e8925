"""Mail through a real server that speaks TLS: the password only goes where the name is proven."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from email.message import EmailMessage

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from adapters.letters import Accepted, Carried, Unreachable
from adapters.mail.smtp import Smtp, parse_server


class Desk:
    """Takes every message of those who log in, and keeps each password it was told."""

    def __init__(self) -> None:
        self.taken: list[bool] = []
        self.told: list[tuple[bytes, bytes]] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.taken.append(
            session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None
        )
        return "250 OK"

    def __call__(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, given: LoginPassword
    ) -> AuthResult:
        self.told.append((given.login, given.password))
        return AuthResult(success=given.password == b"correct horse", handled=False)


@pytest.fixture
def desk() -> Desk:
    return Desk()


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@contextmanager
def serving(desk: Desk, tls: str, issuer: trustme.CA, name: str = "127.0.0.1") -> Iterator[int]:
    """A server with a certificate of `issuer` for `name`, with TLS from the first byte or when asked."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    issuer.issue_cert(name).configure_cert(context)
    # aiosmtpd counts only STARTTLS as TLS when it asks for it before a login; the other kind has it by then.
    tls_settings: dict[str, object] = (
        {"tls_context": context, "require_starttls": True, "auth_require_tls": True, "auth_required": True}
        if tls == "starttls"
        else {"ssl_context": context, "auth_require_tls": False}
    )
    controller = Controller(desk, hostname="127.0.0.1", port=port, authenticator=desk, **tls_settings)
    controller.start()
    try:
        yield port
    finally:
        controller.stop()


def url(tls: str, port: int, password: str = "correct%20horse") -> str:
    if tls == "starttls":
        return f"smtp://clinic:{password}@127.0.0.1:{port}?starttls=1"
    return f"smtps://clinic:{password}@127.0.0.1:{port}"


def send(address: str, trusted: trustme.CA) -> Carried:
    context = ssl.create_default_context()
    trusted.configure_trust(context)
    message = EmailMessage()
    message["From"] = "no-reply@clinic.example"
    message["To"] = "ana@post.example"
    message.set_content("Hello.\n")
    carrier = Smtp(parse_server(address), deadline=10.0, context=context)
    return carrier.send(message, "no-reply@clinic.example", "ana@post.example")


both = pytest.mark.parametrize("tls", ["starttls", "implicit"])


@both
def test_a_message_goes_over_tls_after_logging_in(desk: Desk, authority: trustme.CA, tls: str) -> None:
    with serving(desk, tls, authority) as port:
        assert send(url(tls, port), authority) == Accepted()
    assert desk.told == [(b"clinic", b"correct horse")]
    assert desk.taken == [True]


@both
def test_a_wrong_password_says_so_and_sends_nothing(desk: Desk, authority: trustme.CA, tls: str) -> None:
    with serving(desk, tls, authority) as port:
        carried = send(url(tls, port, "battery%20staple"), authority)
    assert isinstance(carried, Unreachable)
    assert "does not accept the user name and password" in carried.why
    assert "battery" not in carried.why
    assert desk.taken == []


@both
@pytest.mark.parametrize("fault", ["unknown issuer", "another name"])
def test_a_certificate_that_proves_nothing_gets_no_password(
    desk: Desk, authority: trustme.CA, tls: str, fault: str
) -> None:
    issuer = trustme.CA() if fault == "unknown issuer" else authority
    name = "mail.other.example" if fault == "another name" else "127.0.0.1"
    with serving(desk, tls, issuer, name) as port:
        carried = send(url(tls, port), authority)
    assert isinstance(carried, Unreachable)
    assert "certificate" in carried.why
    assert (desk.told, desk.taken) == ([], [])


def test_a_server_without_tls_gets_no_password(desk: Desk, authority: trustme.CA) -> None:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(desk, hostname="127.0.0.1", port=port, authenticator=desk, auth_require_tls=False)
    controller.start()
    try:
        carried = send(url("starttls", port), authority)
    finally:
        controller.stop()
    assert isinstance(carried, Unreachable)
    assert (desk.told, desk.taken) == ([], [])
