"""The tables of the SQLite session store, as numbered migrations.

A migration is never changed once it was released; a new one is added at the end. All that a file lacks are
done in one transaction, so that a kill at any moment leaves the old format or the new one. Every row that
carries a meaning carries a MAC (see `rows`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import NamedTuple

from adapters.stores.seal import Seal

APPLICATION_ID = 0x75_6E_73_31
"""Marks a SQLite file as a session store of ours ("uns1")."""


class Migration(NamedTuple):
    """What leads to the next format: statements, and then what has to be done to the rows."""

    statements: tuple[str, ...]
    rows: Callable[[sqlite3.Connection, Seal], None] = lambda db, seal: None


def migrate(db: sqlite3.Connection, seal: Seal, found: int) -> None:
    """Bring tables of the format `found` to the newest one, inside the transaction that is open."""
    for migration in MIGRATIONS[found:]:
        for statement in migration.statements:
            db.execute(statement)
        migration.rows(db, seal)
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


_FIRST = (
    """
    CREATE TABLE versions (
        version   TEXT PRIMARY KEY,
        checksum  BLOB NOT NULL
    ) STRICT
    """,
    """
    CREATE TABLE version_files (
        version   TEXT NOT NULL REFERENCES versions,
        path      TEXT NOT NULL,
        source    TEXT NOT NULL,
        PRIMARY KEY (version, path)
    ) STRICT
    """,
    """
    CREATE TABLE sessions (
        session    TEXT PRIMARY KEY,
        flow       TEXT NOT NULL,
        version    TEXT NOT NULL REFERENCES versions,
        actor      TEXT NOT NULL,
        audience   TEXT NOT NULL,
        started_at TEXT NOT NULL,
        updated_at TEXT NOT NULL,
        revision   INTEGER NOT NULL,
        seq        INTEGER NOT NULL,
        waiting    TEXT NOT NULL,
        touched    INTEGER NOT NULL,
        events     INTEGER NOT NULL,
        entries    INTEGER NOT NULL,
        state_sum  BLOB NOT NULL,
        checksum   BLOB NOT NULL,
        state      BLOB NOT NULL
    ) STRICT
    """,
    "CREATE INDEX sessions_touched ON sessions (touched)",
    "CREATE INDEX sessions_open ON sessions (touched) WHERE substr(waiting, 1, 4) <> 'end '",
    """
    CREATE TABLE events (
        session   TEXT NOT NULL REFERENCES sessions,
        number    INTEGER NOT NULL,
        body      BLOB NOT NULL,
        checksum  BLOB NOT NULL,
        PRIMARY KEY (session, number)
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE ledger (
        session   TEXT NOT NULL REFERENCES sessions,
        number    INTEGER NOT NULL,
        key       TEXT NOT NULL,
        action    TEXT NOT NULL,
        subject   TEXT NOT NULL,
        step      TEXT NOT NULL,
        status    TEXT NOT NULL,
        args      BLOB NOT NULL,
        result    BLOB NOT NULL,
        at        TEXT NOT NULL,
        checksum  BLOB NOT NULL,
        PRIMARY KEY (session, number),
        UNIQUE (session, key, status)
    ) STRICT
    """,
    """
    CREATE TABLE replies (
        session     TEXT NOT NULL REFERENCES sessions,
        request_key TEXT NOT NULL,
        body_digest TEXT NOT NULL,
        reply       BLOB NOT NULL,
        checksum    BLOB NOT NULL,
        PRIMARY KEY (session, request_key)
    ) STRICT, WITHOUT ROWID
    """,
)

_SEALED = (
    """
    CREATE TABLE store (
        one       INTEGER PRIMARY KEY DEFAULT 1 CHECK (one = 1),
        commits   INTEGER NOT NULL,
        sessions  INTEGER NOT NULL,
        tally     BLOB NOT NULL,
        mac       BLOB NOT NULL,
        key_mark  BLOB NOT NULL
    ) STRICT
    """,
    *(f"ALTER TABLE {table} RENAME COLUMN checksum TO mac" for table in ("versions", "events", "ledger")),
    "ALTER TABLE sessions RENAME COLUMN checksum TO mac",
    "ALTER TABLE sessions RENAME COLUMN state_sum TO state_mac",
    "ALTER TABLE sessions ADD COLUMN replies INTEGER NOT NULL DEFAULT 0",
    *(
        f"ALTER TABLE sessions ADD COLUMN {chain}_mac BLOB NOT NULL DEFAULT x''"
        for chain in ("events", "entries", "replies")
    ),
    "ALTER TABLE replies RENAME TO unsealed_replies",
    """
    CREATE TABLE replies (
        session     TEXT NOT NULL REFERENCES sessions,
        number      INTEGER NOT NULL,
        request_key TEXT NOT NULL,
        body_digest TEXT NOT NULL,
        reply       BLOB NOT NULL,
        mac         BLOB NOT NULL,
        PRIMARY KEY (session, number),
        UNIQUE (session, request_key)
    ) STRICT
    """,
)


def _sealed(db: sqlite3.Connection, seal: Seal) -> None:
    """The rows of the first format get their MACs."""
    from adapters.stores.first_format import seal_rows

    seal_rows(db, seal)
    db.execute("DROP TABLE unsealed_replies")


_AUDITED = (
    """
    CREATE TABLE audit (
        number INTEGER PRIMARY KEY,
        body   BLOB NOT NULL,
        seal   BLOB NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
    """
    CREATE TABLE audit_begins_after (
        number INTEGER PRIMARY KEY,
        seal   BLOB NOT NULL,
        mac    BLOB NOT NULL
    ) STRICT, WITHOUT ROWID
    """,
)

MIGRATIONS = (Migration(_FIRST), Migration(_SEALED, _sealed), Migration(_AUDITED))

SEALED = 2
"""The first format whose rows have MACs: a store of it cannot be used without its key."""
