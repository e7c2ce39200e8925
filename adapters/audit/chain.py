"""The chain of audit entries: each seal is a keyed hash over its entry and the seal before.

Whoever lacks the key can change nothing, put nothing in and take nothing out of the middle unseen. That the
end was cut off is found against a head kept elsewhere (`head`). HMAC is that of RFC 2104 with SHA-256.
Knows no file and no database.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable

import msgspec

SEAL_BYTES = 32
NO_SEAL = bytes(SEAL_BYTES)
"""What stands for the seal before the first entry."""


class Link(msgspec.Struct, frozen=True):
    """An entry as it is kept: its number (from 1, without gaps), its canonical JSON, and its seal."""

    number: int
    body: bytes
    seal: bytes


class End(msgspec.Struct, frozen=True):
    """Where a chain ends, or from where on it is kept: the number of an entry, and its seal."""

    number: int
    seal: bytes


START = End(0, NO_SEAL)


class Flaw(msgspec.Struct, frozen=True):
    """The first thing wrong with a chain: at the entry `number`, `what` in words."""

    number: int
    what: str


class Checked(msgspec.Struct, frozen=True):
    """What looking a chain over gave: how many entries are sound, where they end, and the first flaw."""

    entries: int
    end: End
    flaw: Flaw | None


def seal_of(key: bytes, number: int, previous: bytes, body: bytes) -> bytes:
    """The seal (32 bytes) of the entry `number` that follows one with the seal `previous`."""
    return hmac.digest(key, number.to_bytes(8, "big") + previous + body, "sha256")


def look_over(
    links: Iterable[Link], key: bytes, begins_after: End = START, head: End | None = None
) -> Checked:
    """Look a chain over from its first kept entry to its end, and compare the end with the `head`, if one
    is known."""
    number, previous, at_head = begins_after.number, begins_after.seal, begins_after
    for link in links:
        flaw = _flaw(link, key, number, previous)
        if flaw is not None:
            return Checked(number - begins_after.number, End(number, previous), flaw)
        number, previous = link.number, link.seal
        if head is not None and number == head.number:
            at_head = End(number, previous)
    end = End(number, previous)
    return Checked(number - begins_after.number, end, _against_head(end, at_head, head))


def _flaw(link: Link, key: bytes, before: int, previous: bytes) -> Flaw | None:
    wanted = before + 1
    if link.number != wanted:
        return Flaw(wanted, f"Entry {wanted} is missing; the next one there is {link.number}.")
    if not hmac.compare_digest(link.seal, seal_of(key, link.number, previous, link.body)):
        return Flaw(
            wanted, f"Entry {wanted} is not what was written, or does not stand where it was written."
        )
    return None


def _against_head(end: End, at_head: End, head: End | None) -> Flaw | None:
    if head is None:
        return None
    if end.number < head.number:
        missing = f"{end.number + 1} to {head.number}" if head.number > end.number + 1 else f"{head.number}"
        return Flaw(end.number + 1, f"The end was cut off: the head knows entry {missing}.")
    if at_head != head:
        return Flaw(head.number, f"Entry {head.number} is another one than the head knows.")
    return None
