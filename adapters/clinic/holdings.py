"""What an embedded clinic holds, as plain data with ids, for those who compare it with what it should hold.

Passwords are not in it: only whether there is one, and whether it is temporary.
"""

from __future__ import annotations

import sqlite3

from adapters.clinic.records import persons
from engine import Value


def held_by(connection: sqlite3.Connection) -> dict[str, Value]:
    """`settings`, `addresses` and `accounts` by person, `consents` by contact, and `deliveries`, one for each
    mail in the order in which they were sent. Who has no account is not among the accounts."""
    everybody = persons(connection)
    return {
        "settings": {
            each.id: {"online_access": each.online_access, "email_notifications": each.email_notifications}
            for each in everybody
        },
        "addresses": {each.id: each.email for each in everybody},
        "accounts": _accounts(connection),
        "consents": {
            str(id): str(consent)
            for id, consent in connection.execute(
                "SELECT id, consent FROM person WHERE client_id IS NOT NULL ORDER BY id"
            )
        },
        "deliveries": _deliveries(connection),
    }


def _accounts(connection: sqlite3.Connection) -> Value:
    rows = connection.execute(
        """SELECT h.subject, a.login_email, a.state, a.mfa,
             a.password IS NOT NULL, a.password_until IS NOT NULL
           FROM account a JOIN holder h ON h.account = a.id ORDER BY h.subject"""
    )
    return {
        str(subject): {
            "login_email": str(login),
            "state": str(state),
            "mfa": bool(mfa),
            "password": bool(password),
            "temporary": bool(temporary),
        }
        for subject, login, state, mfa, password, temporary in rows
    }


def _deliveries(connection: sqlite3.Connection) -> Value:
    rows = connection.execute("SELECT to_address, purpose, state, status FROM message ORDER BY n")
    return [
        {"to": str(to), "purpose": str(purpose), "state": str(state), "status": status}
        for to, purpose, state, status in rows
    ]
