"""Taking back what was drawn after the window became narrower, in terminals that break long lines anew.

What was three lines may then be five, and the cursor is further down than it was put. Terminals that cut
lines off instead, as xterm does, do not move it; which kind one is cannot be asked, so that it is told from
the environment, and where nothing is known nothing more is erased than was drawn.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from prompt_toolkit.application import Application
from prompt_toolkit.layout.screen import Screen
from prompt_toolkit.renderer import Renderer

from adapters.console.clipboard import MODERN_TERMS, MODERN_VARIABLES

T = TypeVar("T")
_PROGRAMS = frozenset({"WezTerm", "ghostty", "rio", "contour", "iTerm.app", "Apple_Terminal", "vscode"})
_VARIABLES = (*MODERN_VARIABLES, "VTE_VERSION", "KONSOLE_VERSION")


def reflows(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is known to break lines anew when its window becomes narrower. What stands between
    us and it decides: tmux does so itself, and screen does not."""
    if environ.get("TMUX"):
        return True
    if environ.get("STY"):
        return False
    return (
        environ.get("TERM", "").startswith(MODERN_TERMS)
        or environ.get("TERM_PROGRAM", "") in _PROGRAMS
        or any(environ.get(name) for name in _VARIABLES)
    )


class ReflowingRenderer(Renderer):
    """Erases what it drew also where the terminal has broken it into more lines since."""

    def erase(self, leave_alternate_screen: bool = True) -> None:
        """Put the cursor back to the first line of what was drawn, and erase from there."""
        drawn, at = self.last_rendered_screen, self._cursor_pos
        if drawn is not None:
            self.output.cursor_up(lines_more(drawn, at.y, at.x, self.output.get_size().columns))
        super().erase(leave_alternate_screen)


def lines_more(drawn: Screen, row: int, column: int, columns: int) -> int:
    """How many lines further down the cursor stands that was put at `row` and `column` of what was drawn,
    where lines are broken after so many columns."""
    above = sum(_breaks(_used(drawn, each), columns) for each in range(row))
    return above + column // columns


def follow(app: Application[T]) -> None:
    """Make an application erase as `ReflowingRenderer` does."""
    old = app.renderer
    app.renderer = ReflowingRenderer(
        old.style, old.output, cpr_not_supported_callback=old.cpr_not_supported_callback
    )


def _used(drawn: Screen, row: int) -> list[int]:
    """The widths of the characters of a row, without the spaces at its end."""
    cells = drawn.data_buffer[row]
    last = max((place for place, cell in cells.items() if cell.char != " "), default=-1)
    widths = [cells[place].width for place in range(last + 1)]
    return [width for width in widths if width]


def _breaks(widths: list[int], columns: int) -> int:
    """After how many of these characters a new line is begun."""
    breaks = used = 0
    for width in widths:
        if used + width > columns:
            breaks, used = breaks + 1, 0
        used += width
    return breaks
