"""The MACs that make every change to stored rows visible: keyed BLAKE2b over a row's parts.

Whoever does not have the key can neither make a row nor move one to another place unseen. What is sealed
in which order is said in `rows` and `totals`; where the key comes from, in `key_file`.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple, TypeAlias

import msgspec

Part: TypeAlias = str | int | bytes

SIZE = 16
KEY_SIZE = 32

_ENCODER = msgspec.msgpack.Encoder()


class Seal:
    """Makes the MACs of one store. `master` is the store's key (32 bytes), of which a key of its own is
    derived here, so that the same key may serve other purposes."""

    def __init__(self, master: bytes) -> None:
        own = blake2b(key=master, digest_size=KEY_SIZE, person=b"unstuck seal").digest()
        self._empty = blake2b(key=own, digest_size=SIZE)

    def of(self, kind: str, *parts: Part) -> bytes:
        """The MAC of a row of this kind: 16 bytes over its parts as MessagePack, which gives each its type
        and length, so that no two different rows read the same."""
        digest = self._empty.copy()
        try:
            digest.update(_ENCODER.encode((kind, parts)))
        except UnicodeEncodeError:
            # Damaged text is read with surrogate escapes (see `sqlite_file`), and must give another MAC.
            digest.update(_ENCODER.encode(("damaged", *map(repr, (kind, *parts)))))
        return digest.digest()


class Chain(NamedTuple):
    """How many rows of one kind a session has, and one MAC over all of their MACs in order."""

    length: int = 0
    mac: bytes = b""

    def followed_by(self, seal: Seal, macs: Iterable[bytes]) -> Chain:
        """The chain after rows with these MACs were added."""
        length, whole = self
        for mac in macs:
            length, whole = length + 1, seal.of("chain", length + 1, whole, mac)
        return Chain(length, whole)
