"""The clinic and its people as they stand in the file, and the records that flows get of them.

Reads only. Whether a client is a minor is worked out here, at the moment of use, from the birth date and
today's date in the clinic's zone.
"""

from __future__ import annotations

import sqlite3
from datetime import date, datetime
from zoneinfo import ZoneInfo

import msgspec

from adapters.clinic.moments import age, zone
from adapters.clinic.port import ActionFailed
from engine import Failure, Value


class Clinic(msgspec.Struct, frozen=True):
    """The clinic's own facts."""

    id: str
    name: str
    login_url: str
    support_email: str
    mail_from: str
    timezone: str
    invite_hours: int
    resend_minutes: int
    age_of_majority: int
    mail_policy: str

    @property
    def zone(self) -> ZoneInfo:
        """The clinic's time zone. Raises ActionFailed `unavailable` if this machine does not know it."""
        found = zone(self.timezone)
        if found is None:
            raise ActionFailed(
                Failure.UNAVAILABLE, f"This machine does not know the clinic's time zone {self.timezone}."
            )
        return found

    def today(self, now: datetime) -> date:
        """The date at the clinic."""
        return now.astimezone(self.zone).date()

    def as_value(self) -> Value:
        """The record Clinic."""
        return {
            "id": self.id,
            "name": self.name,
            "login_url": self.login_url,
            "support_email": self.support_email,
            "timezone": self.timezone,
            "invite_hours": self.invite_hours,
            "mail_policy": self.mail_policy,
            "resend_minutes": self.resend_minutes,
        }


class Person(msgspec.Struct, frozen=True):
    """A client, or a contact of one (those have a `client_id`)."""

    id: str
    client_id: str | None
    place: int
    name: str
    email: str | None
    phone: str | None
    status: str
    birth_date: str | None
    city: str | None
    relationship: str | None
    is_primary: bool
    online_access: bool | None
    email_notifications: bool | None
    switched_off_by: str | None
    version: int

    @property
    def first_name(self) -> str:
        """How the person is called in a sentence."""
        return self.name.split()[0] if self.name.split() else self.name

    def as_client(self, kind: str) -> Value:
        """The record Client."""
        return {
            "id": self.id,
            "kind": kind,
            "name": self.name,
            "first_name": self.first_name,
            "email": self.email,
            "phone": self.phone,
            "birth_date": self.birth_date,
            "status": self.status,
            "version": str(self.version),
        }

    def as_contact(self) -> Value:
        """The record Contact."""
        return {
            "id": self.id,
            "client_id": self.client_id,
            "name": self.name,
            "first_name": self.first_name,
            "relationship": self.relationship,
            "is_primary": self.is_primary,
            "email": self.email,
            "phone": self.phone,
            "version": str(self.version),
        }

    def settings(self) -> Value:
        """The record PortalSettings."""
        return {
            "subject": self.id,
            "online_access": self.online_access,
            "email_notifications": self.email_notifications,
            "switched_off_by": self.switched_off_by,
            "version": str(self.version),
        }


_COLUMNS = """id, client_id, place, name, email, phone, status, birth_date, city, relationship, is_primary,
  online_access, email_notifications, switched_off_by, version"""


def load_clinic(connection: sqlite3.Connection) -> Clinic:
    """The clinic this file is about."""
    row = connection.execute(
        """SELECT id, name, login_url, support_email, mail_from, timezone, invite_hours, resend_minutes,
             age_of_majority, mail_policy FROM clinic"""
    ).fetchone()
    return Clinic(*row)


def persons(connection: sqlite3.Connection) -> list[Person]:
    """Every client and contact, in the order in which they were entered."""
    rows = connection.execute(f"SELECT {_COLUMNS} FROM person ORDER BY place").fetchall()
    return [_person(row) for row in rows]


def find_person(connection: sqlite3.Connection, id: str) -> Person:
    """The client or contact with that id. Raises ActionFailed `not_found`."""
    row = connection.execute(f"SELECT {_COLUMNS} FROM person WHERE id = ?", (id,)).fetchone()
    if row is None:
        raise ActionFailed(Failure.NOT_FOUND, "The clinic has no client or contact with this id.")
    return _person(row)


def find_client(connection: sqlite3.Connection, id: str) -> Person:
    """The client with that id; a contact's id is not one. Raises ActionFailed `not_found`."""
    person = find_person(connection, id)
    if person.client_id is not None:
        raise ActionFailed(Failure.NOT_FOUND, "The clinic has no client with this id.")
    return person


def contacts_of(connection: sqlite3.Connection, client: Person) -> list[Person]:
    """The contacts on the client's People tab that are not archived, in the clinic's order."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM person WHERE client_id = ? AND status = 'active' ORDER BY place",
        (client.id,),
    ).fetchall()
    return [_person(row) for row in rows]


def practitioners_of(connection: sqlite3.Connection, person: Person) -> list[Value]:
    """The ids of the practitioners who see the client, or the client whose contact the person is."""
    rows = connection.execute(
        "SELECT practitioner FROM seen_by WHERE client_id = ? ORDER BY practitioner",
        (person.client_id or person.id,),
    ).fetchall()
    return [str(row[0]) for row in rows]


def email_changed_at(connection: sqlite3.Connection, person: Person) -> str | None:
    """The stored moment at which the address on record was last changed, if it ever was."""
    row = connection.execute("SELECT email_changed_at FROM person WHERE id = ?", (person.id,)).fetchone()
    return _text(row[0])


def is_archived(connection: sqlite3.Connection, person: Person) -> bool:
    """Whether the person, or the client whose contact the person is, has been archived."""
    if person.status == "archived" or person.client_id is None:
        return person.status == "archived"
    return find_person(connection, person.client_id).status == "archived"


def kind_of(connection: sqlite3.Connection, client: Person, clinic: Clinic, today: date) -> str:
    """minor, adult, adult_with_guardian, or unknown where there is no birth date: it is never guessed."""
    if client.birth_date is None:
        return "unknown"
    if age(date.fromisoformat(client.birth_date), today) < clinic.age_of_majority:
        return "minor"
    guarded = any(contact.relationship == "guardian" for contact in contacts_of(connection, client))
    return "adult_with_guardian" if guarded else "adult"


def _person(row: tuple[object, ...]) -> Person:
    fields = {name.strip(): value for name, value in zip(_COLUMNS.split(","), row, strict=True)}
    return Person(
        id=str(fields["id"]),
        client_id=_text(fields["client_id"]),
        place=_whole(fields["place"]),
        name=str(fields["name"]),
        email=_text(fields["email"]),
        phone=_text(fields["phone"]),
        status=str(fields["status"]),
        birth_date=_text(fields["birth_date"]),
        city=_text(fields["city"]),
        relationship=_text(fields["relationship"]),
        is_primary=fields["is_primary"] == 1,
        online_access=_truth(fields["online_access"]),
        email_notifications=_truth(fields["email_notifications"]),
        switched_off_by=_text(fields["switched_off_by"]),
        version=_whole(fields["version"]),
    )


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


def _truth(value: object) -> bool | None:
    return None if value is None else value == 1
