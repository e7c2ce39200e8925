"""What the console tells about itself and about the conversation as a whole: help, the map, notes, what is
known of a call. Rows only; nothing is looked up here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from adapters.console.layout import BLANK, Fragment, Row, row
from adapters.console.palette import DEPTH
from adapters.console.replies import COMMANDS
from adapters.console.theme import Marks
from adapters.console.toolbar import KEYS

if TYPE_CHECKING:
    from engine import Outline, OutlineLine

HELP = (
    "At a question, type the number of a choice or the beginning of its words{arrows}; "
    "Enter takes it. A text that begins with / is a command, and its beginning is enough; write // for a "
    "text that begins with /."
)
KEYS_HELP = (
    "Ctrl-P and Ctrl-N bring back what was typed before, Page Up and Page Down leaf through long lists, "
    "Space ticks where several can be taken, Escape takes back what was typed. Ctrl-C twice, or Ctrl-D, "
    "leaves; the conversation is kept."
)


LINES_HELP = (
    "An empty line shows more of a long list; where several can be taken, write their numbers with commas. "
    "Ctrl-C twice, or Ctrl-D, leaves; the conversation is kept."
)


def help_rows(takes_keys: bool) -> list[Row]:
    """What can be typed at a question, and which keys there are where single keys are read."""
    keys = {command: key.upper() for key, command in KEYS.items()} if takes_keys else {}
    arrows = ", or move with the arrows" if takes_keys else ""
    rows = [BLANK, row(HELP.format(arrows=arrows), "info"), BLANK]
    for command, meaning in COMMANDS.items():
        key = f"{keys.get(command, ''):<4}" if takes_keys else ""
        first = (("number", f"  {command:<{DEPTH}}"), ("faint", key))
        rows.append(Row((("", meaning),), first))
    return [*rows, BLANK, row(KEYS_HELP if takes_keys else LINES_HELP, "info")]


def map_rows(seen: Outline, marks: Marks) -> tuple[list[Row], int]:
    """The way through the flows, and the one at hand, with the step that waits marked; and the place of that
    one among the rows."""
    rows = [BLANK]
    for depth, title in enumerate(seen.flows):
        sign = f"{marks.arrow} " if depth else ""
        rows.append(row(title, "title", "  " * depth + sign, "arrow"))
    rows.append(BLANK)
    numbers = {line.step: number for number, line in enumerate(seen.lines, 1)}
    told = {line.step: line.words for line in seen.lines}
    here = 0
    for line in seen.lines:
        here = len(rows) if line.here else here
        name = f"{line.step}  " if seen.rules else f"{numbers[line.step]:>2}  "
        rows += _step_rows(line, name, marks)
        for way, to in line.ways:
            known = not seen.rules and to in numbers
            rows.append(_way_row(line, way, f"{numbers[to]} {told[to]}" if known else to, marks))
    return rows, here


def _step_rows(line: OutlineLine, name: str, marks: Marks) -> list[Row]:
    sign, style = ("", "")
    if line.here:
        sign, style = marks.pointer, "mine"
    elif line.passed:
        sign, style = marks.done, "done"
    first: tuple[Fragment, ...] = ((style, f"{sign:<5}"), ("", _indent(line)), ("strong", name))
    return [Row((("chosen" if line.here else "", line.words),), first, (("", f"     {_indent(line)}    "),))]


def _way_row(line: OutlineLine, way: str, to: str, marks: Marks) -> Row:
    ways = (("faint", f"{way} " if way else ""), ("arrow", f"{marks.arrow} "), ("faint", to or "the end"))
    return Row(ways, (("", f"     {_indent(line)}      "),))


def _indent(line: OutlineLine) -> str:
    return "  " * min(line.depth, 6)


def notes_rows(notes: Sequence[str]) -> list[Row]:
    """The notes of a conversation."""
    if not notes:
        return [BLANK, row("There are no notes yet. Write one with /note and its words.", "info", "  ")]
    rows = [BLANK, row("Notes:", "info", "  ")]
    for number, note in enumerate(notes, 1):
        rows += [
            row(line, "", f"  {number}. " if not place else "     ", "number")
            for place, line in enumerate(note.splitlines() or [""])
        ]
    return rows


def text_rows(text: str) -> list[Row]:
    """A text of several lines that is to be copied, as it is."""
    return [BLANK, *map(_item, text.splitlines())]


def _item(line: str) -> Row:
    """A line as it is; the next ones of an item of a list hang under its words."""
    return row(line[2:], "", "- ") if line.startswith("- ") else row(line)
