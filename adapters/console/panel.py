"""What stands at the bottom of the terminal while a question waits: the question, and under it the choices
or, while one is typed, the commands. Decides what fits; knows nothing of keys or terminals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from adapters.console.layout import BLANK, Line, Row, row
from adapters.console.menu import Menu
from adapters.console.palette import Palette
from adapters.console.replies import LISTS, Reply, understand
from adapters.console.theme import Marks
from adapters.console.transcript import problem_rows, question_rows
from engine import Prompt, question_in_short

LEAST_FOR_CHOICES = 4
Lay = Callable[[Iterable[Row]], list[Line]]


class Panel:
    """The state of one question. `told` says that the whole question stands in the transcript already, so
    that only its last words are repeated here."""

    def __init__(self, prompt: Prompt, *, told: bool = False) -> None:
        self.prompt = prompt
        self.told = told
        self.remark = ""
        """What is said to an Enter that answered nothing; it goes with the next key."""
        self._menu = Menu(prompt) if prompt.kind in LISTS else None
        self._palette = Palette(prompt)

    def commanding(self, typed: str) -> bool:
        """Whether a command is being typed."""
        return typed.startswith("/") and not typed.startswith("//") and self.prompt.kind != "secret"

    def move(self, by: int, typed: str) -> bool:
        """Point further down or up; whether there is anything to point at."""
        self.remark = ""
        part = self._part(typed)
        if part is not None:
            part.move(by, typed)
        return part is not None

    def typing(self) -> None:
        """What is typed has changed."""
        self.remark = ""
        for part in (self._menu, self._palette):
            if part is not None:
                part.typing()

    def tick(self, typed: str) -> bool:
        """Tick the choice pointed at; whether there was one and the question takes several."""
        return self._menu is not None and not self.commanding(typed) and self._menu.tick(typed)

    def completed(self, typed: str) -> str:
        """What is typed, with the command that it begins written out."""
        return self._palette.completed(typed) if self.commanding(typed) else typed

    def enter(self, typed: str) -> Reply:
        """What Enter says now."""
        part = self._part(typed)
        return part.enter(typed) if part is not None else understand(self.prompt, typed)

    def fits(self, lay: Lay, marks: Marks, room: int) -> bool:
        """Whether the whole question and its choices fit into `room` lines."""
        choices = self._menu.rows("", marks, room) if self._menu is not None else []
        return len(lay(question_rows(self.prompt, marks))) + len(lay(choices)) <= room

    def lines(self, typed: str, lay: Lay, marks: Marks, room: int) -> list[Line]:
        """The question and what can be taken, in at most `room` lines (as far as that is possible)."""
        question = lay(question_rows(self.prompt, marks))
        part = self._part(typed)
        wanted = lay(part.rows(typed, marks, room)) if part is not None else []
        if self.told or len(question) + min(len(wanted), LEAST_FOR_CHOICES) > room:
            question = lay([BLANK, row(question_in_short(self.prompt.text.text), "question", "  ")])
        remark = lay(problem_rows(self.remark, marks)) if self.remark else []
        left = max(room - len(question) - len(remark), 1)
        if part is None or len(wanted) <= left:
            return [*question, *wanted, *remark]
        return [*question, *_fitting(part, typed, lay, marks, left), *remark]

    def _part(self, typed: str) -> Menu | Palette | None:
        return self._palette if self.commanding(typed) else self._menu


def _fitting(part: Menu | Palette, typed: str, lay: Lay, marks: Marks, room: int) -> list[Line]:
    """As many choices as fit: long labels are broken, so that it takes a few tries to know how many."""
    lines: list[Line] = []
    for height in range(room, 0, -1):
        lines = lay(part.rows(typed, marks, height))
        if len(lines) <= room:
            return lines
    return lines[:room]
