"""Online access and email notifications: reading them, and switching them on and off."""

from __future__ import annotations

import sqlite3

from adapters.clinic.outcomes import Call
from adapters.clinic.port import ActionFailed
from adapters.clinic.records import Person, find_person, is_archived
from engine import Failure, Value


def set_portal_settings(connection: sqlite3.Connection, call: Call) -> Value:
    """PortalSettings as they are now. Every write makes a new version.

    Raises ActionFailed `not_found`, `stale_version`, `not_ready` (archived; no address and something is to be
    switched on), `invalid_input` (nothing to switch).
    """
    person = find_person(connection, call.args.text("subject"))
    access = call.args.truth("online_access")
    notifications = call.args.truth("email_notifications")
    if access is None and notifications is None:
        raise ActionFailed(Failure.INVALID_INPUT, "Say what is to be switched on or off.")
    if is_archived(connection, person):
        raise ActionFailed(Failure.NOT_READY, "The client's record has been archived.")
    if call.args.text("expected_version") != str(person.version):
        raise ActionFailed(Failure.STALE_VERSION, "The record has been changed since it was read.")
    if not person.email and (access or notifications):
        raise ActionFailed(Failure.NOT_READY, "There is no email address on record; add one first.")
    new_access = person.online_access if access is None else access
    new_notifications = person.email_notifications if notifications is None else notifications
    connection.execute(
        """UPDATE person SET online_access = ?, email_notifications = ?, switched_off_by = ?,
             version = version + 1
           WHERE id = ?""",
        (new_access, new_notifications, _switched_off_by(person, access, notifications), person.id),
    )
    return find_person(connection, person.id).settings()


def _switched_off_by(person: Person, access: bool | None, notifications: bool | None) -> str | None:
    """Who is to be named: staff for what is switched off now, whoever it was for what stays off."""
    if (access is False and person.online_access is not False) or (
        notifications is False and person.email_notifications is not False
    ):
        return "staff"
    still_off = ((person.online_access is False and access is None) or access is False) or (
        (person.email_notifications is False and notifications is None) or notifications is False
    )
    return person.switched_off_by if still_off else None
