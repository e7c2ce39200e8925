"""A list of choices on the screen while the person types and moves: which are in view, which one is
pointed at, which are ticked. Knows nothing of keys or terminals.
"""

from __future__ import annotations

from adapters.console.layout import Row, row
from adapters.console.replies import Answer, Reply, choices_of, chosen, fitting, taken, understand
from adapters.console.theme import Marks
from adapters.console.transcript import choice_rows
from engine import Choice, Prompt

FEW = 9
"""Up to so many choices are always shown whole; longer lists are narrowed by what is typed."""


class Menu:
    """The state of one prompt with choices. Nothing is pointed at in the beginning, so that an Enter too
    many never answers a question nobody has read."""

    def __init__(self, prompt: Prompt) -> None:
        self.prompt = prompt
        self._choices = choices_of(prompt)
        self._pointed: Choice | None = None
        self._ticked: frozenset[str] = frozenset()

    def visible(self, typed: str) -> tuple[Choice, ...]:
        """The choices in view."""
        if len(self._choices) <= FEW or not typed.strip() or typed.startswith("/"):
            return self._choices
        return fitting(self.prompt, typed.rpartition(",")[2]) or self._choices

    def move(self, by: int, typed: str) -> None:
        """Point `by` choices further down, round the ends."""
        view = self.visible(typed)
        if not view:
            return
        now = self.pointed(typed)
        if now is None or now not in view:
            self._pointed = view[0 if by > 0 else -1]
        else:
            self._pointed = view[(view.index(now) + by) % len(view)]

    def typing(self) -> None:
        """What is typed has changed: words count from now on, not what was pointed at before."""
        self._pointed = None

    def pointed(self, typed: str) -> Choice | None:
        """The choice that Enter would take now."""
        if self._pointed is not None:
            return self._pointed
        found = fitting(self.prompt, typed) if typed.strip() and not typed.startswith("/") else ()
        return found[0] if len(found) == 1 else None

    def tick(self, typed: str) -> bool:
        """Tick or untick the choice pointed at; whether there was one and the prompt takes several."""
        choice = self.pointed(typed)
        if self.prompt.kind != "several" or choice is None:
            return False
        self._pointed = choice
        self._ticked ^= {choice.id}
        return True

    def enter(self, typed: str) -> Reply:
        """What Enter says now: what is pointed at by arrows, else what is typed, else what is ticked."""
        ticked = tuple(choice for choice in self._choices if choice.id in self._ticked)
        if ticked and not typed.strip():
            return taken(self.prompt, ticked)
        if self._pointed is not None:
            return self._with(ticked, chosen(self.prompt, self._pointed))
        return self._with(ticked, understand(self.prompt, typed))

    def _with(self, ticked: tuple[Choice, ...], reply: Reply) -> Reply:
        """The reply together with what was ticked before."""
        if not ticked or not isinstance(reply, Answer) or not isinstance(reply.value, list):
            return reply
        ids = {choice.id for choice in ticked} | {str(one) for one in reply.value}
        return taken(self.prompt, tuple(choice for choice in self._choices if choice.id in ids))

    def rows(self, typed: str, marks: Marks, height: int) -> list[Row]:
        """The choices as rows, about `height` lines of them around the one pointed at, with a word on
        what is out of view."""
        view = self.visible(typed)
        pointed = self.pointed(typed)
        start, stop = self._window(view, pointed, height)
        rows = [row(f"{marks.more} {start} before", "faint", "      ")] if start else []
        for choice in view[start:stop]:
            tick = choice.id in self._ticked if self.prompt.kind == "several" else None
            number = self._choices.index(choice) + 1
            rows += choice_rows(number, choice, marks, pointed=choice == pointed, tick=tick)
        rest = len(view) - stop
        return [*rows, row(f"{marks.more} {rest} more", "faint", "      ")] if rest else rows

    def _window(self, view: tuple[Choice, ...], pointed: Choice | None, height: int) -> tuple[int, int]:
        """From which choice to which fits into `height` lines, effects counted."""
        room = max(height, 3)
        start = stop = view.index(pointed) if pointed in view else 0
        while room > 0 and (start > 0 or stop < len(view)):
            forward = stop < len(view) and (start == 0 or stop - start < max(height, 3) // 2)
            place = stop if forward else start - 1
            room -= 2 if view[place].effect else 1
            if room >= 0:
                start, stop = (start, stop + 1) if forward else (start - 1, stop)
        return start, stop
