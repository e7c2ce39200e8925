"""The files that browsers get: read once, with what their caches are told."""

from __future__ import annotations

import gzip
from hashlib import sha256
from pathlib import Path

import msgspec

_FOLDER = Path(__file__).with_name("static")


class Asset(msgspec.Struct, frozen=True):
    """A file: as it is, compressed, and its entity tag."""

    text: bytes
    packed: bytes
    etag: str


def asset(name: str) -> Asset:
    """The file of that name."""
    text = (_FOLDER / name).read_bytes()
    return Asset(text, gzip.compress(text, 9, mtime=0), f'"{sha256(text).hexdigest()[:20]}"')


WIDGET = asset("widget.js")
PAGES_STYLE = asset("pages.css")
DEMO_SCRIPT = asset("demo.js")
