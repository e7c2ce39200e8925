"""What staff do to somebody else's account: a temporary password, unlocking, signing out, the second factor.

Each is a recovery in the sense of NIST SP 800-63B-4, 4.2: short-lived, told to the person, and ending what
was open before.
"""

from __future__ import annotations

import sqlite3
from datetime import timedelta

from adapters.clinic.accounts import Account, account_of, ensure_account, get_account
from adapters.clinic.invitations import address_on_record, reachable, refuse_access_off
from adapters.clinic.mail_texts import password_set_email, second_factor_email
from adapters.clinic.moments import handed_out, stored
from adapters.clinic.notices import Making, Telling, notices_to_all
from adapters.clinic.outcomes import Call
from adapters.clinic.passwords import refuse_bad_password
from adapters.clinic.port import ActionFailed
from adapters.clinic.postings import end_links
from adapters.clinic.records import Person, find_person, load_clinic
from adapters.clinic.sign_ins import end_password, keep_password, sign_out
from adapters.secret import Secret, SecretGone
from engine import Failure, Value

LIVES = timedelta(hours=24)
"""How long a temporary password opens an account."""


def set_temporary_password(connection: sqlite3.Connection, call: Call, making: Making) -> Telling:
    """Open the account with a temporary password; the record TempCredential.

    An account that was never set up takes the address on record as the one to log in with; one that is
    active keeps its own. Raises ActionFailed `not_found`, `not_ready` (archived, access off, no address, no
    account, locked or disabled), `conflict` (the address is another person's login), `invalid_input` (the
    password is too short, or not known any more).
    """
    person = reachable(connection, call, "set_temporary_password")
    refuse_access_off(person)
    address = address_on_record(person)
    account = _to_be_opened(connection, person, address)
    given = call.args.values.get("password")
    password = making.passwords() if given is None else _typed(call, given)
    until = call.now + LIVES
    keep_password(connection, account, password, until)
    connection.execute(
        "UPDATE account SET state = 'active' WHERE id = ? AND state = 'invited'", (account.id,)
    )
    end_links(connection, person.id, stored(call.now))
    sign_out(connection, account, call.now)
    notices = notices_to_all(
        connection,
        call,
        making,
        (address, account.login_email),
        lambda envelope: password_set_email(envelope, person.first_name, until),
        "notified",
    )
    result: dict[str, Value] = {
        "subject": person.id,
        # Whoever typed it knows it: it is not shown again.
        "secret": _handed_over(call, password) if given is None else None,
        "login_email": account.login_email,
        "expires_at": handed_out(stored(until), making.clinic.zone),
        "must_change": True,
        "notified": False,
    }
    return Telling(result, notices)


def _to_be_opened(connection: sqlite3.Connection, person: Person, address: str) -> Account:
    account = _account_of(connection, person)
    if account.state == "invited":
        ensure_account(connection, person, address)
        return _account_of(connection, person)
    if account.state != "active":
        raise ActionFailed(Failure.NOT_READY, f"The account is {account.state}; that must be lifted first.")
    return account


def _typed(call: Call, given: Value) -> Secret:
    """The password that was typed."""
    try:
        typed = call.context.secrets.get(given)
    except SecretGone:
        raise ActionFailed(
            Failure.INVALID_INPUT, "The password is not known any more; type it again."
        ) from None
    refuse_bad_password(typed)
    return typed


def _handed_over(call: Call, password: Secret) -> Value:
    try:
        return call.context.secrets.keep(password)
    except SecretGone:
        raise ActionFailed(
            Failure.UNAVAILABLE, "There is nowhere to show the password; it was not set."
        ) from None


def unlock_account(connection: sqlite3.Connection, call: Call) -> Value:
    """The record Account. Raises ActionFailed `not_found`, `not_ready` (archived, no account, or it was
    disabled by the clinic, which is another thing), `conflict` (it is not locked)."""
    person = reachable(connection, call, "unlock_account")
    account = _account_of(connection, person)
    if account.state == "disabled":
        raise ActionFailed(Failure.NOT_READY, "The account was not locked, but disabled by the clinic.")
    if account.state != "locked":
        raise ActionFailed(Failure.CONFLICT, f"The account is not locked; it is {account.state}.")
    connection.execute("UPDATE account SET state = 'active', wrong_tries = 0 WHERE id = ?", (account.id,))
    return _as_it_is(connection, person)


def revoke_sessions(connection: sqlite3.Connection, call: Call) -> Value:
    """The record Account. Raises ActionFailed `not_found`, `not_ready` (no account)."""
    person = find_person(connection, call.args.text("subject"))
    sign_out(connection, _account_of(connection, person), call.now)
    return _as_it_is(connection, person)


def reset_mfa(connection: sqlite3.Connection, call: Call, making: Making) -> Telling:
    """The record Account. The password ends with the second factor, since whoever lost one may have lost
    both. Raises ActionFailed `not_found`, `not_ready` (archived, no account), `conflict` (none is on)."""
    person = reachable(connection, call, "reset_mfa")
    account = _account_of(connection, person)
    if not account.mfa:
        raise ActionFailed(Failure.CONFLICT, "The account has no second factor.")
    connection.execute("UPDATE account SET mfa = 0 WHERE id = ?", (account.id,))
    end_password(connection, account)
    end_links(connection, person.id, stored(call.now))
    sign_out(connection, account, call.now)
    notices = notices_to_all(
        connection,
        call,
        making,
        (person.email, account.login_email),
        lambda envelope: second_factor_email(envelope, person.first_name),
    )
    result = get_account(connection, person, making.clinic.zone)
    return Telling(result if isinstance(result, dict) else {}, notices)


def _account_of(connection: sqlite3.Connection, person: Person) -> Account:
    account = account_of(connection, person)
    if account is None:
        raise ActionFailed(Failure.NOT_READY, "There is no account yet; send the setup email first.")
    return account


def _as_it_is(connection: sqlite3.Connection, person: Person) -> Value:
    return get_account(connection, person, load_clinic(connection).zone)
