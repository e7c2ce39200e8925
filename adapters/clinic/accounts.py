"""Portal accounts. A login address belongs to one person, who may be entered more than once (a parent)."""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from zoneinfo import ZoneInfo

import msgspec

from adapters.clinic.moments import handed_out
from adapters.clinic.names import folded
from adapters.clinic.port import ActionFailed
from adapters.clinic.records import Person, find_person
from engine import Failure, Value


class Account(msgspec.Struct, frozen=True):
    """One account: `state` is invited, active, disabled or locked."""

    id: int
    login_email: str
    state: str
    mfa: bool
    last_login: str | None


_SELECT = "SELECT a.id, a.login_email, a.state, a.mfa, a.last_login FROM account a"


def account_of(connection: sqlite3.Connection, person: Person) -> Account | None:
    """The account the person holds, if there is one."""
    row = connection.execute(f"{_SELECT} JOIN holder h ON h.account = a.id WHERE h.subject = ?", (person.id,))
    return _account(row.fetchone())


def get_account(connection: sqlite3.Connection, person: Person, where: ZoneInfo) -> Value:
    """The record Account."""
    account = account_of(connection, person)
    return {
        "subject": person.id,
        "login_email": account.login_email if account else None,
        "state": account.state if account else "none",
        "mfa": account.mfa if account else None,
        "last_login": handed_out(account.last_login, where) if account else None,
    }


def ensure_account(connection: sqlite3.Connection, person: Person, address: str) -> bool:
    """See that the person holds an account that can be set up at `address`; True if one was made.

    Raises ActionFailed `conflict` if that address is another person's login, or the account is set up
    already.
    """
    own = account_of(connection, person)
    taken = _account(connection.execute(f"{_SELECT} WHERE a.login_email = ?", (address,)).fetchone())
    if taken is not None and (own is None or own.id != taken.id):
        if not _held_by_same_person(connection, taken, person):
            raise ActionFailed(Failure.CONFLICT, "Another person logs in with this address already.")
        link_holder(connection, person.id, taken.id)
        own = taken
    if own is None:
        link_holder(connection, person.id, add_account(connection, address, "invited"))
        return True
    refuse_set_up(own)
    connection.execute("UPDATE account SET login_email = ? WHERE id = ?", (address, own.id))
    return False


def refuse_set_up(account: Account | None) -> None:
    """Raises ActionFailed `conflict` if the account needs no setup email any more."""
    if account is not None and account.state != "invited":
        raise ActionFailed(Failure.CONFLICT, f"There is an account already, and it is {account.state}.")


def add_account(
    connection: sqlite3.Connection, address: str, state: str, mfa: bool = False, last_login: str | None = None
) -> int:
    """Make an account; its number."""
    row = connection.execute(
        "INSERT INTO account (login_email, state, mfa, last_login) VALUES (?, ?, ?, ?) RETURNING id",
        (address, state, mfa, last_login),
    ).fetchone()
    return int(row[0])


def link_holder(connection: sqlite3.Connection, subject: str, account: int) -> None:
    """Make the person a holder of the account, and of no other."""
    connection.execute(
        """INSERT INTO holder (subject, account) VALUES (?, ?)
           ON CONFLICT (subject) DO UPDATE SET account = excluded.account""",
        (subject, account),
    )


def drop_account(connection: sqlite3.Connection, subject: str) -> None:
    """Undo an account that was made a moment ago and of which nobody was told."""
    row = connection.execute("DELETE FROM holder WHERE subject = ? RETURNING account", (subject,)).fetchone()
    if row is not None:
        connection.execute(
            "DELETE FROM account WHERE id = ? AND id NOT IN (SELECT account FROM holder)", (row[0],)
        )


def open_account(connection: sqlite3.Connection, subject: str, at: str) -> None:
    """The person has followed the link of the setup email: the account is active from now on."""
    connection.execute(
        """UPDATE account SET state = 'active', last_login = ?
           WHERE state = 'invited' AND id = (SELECT account FROM holder WHERE subject = ?)""",
        (at, subject),
    )


def await_login(connection: sqlite3.Connection, account: Account, address: str) -> None:
    """Note the address that becomes the one to log in with once a link sent there was followed."""
    connection.execute("UPDATE account SET new_login = ? WHERE id = ?", (address, account.id))


def confirm_login(connection: sqlite3.Connection, account: Account, address: str) -> str:
    """A link that was sent to `address` was followed; the address to log in with from now on. It stays the
    old one where somebody else logs in with the new one."""
    with suppress(sqlite3.IntegrityError):
        connection.execute(
            """UPDATE account SET login_email = new_login, new_login = NULL
               WHERE id = ? AND new_login = ? COLLATE NOCASE""",
            (account.id, address),
        )
    row = connection.execute("SELECT login_email FROM account WHERE id = ?", (account.id,)).fetchone()
    return str(row[0])


def _held_by_same_person(connection: sqlite3.Connection, account: Account, person: Person) -> bool:
    rows = connection.execute("SELECT subject FROM holder WHERE account = ?", (account.id,)).fetchall()
    return any(folded(find_person(connection, str(row[0])).name) == folded(person.name) for row in rows)


def _account(row: tuple[int, str, str, int, str | None] | None) -> Account | None:
    if row is None:
        return None
    number, login_email, state, mfa, last_login = row
    return Account(number, login_email, state, mfa == 1, last_login)
