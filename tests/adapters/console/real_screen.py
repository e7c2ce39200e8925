"""The whole program on a pseudo-terminal, and what stands in every cell of its screen: by keys alone."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path

import pexpect
import pyte
from pyte.screens import Char

from adapters.wiring import create_clinic

CODE = "import sys; from adapters.cli import run; sys.exit(run(sys.argv[1:]))"
PATIENCE = 12.0
QUIET = 0.15
AFTER_ANSWER = 2.0
SESSION = re.compile(r"(?<=session )[a-z0-9]{10}")


class Answering(pyte.Screen):
    """A screen that answers when it is asked where its cursor is, as terminals do."""

    answer: Callable[[str], object]
    answered = False
    """Whether nothing has come since the last answer."""

    def write_process_input(self, data: str) -> None:
        """Send the answer to whoever asked."""
        self.answer(data)
        self.answered = True


class RealScreen:
    """`unstuck chat` on a terminal of so many columns and rows. `options` are those of `chat`."""

    def __init__(self, folder: Path, columns: int, rows: int, options: Sequence[str]) -> None:
        self.screen = Answering(columns, rows)
        self._stream = pyte.Stream(self.screen)
        self._child = pexpect.spawn(
            sys.executable,
            ["-c", CODE, "chat", *options],
            dimensions=(rows, columns),
            env=environment(folder),
            encoding="utf-8",
            timeout=PATIENCE,
        )
        self.screen.answer = self._child.send
        self.written: list[str] = []
        """Everything that the program sent to the terminal."""

    def press(self, keys: str) -> None:
        """Press keys."""
        self._child.send(keys)

    def shows(self, words: str) -> None:
        """Wait until the words are on the screen (wherever lines are broken), and all is drawn."""
        until = time.monotonic() + PATIENCE
        while not self.has(words) or self._draw():
            self._draw()
            assert time.monotonic() < until, f"no “{words}” on\n" + "\n".join(self.lines())

    def has(self, words: str) -> bool:
        """Whether the words are on the screen, wherever lines are broken."""
        return "".join(words.split()) in "".join("".join(self.screen.display).split())

    def meets(self, words: str) -> None:
        """Wait until the words are on the screen, though more is being drawn all the time."""
        until = time.monotonic() + PATIENCE
        while not self.has(words):
            self._draw()
            assert time.monotonic() < until, f"no “{words}” on\n" + "\n".join(self.lines())

    def misses(self, words: str) -> None:
        """Wait until the words are no longer on the screen."""
        until = time.monotonic() + PATIENCE
        while self.has(words) or self._draw():
            self._draw()
            assert time.monotonic() < until, f"still “{words}” on\n" + "\n".join(self.lines())

    def resize(self, columns: int, rows: int) -> None:
        """Make the window another size."""
        self._child.setwinsize(rows, columns)
        self.screen.resize(rows, columns)

    def lines(self) -> list[str]:
        """The text on the screen; the id of the session, which is always another one, is dashes."""
        return [SESSION.sub("-" * 10, line.rstrip()) for line in self.screen.display]

    def cells(self, row: int) -> list[Char]:
        """The cells of a row."""
        return [self.screen.buffer[row][column] for column in range(self.screen.columns)]

    def end(self) -> None:
        """End the program."""
        self._child.close(force=True)

    def _draw(self) -> bool:
        # After an answer the toolbar is drawn, however long a busy machine takes for it.
        patience = AFTER_ANSWER if self.screen.answered else QUIET
        self.screen.answered = False
        try:
            self.written.append(self._child.read_nonblocking(65_536, patience))
            self._stream.feed(self.written[-1])
        except pexpect.TIMEOUT:
            return False
        except pexpect.EOF:
            time.sleep(QUIET)
            return False
        return True


def environment(folder: Path) -> dict[str, str]:
    """What the program sees of its surroundings: everything of its own in `folder`."""
    own = {f"XDG_{kind}_HOME": str(folder / kind.lower()) for kind in ("DATA", "CONFIG", "STATE")}
    return {
        **own,
        "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(folder / "cache")),
        "HOME": str(folder),
        "PATH": os.environ["PATH"],
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
    }


@contextmanager
def real_screen(folder: Path, columns: int, rows: int, *options: str) -> Iterator[RealScreen]:
    """The program with a fresh sample clinic."""
    clinic = folder / "data" / "unstuck" / "clinic.db"
    if not clinic.exists():
        clinic.parent.mkdir(parents=True)
        create_clinic(clinic, None)
    screen = RealScreen(folder, columns, rows, options)
    try:
        yield screen
    finally:
        screen.end()


def looks_of(char: Char) -> str:
    """How a cell looks, in words; "" for the usual look."""
    signs = ("bold", "italics", "underscore", "strikethrough", "reverse", "blink")
    words = [word for word in signs if getattr(char, word)]
    words += [char.fg] if char.fg != "default" else []
    words += [f"on {char.bg}"] if char.bg != "default" else []
    return " ".join(words)


def written_down(screen: RealScreen) -> str:
    """Every cell of the screen, as text to compare: the lines, then for each row which columns look how."""
    lines = screen.lines()
    looks = []
    for number in range(len(lines)):
        at, runs = 0, []
        for look, cells in groupby(screen.cells(number), looks_of):
            width = len(list(cells))
            runs += [f"{at}-{at + width - 1} {look}"] if look else []
            at += width
        looks += [f"{number}: {', '.join(runs)}"] if runs else []
    return "\n".join([*lines, "=" * screen.screen.columns, *looks]) + "\n"
