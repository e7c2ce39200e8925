"""What the clinic's mails say: the setup email, the password reset, the ticket to the support address, and
the mails that tell a person of a change.

Builds messages; sends nothing, and knows no database. Every value is put in as data: HTML is escaped, and
no header can be continued by what somebody typed.
"""

from __future__ import annotations

import hashlib
import textwrap
from datetime import datetime
from html import escape
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from adapters.clinic.moments import told
from adapters.clinic.records import Clinic

if TYPE_CHECKING:
    # Slow to import: what makes a message is imported with the first one.
    from email.headerregistry import Address
    from email.message import EmailMessage


class Envelope(msgspec.Struct, frozen=True):
    """Where one mail goes, under which Message-ID (without angle brackets), and when."""

    clinic: Clinic
    to_address: str
    message_id: str
    at: datetime


class Link(msgspec.Struct, frozen=True):
    """An address on a line of its own, to be clicked."""

    label: str
    address: str


class Items(msgspec.Struct, frozen=True):
    """A list of lines."""

    lines: tuple[str, ...]


Part: TypeAlias = str | Link | Items


def setup_email(envelope: Envelope, first_name: str, token: str, expires: datetime) -> EmailMessage:
    """The account setup email, with its one-time link."""
    clinic = envelope.clinic
    return _letter(
        envelope,
        f"Set up your account at {clinic.name}",
        (
            f"Hello {first_name},",
            f"{clinic.name} has opened online access for you. To set up your account, follow this link and "
            "choose a password:",
            Link("Set up my account", f"{base_address(clinic)}/setup/{token}"),
            f"The link works once, until {told(expires, clinic.zone)}. If you have had more than one of "
            "these emails, only the link in the newest one works.",
            f"Afterwards log in with {envelope.to_address} at this address; it is worth a bookmark:",
            Link(clinic.login_url, clinic.login_url),
            *_farewell(
                clinic, "You did not expect this email? Then do nothing; no account is opened without you."
            ),
        ),
    )


def reset_email(envelope: Envelope, first_name: str, token: str, expires: datetime) -> EmailMessage:
    """The email for a forgotten password, with its one-time link."""
    clinic = envelope.clinic
    return _letter(
        envelope,
        f"A new password for {clinic.name}",
        (
            f"Hello {first_name},",
            f"a new password was asked for your account at {clinic.name}. Follow this link to choose one:",
            Link("Choose a new password", f"{base_address(clinic)}/reset/{token}"),
            f"The link works once, until {told(expires, clinic.zone)}.",
            *_farewell(clinic, "You did not ask for it? Then do nothing; your password stays as it is."),
        ),
    )


def ticket_email(
    envelope: Envelope,
    number: str,
    topic: str,
    paragraphs: tuple[str, ...],
    trail: tuple[str, ...],
    actor: str,
) -> EmailMessage:
    """The ticket as the support address gets it. All texts are masked already."""
    clinic = envelope.clinic
    return _letter(
        envelope,
        f"[{number}] {topic}",
        (
            f"Ticket {number} of {clinic.name}, opened by {actor} on {told(envelope.at, clinic.zone)}.",
            f"About: {topic}",
            *paragraphs,
            *([Items(trail)] if trail else []),
        ),
    )


def address_left_email(envelope: Envelope, first_name: str, masked_new: str | None) -> EmailMessage:
    """Tells the old address that mail goes elsewhere from now on; the new one is masked."""
    clinic = envelope.clinic
    return _told(
        envelope,
        f"Your email address at {clinic.name} was changed",
        first_name,
        f"on {told(envelope.at, clinic.zone)} the clinic changed the address it writes to you at, from this "
        f"one to {masked_new}.",
    )


def address_taken_email(envelope: Envelope, first_name: str) -> EmailMessage:
    """Tells the new address that mail goes there from now on."""
    clinic = envelope.clinic
    return _told(
        envelope,
        f"{clinic.name} writes to this address now",
        first_name,
        f"since {told(envelope.at, clinic.zone)} {clinic.name} writes to you at this email address.",
    )


def password_set_email(envelope: Envelope, first_name: str, until: datetime) -> EmailMessage:
    """Tells a person that the clinic has set a temporary password; it never holds the password."""
    clinic = envelope.clinic
    return _told(
        envelope,
        f"A temporary password was set for {clinic.name}",
        first_name,
        f"on {told(envelope.at, clinic.zone)} the clinic set a temporary password for your account. It works "
        f"until {told(until, clinic.zone)}, and you choose another one when you log in with it. The clinic "
        "never sends it by email, and never asks you for it.",
    )


def second_factor_email(envelope: Envelope, first_name: str) -> EmailMessage:
    """Tells a person that the second factor of their account was switched off."""
    clinic = envelope.clinic
    return _told(
        envelope,
        f"The second factor of your account at {clinic.name} was switched off",
        first_name,
        f"on {told(envelope.at, clinic.zone)} the clinic switched the second factor of your account off and "
        "ended its password. To log in again, choose a new one with “Forgot password” on the log-in page.",
    )


def base_address(clinic: Clinic) -> str:
    """The clinic's login address without its last slash; links are made from it."""
    return clinic.login_url.rstrip("/")


def postal(address: str) -> str:
    """The address as mail systems carry it: an international domain in its ASCII form."""
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(address, check_deliverability=False)
    except EmailNotValidError:
        return address
    return found.ascii_email or f"{found.local_part}@{found.ascii_domain}"


def one_line(text: str) -> str:
    """Text that fits into a header: one line, nothing invisible."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _farewell(clinic: Clinic, unexpected: str) -> tuple[str, ...]:
    return (
        unexpected,
        f"Questions? Write to {clinic.support_email}.",
        clinic.name,
    )


def _told(envelope: Envelope, subject: str, first_name: str, what: str) -> EmailMessage:
    """A mail that tells of a change, and what to do about one that nobody asked for."""
    clinic = envelope.clinic
    return _letter(
        envelope,
        subject,
        (
            f"Hello {first_name},",
            what,
            f"Was it not you who asked for this? Then tell {clinic.support_email} at once.",
            clinic.name,
        ),
    )


def _letter(envelope: Envelope, subject: str, parts: tuple[Part, ...]) -> EmailMessage:
    from email.message import EmailMessage
    from email.utils import format_datetime

    clinic = envelope.clinic
    message = EmailMessage()
    message["From"] = _address(one_line(clinic.name), clinic.mail_from)
    message["To"] = _address("", postal(envelope.to_address))
    message["Subject"] = one_line(subject)[:200]
    message["Date"] = format_datetime(envelope.at)
    message["Message-ID"] = f"<{envelope.message_id}>"
    message["Auto-Submitted"] = "auto-generated"
    # Postmark takes it out, and tells it with its events, which otherwise know an id of its own only.
    message["X-PM-Metadata-message"] = envelope.message_id.partition("@")[0]
    message.set_content(_plain(parts))
    message.add_alternative(_html(subject, parts), subtype="html")
    # Made of what is unique to the message, so that the same mail is the same bytes.
    message.set_boundary("=_" + hashlib.sha256(envelope.message_id.encode()).hexdigest()[:32])
    return message


def _address(name: str, address: str) -> Address:
    from email.headerregistry import Address

    local, _, domain = address.rpartition("@")
    return Address(display_name=name, username=local, domain=domain)


def _plain(parts: tuple[Part, ...]) -> str:
    return "\n\n".join(_plain_part(part) for part in parts) + "\n"


def _plain_part(part: Part) -> str:
    match part:
        case Link(address=address):
            return address
        case Items(lines=lines):
            return "\n".join(_wrapped(line, "- ") for line in lines)
        case str():
            return _wrapped(part)


def _wrapped(text: str, mark: str = "") -> str:
    return textwrap.fill(
        one_line(text),
        72,
        initial_indent=mark,
        subsequent_indent=" " * len(mark),
        break_long_words=False,
        break_on_hyphens=False,
    )


def _html(title: str, parts: tuple[Part, ...]) -> str:
    body = "\n".join(_html_part(part) for part in parts)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head><meta charset="utf-8">'
        f"<title>{escape(one_line(title))}</title></head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _html_part(part: Part) -> str:
    match part:
        case Link(label=label, address=address):
            return f'<p><a href="{escape(address)}">{escape(one_line(label))}</a></p>'
        case Items(lines=lines):
            return "<ul>\n" + "\n".join(f"<li>{escape(one_line(line))}</li>" for line in lines) + "\n</ul>"
        case str():
            return f"<p>{escape(one_line(part))}</p>"
