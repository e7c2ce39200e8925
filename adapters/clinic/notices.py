"""Mails that tell people of what was done. They are tried once and recorded, and never hold anything up.

What they tell of is done and kept before the first of them is handed over.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, assert_never

import msgspec

from adapters.clinic.addresses import normal, well_formed
from adapters.clinic.deliveries import record_state, refused, suppressed
from adapters.clinic.mail_texts import Envelope
from adapters.clinic.outcomes import Call
from adapters.clinic.postings import add_mail, new_message_id
from adapters.clinic.records import Clinic
from adapters.letters import Accepted, Carried, Refused, Uncertain, Unreachable
from adapters.secret import Secret
from engine import Value

if TYPE_CHECKING:
    from email.message import EmailMessage


class Making(msgspec.Struct, frozen=True):
    """What a new thing is made with: the clinic, and where unguessable words and passwords come from."""

    clinic: Clinic
    tokens: Callable[[], str]
    passwords: Callable[[], Secret]


class Notice(msgspec.Struct, frozen=True):
    """A recorded mail that is to be carried now. `member` names the truth of the result that becomes true
    when a mail system has taken it."""

    envelope: Envelope
    letter: EmailMessage
    member: str


class Telling(msgspec.Struct, frozen=True):
    """What was done, as the result that says nobody has been told yet, and the mails that tell of it."""

    result: dict[str, Value]
    notices: tuple[Notice, ...]


def notice(
    connection: sqlite3.Connection,
    call: Call,
    making: Making,
    address: str | None,
    write: Callable[[Envelope], EmailMessage],
    member: str = "",
) -> tuple[Notice, ...]:
    """Record a mail to that address; none where there is no address, or it is no longer written to."""
    if address is None or not well_formed(address):
        return ()
    envelope = Envelope(making.clinic, address, new_message_id(making.clinic, making.tokens), call.now)
    add_mail(connection, envelope, "notice", call.subject)
    status = suppressed(connection, address)
    if status is not None:
        record_state(connection, envelope.message_id, "suppressed", status, call.now)
        return ()
    return (Notice(envelope, write(envelope), member),)


def notices_to_all(
    connection: sqlite3.Connection,
    call: Call,
    making: Making,
    addresses: tuple[str | None, ...],
    write: Callable[[Envelope], EmailMessage],
    member: str = "",
) -> tuple[Notice, ...]:
    """The same for several addresses, each of them once."""
    made: list[Notice] = []
    seen: set[str] = set()
    for address in addresses:
        if address is not None and normal(address) not in seen:
            seen.add(normal(address))
            made += notice(connection, call, making, address, write, member)
    return tuple(made)


def settle_notice(connection: sqlite3.Connection, told: Notice, carried: Carried, now: datetime) -> None:
    """Record what became of one; a mail that could not be handed over stays queued."""
    message = told.envelope.message_id
    match carried:
        case Accepted():
            record_state(connection, message, "sent", None, now)
        case Refused(status=status):
            refused(connection, message, told.envelope.to_address, status, now)
        case Uncertain():
            record_state(connection, message, "unknown", None, now)
        case Unreachable():
            pass
        case _:
            assert_never(carried)
