"""Checksums that find damage to stored rows. They do not keep out somebody who can write the file."""

from __future__ import annotations

from hashlib import blake2b
from typing import TypeAlias

Part: TypeAlias = str | int | bytes

SIZE = 16


def checksum(kind: str, *parts: Part) -> bytes:
    """The checksum of a row of this kind: 16 bytes over its parts, each with its type and length, so that
    no two different rows read the same."""
    digest = blake2b(digest_size=SIZE)
    for part in (kind, *parts):
        mark, data = _as_bytes(part)
        digest.update(mark + len(data).to_bytes(8, "big") + data)
    return digest.digest()


def _as_bytes(part: Part) -> tuple[bytes, bytes]:
    if isinstance(part, str):
        # Damaged text is read with surrogate escapes (see `sqlite_file`), and must give another sum.
        return b"t", part.encode("utf-8", "surrogateescape")
    if isinstance(part, int):
        return b"n", str(part).encode()
    return b"b", part
