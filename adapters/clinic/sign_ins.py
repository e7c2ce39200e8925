"""Logging in to the portal: which password opens an account, and on how many devices it is open.

What an account is, is in `accounts`; who may set a password for somebody else, in `credentials`.
"""

from __future__ import annotations

import sqlite3
from datetime import datetime
from typing import Literal, TypeAlias

from adapters.clinic.accounts import Account
from adapters.clinic.moments import stored
from adapters.clinic.passwords import hashed, is_password
from adapters.secret import Secret

TRIES = 10
"""So many wrong passwords in a row lock an account (NIST SP 800-63B-4, 3.2.2, allows up to 100)."""

LogIn: TypeAlias = Literal["welcome", "must_change", "refused", "expired", "locked", "disabled"]


def log_in(connection: sqlite3.Connection, email: str, password: Secret, now: datetime) -> LogIn:
    """Try a password, as the person at the log-in page does. With `welcome` and `must_change` the person is
    signed in; the latter asks for a new password first."""
    row = connection.execute(
        "SELECT id, state, password, password_until FROM account WHERE login_email = ?", (email.strip(),)
    ).fetchone()
    number, state, kept, until = row if row is not None else (None, "", None, None)
    if not is_password(kept, password):
        if number is not None:
            _count_wrong_try(connection, number)
        return "refused"
    if state in ("locked", "disabled"):
        return "locked" if state == "locked" else "disabled"
    if until is not None and stored(now) >= until:
        return "expired"
    connection.execute(
        "UPDATE account SET last_login = ?, wrong_tries = 0 WHERE id = ?", (stored(now), number)
    )
    connection.execute("INSERT INTO sign_in (account, at) VALUES (?, ?)", (number, stored(now)))
    return "welcome" if until is None else "must_change"


def keep_password(
    connection: sqlite3.Connection, account: Account, password: Secret, until: datetime | None
) -> None:
    """Make this the account's only password; with `until` it is a temporary one, good until then."""
    connection.execute(
        "UPDATE account SET password = ?, password_until = ?, wrong_tries = 0 WHERE id = ?",
        (hashed(password), stored(until) if until is not None else None, account.id),
    )


def end_password(connection: sqlite3.Connection, account: Account) -> None:
    """No password opens the account any more."""
    connection.execute(
        "UPDATE account SET password = NULL, password_until = NULL WHERE id = ?", (account.id,)
    )


def sign_out(connection: sqlite3.Connection, account: Account, now: datetime) -> None:
    """End what is open, on every device."""
    connection.execute(
        "UPDATE sign_in SET ended_at = ? WHERE account = ? AND ended_at IS NULL", (stored(now), account.id)
    )


def open_sign_ins(connection: sqlite3.Connection, account: Account) -> int:
    """On how many devices the account is open."""
    row = connection.execute(
        "SELECT count(*) FROM sign_in WHERE account = ? AND ended_at IS NULL", (account.id,)
    ).fetchone()
    return int(row[0])


def _count_wrong_try(connection: sqlite3.Connection, account: int) -> None:
    connection.execute(
        """UPDATE account SET wrong_tries = wrong_tries + 1,
             state = CASE WHEN state = 'active' AND wrong_tries + 1 >= ? THEN 'locked' ELSE state END
           WHERE id = ?""",
        (TRIES, account),
    )
