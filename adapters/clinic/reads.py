"""The reading actions: each gives one record of the catalogue, and changes nothing.

What a conversation does not read before its first question is imported where it is read.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from datetime import datetime

import msgspec

from adapters.clinic.arguments import Arguments
from adapters.clinic.moments import handed_out
from adapters.clinic.records import (
    Clinic,
    contacts_of,
    email_changed_at,
    find_client,
    find_person,
    kind_of,
    load_clinic,
    practitioners_of,
)
from engine import Value


class Reading(msgspec.Struct, frozen=True):
    """What every read has at hand."""

    connection: sqlite3.Connection
    args: Arguments
    clinic: Clinic
    now: datetime


def _find_clients(read: Reading) -> Value:
    from adapters.clinic.search import find_clients

    return find_clients(read.connection, read.args, read.clinic, read.clinic.today(read.now))


def _get_client(read: Reading) -> Value:
    client = find_client(read.connection, read.args.text("client"))
    return client.as_client(kind_of(read.connection, client, read.clinic, read.clinic.today(read.now)))


def _list_contacts(read: Reading) -> Value:
    client = find_client(read.connection, read.args.text("client"))
    return [contact.as_contact() for contact in contacts_of(read.connection, client)]


def _list_practitioners(read: Reading) -> Value:
    person = find_person(read.connection, read.args.text("subject"))
    return {"subject": person.id, "practitioners": practitioners_of(read.connection, person)}


def _get_portal_settings(read: Reading) -> Value:
    return find_person(read.connection, read.args.text("subject")).settings()


def _check_email(read: Reading) -> Value:
    from adapters.clinic.addresses import check_email

    return check_email(read.connection, find_person(read.connection, read.args.text("subject")))


def _last_email_change(read: Reading) -> Value:
    person = find_person(read.connection, read.args.text("subject"))
    changed = email_changed_at(read.connection, person)
    return {"subject": person.id, "changed_at": handed_out(changed, read.clinic.zone)}


def _get_account(read: Reading) -> Value:
    from adapters.clinic.accounts import get_account

    person = find_person(read.connection, read.args.text("subject"))
    return get_account(read.connection, person, read.clinic.zone)


def _get_invitation(read: Reading) -> Value:
    from adapters.clinic.invitations import get_invitation

    person = find_person(read.connection, read.args.text("subject"))
    return get_invitation(read.connection, person, read.clinic, read.now)


def _get_delivery(read: Reading) -> Value:
    from adapters.clinic.deliveries import get_delivery

    subject = read.args.text_or_none("subject") or ""
    return get_delivery(read.connection, read.args.text("message"), read.clinic.zone, subject)


def _get_consent(read: Reading) -> Value:
    from adapters.clinic.consents import get_consent

    return get_consent(read.connection, read.args, read.clinic.zone)


def _next_video_session(read: Reading) -> Value:
    from adapters.clinic.consents import client_seen_by
    from adapters.clinic.video_sessions import next_video_session

    person = find_person(read.connection, read.args.text("subject"))
    client = client_seen_by(read.connection, person)
    return next_video_session(read.connection, person.id, client, read.clinic.zone, read.now)


READS: Mapping[str, Callable[[Reading], Value]] = {
    "get_clinic": lambda read: read.clinic.as_value(),
    "find_clients": _find_clients,
    "get_client": _get_client,
    "list_contacts": _list_contacts,
    "list_practitioners": _list_practitioners,
    "get_portal_settings": _get_portal_settings,
    "check_email": _check_email,
    "last_email_change": _last_email_change,
    "get_account": _get_account,
    "get_invitation": _get_invitation,
    "get_delivery": _get_delivery,
    "get_consent": _get_consent,
    "next_video_session": _next_video_session,
}


def read(connection: sqlite3.Connection, action: str, args: Arguments, now: datetime) -> Value:
    """The result of one reading action, at the moment `now`. Raises ActionFailed."""
    return READS[action](Reading(connection, args, load_clinic(connection), now))
