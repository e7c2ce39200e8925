"""The tables of the SQLite session store, as numbered migrations.

A migration is never changed once it was released; a new one is added at the end. Every row that carries
a meaning carries a checksum (see `rows`).
"""

from __future__ import annotations

from typing import TypeAlias

APPLICATION_ID = 0x75_6E_73_31
"""Marks a SQLite file as a session store of ours ("uns1")."""

Migration: TypeAlias = tuple[str, ...]

_FIRST: Migration = (
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

MIGRATIONS: tuple[Migration, ...] = (_FIRST,)
