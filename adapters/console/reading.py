"""A text that is longer than the screen, leafed through and searched: which lines of it are in view. Knows
nothing of keys or terminals.
"""

from __future__ import annotations

from collections.abc import Sequence

from adapters.console.layout import Line


class Reading:
    """Where one is in the text; `at` is a line to begin around."""

    def __init__(self, lines: Sequence[Line], at: int = 0) -> None:
        self._lines = tuple(lines)
        self._top = at
        self._centred = at > 0
        self._found: int | None = None

    def laid(self, lines: Sequence[Line]) -> None:
        """The same text in lines of another width; one stays about where one was."""
        if len(lines) != len(self._lines):
            self._top = self._top * len(lines) // max(len(self._lines), 1)
            self._found = None
        self._lines = tuple(lines)

    def window(self, room: int) -> list[Line]:
        """The lines in view, at most `room` of them. One that was searched for stands out."""
        if self._centred:
            self._top, self._centred = self._top - room // 2, False
        self._top = max(0, min(self._top, len(self._lines) - room))
        seen = enumerate(self._lines[self._top : self._top + room], self._top)
        return [_standing_out(line) if number == self._found else line for number, line in seen]

    def move(self, by: int) -> None:
        """So many lines further down, or up."""
        self._top += by

    def to_end(self) -> None:
        """To the last lines."""
        self._top = len(self._lines)

    def to_start(self) -> None:
        """To the first lines."""
        self._top = 0

    def find(self, words: str) -> bool:
        """Go to the next line that has these words, the first one after the last; whether there is one."""
        wanted = words.strip().casefold()
        count = len(self._lines)
        first = self._top if self._found is None else self._found + 1
        order = [(first + step) % count for step in range(count)]
        found = next((each for each in order if wanted in _text(self._lines[each]).casefold()), None)
        if found is not None:
            self._found = self._top = found
            self._centred = True
        return found is not None

    def fits(self, room: int) -> bool:
        """Whether all of it is in view."""
        return len(self._lines) <= room

    def place(self, room: int) -> str:
        """Which lines are in view, in words."""
        last = min(self._top + room, len(self._lines))
        if self.fits(room):
            return f"{len(self._lines)} lines"
        return f"Lines {self._top + 1} to {last} of {len(self._lines)}"


def _text(line: Line) -> str:
    return "".join(text for _, text in line)


def _standing_out(line: Line) -> Line:
    text = _text(line)
    words = text.lstrip()
    return (("", text[: len(text) - len(words)]), ("chosen", words))
