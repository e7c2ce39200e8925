"""What is known about the delivery of each mail, and the addresses that are no longer written to.

"Sent" is never "delivered": a mail system that accepted a message has promised nothing else.
"""

from __future__ import annotations

import re
import sqlite3
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from adapters.clinic.addresses import masked, normal
from adapters.clinic.moments import handed_out, stored
from adapters.clinic.outcomes import Call
from adapters.clinic.port import ActionFailed
from adapters.clinic.records import find_person
from adapters.letters import Report
from engine import Failure, Value

_STATUS = re.compile(r"([245])\.(\d{1,3})\.(\d{1,3})")
# Enhanced status codes of RFC 3463: which reason a flow is told.
_EXACT = {
    "5.1.1": "bad_address",
    "5.1.10": "bad_address",
    "5.1.2": "bad_domain",
    "5.4.4": "bad_domain",
    "4.2.2": "mailbox_full",
    "5.2.2": "mailbox_full",
}
_IN_WORDS = {
    "bad_address": "there is no such mailbox",
    "bad_domain": "the part after the @ does not exist or takes no mail",
    "mailbox_disabled": "the mailbox has been closed",
    "mailbox_full": "the mailbox is full",
    "deferred": "it was put off for now",
    "sender_policy": "the receiver's rules do not let the clinic's mail in",
}
# An address is given up after these: writing to it again would only harm the clinic's name as a sender.
_FINAL = frozenset({"bounced", "suppressed", "complained"})
_HOPELESS = frozenset({"bad_address", "bad_domain", "mailbox_disabled"})


class Mail(msgspec.Struct, frozen=True):
    """One mail as it stands in the file; its one-time link is told by its state only."""

    id: str
    purpose: str
    subject: str | None
    to_address: str
    sent_at: str
    state: str
    status: str | None
    state_at: str
    expires_at: str | None
    used_at: str | None
    ended_at: str | None


def reason(status: str | None) -> str | None:
    """The reason word for an enhanced status (`5.1.1`), or None where the status gives none."""
    found = _STATUS.fullmatch(status or "")
    if found is None or found[1] == "2":
        return None
    if status in _EXACT:
        return _EXACT[status]
    if (found[2], found[3]) == ("2", "1"):
        return "mailbox_disabled"
    if found[1] == "4":
        return "deferred"
    return "sender_policy" if found[2] == "7" else None


def reason_in_words(status: str | None) -> str:
    """Why a mail was refused, for a sentence."""
    return _IN_WORDS.get(reason(status) or "", "the mail system gave no reason")


def get_delivery(connection: sqlite3.Connection, message: str, where: ZoneInfo, subject: str = "") -> Value:
    """The record Delivery of one mail, which must have gone to `subject`, if one is named. Raises
    ActionFailed `not_found`."""
    mail = next(iter(mails(connection, "id = ?", (message,))), None)
    if mail is None or (subject and mail.subject != subject):
        raise ActionFailed(Failure.NOT_FOUND, "The clinic has sent no message with this id.")
    return {
        "state": mail.state,
        "status": mail.status,
        "reason": "sent_unknown" if mail.state == "sent" else reason(mail.status),
        "masked": masked(mail.to_address),
        "at": handed_out(mail.state_at, where),
    }


def mails(connection: sqlite3.Connection, condition: str, values: tuple[str, ...]) -> list[Mail]:
    """The mails that meet a condition (SQL written in this package only), the newest first."""
    rows = connection.execute(
        f"""SELECT id, purpose, subject, to_address, sent_at, state, status, state_at, expires_at, used_at,
              ended_at
            FROM message WHERE {condition} ORDER BY n DESC""",
        values,
    ).fetchall()
    return [Mail(*row) for row in rows]


def last_mail(connection: sqlite3.Connection, subject: str, purpose: str) -> Mail | None:
    """The newest mail of that purpose to that person."""
    return next(iter(mails(connection, "subject = ? AND purpose = ?", (subject, purpose))), None)


def suppressed(connection: sqlite3.Connection, address: str) -> str | None:
    """The status for which an address is no longer written to, or None if it is."""
    row = connection.execute(
        "SELECT status FROM suppression WHERE address = ?", (normal(address),)
    ).fetchone()
    return None if row is None else str(row[0])


def refused(connection: sqlite3.Connection, message: str, address: str, status: str, now: datetime) -> None:
    """Record that a mail was refused, and give its address up if there is no hope for it."""
    state = "deferred" if status.startswith("4") else "bounced"
    record_state(connection, message, state, status, now)
    if is_hopeless(state, status):
        suppress(connection, address, status, stored(now))


def take_in(connection: sqlite3.Connection, report: Report, now: datetime) -> bool:
    """Record what a mail system reports later; False where it is about no mail of this clinic.

    A report names the mail by its id, or by the part before the @, and is believed for the address it was
    sent to only. What was told as bounced or
    complained of is not taken back by a later word of its delivery.
    """
    named = "id = ? OR substr(id, 1, instr(id, '@') - 1) = ?"
    mail = next(iter(mails(connection, named, (report.message_id, report.message_id))), None)
    if mail is None or normal(mail.to_address) != normal(report.address):
        return False
    told_already = (mail.state, mail.status) == (report.state, report.status)
    if told_already or (mail.state in _FINAL and report.state not in _FINAL):
        return True
    record_state(connection, mail.id, report.state, report.status, now)
    if report.state == "complained":
        suppress(connection, mail.to_address, report.status or "5.7.1", stored(now))
    elif is_hopeless(report.state, report.status or ""):
        suppress(connection, mail.to_address, report.status or "", stored(now))
    return True


def is_hopeless(state: str, status: str) -> bool:
    """Whether an address is to be given up after a mail in this state."""
    return state == "bounced" and reason(status) in _HOPELESS


def record_state(
    connection: sqlite3.Connection, message: str, state: str, status: str | None, now: datetime
) -> None:
    """Record what became of a mail."""
    connection.execute(
        "UPDATE message SET state = ?, status = ?, state_at = ? WHERE id = ?",
        (state, status, stored(now), message),
    )


def suppress(connection: sqlite3.Connection, address: str, status: str, since: str) -> None:
    """Put an address on the list of those that are no longer written to."""
    connection.execute(
        "INSERT INTO suppression (address, status, since) VALUES (?, ?, ?) ON CONFLICT (address) DO NOTHING",
        (normal(address), status, since),
    )


def clear_suppression(connection: sqlite3.Connection, call: Call) -> Value:
    """Take a person's address off the list of those that are no longer written to; the record Delivery, of
    which nothing is known yet.

    Raises ActionFailed `not_found`, `not_ready` (no address), `conflict` (it is written to), and
    `policy_denied` where the person has not asked for it: nobody is made a reader of mail again unasked.
    """
    person = find_person(connection, call.args.text("subject"))
    if not person.email:
        raise ActionFailed(Failure.NOT_READY, "There is no email address on record.")
    if suppressed(connection, person.email) is None:
        raise ActionFailed(Failure.CONFLICT, "Mail to the address on record is not held back.")
    if call.args.truth("client_asked") is not True:
        raise ActionFailed(
            Failure.POLICY_DENIED, "Mail may go there again only when the person asks for it themself."
        )
    connection.execute("DELETE FROM suppression WHERE address = ?", (normal(person.email),))
    return {"state": "unknown", "status": None, "reason": None, "masked": masked(person.email), "at": None}
