"""Reads the rows that are left in the pages of a damaged SQLite file, without believing its structure.

Every page of the file, and every page in its write-ahead log, is looked at by itself: what looks like a leaf
of a table or an index gives records. Old versions of rows come along with the newest ones, and rubbish with
both: whoever asks must be able to tell. Follows the "Database File Format" that SQLite documents.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

Record: TypeAlias = tuple[object, ...]

USUAL_SIZE = 4096
_FILE_HEADER = 100
_WAL_HEADER = 32
_FRAME_HEADER = 24
_TABLE_LEAF, _INDEX_LEAF, _INDEX_INTERIOR = 13, 10, 2
_INTEGERS = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_MOST_CELLS = 4096


class _Broken(Exception):
    """These bytes are no record."""


class _Pages(NamedTuple):
    """Pages by number, from 1, all of one size."""

    size: int
    images: Mapping[int, bytes]


def records(path: Path) -> Iterator[Record]:
    """Every record in the file at `path` and in its log. Raises OSError."""
    content = path.read_bytes()
    log = path.with_name(path.name + "-wal")
    frames = log.read_bytes() if log.exists() else b""
    for size in dict.fromkeys((_said_size(content), USUAL_SIZE)):
        yield from _records(content, frames, size)


def _records(content: bytes, log: bytes, size: int) -> Iterator[Record]:
    in_file = {at // size + 1: content[at : at + size] for at in range(0, len(content), size)}
    logged = list(_frames(log, size))
    newest = _Pages(size, {**in_file, **dict(logged)})
    for pages, images in ((_Pages(size, in_file), in_file.items()), (newest, logged)):
        for number, image in images:
            if number != 1 and len(image) == size:
                yield from _page_records(image, pages)


def _said_size(content: bytes) -> int:
    """The size of a page, as the file says it."""
    said = int.from_bytes(content[16:18], "big")
    size = 65536 if said == 1 else said
    return size if size in (512, 1024, 2048, 4096, 8192, 16384, 32768, 65536) else USUAL_SIZE


def _frames(log: bytes, size: int) -> Iterator[tuple[int, bytes]]:
    """The pages in a log since it was last begun anew, each with its number."""
    first = log[_WAL_HEADER + 8 : _WAL_HEADER + 16]
    for at in range(_WAL_HEADER, len(log), _FRAME_HEADER + size):
        number = int.from_bytes(log[at : at + 4], "big")
        if log[at + 8 : at + 16] == first:
            yield number, log[at + _FRAME_HEADER : at + _FRAME_HEADER + size]


def _page_records(image: bytes, pages: _Pages) -> Iterator[Record]:
    kind = image[0]
    if kind not in (_TABLE_LEAF, _INDEX_LEAF, _INDEX_INTERIOR):
        return
    header = 12 if kind == _INDEX_INTERIOR else 8
    cells = int.from_bytes(image[3:5], "big")
    for number in range(min(cells, _MOST_CELLS)):
        at = header + 2 * number
        try:
            yield _record(_payload(image, int.from_bytes(image[at : at + 2], "big"), kind, pages))
        except (_Broken, IndexError, UnicodeError):
            continue


def _payload(image: bytes, at: int, kind: int, pages: _Pages) -> bytes:
    """The bytes of the record in the cell at `at`, also where they go on in overflow pages."""
    if kind == _INDEX_INTERIOR:
        at += 4
    length, at = _varint(image, at)
    if kind == _TABLE_LEAF:
        _, at = _varint(image, at)
    local = _local(length, kind, pages.size)
    payload = image[at : at + local]
    if length <= local:
        return payload
    following = int.from_bytes(image[at + local : at + local + 4], "big")
    return payload + _overflow(following, length - len(payload), pages)


def _local(length: int, kind: int, size: int) -> int:
    """How much of a record stands in its own page."""
    most = size - 35 if kind == _TABLE_LEAF else (size - 12) * 64 // 255 - 23
    if length <= most:
        return length
    least = (size - 12) * 32 // 255 - 23
    wanted = least + (length - least) % (size - 4)
    return wanted if wanted <= most else least


def _overflow(number: int, length: int, pages: _Pages) -> bytes:
    if length > len(pages.images) * pages.size:
        raise _Broken
    found = bytearray()
    while len(found) < length:
        image = pages.images.get(number)
        if image is None:
            raise _Broken
        number = int.from_bytes(image[:4], "big")
        found += image[4:]
    return bytes(found[:length])


def _record(payload: bytes) -> Record:
    size, at = _varint(payload, 0)
    kinds = []
    while at < size:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    values = []
    for kind in kinds:
        value, at = _value(payload, at, kind)
        values.append(value)
    return tuple(values)


def _value(payload: bytes, at: int, kind: int) -> tuple[object, int]:
    if kind in (0, 8, 9):
        return {0: None, 8: 0, 9: 1}[kind], at
    if kind in _INTEGERS:
        end = at + _INTEGERS[kind]
        return int.from_bytes(_exactly(payload, at, end), "big", signed=True), end
    if kind < 12:
        raise _Broken
    end = at + (kind - 12) // 2
    data = _exactly(payload, at, end)
    return (data.decode() if kind % 2 else data), end


def _exactly(payload: bytes, at: int, end: int) -> bytes:
    if end > len(payload):
        raise _Broken
    return payload[at:end]


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number in one to nine bytes, and where it ends."""
    value = 0
    for place in range(at, at + 8):
        value = value << 7 | data[place] & 0x7F
        if data[place] < 0x80:
            return value, place + 1
    return value << 8 | data[at + 8], at + 9
