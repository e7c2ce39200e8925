"""What the gates remember: how identities were verified, which addresses were changed, what was sent.

Entries are only ever added. Knows no file; `book_file` keeps them, `MemoryBook` forgets them.
"""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

import msgspec

Kind: TypeAlias = Literal["passed", "failed", "change", "send", "call", "void"]


class Entry(msgspec.Struct, frozen=True):
    """One thing that happened to `subject`, at the moment `at` (UTC, `2026-11-23T09:30:00Z`).

    `passed` and `failed` tell of a verification (`what` is its method, `covers` the actions it is good
    for), `change` of an address that is going to be changed, `send` of a mail that is going to be sent,
    `call` of another action that is counted (`what` is the action), `void` that the earlier entries under
    the same `key` did not happen after all. `number` is the place in the book: it tells which of two came
    first, whatever the clock says.
    """

    kind: Kind
    subject: str
    what: str
    actor: str
    session: str
    at: str
    key: str
    covers: frozenset[str] = frozenset()
    number: int = 0


class Book(Protocol):
    """Keeps entries. May be used from several threads and processes."""

    def about(self, subject: str, since: str, session: str) -> tuple[Entry, ...]:
        """The entries about that person since that moment, and all of that session, in order. Raises
        Unusable if they cannot be read or are damaged."""
        ...

    def add(self, entry: Entry) -> None:
        """Keep an entry, for good, before this returns; its `number` is given here. Raises Unusable."""
        ...


class MemoryBook:
    """A book that lives as long as its process, for a look at what a policy says."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []

    def about(self, subject: str, since: str, session: str) -> tuple[Entry, ...]:
        """See `Book.about`."""
        return tuple(
            entry
            for entry in self._entries
            if entry.subject == subject and (entry.at >= since or entry.session == session)
        )

    def add(self, entry: Entry) -> None:
        """See `Book.add`."""
        self._entries.append(msgspec.structs.replace(entry, number=len(self._entries) + 1))
