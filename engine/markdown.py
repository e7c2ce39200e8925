"""The small Markdown of texts: bold, code, https links, list items, numbered items, click paths.

It works on a pattern: the author's characters, in which one character stands for each value that is filled in
later (`HOLE`), so that a value can never be read as markup. Knows no expressions and no values.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from engine.rich import BlockKind, Style

HOLE: Final = "\x00"
PATH_START: Final = "\x01"
PATH_JOINT: Final = "\x02"
PATH_END: Final = "\x03"
BRANCHES: Final = "\x04"
"""Characters that no author can write (they are refused), used as marks inside a pattern."""

ARROW: Final = " → "
LONGEST_ADDRESS: Final = 2_000

_INLINE: Final = re.compile(
    r"\\(?P<escaped>[\\*`\[\]-])"
    r"|(?P<strong>\*\*)"
    r"|`(?P<code>[^`\n]+)`"
    r"|\[(?P<label>[^\[\]\n]+)\]\((?P<address>[^()\s]*)\)"
    r"|\x01(?P<path>[^\x01\x03]*)\x03"
)
_LINK: Final = re.compile(r"\[(?P<label>[^\[\]]*)\]\((?P<address>[^()]*)\)")
_ITEM: Final = re.compile(r"\s*- +(?=\S)")
_NUMBER: Final = re.compile(r"\s*[0-9]{1,2}\. +(?=\S)")
_PATH_LINE: Final = re.compile(r"\s*\x01[^\x01\x03]*\x03\s*")
_HTTPS: Final = re.compile(
    r"https://[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?(?:[/?#][!-~]*)?", re.IGNORECASE | re.ASCII
)


class Run(msgspec.Struct, frozen=True):
    """A run of characters in one style. `hole` is its number (from 0) if a value is filled in instead of
    `text`. `href` is a link's address, `href_hole` the number of the value that is its address."""

    text: str = ""
    style: Style = "plain"
    strong: bool = False
    hole: int | None = None
    href: str = ""
    href_hole: int | None = None


class LaidOut(msgspec.Struct, frozen=True):
    """One block of runs. In a block of the kind "path" each run is one place to click."""

    kind: BlockKind
    runs: tuple[Run, ...]


class Blemish(msgspec.Struct, frozen=True):
    """Markup that does not work out: its code, and where in the pattern it stands."""

    code: str
    start: int
    end: int


def is_https(address: str) -> bool:
    """Whether an address may be a link: https, a plain host, no user name, nothing invisible or quoting."""
    if len(address) > LONGEST_ADDRESS or any(each in address for each in "<>\"'`\\()"):
        return False
    return _HTTPS.fullmatch(address) is not None


def lay_out(pattern: str) -> tuple[LaidOut, ...]:
    """The blocks of a pattern. Holes are numbered in the order in which they stand in it."""
    numbers = _Numbers()
    return tuple(LaidOut(kind, tuple(_runs(kind, text, numbers))) for kind, text in _blocks(pattern))


def blemishes(pattern: str) -> Iterator[Blemish]:
    """What an author probably meant as markup, but is none: bold without its end, links that lead nowhere."""
    for block in re.finditer(r"(?:(?!\n\s*\n)[\s\S])+", pattern):
        yield from _loose_marks(block[0], block.start())
    for link in _LINK.finditer(pattern):
        address = link["address"]
        if address != HOLE and not is_https(address):
            yield Blemish("U123", link.start("address") - 1, link.end("address") + 1)
        elif not link["label"].strip():
            yield Blemish("U123", link.start(), link.end())


def _loose_marks(block: str, start: int) -> Iterator[Blemish]:
    strong: int | None = None
    end = 0
    for found in _INLINE.finditer(block):
        if found["strong"]:
            strong = found.start() if strong is None else None
        if (tick := block.find("`", end, found.start())) >= 0:
            yield Blemish("U124", start + tick, start + tick + 1)
        end = found.end()
    if (tick := block.find("`", end)) >= 0:
        yield Blemish("U124", start + tick, start + tick + 1)
    if strong is not None:
        yield Blemish("U124", start + strong, start + strong + 2)


class _Numbers:
    """Counts the holes."""

    def __init__(self) -> None:
        self.next = 0

    def take(self) -> int:
        self.next += 1
        return self.next - 1


def _blocks(pattern: str) -> Iterator[tuple[BlockKind, str]]:
    """The kind and the characters of each block: lines fold into paragraphs, indented lines into items."""
    kind: BlockKind = "paragraph"
    lines: list[str] = []
    for line in [*pattern.split("\n"), ""]:
        item, number = _ITEM.match(line), _NUMBER.match(line)
        marker = item or number
        alone = _PATH_LINE.fullmatch(line) is not None
        blank = not line.strip()
        ends_item = kind != "paragraph" and not line[:1].isspace()
        if lines and (blank or marker or alone or ends_item):
            yield kind, " ".join(lines)
            lines = []
        if blank:
            kind = "paragraph"
        elif alone:
            yield "path", line.strip()
            kind = "paragraph"
        elif marker is not None:
            kind = "item" if item else "number"
            lines = [line[marker.end() :].strip()]
        else:
            kind = kind if lines else "paragraph"
            lines.append(line.strip())


def _runs(kind: BlockKind, text: str, numbers: _Numbers) -> Iterator[Run]:
    if kind == "path":
        yield from _path(text.strip(PATH_START + PATH_END), Run(), numbers)
        return
    strong = False
    closing = [found.start() for found in _INLINE.finditer(text) if found["strong"]]
    loose = closing[-1] if len(closing) % 2 else -1
    end = 0
    for found in _INLINE.finditer(text):
        yield from _plain(text[end : found.start()], _base(strong), numbers)
        end = found.end()
        if found["strong"] and found.start() != loose:
            strong = not strong
        else:
            yield from _marked(found, _base(strong), numbers)
    yield from _plain(text[end:], _base(strong), numbers)


def _base(strong: bool) -> Run:
    return Run(style="strong", strong=True) if strong else Run()


def _marked(found: re.Match[str], base: Run, numbers: _Numbers) -> Iterator[Run]:
    """The runs of one piece of markup."""
    if found["escaped"]:
        yield msgspec.structs.replace(base, text=found["escaped"])
    elif found["code"]:
        yield from _plain(found["code"], msgspec.structs.replace(base, style="code"), numbers)
    elif found["path"] is not None:
        places = list(_path(found["path"], Run(style="strong", strong=True), numbers))
        for place, each in enumerate(places):
            if place:
                yield msgspec.structs.replace(base, text=ARROW)
            yield each
    elif found["label"]:
        yield from _link(found, base, numbers)
    else:
        yield msgspec.structs.replace(base, text=found[0])


def _link(found: re.Match[str], base: Run, numbers: _Numbers) -> Iterator[Run]:
    address = found["address"]
    if address != HOLE and not is_https(address):
        yield from _plain(found[0], base, numbers)
        return
    label = list(_plain(found["label"], msgspec.structs.replace(base, style="link"), numbers))
    hole = numbers.take() if address == HOLE else None
    href = "" if hole is not None else address
    yield from (msgspec.structs.replace(each, href=href, href_hole=hole) for each in label)


def _path(inner: str, base: Run, numbers: _Numbers) -> Iterator[Run]:
    for part in inner.split(PATH_JOINT):
        yield (
            msgspec.structs.replace(base, hole=numbers.take())
            if part == HOLE
            else msgspec.structs.replace(base, text=part)
        )


def _plain(text: str, base: Run, numbers: _Numbers) -> Iterator[Run]:
    """Characters without markup, cut at the holes."""
    for place, piece in enumerate(text.split(HOLE)):
        if place:
            yield msgspec.structs.replace(base, hole=numbers.take())
        if piece:
            yield msgspec.structs.replace(base, text=piece)
