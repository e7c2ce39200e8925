"""Answers read line by line: pipes, files, dumb terminals, screen readers."""

from __future__ import annotations

from getpass import getpass
from typing import TextIO, assert_never

from adapters.console.layout import BLANK, Row, row
from adapters.console.once import NOT_THE_SAME, READY, SEEN, TWICE, secret_rows
from adapters.console.replies import Answer, Order, Puzzle, Reply, choices_of, understand
from adapters.console.screen import PlainScreen
from adapters.console.transcript import choice_rows
from engine import Prompt

STAYS = "Clear this screen yourself."
LONGEST_LINE = 65_536


class LineAsker:
    """Shows the choices as numbered lines and reads one line a reply. What comes from a pipe is shown
    again, so that the transcript can be read."""

    def __init__(self, screen: PlainScreen, source: TextIO) -> None:
        self._screen = screen
        self._source = source
        self._echoes = not source.isatty()

    def ask(self, prompt: Prompt) -> Reply:
        """See `Asker.ask`."""
        marks = self._screen.marks
        tick = False if prompt.kind == "several" else None
        for number, choice in enumerate(choices_of(prompt), 1):
            self._screen.show(choice_rows(number, choice, marks, tick=tick))
        sign = f"  {marks.prompt}"
        if prompt.kind == "secret" and not self._echoes:
            return self._secret(prompt, f"{sign} ")
        self._screen.ask_with(sign)
        reply = understand(prompt, self._line())
        if self._echoes:
            self._screen.show([Row((("", _echo(reply)),))])
        return reply

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
