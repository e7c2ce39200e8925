"""Whole screens of a real pseudo-terminal, as a person sees them."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pexpect
import pyte
import pytest

PROGRAM = """
import os, sys
from adapters.console.chat import Chat, Left
from adapters.console.opening import Looks, open_console
from adapters.console.transcript import Heading
from tests.adapters.console.scripted import DONE, JUNK, PATH, SWITCH, Scripted, asking, ending
looks = Looks(ascii="ascii" in sys.argv)
screen, asker = open_console(looks, sys.stdin, sys.stdout, os.environ)
first = asking(JUNK, "Let us look where the email is. It may be in another folder.")
driver = Scripted(first, asking(SWITCH, PATH, did=(DONE,)), ending())
try:
    heading = Heading("A client did not receive the email", ("agent",))
    Chat(driver, screen, asker, lambda: first).run(heading, first)
    print("ENDED")
except Left as left:
    print("LEFT", left.session)
"""


class Terminal:
    """A running console and the screen it draws on."""

    def __init__(self, columns: int, *args: str) -> None:
        self.screen = pyte.Screen(columns, 40)
        self._stream = pyte.Stream(self.screen)
        environ = {
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "PATH": "/usr/bin:/bin",
            "PROMPT_TOOLKIT_NO_CPR": "1",
        }
        self._child = pexpect.spawn(
            sys.executable,
            ["-c", PROGRAM, *args],
            dimensions=(40, columns),
            env=environ,
            encoding="utf-8",
            timeout=20,
        )

    def shows(self, text: str) -> str:
        """Wait until the screen shows the text; the whole screen."""
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with suppress(pexpect.TIMEOUT, pexpect.EOF):
                self._stream.feed(self._child.read_nonblocking(65_536, 0.05))
            if text in self.text():
                return self.text()
        raise AssertionError(f"{text!r} never came; the screen is\n{self.text()}")

    def text(self) -> str:
        """The lines of the screen."""
        return "\n".join(line.rstrip() for line in self.screen.display).strip("\n")

    def type(self, keys: str) -> None:
        """Press keys."""
        self._child.send(keys)

    def close(self) -> None:
        """End it."""
        self._child.close(force=True)


@contextmanager
def terminal(columns: int, *args: str) -> Iterator[Terminal]:
    """A console that is ended afterwards."""
    opened = Terminal(columns, *args)
    try:
        yield opened
    finally:
        opened.close()


def test_a_conversation_by_keys_looks_as_it_should() -> None:
    with terminal(80) as console:
        console.shows("2  No")
        console.type("2\r")
        console.shows("Leave it as it is")
        console.type("\x1b[B\r")
        assert console.shows("ENDED") == EXPECTED


EXPECTED = """\
A client did not receive the email
agent
───────────────────────────────────────────────────────────────────────────────

│ Let us look where the email is. It may be in another folder.

  Is the email in Ana's junk folder?
  › No

✓ Switched online access on for Ana Souza

│ Do it by hand:
│
│   ▸ Client Chart Modal → Edit Profile → Clinic Settings

  Online access is off. Shall I switch it on?
  › Switch both on

✓ Solved.
  Ana can log in.

ENDED"""


@pytest.mark.parametrize("columns", [40, 80, 120])
def test_choices_and_their_effects_are_in_view_at_every_width(columns: int) -> None:
    with terminal(columns) as console:
        console.shows("2  No")
        console.type("1\r")
        shown = console.shows("Leave it as it is")
        assert max(map(len, shown.splitlines())) < columns
        lines = [line.strip() for line in shown.splitlines()]
        place = lines.index("1  Switch both on")
        assert lines[place + 1].startswith("↳ Switches online access on")


def test_ascii_draws_with_ascii() -> None:
    with terminal(60, "ascii") as console:
        console.shows("2  No")
        console.type("1\r")
        assert console.shows("Leave it as it is").isascii()


def test_what_enter_would_take_is_marked_before_it_is_pressed() -> None:
    with terminal(80) as console:
        console.shows("2  No")
        console.type("1\r")
        console.shows("Leave it as it is")
        console.type("online")
        assert "› 2  Online access only" in console.shows("› 2")


def test_ctrl_c_twice_leaves() -> None:
    with terminal(80) as console:
        console.shows("2  No")
        console.type("\x03")
        console.shows("Press Ctrl-C again to leave")
        console.type("\x03")
        console.shows("LEFT s-1")
