"""Changing the address on record, of which the old address and the new one are told.

Only the address changes. Whoever has set an account up goes on logging in with the old address, until a link
that was sent to the new one has been followed: a new address is confirmed before it opens anything. An
account that was never set up takes the new address with the next setup email.
"""

from __future__ import annotations

import sqlite3

from adapters.clinic.accounts import account_of, await_login
from adapters.clinic.addresses import masked, normal, tidied
from adapters.clinic.invitations import reachable
from adapters.clinic.mail_texts import address_left_email, address_taken_email
from adapters.clinic.moments import stored
from adapters.clinic.notices import Making, Telling, notice
from adapters.clinic.outcomes import Call
from adapters.clinic.port import ActionFailed
from adapters.clinic.postings import end_links
from adapters.clinic.records import find_person
from engine import Failure


def update_email(connection: sqlite3.Connection, call: Call, making: Making) -> Telling:
    """The record EmailChange. Links that were sent to the old address end.

    Raises ActionFailed `not_found`, `not_ready` (archived), `stale_version`, `invalid_input` (mail cannot be
    addressed to it), `conflict` (it is the address on record already).
    """
    person = reachable(connection, call, "update_email")
    address = tidied(call.args.text("new_email"))
    if address is None:
        raise ActionFailed(Failure.INVALID_INPUT, "The new address cannot be right.")
    if call.args.text("expected_version") != str(person.version):
        raise ActionFailed(Failure.STALE_VERSION, "The record has been changed since it was read.")
    if person.email is not None and normal(person.email) == normal(address):
        raise ActionFailed(Failure.CONFLICT, "This is the address on record already.")
    connection.execute(
        "UPDATE person SET email = ?, email_changed_at = ?, version = version + 1 WHERE id = ?",
        (address, stored(call.now), person.id),
    )
    end_links(connection, person.id, stored(call.now))
    account = account_of(connection, person)
    if account is not None:
        await_login(connection, account, address)
    first_name, told_of = person.first_name, masked(address)
    left = notice(
        connection,
        call,
        making,
        person.email,
        lambda envelope: address_left_email(envelope, first_name, told_of),
        "notified_old",
    )
    taken = notice(
        connection,
        call,
        making,
        address,
        lambda envelope: address_taken_email(envelope, first_name),
        "notified_new",
    )
    return Telling(
        {
            "subject": person.id,
            "version": str(find_person(connection, person.id).version),
            "masked_old": masked(person.email),
            "masked_new": told_of,
            "notified_old": False,
            "notified_new": False,
        },
        (*left, *taken),
    )
