"""A text as the screens get it: plain, and as spans, so that no screen parses anything."""

from __future__ import annotations

from typing import Literal

import msgspec

Style = Literal["plain", "data", "strong", "code", "link"]
BlockKind = Literal["paragraph", "item", "number", "path"]


class Span(msgspec.Struct, frozen=True, omit_defaults=True):
    """A run of characters in one style.

    `data` marks an interpolated value (from a person or the backend): it is never markup. `href` is the
    https address of a link. `strong` data keeps the style "data" and sets `strong`.
    """

    text: str
    style: Style = "plain"
    strong: bool = False
    href: str = ""


class Block(msgspec.Struct, frozen=True, omit_defaults=True):
    """A paragraph, a list item ("item", or "number" for numbered ones), or a click path.

    In a click path each span is one place to click, from the first to the last.
    """

    kind: BlockKind
    spans: tuple[Span, ...]


class RichText(msgspec.Struct, frozen=True):
    """`text` is the plain form (blocks on lines of their own); `rich` the same as blocks of spans."""

    text: str
    rich: tuple[Block, ...] = ()


NO_TEXT = RichText("")


def plain(text: str) -> RichText:
    """A text without any markup, one paragraph a line."""
    lines = text.splitlines() or [""]
    return RichText(text, tuple(Block("paragraph", (Span(line),)) for line in lines))
