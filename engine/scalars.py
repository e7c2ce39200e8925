"""Scalars of YAML: what a plain one means (the 1.2 core rules), and where its characters stand in the file.

Knows how YAML writes text (quotes, folding, escapes, blocks). Must not know events, mappings or flows.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Literal, TypeAlias, overload

import msgspec

from engine.source import Place, Source

Plain: TypeAlias = bool | int | float | str | None
Style: TypeAlias = Literal["plain", "single", "double", "literal", "folded"]

_WORDS: dict[str, bool | None] = {
    "": None,
    "~": None,
    "null": None,
    "Null": None,
    "NULL": None,
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]*)")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_DECIMAL = re.compile(r"-?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_FIRST = frozenset("0123456789-.+")

# Beyond this a number no longer survives JSON in every program that reads it (RFC 8259, section 6).
LARGEST_NUMBER = 2**53 - 1


class BadNumber(msgspec.Struct, frozen=True):
    """A plain scalar that is a number nobody can use; `reason` completes "this number …"; `instead` is the
    nearest that can be used, to go on with."""

    reason: str
    instead: int


def resolve(text: str) -> Plain | BadNumber:
    """What an unquoted scalar means by the core rules of YAML 1.2.

    Two departures keep what was written: numbers with leading zeros (`010`) and with a plus sign
    (`+41791234567`) stay text. `.inf`, `.nan` and numbers beyond ±(2**53 - 1) are `BadNumber`.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _FIRST:
        return text
    if _NOT_FINITE.fullmatch(text):
        return BadNumber("is not finite", _bounded(float(text.replace(".", ""))))
    if len(text) > 40:
        return BadNumber("has too many digits", _bounded(float(text))) if _DECIMAL.fullmatch(text) else text
    return _number(text)


def _number(text: str) -> int | float | str | BadNumber:
    value: int | float
    if _WHOLE.fullmatch(text):
        value = int(text)
    elif _OCTAL.fullmatch(text):
        value = int(text[2:], 8)
    elif _HEXADECIMAL.fullmatch(text):
        value = int(text[2:], 16)
    elif _DECIMAL.fullmatch(text):
        value = float(text)
    else:
        return text
    if not math.isfinite(value) or abs(value) > LARGEST_NUMBER:
        return BadNumber("is too large", _bounded(value))
    return value


def _bounded(value: float) -> int:
    if math.isnan(value):
        return 0
    return int(max(-LARGEST_NUMBER, min(value, LARGEST_NUMBER)))


class BlockLines(Sequence[Place]):
    """The places where the lines of a literal block begin: `size` of them, one below the other."""

    __slots__ = ("column", "first", "size", "source")

    def __init__(self, source: Source, first: int, column: int, size: int) -> None:
        self.source = source
        self.first = first
        self.column = column
        self.size = size

    def __len__(self) -> int:
        return self.size

    @overload
    def __getitem__(self, index: int) -> Place: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Place, ...]: ...
    def __getitem__(self, index: int | slice) -> Place | tuple[Place, ...]:
        if isinstance(index, slice):
            return tuple(self[row] for row in range(*index.indices(self.size)))
        row = range(self.size)[index]
        return Place(self.source, self.first + row, self.column)


class WrittenLines(Sequence[Place]):
    """The places where the lines of a value begin that is folded or escaped in the file.

    `raw` is what stands in the file from `start` on, quotes or block header included. Nothing is computed
    before somebody asks: most scalars are never asked.
    """

    __slots__ = ("raw", "start", "style", "value")

    def __init__(self, start: Place, raw: str, value: str, style: Style = "plain") -> None:
        self.start = start
        self.raw = raw
        self.value = value
        self.style = style

    def __len__(self) -> int:
        return self.value.count("\n") + 1

    @overload
    def __getitem__(self, index: int) -> Place: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Place, ...]: ...
    def __getitem__(self, index: int | slice) -> Place | tuple[Place, ...]:
        if isinstance(index, slice):
            return tuple(self[row] for row in range(*index.indices(len(self))))
        offset = 0
        for _ in range(range(len(self))[index]):
            offset = self.value.index("\n", offset) + 1
        return self.spot(offset)

    def spot(self, offset: int, length: int = 1) -> Place:
        """The place of the character `offset` of the value; of an escape, where the escape begins."""
        find = _in_folded_block if self.style == "folded" else _in_flow
        before = self.raw[: find(self.raw, self.value, offset, self.style)]
        breaks = list(BREAK.finditer(before))
        if not breaks:
            return Place(self.start.source, self.start.line, self.start.column + len(before), max(length, 1))
        column = len(before) - breaks[-1].end() + 1
        return Place(self.start.source, self.start.line + len(breaks), column, max(length, 1))


Lines: TypeAlias = tuple[Place, ...] | BlockLines | WrittenLines

BREAK = re.compile(r"\r\n|\n|\r")
_END = r"(?:\r\n|\n|\r)"
_FOLD = rf"[ \t]*{_END}(?:[ \t]*{_END})*[ \t]*"
_CUT = rf"\\{_END}[ \t]*(?:{_END}[ \t]*)*"
_ESCAPE = r"\\(?:x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|.)"
_UNITS: dict[Style, re.Pattern[str]] = {
    "plain": re.compile(_FOLD),
    "single": re.compile(rf"''|{_FOLD}"),
    "double": re.compile(rf"{_CUT}|{_ESCAPE}|{_FOLD}"),
}


def _in_flow(raw: str, value: str, offset: int, style: Style) -> int:
    """Where the character `offset` stands in `raw`, which is plain or quoted."""
    quote = 0 if style == "plain" else 1
    at, done = quote, 0
    for unit in _UNITS[style].finditer(raw, quote, len(raw) - quote):
        if done + unit.start() - at >= offset:
            break
        done += unit.start() - at
        width = _width(unit.group())
        if done + width > offset:
            return unit.start()
        done, at = done + width, unit.end()
    return min(at + offset - done, len(raw))


def _width(unit: str) -> int:
    """How many characters of the value a fold, an escape or a doubled quote stands for."""
    breaks = len(BREAK.findall(unit))
    if unit.startswith("\\"):
        return breaks - 1 if breaks else 1
    return 1 if breaks < 2 else breaks - 1


def _in_folded_block(raw: str, value: str, offset: int, style: Style) -> int:
    """Where the character `offset` stands in `raw`, a folded block with its header.

    Folding changes white space only, so that the n-th visible character of the value is the n-th visible
    one below the header; a blank stands right behind the visible one before it.
    """
    header = BREAK.search(raw)
    if header is None:
        return 0
    blank = value[offset : offset + 1] in (" ", "\n", "")
    wanted = len("".join(value[:offset].split())) + (0 if blank else 1)
    at = header.end()
    for seen in re.finditer(r"\S", raw[header.end() :]):
        if wanted == 0:
            break
        wanted, at = wanted - 1, header.end() + seen.end()
    return at if blank else at - 1


def lines_of(place: Place, raw: str, value: str, style: Style) -> Lines:
    """Where the lines of `value` begin, of which `raw` is the text in the file from `place` on.

    Empty where the two cannot be matched (a tag or an anchor stands before the value).
    """
    if style == "literal":
        return _block_lines(place, raw, value) if raw.startswith("|") else ()
    if style == "folded":
        return WrittenLines(place, raw, value, style) if raw.startswith(">") else ()
    if style == "plain":
        return (place,) if raw == value else WrittenLines(place, raw, value, style)
    if not raw.startswith("'" if style == "single" else '"'):
        return ()
    if len(raw) == len(value) + 2:
        return (Place(place.source, place.line, place.column + 1),)
    return WrittenLines(place, raw, value, style)


def _block_lines(place: Place, raw: str, value: str) -> Lines:
    """In a literal block a line of the file is its line of the value behind the same indentation."""
    column = 1
    below = BREAK.split(raw)[1:]
    if not below:
        return ()
    for written, line in zip(below, value.split("\n"), strict=False):
        if line:
            column = len(written) - len(line) + 1
            break
    return BlockLines(place.source, place.line + 1, column, value.count("\n") + 1)
