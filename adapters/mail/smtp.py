"""Mail through a server (SMTP), with one deadline for the whole of it, and an honest account of how it ended.

Whatever goes wrong before the message's last line is handed over means that nothing was sent; whatever
goes wrong after that means that nobody knows.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import parse_qs, unquote, urlsplit

from adapters.letters import Accepted, Carried, Refused, Uncertain, Unreachable
from adapters.mail.status import enhanced_status
from adapters.problems import PlainProblem

_ADVICE = (
    "Write it as `smtp://host:port`, `smtp://user:password@host:port?starttls=1` or `smtps://host:port`."
)
_PORTS = {"smtp": 25, "smtps": 465}
_SHUTTING_DOWN = 421


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server and how to speak to it. `tls` is none, starttls, or implicit (from the first byte)."""

    host: str
    port: int
    tls: str = "none"
    user: str | None = None
    password: str | None = field(default=None, repr=False)


def parse_server(url: str) -> Server:
    """The server of a URL. Raises PlainProblem, without repeating a password, if it is not one."""
    problem = PlainProblem("This is not the address of a mail server.", _ADVICE)
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        raise problem from None
    query = parse_qs(parts.query, keep_blank_values=True)
    starttls = query.pop("starttls", ["0"])[-1]
    if parts.scheme not in _PORTS or not parts.hostname or parts.path not in ("", "/"):
        raise problem
    if query or parts.fragment or starttls not in ("0", "1"):
        raise problem
    tls = "implicit" if parts.scheme == "smtps" else "starttls" if starttls == "1" else "none"
    if parts.username and tls == "none":
        raise PlainProblem(
            "A password must not go to a mail server in the clear.", "Add `?starttls=1`, or use `smtps://`."
        )
    user = unquote(parts.username) if parts.username else None
    password = unquote(parts.password) if parts.password else None
    return Server(parts.hostname, port, tls, user, password)


class Smtp:
    """Carries mail to one server. `deadline` is the whole time one message may take, in seconds."""

    def __init__(self, server: Server, deadline: float = 20.0, context: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._deadline = deadline
        self._context = context

    def send(self, message: EmailMessage, sender: str, recipient: str) -> Carried:
        """Hand one message over to the server, which is spoken to in a thread of its own, so that no slow
        name server or dribbling connection can hold the caller longer than the deadline."""
        attempt = _Attempt(self._server, self._context or ssl.create_default_context(), self._deadline)
        thread = threading.Thread(
            target=attempt.run, args=(message, sender, recipient), name="smtp", daemon=True
        )
        thread.start()
        thread.join(self._deadline)
        return attempt.result()


class _Connection(smtplib.SMTP):
    """A connection that tells of its socket as soon as there is one, before the server has said a word."""

    def __init__(
        self,
        server: Server,
        context: ssl.SSLContext,
        seconds: float,
        opened: Callable[[socket.socket], None],
    ) -> None:
        self._implicit = context if server.tls == "implicit" else None
        self._opened = opened
        super().__init__(server.host, server.port, timeout=seconds)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """The step of smtplib that connects, as its own SMTP_SSL replaces it."""
        plain = socket.create_connection((host, port), timeout)
        try:
            self._opened(plain)
            if self._implicit is None:
                return plain
            return self._implicit.wrap_socket(plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise


class _TooLate(Exception):
    """The caller has given the attempt up."""


class _Attempt:
    """One message, on its way in its own thread."""

    def __init__(self, server: Server, context: ssl.SSLContext, seconds: float) -> None:
        self._server = server
        self._context = context
        self._seconds = seconds
        self._lock = threading.Lock()
        self._given_up = False
        self._handed_over = False
        self._carried: Carried | None = None
        self._socket: socket.socket | None = None

    def result(self) -> Carried:
        """How it ended; if it has not ended by now, it is given up, and cannot hand anything over later."""
        with self._lock:
            if self._carried is not None:
                return self._carried
            self._given_up = True
            handed_over, connection = self._handed_over, self._socket
        if connection is not None:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        why = f"The mail server {self._server.host} did not answer within {self._seconds:g} seconds."
        return Uncertain(why) if handed_over else Unreachable(why)

    def run(self, message: EmailMessage, sender: str, recipient: str) -> None:
        """Speak to the server, and keep how it ended."""
        try:
            carried = self._spoken(message, sender, recipient)
        except _TooLate:
            return
        except (OSError, smtplib.SMTPException, ValueError) as error:
            carried = self._broken(error)
        with self._lock:
            self._carried = carried

    def _broken(self, error: Exception) -> Carried:
        host = self._server.host
        if self._handed_over:
            return Uncertain(f"The connection to the mail server {host} broke before it confirmed the mail.")
        if isinstance(error, smtplib.SMTPAuthenticationError):
            return Unreachable(f"The mail server {host} does not accept the user name and password.")
        if isinstance(error, smtplib.SMTPResponseException):
            return Unreachable(f"The mail server {host} takes no mail now ({error.smtp_code}).")
        return Unreachable(f"The mail server {host} cannot be reached ({_plainly(error)}).")

    def _spoken(self, message: EmailMessage, sender: str, recipient: str) -> Carried:
        connection = self._connected()
        try:
            return self._transferred(connection, message, sender, recipient)
        finally:
            with suppress(OSError, smtplib.SMTPException):
                connection.close()

    def _connected(self) -> smtplib.SMTP:
        connection = _Connection(self._server, self._context, self._seconds, self._opened)
        try:
            self._greeted(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _opened(self, opened: socket.socket) -> None:
        """Keep the socket, so that giving up can end a conversation that drags on."""
        with self._lock:
            self._socket = opened
            if self._given_up:
                raise _TooLate

    def _greeted(self, connection: smtplib.SMTP) -> None:
        server = self._server
        connection.ehlo_or_helo_if_needed()
        if server.tls == "starttls":
            connection.starttls(context=self._context)
            connection.ehlo_or_helo_if_needed()
        if server.user is not None:
            connection.login(server.user, server.password or "")

    def _transferred(
        self, connection: smtplib.SMTP, message: EmailMessage, sender: str, recipient: str
    ) -> Carried:
        international = not (sender + recipient).isascii()
        if international and not connection.has_extn("smtputf8"):
            return Refused("5.6.7", "The mail server takes no addresses with such letters.")
        options = ["SMTPUTF8", "BODY=8BITMIME"] if international else []
        refused = _refused(*connection.mail(sender, options)) or _refused(*connection.rcpt(recipient))
        if refused is not None:
            _leave(connection)
            return refused
        code, text = connection.docmd("DATA")
        if code != 354:
            return _refused(code, text) or Unreachable("The mail server did not take the message.")
        self._hand_over(connection, _as_sent(message, international))
        code, text = connection.getreply()
        _leave(connection)
        return _refused(code, text) or Accepted()

    def _hand_over(self, connection: smtplib.SMTP, data: bytes) -> None:
        """The last moment at which the attempt can be given up without doubt."""
        with self._lock:
            if self._given_up:
                raise _TooLate
            self._handed_over = True
        connection.send(data)


def _refused(code: int, reply: bytes) -> Refused | None:
    """A reply that says no, or None. Raises SMTPServerDisconnected where the server is closing down."""
    if 200 <= code < 300:
        return None
    if code == _SHUTTING_DOWN or not 400 <= code < 600:
        raise smtplib.SMTPServerDisconnected(f"the server said {code}")
    text = reply.decode("utf-8", "replace")
    return Refused(enhanced_status(code, text), " ".join(text.split()))


def _leave(connection: smtplib.SMTP) -> None:
    """Say goodbye; what was decided before stands, whatever comes of it."""
    with suppress(OSError, smtplib.SMTPException):
        connection.docmd("QUIT")


def _as_sent(message: EmailMessage, international: bool) -> bytes:
    policy = SMTP.clone(utf8=international, cte_type="8bit" if international else "7bit")
    data = re.sub(rb"(?m)^\.", b"..", message.as_bytes(policy=policy))
    return data + (b"" if data.endswith(b"\r\n") else b"\r\n") + b".\r\n"


def _plainly(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return "its certificate or encryption is not accepted"
    if isinstance(error, socket.gaierror):
        return "its name is not known"
    if isinstance(error, ConnectionRefusedError):
        return "it refuses connections"
    if isinstance(error, TimeoutError):
        return "it does not answer"
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return "it does not offer what is asked of it, such as encryption"
    return "the connection broke"
