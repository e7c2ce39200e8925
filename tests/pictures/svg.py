"""A terminal's screen as SVG: every cell where the terminal has it, whatever font the reader has.

Written here because what exists fetches its font from the network, or stretches wide characters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import groupby

from pyte.screens import Char, Screen

CELL, LINE, SIZE, MARGIN = 8.4, 18, 14, 14
FONTS = "ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', 'Noto Sans Mono', monospace"
STROKES = {"─": "M0 9H{width}", "│": "M4.2 0V18"}
"""What is drawn as lines, because in most fonts there are gaps between the characters for them."""


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a terminal: its background and foreground, and the sixteen by pyte's names."""

    background: str
    foreground: str
    frame: str
    colours: dict[str, str]

    def of(self, name: str, usual: str) -> str:
        """The colour of this name; the usual one for `default`. Raises KeyError for any but the sixteen."""
        return usual if name == "default" else self.colours[name]


DARK = Palette(
    "#1d2027",
    "#d6d9e0",
    "#3a3f4b",
    {
        **{"black": "#1d2027", "red": "#e06c75", "green": "#8cc265", "brown": "#d19a66", "blue": "#6aa7f0"},
        **{"magenta": "#c586d8", "cyan": "#42b3c2", "white": "#a9afbc", "brightblack": "#767d8c"},
        **{"brightred": "#ff7b86", "brightgreen": "#a5e075", "brightbrown": "#f0c674"},
        **{"brightblue": "#7cb7ff", "brightmagenta": "#de9cf2", "brightcyan": "#5cd5e5"},
        **{"brightwhite": "#ffffff", "brightyellow": "#f0c674", "yellow": "#d19a66"},
    },
)
LIGHT = Palette(
    "#ffffff",
    "#24292f",
    "#d0d7de",
    {
        **{"black": "#24292f", "red": "#b3261e", "green": "#116329", "brown": "#7a4f00", "blue": "#0a53c1"},
        **{"magenta": "#7a3196", "cyan": "#0b6672", "white": "#6e7781", "brightblack": "#59636e"},
        **{"brightred": "#a40e26", "brightgreen": "#1a7f37", "brightbrown": "#633c01"},
        **{"brightblue": "#218bff", "brightmagenta": "#8250df", "brightcyan": "#1b7c83"},
        **{"brightwhite": "#8c959f", "brightyellow": "#633c01", "yellow": "#7a4f00"},
    },
)


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring cells that look the same, from a column on; the second cell of a wide character is
    empty."""

    column: int
    cells: tuple[str, ...]
    look: Char

    def pieces(self) -> Iterator[tuple[int, int, str]]:
        """Column, width and text of what stands between gaps of two spaces or more, which SVG would close."""
        start = 0
        for place in range(len(self.cells) + 1):
            if place < len(self.cells) and self.cells[place : place + 2] not in ((" ", " "), (" ",)):
                continue
            text = "".join(self.cells[start:place])
            lead = len(text) - len(text.lstrip(" "))
            if text.strip(" "):
                yield self.column + start + lead, place - start - lead, text.lstrip(" ")
            start = place


def picture(screen: Screen, palette: Palette, title: str) -> str:
    """The screen as it is now, its cursor included, with `title` for those who hear it read."""
    width = round(screen.columns * CELL + 2 * MARGIN, 1)
    height = screen.lines * LINE + 2 * MARGIN
    body = [part for row in range(screen.lines) for part in _row(screen, row, palette)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height}" '
            f'viewBox="0 0 {width:g} {height}" role="img">',
            f"<title>{escape(title)}</title>",
            f'<rect x=".5" y=".5" width="{width - 1:g}" height="{height - 1}" rx="8" '
            f'fill="{palette.background}" stroke="{palette.frame}"/>',
            f'<g transform="translate({MARGIN} {MARGIN})" font-family="{FONTS}" font-size="{SIZE}" '
            f'fill="{palette.foreground}">',
            *body,
            "</g>",
            "</svg>\n",
        ]
    )


def _row(screen: Screen, row: int, palette: Palette) -> Iterator[str]:
    for run in _runs(screen, row):
        ink, paper = palette.of(run.look.fg, palette.foreground), palette.of(run.look.bg, palette.background)
        if run.look.reverse:
            ink, paper = paper, ink
        if paper != palette.background:
            place = f'x="{_x(run.column)}" y="{row * LINE}" width="{_x(len(run.cells))}" height="{LINE}"'
            yield f'<rect {place} fill="{paper}"/>'
        if run.cells[0] in STROKES:
            path = STROKES[run.cells[0]].format(width=_x(len(run.cells)))
            yield f'<path d="{path}" transform="translate({_x(run.column)} {row * LINE})" stroke="{ink}"/>'
        else:
            marks = _marks(run.look, ink, palette)
            for column, width, text in run.pieces():
                place = f'x="{_x(column)}" y="{row * LINE + 13}" textLength="{_x(width)}"'
                yield f'<text {place} lengthAdjust="spacingAndGlyphs"{marks}>{escape(text)}</text>'
    if row == screen.cursor.y and not screen.cursor.hidden:
        x = _x(screen.cursor.x)
        yield f'<rect x="{x}" y="{row * LINE + 1}" width="{CELL}" height="{LINE - 2}" opacity=".6"/>'


def _marks(look: Char, ink: str, palette: Palette) -> str:
    """The attributes of a text that looks so."""
    marks = f' fill="{ink}"' if ink != palette.foreground else ""
    marks += ' font-weight="bold"' if look.bold else ""
    return marks + (' text-decoration="underline"' if look.underscore else "")


def _runs(screen: Screen, row: int) -> Iterator[Run]:
    """The runs of a row. Wide characters are runs of their own, and so are the strokes of frames."""
    cells = [(column, screen.buffer[row][column]) for column in range(screen.columns)]

    def kind(numbered: tuple[int, Char]) -> tuple[object, ...]:
        column, cell = numbered
        wide = column + 1 < screen.columns and screen.buffer[row][column + 1].data == ""
        owner = column - 1 if cell.data == "" else column
        alone = owner if wide or cell.data == "" else -1
        return (alone, cell.data if cell.data in STROKES else "", cell._replace(data=""))

    for _, group in groupby(cells, kind):
        found = list(group)
        column, first = found[0]
        yield Run(column, tuple(cell.data for _, cell in found), first)


def _x(columns: int) -> str:
    return f"{round(columns * CELL, 1):g}"
