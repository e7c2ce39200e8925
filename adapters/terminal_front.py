"""The console as a front end for replays: typed at on a real pseudo-terminal, and looked at on its screen.

What a turn is, the other process tells; that it can be read, the screen must show. Needs pexpect and pyte.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import msgspec

from adapters.problems import PlainProblem
from adapters.replay.port import REFUSED_HERE, StageFailed
from adapters.staged import TURNS, Noted
from adapters.view import View, view_from
from engine import Problem, Prompt, Value

try:
    import pexpect
    import pyte
except ModuleNotFoundError as error:
    raise PlainProblem(
        f"Replays on the console need {error.name}, which is not installed.",
        "Install it with `pip install 'unstuck[terminal]'`, or use `--on engine`.",
    ) from None

COLUMNS, ROWS = 100, 250
PATIENCE = 30.0
"""How long a turn may take to come, and to be on the screen, in seconds."""

QUIET = 0.08
"""How long nothing must have been drawn before something is typed, in seconds."""


class TerminalFront:
    """The console in a process of its own, under a pseudo-terminal."""

    def __init__(self, folder: Path) -> None:
        self._turns = folder / TURNS
        self._seen = len(self._lines())
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.Stream(self._screen)
        self._child = pexpect.spawn(
            sys.executable,
            ["-m", "adapters.staged", str(folder)],
            dimensions=(ROWS, COLUMNS),
            env={
                "TERM": "xterm-256color",
                "LANG": "C.UTF-8",
                "PATH": "/usr/bin:/bin",
                "HOME": str(folder),
                "PROMPT_TOOLKIT_NO_CPR": "1",
            },
            encoding="utf-8",
            timeout=PATIENCE,
        )
        self._view = View("", 0)

    def first(self) -> View:
        """See `Front.first`."""
        return self._next()[1]

    def answer(self, prompt: Prompt, value: Value) -> View:
        """See `Front.answer`."""
        self._type(typed(value))
        if prompt.kind == "secret" and prompt.twice:
            self._type(typed(value))
        return self._next()[1]

    def back(self) -> View:
        """See `Front.back`."""
        self._type("/back")
        return self._next()[1]

    def change(self, prompt: str) -> View:
        """See `Front.change`: picked by its number from the list of what was answered, the latest one of that
        name. Raises StageFailed if it is not there."""
        self._type("/change")
        given = self._noted().given or ()
        numbers = [number for number, id in enumerate(given, 1) if f"/{id}".endswith(f"/{prompt}")]
        if not numbers:
            raise StageFailed(f"no answer to `{prompt}` is offered to be changed")
        self._type(str(numbers[-1]))
        return self._next()[1]

    def hand_over(self, text: str) -> View:
        """See `Front.hand_over`."""
        return self._sure(f"/handover {text}")

    def stop(self) -> View:
        """See `Front.stop`."""
        return self._sure("/stop")

    def reveal(self, id: str) -> tuple[bool, View]:
        """See `Front.reveal`: asked for by Enter, and cleared away by Enter."""
        self._type("")
        shown, view = self._next(looked_at=False)
        if shown:
            self._type("")
        self._look_for(view)
        return shown, view

    def why(self, step: str) -> str:
        """See `Front.why`; nothing where no command can be typed."""
        prompt = self._view.prompt
        if prompt is None or prompt.kind == "secret":
            return ""
        self._type(f"/why-not {step}" if step else "/why")
        return view_from(bytes(self._noted().turn)).info or ""

    def again(self) -> None:
        """See `Front.again`."""

    def end(self) -> None:
        """See `Front.end`."""
        self._child.close(force=True)

    def _sure(self, command: str) -> View:
        """Give a command that asks once more."""
        self._type(command)
        self._type("yes")
        return self._next()[1]

    def _type(self, text: str) -> None:
        """Type a line, once everything was drawn."""
        while self._draw(QUIET):
            pass
        try:
            self._child.send(f"{text}\r")
        except OSError:
            raise StageFailed("the process has ended") from None

    def _next(self, looked_at: bool = True) -> tuple[bool, View]:
        """Whether a secret was shown, and the next turn, which must be on the screen."""
        noted = self._noted()
        if noted.puzzle:
            return False, _refused(self._view, noted.puzzle)
        self._view = view_from(bytes(noted.turn))
        if looked_at:
            self._look_for(self._view)
        return noted.shown is True, self._view

    def _noted(self) -> Noted:
        """The next thing that the other process tells."""
        until = time.monotonic() + PATIENCE
        while len(lines := self._lines()) <= self._seen:
            if not self._draw(0.05) and time.monotonic() > until:
                raise StageFailed(f"no turn came; the screen is\n{self._text()}")
        self._seen += 1
        return msgspec.json.decode(lines[self._seen - 1], type=Noted)

    def _look_for(self, view: View) -> None:
        """Wait until the screen shows what was said, and the question with its choices."""
        wanted = [text.text for text in view.say]
        if view.prompt is not None:
            wanted += [view.prompt.text.text, *(choice.label for choice in view.prompt.choices)]
        until = time.monotonic() + PATIENCE
        while missing := [words for words in wanted if not self._shows(words)]:
            if not self._draw(0.05) and time.monotonic() > until:
                raise StageFailed(f"the screen does not show “{missing[0]}”; it is\n{self._text()}")

    def _shows(self, words: str) -> bool:
        return _bare(words) in _bare(self._text())

    def _draw(self, seconds: float) -> bool:
        """Draw what the process writes; whether there was anything within so long."""
        try:
            self._stream.feed(self._child.read_nonblocking(65_536, seconds))
        except pexpect.TIMEOUT:
            return False
        except pexpect.EOF:
            time.sleep(seconds)
            return False
        return True

    def _text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display).strip("\n")

    def _lines(self) -> list[bytes]:
        data = self._turns.read_bytes() if self._turns.exists() else b""
        whole, _, _ = data.rpartition(b"\n")
        return whole.split(b"\n") if whole else []


def typed(value: Value) -> str:
    """An answer as somebody types it."""
    match value:
        case None:
            return "/skip"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(typed(each) for each in value)
        case str():
            return f"/{value}" if value.startswith("/") else value
        case _:
            return str(value)


def _refused(view: View, why: str) -> View:
    """The same turn, with what the console itself said about the answer."""
    return View(view.session, view.seq, prompt=view.prompt, problem=Problem(REFUSED_HERE, why))


def _bare(text: str) -> str:
    """Letters and digits alone: lines are broken anywhere, and marks stand beside them."""
    return "".join(char for char in text if char.isalnum())
