"""The commands on the screen while one is being typed: which fit, and which one is pointed at. Knows nothing
of keys or terminals.
"""

from __future__ import annotations

from adapters.console.layout import Row, row
from adapters.console.replies import (
    COMMANDS,
    WITH_TEXT,
    Order,
    Reply,
    commands_at,
    commands_for,
    those_there,
    understand,
)
from adapters.console.theme import Marks
from engine import Prompt

DEPTH = max(map(len, COMMANDS)) + 2


class Palette:
    """The commands that fit what is typed. The first one is pointed at as soon as something narrows them."""

    def __init__(self, prompt: Prompt) -> None:
        self._prompt = prompt
        self._there = commands_at(prompt)
        self._pointed: str | None = None

    def visible(self, typed: str) -> tuple[str, ...]:
        """The commands in view; with something behind the command only that one."""
        word, space, _ = typed.partition(" ")
        found = commands_for(word, self._there)
        return found[:1] if space else found

    def pointed(self, typed: str) -> str | None:
        """The command that Enter would take now."""
        view = self.visible(typed)
        if self._pointed in view:
            return self._pointed
        return view[0] if view and len(typed) > 1 else None

    def move(self, by: int, typed: str) -> None:
        """Point `by` commands further down, round the ends."""
        view = self.visible(typed)
        if view:
            now = self.pointed(typed)
            place = view.index(now) + by if now in view else (0 if by > 0 else -1)
            self._pointed = view[place % len(view)]

    def typing(self) -> None:
        """What is typed has changed."""
        self._pointed = None

    def completed(self, typed: str) -> str:
        """What is typed with its command written out."""
        command = self.pointed(typed)
        if command is None or " " in typed:
            return typed
        return f"{command} " if command in WITH_TEXT else command

    def enter(self, typed: str) -> Reply:
        """What Enter says now."""
        command = self.pointed(typed)
        if command is None or " " in typed.strip() or command in ("/note", "/skip"):
            return understand(self._prompt, self.completed(typed))
        return Order(command)

    def rows(self, typed: str, marks: Marks, height: int) -> list[Row]:
        """The commands in view, `height` of them around the one pointed at."""
        view, pointed = self.visible(typed), self.pointed(typed)
        if not view:
            words = f"There is no command {typed.split(' ')[0]}. {those_there(self._prompt)}"
            return [row(words, "faint", "   ")]
        at = view.index(pointed) if pointed in view else 0
        start = max(0, min(at - height // 2, len(view) - height))
        rows = []
        for command in view[start : start + max(height, 1)]:
            sign = marks.pointer if command == pointed else " " * len(marks.pointer)
            name = "chosen" if command == pointed else "number"
            first = (("mine", f" {sign} "), (name, command), ("", " " * (DEPTH - len(command))))
            rows.append(Row((("faint", self._there[command]),), first))
        return rows
