"""The loop of a conversation at the console: show a turn, read a reply, hand it over, until the end.

Knows the driver by its calls and the screen by its rows; flows, stores and backends are unknown here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import assert_never

from adapters.console.layout import BLANK, Row, row
from adapters.console.patience import patient
from adapters.console.port import Asker, Talk
from adapters.console.replies import COMMANDS, Answer, Order, Puzzle, Reply
from adapters.console.screen import Screen
from adapters.console.transcript import Heading, heading_rows, news_rows, problem_rows, question_rows
from adapters.view import View
from engine import Prompt, Reveal

LEAVING = "Press Ctrl-C again to leave; the conversation is kept."
HELP = (
    "At a question, type the number of a choice or the beginning of its words, or move with the arrows; "
    "Enter takes it. A text that begins with / is a command; write // for a text that begins with /."
)
KEYS_HELP = "Keys: F1 help, F2 why, F3 back. Ctrl-C twice, or Ctrl-D, leaves; the conversation is kept."
STILL_WORKING = f"Still working. {LEAVING}"


class Left(Exception):
    """The person left before the end; `session` can be gone on with."""

    def __init__(self, session: str) -> None:
        self.session = session
        super().__init__(session)


class Chat:
    """One conversation at the console.

    `again` begins the flow anew and returns the first view of the new session.
    """

    def __init__(self, talk: Talk, screen: Screen, asker: Asker, again: Callable[[], View]) -> None:
        self._talk = talk
        self._screen = screen
        self._asker = asker
        self._again = again
        self._warned = False
        self.session = ""
        """The session talked in now; another one after a restart."""

    def run(self, heading: Heading, view: View) -> View:
        """Talk until the session ends, and return its last view. Raises Left when the person leaves, and
        what the driver raises."""
        self._screen.show(heading_rows(heading, self._screen.marks, self._screen.width))
        asks = True
        while True:
            self.session = view.session
            self._screen.show(news_rows(view, self._screen.marks))
            if view.end is not None:
                self._screen.show([BLANK])
                return view
            if view.reveal is not None and view.prompt is None:
                view, asks = self._reveal(view, view.reveal), True
                continue
            if view.prompt is None:
                raise Left(view.session)
            if asks:
                self._screen.show(question_rows(view.prompt, self._screen.marks))
            following = self._next(view, view.prompt)
            asks = following is not None
            view = following or _quiet(view)

    def _next(self, view: View, prompt: Prompt) -> View | None:
        """The view after the person's reply; None where the same question stays as it is."""
        reply = self._reply(view, prompt)
        match reply:
            case Answer(value=value):
                return self._waiting(
                    view,
                    lambda: self._talk.answer(view.session, value, prompt=prompt.id, seq=prompt.seq),
                )
            case Order(command=command, text=text):
                return self._order(view, command, text)
            case Puzzle(why=why):
                self._screen.show(problem_rows(why, self._screen.marks))
                return None
            case _:
                assert_never(reply)

    def _reveal(self, view: View, reveal: Reveal) -> View:
        """Show a secret once, and the view that comes after it."""
        self._patiently(view, self._asker.ready)
        value, following = self._talk.reveal(view.session, reveal.id)
        if value is not None:
            # It was shown, whatever the person presses then.
            with suppress(KeyboardInterrupt, EOFError):
                self._asker.show_once(reveal.label, value)
        return following

    def _patiently(self, view: View, wait: Callable[[], None]) -> None:
        """Wait for the person; leaving is as it is at a question."""
        while True:
            try:
                wait()
            except EOFError:
                raise Left(view.session) from None
            except KeyboardInterrupt:
                if self._warned:
                    raise Left(view.session) from None
                self._warn(LEAVING)
            else:
                self._warned = False
                return

    def _reply(self, view: View, prompt: Prompt) -> Reply:
        """What the person says. The first Ctrl-C warns, the second and the end of input leave."""
        while True:
            try:
                reply = self._asker.ask(prompt)
            except EOFError:
                raise Left(view.session) from None
            except KeyboardInterrupt:
                if self._warned:
                    raise Left(view.session) from None
                self._warn(LEAVING)
            else:
                self._warned = False
                return reply

    def _order(self, view: View, command: str, text: str) -> View | None:
        """What a command leads to."""
        session = view.session
        match command:
            case "/back":
                return self._waiting(view, lambda: self._talk.back(session))
            case "/why":
                return self._talk.why(session)
            case "/note":
                return self._noted(session, text)
            case "/stop":
                return self._talk.stop(session)
            case "/restart":
                self._talk.stop(session)
                return self._waiting(view, self._again)
            case "/help":
                self._screen.show(help_rows())
                return _quiet(view)
            case _:
                raise Left(session)

    def _noted(self, session: str, text: str) -> View:
        noted = self._talk.note(session, text)
        if noted.problem is None:
            self._screen.show([row("Noted.", "info", "  ")])
        return noted

    def _waiting(self, view: View, call: Callable[[], View]) -> View:
        """A call that may take its time."""
        try:
            with patient(lambda: self._warn(STILL_WORKING)):
                return call()
        except KeyboardInterrupt:
            raise Left(view.session) from None

    def _warn(self, text: str) -> None:
        self._warned = True
        self._screen.show([row(text, "info", "  ")])


def help_rows() -> list[Row]:
    """What can be typed at a question."""
    deepest = max(map(len, COMMANDS)) + 2
    rows = [
        BLANK,
        row(HELP, "info"),
    ]
    for command, meaning in COMMANDS.items():
        rows.append(row(meaning, "", f"  {command:<{deepest}}", "number"))
    return [*rows, row(KEYS_HELP, "info")]


def _quiet(view: View) -> View:
    """The same view with nothing new to show."""
    return View(view.session, view.seq, (), (), view.prompt, None, None, None, None)
