"""What sending one email came to: the values between whoever writes mail and whoever carries it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias

import msgspec

if TYPE_CHECKING:
    from email.message import EmailMessage


class Accepted(msgspec.Struct, frozen=True):
    """The carrier took the message; nothing is known about its delivery."""


class Refused(msgspec.Struct, frozen=True):
    """The carrier refused the recipient. `status` is the enhanced status code (RFC 3463, `5.1.1`), made
    from the reply code's class (`5.0.0`) where the carrier gave none; `reply` its words."""

    status: str
    reply: str


class Unreachable(msgspec.Struct, frozen=True):
    """The carrier could not be reached before anything was handed over: nothing was sent."""

    why: str


class Uncertain(msgspec.Struct, frozen=True):
    """The connection broke after the message was handed over: it may or may not have been sent."""

    why: str


Carried: TypeAlias = Accepted | Refused | Unreachable | Uncertain


ReportState: TypeAlias = Literal["sent", "delivered", "deferred", "bounced", "suppressed", "complained"]


class Report(msgspec.Struct, frozen=True):
    """What is known later about a mail that was accepted. `message_id` is without angle brackets; `status`
    the enhanced status code, where there is one."""

    message_id: str
    address: str
    state: ReportState
    status: str | None


class Mailer(Protocol):
    """Carries one message to one recipient."""

    def send(self, message: EmailMessage, sender: str, recipient: str) -> Carried:
        """Hand the message over. `sender` and `recipient` are the envelope's addresses."""
        ...
