"""What people change in the clinic's own software, past the actions of the catalogue.

A flow that tells somebody to correct an address "by hand" reads it again afterwards; with the embedded
clinic, this is that hand.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from adapters.clinic.accounts import account_of, add_account, link_holder
from adapters.clinic.moments import stored
from adapters.clinic.outcomes import note
from adapters.clinic.people import OMITTED, MaybeTruth, MaybeWord, Omitted, Truth, Word, given
from adapters.clinic.populate import see
from adapters.clinic.port import ActionFailed
from adapters.clinic.records import Person, find_person
from engine import Failure

BY_HAND = "by_hand"


@dataclass(frozen=True, slots=True)
class ByHand:
    """What is changed; what is left out stays. `account` is invited, active, disabled or locked, `consent`
    (of a contact) none, active or inactive, `primary` whether a contact is a primary one, and `practitioners`
    are those who see a client."""

    email: MaybeWord = OMITTED
    online_access: MaybeTruth = OMITTED
    email_notifications: MaybeTruth = OMITTED
    account: Word = OMITTED
    consent: Word = OMITTED
    primary: Truth = OMITTED
    practitioners: tuple[str, ...] | Omitted = OMITTED


def change_by_hand(connection: sqlite3.Connection, subject: str, changes: ByHand, now: datetime) -> None:
    """Make the changes, under a new version. Raises ActionFailed `not_found`, or `conflict` where another
    person logs in with the address already."""
    person = find_person(connection, subject)
    connection.execute(
        """UPDATE person SET email = ?, online_access = ?, email_notifications = ?, version = version + 1
           WHERE id = ?""",
        (
            given(changes.email, person.email),
            given(changes.online_access, person.online_access),
            given(changes.email_notifications, person.email_notifications),
            subject,
        ),
    )
    # One that was taken off leads nobody anywhere.
    if given(changes.email, person.email) not in (person.email, None):
        connection.execute("UPDATE person SET email_changed_at = ? WHERE id = ?", (stored(now), subject))
    consent = given(changes.consent, "")
    if consent:
        connection.execute(
            "UPDATE person SET consent = ?, consent_version = consent_version + 1 WHERE id = ?",
            (consent, subject),
        )
    primary = given(changes.primary, None)
    if primary is not None:
        connection.execute("UPDATE person SET is_primary = ? WHERE id = ?", (primary, subject))
    if not isinstance(changes.practitioners, Omitted):
        see(connection, person.client_id or subject, changes.practitioners)
    state = given(changes.account, "")
    if state:
        _set_account(connection, find_person(connection, subject), state)
    note(connection, now, (BY_HAND, "", ""), (BY_HAND, subject, "done"))


def _set_account(connection: sqlite3.Connection, person: Person, state: str) -> None:
    account = account_of(connection, person)
    try:
        if account is not None:
            connection.execute("UPDATE account SET state = ? WHERE id = ?", (state, account.id))
        elif person.email:
            link_holder(connection, person.id, add_account(connection, person.email, state))
        else:
            raise ActionFailed(Failure.NOT_READY, "There is no email address on record to log in with.")
    except sqlite3.IntegrityError:
        raise ActionFailed(Failure.CONFLICT, "Another person logs in with this address already.") from None
