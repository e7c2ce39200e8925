"""Tickets for the clinic's support, and requests for help. Addresses in their texts are always masked.

A ticket is kept before its mail goes out, and stays when the mail system refuses the mail.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import assert_never

from adapters.clinic.addresses import masked
from adapters.clinic.deliveries import record_state, refused
from adapters.clinic.mail_texts import Envelope, ticket_email
from adapters.clinic.moments import stored
from adapters.clinic.outcomes import Call, Done, Outcome
from adapters.clinic.postings import Posting, add_mail, new_message_id
from adapters.clinic.records import Clinic, find_person
from adapters.letters import Accepted, Carried, Refused, Uncertain, Unreachable
from engine import Value

# A local part may hold an apostrophe, or be quoted; its length is bounded, so that looking ends in time.
_AN_ADDRESS = re.compile(r"(?:\"[^\"\n]{1,64}\"|[^\s@<>()\[\],;:\"]{1,256})@[^\s@<>()\[\],;:\"']{1,255}")


def prepare_ticket(
    connection: sqlite3.Connection, call: Call, clinic: Clinic, tokens: Callable[[], str]
) -> Posting:
    """Keep the ticket, and record the mail about it. Raises ActionFailed `not_found` for its subject."""
    args = call.args
    if call.subject is not None:
        find_person(connection, call.subject)
    number = int(connection.execute("SELECT coalesce(max(n), 0) + 1 FROM ticket").fetchone()[0])
    id, told = f"ticket-{number}", f"T-{number:04d}"
    topic, summary = without_addresses(args.text("topic")), without_addresses(args.text("summary"))
    trail = [without_addresses(line) for line in args.texts("trail")]
    connection.execute(
        """INSERT INTO ticket (n, id, number, at, actor, session, topic, summary, trail, subject)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            *(number, id, told, stored(call.now), call.context.actor, call.context.session),
            *(topic, summary, json.dumps(trail, ensure_ascii=False), call.subject),
        ),
    )
    envelope = Envelope(clinic, clinic.support_email, new_message_id(clinic, tokens), call.now)
    add_mail(connection, envelope, "ticket", call.subject)
    paragraphs = (
        *([f"Person: {call.subject}"] if call.subject else []),
        f"Session: {call.context.session}",
        *summary.split("\n"),
    )
    letter = ticket_email(envelope, told, topic, paragraphs, tuple(trail), call.context.actor)
    return Posting(envelope, letter, opening=Done(_reference(id, told, False)), about=id)


def settle_ticket(
    connection: sqlite3.Connection, call: Call, posting: Posting, carried: Carried, now: datetime
) -> Outcome:
    """Record whether the ticket's mail went out; the ticket stays in any case."""
    message = posting.envelope.message_id
    match carried:
        case Accepted():
            record_state(connection, message, "sent", None, now)
        case Refused(status=status):
            refused(connection, message, posting.envelope.to_address, status, now)
        case Uncertain():
            record_state(connection, message, "unknown", None, now)
        case Unreachable():
            connection.execute("DELETE FROM message WHERE id = ?", (message,))
        case _:
            assert_never(carried)
    mailed = isinstance(carried, Accepted)
    connection.execute("UPDATE ticket SET mailed = ? WHERE id = ?", (mailed, posting.about))
    row = connection.execute("SELECT number FROM ticket WHERE id = ?", (posting.about,)).fetchone()
    return Done(_reference(posting.about, str(row[0]), mailed))


def request_help(connection: sqlite3.Connection, call: Call) -> Value:
    """QueueRef. The same for everybody: nobody is looked up."""
    number = int(connection.execute("SELECT coalesce(max(n), 0) + 1 FROM help_request").fetchone()[0])
    id = f"request-{number}"
    connection.execute(
        "INSERT INTO help_request (n, id, at, topic, contact) VALUES (?, ?, ?, ?, ?)",
        (number, id, stored(call.now), call.args.text("topic"), call.args.text_or_none("contact")),
    )
    return {"id": id}


def without_addresses(text: str) -> str:
    """The text with every email address in it masked."""
    return _AN_ADDRESS.sub(lambda found: masked(found[0]) or "***", text)


def _reference(id: str, number: str, mailed: bool) -> Value:
    return {"id": id, "number": number, "mailed": mailed}
