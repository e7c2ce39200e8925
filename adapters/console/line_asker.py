"""Answers read line by line: pipes, files, dumb terminals, screen readers."""

from __future__ import annotations

from collections.abc import Sequence
from getpass import getpass
from typing import TextIO, assert_never

from adapters.console.layout import BLANK, Row, row
from adapters.console.once import NOT_THE_SAME, READY, SEEN, TWICE, secret_rows
from adapters.console.replies import Answer, Order, Puzzle, Reply, choices_of, understand
from adapters.console.screen import PlainScreen
from adapters.console.toolbar import Status
from adapters.console.transcript import choice_rows, question_rows
from engine import Prompt

STAYS = "Clear this screen yourself."
LONGEST_LINE = 65_536
PAGE = 15


class LineAsker:
    """Shows the choices as numbered lines and reads one line a reply. What comes from a pipe is shown
    again, so that the transcript can be read."""

    def __init__(self, screen: PlainScreen, source: TextIO) -> None:
        self._screen = screen
        self._source = source
        self._echoes = not source.isatty()

    def ask(self, prompt: Prompt, fresh: bool, status: Status) -> Reply:
        """See `Asker.ask`. Long lists come in pages; an empty line turns to the next one."""
        marks = self._screen.marks
        if fresh:
            self._screen.show(question_rows(prompt, marks))
        choices = choices_of(prompt)
        shown = self._choices(prompt, 0)
        sign = f"  {marks.prompt}"
        if prompt.kind == "secret" and not self._echoes:
            return self._secret(prompt, f"{sign} ")
        while True:
            self._screen.ask_with(sign)
            line = self._line()
            if line.strip() or shown >= len(choices):
                break
            self._screen.show([BLANK] if self._echoes else [])
            shown = self._choices(prompt, shown)
        reply = understand(prompt, line)
        if self._echoes:
            self._screen.show([Row((("", _echo(reply)),))])
        return reply

    def _choices(self, prompt: Prompt, start: int) -> int:
        """Show a page of choices from `start` on; where the next one begins."""
        choices = choices_of(prompt)
        stop = len(choices) if len(choices) - start <= PAGE + 1 else start + PAGE
        tick = False if prompt.kind == "several" else None
        for number, choice in enumerate(choices[start:stop], start + 1):
            self._screen.show(choice_rows(number, choice, self._screen.marks, tick=tick))
        if stop < len(choices):
            more = f"{len(choices) - stop} more: press Enter to see them, or type a part of the words."
            self._screen.show([row(more, "faint", "      ")])
        return stop

    def read(self, rows: Sequence[Row], at: int = 0) -> None:
        """See `Asker.read`. All of it, one line after the other."""
        self._screen.show(rows)

    def ready(self) -> None:
        """See `Asker.ready`."""
        self._wait(READY)

    def show_once(self, label: str, value: str) -> None:
        """See `Asker.show_once`. Lines that were written stay; that is said."""
        self._screen.show(secret_rows(label, value, self._screen.marks))
        self._wait(f"{SEEN} {STAYS}")

    def _wait(self, text: str) -> None:
        self._screen.show([row(text, "info", "  ")])
        self._line()

    def _secret(self, prompt: Prompt, sign: str) -> Reply:
        """A line that is not shown; a new secret is typed twice. Programs, which do not mistype, give it
        once."""
        typed = getpass(sign)
        reply = understand(prompt, typed)
        if prompt.twice and isinstance(reply, Answer) and getpass(f"  {TWICE}: ") != typed:
            return Puzzle(NOT_THE_SAME, "")
        return reply

    def _line(self) -> str:
        line = self._source.readline(LONGEST_LINE)
        if not line:
            self._screen.show([BLANK])
            raise EOFError
        return line.rstrip("\n").removesuffix("\r")


def _echo(reply: Reply) -> str:
    """The reply as the transcript shows it."""
    match reply:
        case Answer(echo=echo):
            return echo
        case Order(command=command, text=text):
            return f"{command} {text}".rstrip()
        case Puzzle(typed=typed):
            return typed
        case _:
            assert_never(reply)
