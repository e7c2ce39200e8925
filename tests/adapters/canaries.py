"""Looking for a planted secret, in nine encodings, wherever a process could have left it."""

from __future__ import annotations

import base64
import json
import os
import re
import zlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote, quote_plus

DEEPEST = 3
"""So many times something compressed is looked for in what was compressed."""

_MOST = 2**24
_PACKED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
_ANY_BASE64 = bytes.maketrans(b"-_", b"+/")


def forms(secret: str) -> Mapping[str, tuple[bytes, ...]]:
    """The encodings that are searched for as they stand; compressed streams are opened first."""
    raw = secret.encode()
    return {
        "UTF-8": (raw,),
        "UTF-16 LE": (secret.encode("utf-16-le"),),
        "UTF-16 BE": (secret.encode("utf-16-be"),),
        "hex": (raw.hex().encode(),),
        "base64": tuple(_base64_at(raw, offset) for offset in range(3)),
        "URL": (quote(secret, safe="").encode(), quote(secret).encode(), quote_plus(secret).encode()),
        "JSON": (json.dumps(secret)[1:-1].encode(), json.dumps(secret, ensure_ascii=False)[1:-1].encode()),
    }


def _base64_at(raw: bytes, offset: int) -> bytes:
    """What is sure to stand in the base64 of anything that holds `raw` at such an offset (modulo 3)."""
    encoded = base64.b64encode(bytes(offset) + raw)
    first = -(-offset * 8 // 6)
    last = (offset + len(raw)) * 8 // 6
    return encoded[first:last]


def found(secret: str, data: bytes) -> set[str]:
    """The encodings in which the secret stands in the data."""
    return {
        f"{around}{name}"
        for around, raw, folded, standard in _layers(data, DEEPEST)
        for name, each in forms(secret).items()
        if any(form in {"hex": folded, "base64": standard}.get(name, raw) for form in each)
    }


@lru_cache(maxsize=64)
def _layers(data: bytes, deep: int) -> tuple[tuple[str, bytes, bytes, bytes], ...]:
    """The data and everything packed in it: how it was packed, as it stands, in small letters, and with the
    usual alphabet of base64."""
    inside = [
        (f"{kind}: {around}", *rest)
        for kind, packed in (_unpacked(data) if deep else ())
        for around, *rest in _layers(packed, deep - 1)
    ]
    return (("", data, data.lower(), data.translate(_ANY_BASE64)), *inside)


def _unpacked(data: bytes) -> Iterator[tuple[str, bytes]]:
    """What the gzip and zlib streams in the data hold, also where a stream was cut off."""
    for start in _PACKED.finditer(data):
        kind = "gzip" if start[0].startswith(b"\x1f") else "zlib"
        try:
            inside = zlib.decompressobj(zlib.MAX_WBITS | 32).decompress(data[start.start() :], _MOST)
        except zlib.error:
            continue
        if inside:
            yield kind, inside


def in_files(secret: str, folder: Path) -> list[str]:
    """Where it stands in the files below a folder, and in their names."""
    return [
        f"{path.relative_to(folder)}: {name}"
        for path in sorted(folder.rglob("*"))
        for name in sorted(found(secret, os.fsencode(path.name)) | _in_file(secret, path))
    ]


def in_process(secret: str, pid: int) -> list[str]:
    """Where it stands in what everybody on this computer can ask of a process, and in the files that it and
    those it started have open, removed ones included."""
    places: list[str] = []
    for process in (pid, *_children(pid)):
        root = Path("/proc") / str(process)
        for path in (root / "cmdline", root / "environ", root / "comm", *_open_files(root)):
            places += [f"{path}: {name}" for name in sorted(_in_file(secret, path))]
    return places


def _in_file(secret: str, path: Path) -> set[str]:
    try:
        return found(secret, path.read_bytes()) if path.is_file() else set()
    except OSError:
        # It was removed, or its process has ended, while it was looked at.
        return set()


def _children(pid: int) -> list[int]:
    try:
        listed = (Path("/proc") / str(pid) / "task" / str(pid) / "children").read_text(encoding="ascii")
    except OSError:
        return []
    return [each for child in map(int, listed.split()) for each in (child, *_children(child))]


def _open_files(root: Path) -> list[Path]:
    try:
        return list((root / "fd").iterdir())
    except OSError:
        return []
