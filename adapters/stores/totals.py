"""The one row about the store as a whole: how many commits and sessions it has, and a sum over all heads.

The sum (of one number for each session's head, modulo 2 to the 128th) tells whether a whole session was taken
out, or put back to what it was earlier: things that no session can know of itself.
"""

from __future__ import annotations

import sqlite3

import msgspec

from adapters.stores.rows import Damaged, Head, Row, blob, number
from adapters.stores.seal import SIZE, Seal

_COLUMNS = "commits, sessions, tally, mac, key_mark"


class WrongKey(Damaged):
    """The store was written with another key."""


class Totals(msgspec.Struct, frozen=True):
    """`commits` counts all commits that ever were, `sessions` those that are there."""

    commits: int = 0
    sessions: int = 0
    tally: int = 0

    def counted(self, seal: Seal, before: Head | None, after: Head | None) -> Totals:
        """After one commit that made the head `after` of `before`; None where there is none."""
        return Totals(
            self.commits + 1,
            self.sessions + (after is not None) - (before is not None),
            (self.tally + _share(seal, after) - _share(seal, before)) % (1 << 8 * SIZE),
        )


def read_totals(db: sqlite3.Connection, seal: Seal) -> Totals:
    """What the row says. Raises Damaged, WrongKey."""
    row: Row | None = db.execute(f"SELECT {_COLUMNS} FROM store").fetchone()
    if row is None:
        raise Damaged
    return totals_of(seal, row)


def totals_of(seal: Seal, row: Row) -> Totals:
    """The totals in a row. Raises Damaged, WrongKey."""
    totals = Totals(number(row[0]), number(row[1]), int.from_bytes(blob(row[2]), "big"))
    if row[3] != _mac(seal, totals):
        raise Damaged if row[4] == seal.of("key") else WrongKey
    return totals


def write_totals(db: sqlite3.Connection, seal: Seal, totals: Totals) -> None:
    """Keep them."""
    db.execute(
        "UPDATE store SET commits = ?, sessions = ?, tally = ?, mac = ?",
        (totals.commits, totals.sessions, _bytes(totals), _mac(seal, totals)),
    )


def make_totals(db: sqlite3.Connection, seal: Seal, totals: Totals) -> None:
    """Keep them for the first time."""
    values = (totals.commits, totals.sessions, _bytes(totals), _mac(seal, totals), seal.of("key"))
    db.execute(f"INSERT INTO store ({_COLUMNS}) VALUES (?, ?, ?, ?, ?)", values)


def _share(seal: Seal, head: Head | None) -> int:
    return 0 if head is None else int.from_bytes(seal.of("tally", head.mac(seal)), "big")


def _bytes(totals: Totals) -> bytes:
    return totals.tally.to_bytes(SIZE, "big")


def _mac(seal: Seal, totals: Totals) -> bytes:
    return seal.of("store", totals.commits, totals.sessions, _bytes(totals))
