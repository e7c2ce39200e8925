"""Consent for a contact to see a client's information: per client and contact, never automatic, with proof.

A contact stands on one client's People tab; a parent of two clients is a contact of each, with two consents.
"""

from __future__ import annotations

import sqlite3
from zoneinfo import ZoneInfo

import msgspec

from adapters.clinic.arguments import Arguments
from adapters.clinic.moments import handed_out, stored
from adapters.clinic.outcomes import Call
from adapters.clinic.port import ActionFailed
from adapters.clinic.records import Person, find_client, find_person, is_archived, load_clinic
from engine import Failure, Value


def get_consent(connection: sqlite3.Connection, args: Arguments, where: ZoneInfo) -> Value:
    """The record Consent. Raises ActionFailed `not_found`, also for a contact of another client."""
    return _consent(connection, _contact(connection, args)).as_value(where)


def client_seen_by(connection: sqlite3.Connection, person: Person) -> Person:
    """The client whose information this person may see: a client their own, a contact with consent that of
    the client. Raises ActionFailed `not_ready` for a contact without consent."""
    if person.client_id is None:
        return person
    if _consent(connection, person).status != "active":
        raise ActionFailed(Failure.NOT_READY, "No consent is recorded for this contact.")
    return find_client(connection, person.client_id)


def record_consent(connection: sqlite3.Connection, call: Call) -> Value:
    """The record Consent. Raises ActionFailed `not_found`, `not_ready` (archived; not a primary contact),
    `stale_version`, `conflict` (there is consent already), `invalid_input` (no proof is named)."""
    contact = _contact(connection, call.args)
    if not contact.is_primary:
        raise ActionFailed(Failure.NOT_READY, "Consent is recorded for primary contacts only.")
    return _changed(connection, call, contact, "active")


def withdraw_consent(connection: sqlite3.Connection, call: Call) -> Value:
    """The same the other way round; `conflict` where there is no consent."""
    return _changed(connection, call, _contact(connection, call.args), "inactive")


class _Consent(msgspec.Struct, frozen=True):
    client: str
    contact: str
    status: str
    by: str | None
    at: str | None
    version: int

    def as_value(self, where: ZoneInfo) -> Value:
        return {
            "client": self.client,
            "contact": self.contact,
            "status": self.status,
            "granted_by": self.by,
            "at": handed_out(self.at, where),
            "version": str(self.version),
        }


def _contact(connection: sqlite3.Connection, args: Arguments) -> Person:
    client = find_client(connection, args.text("client"))
    contact = find_person(connection, args.text("contact"))
    if contact.client_id != client.id:
        raise ActionFailed(Failure.NOT_FOUND, "The client has no contact with this id.")
    return contact


def _consent(connection: sqlite3.Connection, contact: Person) -> _Consent:
    row = connection.execute(
        "SELECT client_id, id, consent, consent_by, consent_at, consent_version FROM person WHERE id = ?",
        (contact.id,),
    ).fetchone()
    return _Consent(*row)


def _changed(connection: sqlite3.Connection, call: Call, contact: Person, status: str) -> Value:
    proof = call.args.text("evidence_ref").strip()
    if not proof:
        raise ActionFailed(Failure.INVALID_INPUT, "Say where the proof is kept.")
    if is_archived(connection, contact):
        raise ActionFailed(Failure.NOT_READY, "The record has been archived.")
    before = _consent(connection, contact)
    if call.args.text("expected_version") != str(before.version):
        raise ActionFailed(Failure.STALE_VERSION, "The consent has been changed since it was read.")
    if (before.status == "active") == (status == "active"):
        there = "is consent already" if status == "active" else "is no consent that could be withdrawn"
        raise ActionFailed(Failure.CONFLICT, f"There {there}.")
    connection.execute(
        """UPDATE person SET consent = ?, consent_by = ?, consent_at = ?, consent_proof = ?,
             consent_version = consent_version + 1
           WHERE id = ?""",
        (status, call.context.actor, stored(call.now), proof, contact.id),
    )
    return _consent(connection, contact).as_value(load_clinic(connection).zone)
