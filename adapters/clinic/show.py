"""What is in a clinic's file, as tables of plain text for whoever shows them. Changes nothing.

Meant for the person whose machine the clinic is on: addresses are shown in full, links never.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from adapters.clinic.accounts import account_of
from adapters.clinic.database import open_database
from adapters.clinic.deliveries import Mail, mails
from adapters.clinic.invitations import link_state
from adapters.clinic.moments import restored
from adapters.clinic.names import folded
from adapters.clinic.records import (
    Clinic,
    Person,
    find_person,
    kind_of,
    load_clinic,
    persons,
    practitioners_of,
)
from adapters.problems import PlainProblem

_SECONDS = 10.0


class Table(msgspec.Struct, frozen=True):
    """A table to be shown: what it holds, the column names, and rows of as many texts."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def show(path: Path, who: str | None, clock: Callable[[], datetime]) -> tuple[Table, ...]:
    """Tables of people, mails, tickets, requests and the journal; `who` narrows them to those whose name,
    address or id has it (clients with all their contacts).

    Raises Unusable for a file that is no clinic, PlainProblem if nobody matches.
    """
    database = open_database(path)
    try:
        with database.reading(_SECONDS) as connection:
            return _tables(connection, who, clock())
    finally:
        database.close()


def _tables(connection: sqlite3.Connection, who: str | None, now: datetime) -> tuple[Table, ...]:
    clinic = load_clinic(connection)
    chosen = _chosen(connection, who)
    if who is not None and not chosen:
        raise PlainProblem(
            f"Nobody at {clinic.name} has {who!r} in a name, an address or an id.",
            "Use fewer letters, or leave the name out to see everybody.",
        )
    ids = frozenset(person.id for person in chosen)
    narrow = who is not None
    tables = (
        _clinic_table(clinic),
        _people_table(connection, clinic, chosen, now),
        _seen_table(connection, chosen),
        _mail_table(connection, clinic, ids if narrow else None, now),
        _consent_table(connection, clinic, ids if narrow else None),
        _video_table(connection, clinic, ids if narrow else None),
        _verification_table(connection, clinic, ids if narrow else None),
        _ticket_table(connection, clinic, ids if narrow else None),
        *([] if narrow else [_request_table(connection, clinic)]),
        _journal_table(connection, clinic, ids if narrow else None),
    )
    return tuple(table for table in tables if table.rows)


def _chosen(connection: sqlite3.Connection, who: str | None) -> list[Person]:
    everybody = persons(connection)
    if who is None:
        return _by_family(everybody)
    wanted = folded(who)
    families = {
        person.client_id or person.id
        for person in everybody
        if wanted in folded(f"{person.name} {person.email or ''} {person.id}")
    }
    return _by_family([person for person in everybody if (person.client_id or person.id) in families])


def _by_family(people: list[Person]) -> list[Person]:
    """Each client with the contacts right below."""
    places = {person.id: person.place for person in people}
    return sorted(
        people, key=lambda person: (places[person.client_id or person.id], person.client_id is not None)
    )


def _clinic_table(clinic: Clinic) -> Table:
    rows = (
        ("name", clinic.name),
        ("login address", clinic.login_url),
        ("support address", clinic.support_email),
        ("mails come from", clinic.mail_from),
        ("time zone", clinic.timezone),
        ("links live", f"{clinic.invite_hours} hours"),
        ("between two setup emails", f"{clinic.resend_minutes} minutes"),
    )
    return Table("The clinic", ("what", "value"), rows)


def _people_table(
    connection: sqlite3.Connection, clinic: Clinic, people: list[Person], now: datetime
) -> Table:
    columns = (
        "id",
        "name",
        "kind",
        "email",
        "online access",
        "notifications",
        "account",
        "setup email",
    )
    rows = tuple(_person_row(connection, clinic, person, now) for person in people)
    return Table("People", columns, rows)


def _person_row(
    connection: sqlite3.Connection, clinic: Clinic, person: Person, now: datetime
) -> tuple[str, ...]:
    if person.client_id is None:
        kind = kind_of(connection, person, clinic, clinic.today(now)).replace("_", " ")
    else:
        first = "primary " if person.is_primary else ""
        kind = f"{first}contact of {find_person(connection, person.client_id).name} ({person.relationship})"
    account = account_of(connection, person)
    sent = mails(connection, "subject = ? AND purpose = 'invitation'", (person.id,))
    return (
        person.id,
        person.name,
        f"{kind}, archived" if person.status == "archived" else kind,
        person.email or "none",
        _switch(person.online_access),
        _switch(person.email_notifications),
        account.state if account else "none",
        link_state(sent[0], now) if sent else "never sent",
    )


def _seen_table(connection: sqlite3.Connection, people: list[Person]) -> Table:
    rows = tuple(
        (person.id, ", ".join(map(str, practitioners_of(connection, person))))
        for person in people
        if person.client_id is None
    )
    return Table("Whose clients they are", ("client", "practitioners"), tuple(row for row in rows if row[1]))


def _switch(value: bool | None) -> str:
    return "not known" if value is None else "on" if value else "off"


def _mail_table(
    connection: sqlite3.Connection, clinic: Clinic, ids: frozenset[str] | None, now: datetime
) -> Table:
    rows = tuple(
        (
            _local(mail.sent_at, clinic),
            mail.purpose.replace("_", " "),
            mail.subject or "",
            mail.to_address,
            f"{mail.state} {mail.status or ''}".strip(),
            _link(mail, now),
        )
        for mail in mails(connection, "1 = 1", ())
        if ids is None or mail.subject in ids
    )
    return Table("Mails, the newest first", ("sent", "what", "person", "to", "delivery", "link"), rows)


def _link(mail: Mail, now: datetime) -> str:
    if mail.purpose == "ticket":
        return ""
    replaced = mail.ended_at is not None and mail.used_at is None and mail.state == "sent"
    return "replaced" if replaced else link_state(mail, now)


def _consent_table(connection: sqlite3.Connection, clinic: Clinic, ids: frozenset[str] | None) -> Table:
    found = connection.execute(
        """SELECT client_id, id, consent, consent_by, consent_at, consent_proof FROM person
           WHERE consent <> 'none' AND client_id IS NOT NULL ORDER BY place"""
    ).fetchall()
    rows = tuple(
        (str(client), str(contact), str(status), by or "", _local(at, clinic) if at else "", proof or "")
        for client, contact, status, by, at, proof in found
        if ids is None or contact in ids
    )
    return Table("Consent", ("client", "contact", "status", "by", "at", "proof"), rows)


def _video_table(connection: sqlite3.Connection, clinic: Clinic, ids: frozenset[str] | None) -> Table:
    found = connection.execute(
        "SELECT client_id, starts, ends, join_opens, has_link, cancelled FROM video_session ORDER BY starts"
    ).fetchall()
    rows = tuple(
        (
            str(client),
            *(_local(str(moment), clinic) for moment in moments),
            "yes" if has_link else "no",
            "yes" if cancelled else "",
        )
        for client, *moments, has_link, cancelled in found
        if ids is None or client in ids
    )
    return Table("Video sessions", ("client", "start", "end", "opens", "link", "cancelled"), rows)


def _verification_table(connection: sqlite3.Connection, clinic: Clinic, ids: frozenset[str] | None) -> Table:
    found = connection.execute(
        "SELECT at, actor, session, subject, method, outcome, covers FROM verification ORDER BY n"
    ).fetchall()
    rows = tuple(
        (
            *(_local(str(at), clinic), str(actor), str(session), str(subject)),
            *(str(method).replace("_", " "), str(outcome), ", ".join(json.loads(covers)).replace("_", " ")),
        )
        for at, actor, session, subject, method, outcome, covers in found
        if ids is None or subject in ids
    )
    return Table("Verifications", ("at", "by", "session", "person", "how", "outcome", "for"), rows)


def _ticket_table(connection: sqlite3.Connection, clinic: Clinic, ids: frozenset[str] | None) -> Table:
    found = connection.execute(
        "SELECT number, at, actor, topic, summary, trail, subject, mailed FROM ticket ORDER BY n"
    ).fetchall()
    rows = tuple(
        (
            str(number),
            _local(str(at), clinic),
            str(actor),
            str(subject or ""),
            str(topic),
            " / ".join([str(summary), *json.loads(trail)]),
            "yes" if mailed else "no",
        )
        for number, at, actor, topic, summary, trail, subject, mailed in found
        if ids is None or subject in ids
    )
    return Table("Tickets", ("number", "opened", "by", "person", "about", "what was tried", "mailed"), rows)


def _request_table(connection: sqlite3.Connection, clinic: Clinic) -> Table:
    found = connection.execute("SELECT id, at, topic, contact FROM help_request ORDER BY n").fetchall()
    rows = tuple(
        (str(id), _local(str(at), clinic), str(topic), contact or "") for id, at, topic, contact in found
    )
    return Table("Requests for help", ("id", "asked", "about", "contact"), rows)


def _journal_table(connection: sqlite3.Connection, clinic: Clinic, ids: frozenset[str] | None) -> Table:
    rows = tuple(
        (_local(line.at, clinic), line.actor, line.session, line.action, line.subject or "", line.outcome)
        for line in journal_lines(connection)
        if ids is None or line.subject in ids
    )
    return Table("Journal", ("at", "by", "session", "action", "person", "outcome"), rows)


class JournalLine(msgspec.Struct, frozen=True):
    """One effect on the clinic. `outcome` is done, or the failure after which something had happened."""

    at: str
    actor: str
    session: str
    key: str
    action: str
    subject: str | None
    outcome: str


def journal_lines(connection: sqlite3.Connection) -> tuple[JournalLine, ...]:
    """The whole journal, in order."""
    rows = connection.execute(
        "SELECT at, actor, session, key, action, subject, outcome FROM journal ORDER BY n"
    )
    return tuple(JournalLine(*row) for row in rows.fetchall())


def _local(moment: str, clinic: Clinic) -> str:
    return f"{restored(moment).astimezone(clinic.zone):%Y-%m-%d %H:%M}"
