"""A mail on its way: recorded before it is handed to the carrier, and settled by what the carrier says."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, assert_never
from urllib.parse import urlsplit

import msgspec

from adapters.clinic.accounts import drop_account
from adapters.clinic.addresses import masked
from adapters.clinic.deliveries import reason_in_words, record_state, refused
from adapters.clinic.mail_texts import Envelope
from adapters.clinic.moments import handed_out, stored
from adapters.clinic.outcomes import Broken, Call, Done, Open, Outcome
from adapters.clinic.records import Clinic
from adapters.letters import Accepted, Carried, Refused, Uncertain, Unreachable
from engine import Failure, Value

if TYPE_CHECKING:
    from email.message import EmailMessage

NOBODY_TOLD = Open()


class Posting(msgspec.Struct, frozen=True):
    """A recorded mail that is to be carried now.

    `account_created`: an account was made for it. `opening` is what the call has come to before the carrier
    answers; `about` is the id of what the mail tells of (a ticket).
    """

    envelope: Envelope
    letter: EmailMessage
    account_created: bool = False
    opening: Outcome = NOBODY_TOLD
    about: str = ""


def new_message_id(clinic: Clinic, tokens: Callable[[], str]) -> str:
    """A Message-ID of our own, without angle brackets."""
    return f"{tokens()}@{urlsplit(clinic.login_url).hostname or 'localhost'}"


def add_mail(
    connection: sqlite3.Connection,
    envelope: Envelope,
    purpose: str,
    subject: str | None,
    token_hash: bytes | None = None,
    expires_at: str | None = None,
) -> None:
    """Record a mail that is about to be handed over."""
    at = stored(envelope.at)
    connection.execute(
        """INSERT INTO message (id, n, purpose, subject, to_address, sent_at, state, state_at, token_hash,
             expires_at)
           VALUES (?, (SELECT coalesce(max(n), 0) + 1 FROM message), ?, ?, ?, ?, 'queued', ?, ?, ?)""",
        (envelope.message_id, purpose, subject, envelope.to_address, at, at, token_hash, expires_at),
    )


def receipt(envelope: Envelope, accepted: bool, account_created: bool) -> Value:
    """The record SendReceipt. Accepted by the mail system is all that is ever known of it here."""
    return {
        "message_id": envelope.message_id,
        "accepted": accepted,
        "account_created": account_created,
        "masked": masked(envelope.to_address),
        "sent_at": handed_out(stored(envelope.at), envelope.clinic.zone),
    }


def settle(
    connection: sqlite3.Connection, call: Call, posting: Posting, carried: Carried, now: datetime
) -> Outcome | None:
    """Record what the carrier said of a setup or reset email; None: nothing happened, and all is undone."""
    envelope = posting.envelope
    match carried:
        case Accepted():
            record_state(connection, envelope.message_id, "sent", None, now)
            _end_older_links(connection, envelope.message_id, stored(now))
            return Done(receipt(envelope, True, posting.account_created))
        case Refused(status=status):
            refused(connection, envelope.message_id, envelope.to_address, status, now)
            connection.execute(
                "UPDATE message SET ended_at = ? WHERE id = ?", (stored(now), envelope.message_id)
            )
            return _broken(posting, status)
        case Uncertain():
            record_state(connection, envelope.message_id, "unknown", None, now)
            return Open()
        case Unreachable():
            connection.execute("DELETE FROM message WHERE id = ?", (envelope.message_id,))
            if posting.account_created and call.subject is not None:
                drop_account(connection, call.subject)
            return None
        case _:
            assert_never(carried)


def _broken(posting: Posting, status: str) -> Broken:
    """A refused mail: `partial` where an account was made for it, which stays."""
    why = (
        f"The mail system refused the mail to {masked(posting.envelope.to_address)} "
        f"({status}, {reason_in_words(status)})"
    )
    result = receipt(posting.envelope, False, posting.account_created)
    if posting.account_created:
        return Broken(Failure.PARTIAL, f"{why}. The account was made all the same.", result)
    return Broken(Failure.UNDELIVERABLE, f"{why}.", result)


def end_links(connection: sqlite3.Connection, subject: str, at: str) -> None:
    """End every one-time link that was sent to a person and not followed yet."""
    connection.execute(
        """UPDATE message SET ended_at = ? WHERE subject = ? AND token_hash IS NOT NULL
           AND ended_at IS NULL AND used_at IS NULL""",
        (at, subject),
    )


def _end_older_links(connection: sqlite3.Connection, newest: str, at: str) -> None:
    connection.execute(
        """UPDATE message SET ended_at = ? WHERE id <> ? AND ended_at IS NULL AND used_at IS NULL
           AND (subject, purpose) = (SELECT subject, purpose FROM message WHERE id = ?)""",
        (at, newest, newest),
    )
