"""The rows of the audit: entries that are only added, each with a seal, and from where on they are kept.

What an entry says and how it is sealed is decided elsewhere (`Trail`).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence

from adapters.stores.port import AuditEnd, AuditEntry, Trail
from adapters.stores.rows import Damaged, Row, blob, number
from adapters.stores.seal import Seal


def append(db: sqlite3.Connection, seal: Seal, trail: Trail, bodies: Sequence[bytes]) -> AuditEnd:
    """Add entries; returns the last one. Raises Unusable, Damaged."""
    last = end(db, seal)
    trail.check(last.number, last.seal)
    for body in bodies:
        last = AuditEnd(last.number + 1, trail.seal(last.number + 1, last.seal, body))
        db.execute("INSERT INTO audit (number, body, seal) VALUES (?, ?, ?)", (last.number, body, last.seal))
    return last


def end(db: sqlite3.Connection, seal: Seal) -> AuditEnd:
    """The last entry. Raises Damaged."""
    row: Row | None = db.execute("SELECT number, seal FROM audit ORDER BY number DESC LIMIT 1").fetchone()
    return begins_after(db, seal) if row is None else AuditEnd(number(row[0]), blob(row[1]))


def begins_after(db: sqlite3.Connection, seal: Seal) -> AuditEnd:
    """The entry before the first one that is still kept. Raises Damaged."""
    row: Row | None = db.execute("SELECT number, seal, mac FROM audit_begins_after").fetchone()
    if row is None:
        return AuditEnd()
    found = AuditEnd(number(row[0]), blob(row[1]))
    if row[2] != _mac(seal, found):
        raise Damaged
    return found


def entries(db: sqlite3.Connection) -> Iterator[AuditEntry]:
    """All entries in the order of their numbers; what cannot be a body or a seal is given as empty, and so
    fits no chain."""
    for row in db.execute("SELECT number, body, seal FROM audit ORDER BY number"):
        body, its_seal = (each if isinstance(each, bytes) else b"" for each in row[1:])
        yield AuditEntry(number(row[0]), body, its_seal)


def cut_before(db: sqlite3.Connection, seal: Seal, first: int) -> int:
    """Take out the entries before the number `first`; returns how many. Raises Damaged."""
    row: Row | None = db.execute(
        "SELECT number, seal FROM audit WHERE number < ? ORDER BY number DESC LIMIT 1", (first,)
    ).fetchone()
    if row is None:
        return 0
    before = AuditEnd(number(row[0]), blob(row[1]))
    removed = db.execute("DELETE FROM audit WHERE number < ?", (first,)).rowcount
    db.execute("DELETE FROM audit_begins_after")
    db.execute("INSERT INTO audit_begins_after VALUES (?, ?, ?)", (*before, _mac(seal, before)))
    return removed


def _mac(seal: Seal, before: AuditEnd) -> bytes:
    return seal.of("audit begins after", before.number, before.seal)
