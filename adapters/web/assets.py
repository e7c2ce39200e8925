"""The files that browsers get: read once, with what their caches are told."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
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
    """The file of that name; of a script, without what is for its readers."""
    text = (_FOLDER / name).read_bytes()
    if name.endswith(".js"):
        text = _for_machines(text)
    return Asset(text, gzip.compress(text, 9, mtime=0), f'"{sha256(text).hexdigest()[:20]}"')


def _for_machines(script: bytes) -> bytes:
    """The script without lines that are comments, and without indentation. No text in our scripts needs
    either."""
    lines = (line.strip() for line in script.splitlines())
    return b"\n".join(line for line in lines if line and not line.startswith(b"//")) + b"\n"


WORDS: Mapping[str, Asset] = {
    path.stem: asset(f"words/{path.name}") for path in sorted((_FOLDER / "words").glob("*.json"))
}
"""What the widget itself says, by language; English is in it."""
WIDGET = asset("widget.js")
PAGES_STYLE = asset("pages.css")
DEMO_SCRIPT = asset("demo.js")
DEMO_STYLE = asset("demo.css")
