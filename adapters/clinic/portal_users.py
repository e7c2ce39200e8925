"""Who could sign in at the clinic's portal, and how each of them stands: for trying out, never for a flow."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from adapters.clinic.accounts import account_of
from adapters.clinic.database import open_database
from adapters.clinic.deliveries import last_mail
from adapters.clinic.invitations import link_state
from adapters.clinic.records import Clinic, Person, find_person, kind_of, load_clinic, persons

_SECONDS = 10.0
_CAME_BACK = frozenset({"bounced", "suppressed", "complained"})
_LINKS = {
    "pending": "setup email sent",
    "expired": "setup link has expired",
    "used": "setup link was used",
    "failed": "setup email was never sent",
}


class PortalUser(msgspec.Struct, frozen=True):
    """Somebody who could sign in: their id and name, whose contact they are (empty: a client's own), and in a
    few words how they stand."""

    id: str
    name: str
    contact_of: str
    stands: str


def portal_users(path: Path, clock: Callable[[], datetime]) -> tuple[PortalUser, ...]:
    """The adult clients and the primary contacts of the embedded clinic in the file at `path`, in its order.
    Raises PlainProblem if the file cannot be read."""
    database = open_database(path)
    try:
        with database.reading(_SECONDS) as connection:
            return tuple(_users(connection, clock()))
    finally:
        database.close()


def practitioners(path: Path) -> tuple[tuple[str, int], ...]:
    """The ids of those who see clients of that clinic, and how many each of them sees. Raises PlainProblem if
    the file cannot be read."""
    database = open_database(path)
    try:
        with database.reading(_SECONDS) as connection:
            rows = connection.execute(
                "SELECT practitioner, count(*) FROM seen_by GROUP BY practitioner ORDER BY practitioner"
            ).fetchall()
            return tuple((str(id), int(number)) for id, number in rows)
    finally:
        database.close()


def _users(connection: sqlite3.Connection, now: datetime) -> Iterator[PortalUser]:
    clinic = load_clinic(connection)
    for person in persons(connection):
        client = find_person(connection, person.client_id) if person.client_id is not None else None
        if (client or person).status == "archived" or not _may_sign_in(connection, clinic, person, now):
            continue
        yield PortalUser(
            person.id, person.name, client.name if client else "", _stands(connection, person, now)
        )


def _may_sign_in(connection: sqlite3.Connection, clinic: Clinic, person: Person, now: datetime) -> bool:
    if person.client_id is not None:
        return person.is_primary
    return kind_of(connection, person, clinic, clinic.today(now)) != "minor"


def _stands(connection: sqlite3.Connection, person: Person, now: datetime) -> str:
    """The first thing that would be in the way."""
    account = account_of(connection, person)
    state = account.state if account is not None else "none"
    mail = last_mail(connection, person.id, "invitation")
    if state in ("locked", "disabled"):
        return f"account {state}"
    if not person.email:
        return "no email address"
    if person.online_access is False:
        return "online access is off"
    if person.email_notifications is False:
        return "email notifications are off"
    if mail is not None and mail.state in _CAME_BACK:
        return "last email came back"
    if state == "active":
        return "account in use"
    return _LINKS[link_state(mail, now)] if mail is not None else "never invited"
