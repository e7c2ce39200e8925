"""Rows of styled text, and how they are broken into lines of a width. Text that reaches this module is
data: it is made safe here, before anything is measured.

Widths are terminal columns: a wide character takes two, a combining mark none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import msgspec
from wcwidth import iter_graphemes, wcswidth, wcwidth

from adapters.sanitise import shown

Fragment: TypeAlias = tuple[str, str]
"""A style name ("" for none) and a text."""

Line: TypeAlias = tuple[Fragment, ...]
"""One line on the screen, safe and no wider than asked for."""

Cell: TypeAlias = tuple[str, str, int]
"""A style, what a reader takes for one character, and its width."""

NARROWEST = 20
_ENDS_A_PART = frozenset("/@.:-_,")
_BEGINS_NO_LINE = frozenset(
    "、。，．・：；？！）」』】〉》〕］｝々ーぁぃぅぇぉっゃゅょァィゥェォッャュョ,.:;?!)]}”’"
)


class Row(msgspec.Struct, frozen=True):
    """One paragraph: its text, what stands in front of its first line, and in front of the others.

    Without `rest` the other lines are indented as deep as the first.
    """

    text: tuple[Fragment, ...] = ()
    first: tuple[Fragment, ...] = ()
    rest: tuple[Fragment, ...] | None = None


def row(text: str, style: str = "", first: str = "", first_style: str = "") -> Row:
    """A row of one style."""
    return Row(((style, text),), ((first_style, first),) if first else ())


BLANK = Row()


def lines(rows: Iterable[Row], width: int, *, ascii: bool = False) -> list[Line]:
    """The rows as lines of at most `width` columns (at least `NARROWEST`)."""
    return [line for each in rows for line in _wrapped(each, max(width, NARROWEST), ascii)]


def columns(text: str) -> int:
    """How many columns a safe text takes."""
    return sum(_width(cluster) for cluster in iter_graphemes(text))


def _wrapped(each: Row, width: int, ascii: bool) -> Iterator[Line]:
    """The lines of one row."""
    first = _safe(each.first, ascii)
    depth = sum(columns(text) for _, text in first)
    rest = (("", " " * depth),) if each.rest is None else _safe(each.rest, ascii)
    room = width - max(depth, sum(columns(text) for _, text in rest))
    prefix = first
    for cells in _broken(_cells(_safe(each.text, ascii)), max(room, 1)):
        yield _joined((*prefix, *((style, text) for style, text, _ in cells)))
        prefix = rest


def _safe(fragments: Iterable[Fragment], ascii: bool) -> tuple[Fragment, ...]:
    return tuple((style, shown(text, ascii=ascii)) for style, text in fragments)


def _width(cluster: str) -> int:
    """The most columns that terminals take for it: those that cannot join an emoji of several draw its parts
    side by side."""
    return max(
        wcswidth(cluster), sum(max(wcwidth(char), 0) for char in cluster) if len(cluster) > 1 else 0, 0
    )


def _cells(fragments: Iterable[Fragment]) -> list[Cell]:
    return [
        (style, cluster, _width(cluster)) for style, text in fragments for cluster in iter_graphemes(text)
    ]


def _broken(cells: list[Cell], room: int) -> Iterator[list[Cell]]:
    """The cells in lines of at most `room` columns, broken at spaces where there are any, else where paths
    and addresses can be."""
    line: list[Cell] = []
    used = 0
    for gap, word in _parts(cells, room):
        gap_width, word_width = _total(gap), _total(word)
        if line and used + gap_width + word_width > room:
            yield line
            line, used, gap, gap_width = [], 0, [], 0
        for cell in (*gap, *word):
            if used + cell[2] > room and line:
                yield line
                line, used = [], 0
            line.append(cell)
            used += cell[2]
    yield line


def _parts(cells: list[Cell], room: int) -> Iterator[tuple[list[Cell], list[Cell]]]:
    """The words; one that is longer than a line comes in parts that end in a sign such as a stroke."""
    for gap, word in _words(cells):
        if _total(word) <= room:
            yield gap, word
            continue
        part: list[Cell] = []
        for cell in word:
            part.append(cell)
            if cell[1] in _ENDS_A_PART:
                yield gap, part
                gap, part = [], []
        if part:
            yield gap, part


def _words(cells: list[Cell]) -> Iterator[tuple[list[Cell], list[Cell]]]:
    """Each word with the spaces in front of it; spaces at the end belong to an empty word. Wide characters
    are words of their own, as Chinese and Japanese are written, but none begins a line that must not."""
    gap: list[Cell] = []
    word: list[Cell] = []
    for cell in cells:
        if cell[1] == " " and word:
            yield gap, word
            gap, word = [cell], []
        elif cell[1] == " ":
            gap.append(cell)
        elif word and (cell[2] == 2 or word[-1][2] == 2) and cell[1] not in _BEGINS_NO_LINE:
            yield gap, word
            gap, word = [], [cell]
        else:
            word.append(cell)
    if gap or word:
        yield gap, word


def _total(cells: list[Cell]) -> int:
    return sum(width for _, _, width in cells)


def _joined(fragments: Iterable[Fragment]) -> Line:
    """The same with neighbours of one style made one."""
    result: list[Fragment] = []
    for style, text in fragments:
        if result and result[-1][0] == style:
            result[-1] = (style, result[-1][1] + text)
        elif text:
            result.append((style, text))
    return tuple(result)
