"""Where a piece of text came from: the file a person wrote, and a spot in it.

Knows lines and columns. Must not know YAML, Jinja2 or flows.
"""

from __future__ import annotations

import msgspec


class Source(msgspec.Struct, frozen=True):
    """One file's text, already read by somebody else.

    `path` is what a person would recognise (relative to the folder they named); `text` is the decoded
    text of the file.
    """

    path: str
    text: str

    def __repr__(self) -> str:
        return f"Source({self.path!r})"

    def line(self, number: int) -> str:
        """The text of line `number` (counted from 1), without its line end; empty past the end."""
        lines = self.text.splitlines()
        return lines[number - 1] if 0 < number <= len(lines) else ""


class Place(msgspec.Struct, frozen=True, gc=False):
    """A spot in a source: `line` and `column` count from 1, `length` is in characters (at least 1).

    One is made for every value of a file; unseen by the garbage collector, which a place cannot need.
    """

    source: Source
    line: int
    column: int
    length: int = 1

    def __str__(self) -> str:
        return f"{self.source.path}:{self.line}:{self.column}"
