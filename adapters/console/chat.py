"""The loop of a conversation at the console: show a turn, read a reply, hand it over, until the end.

Knows the driver by its calls and the screen by its rows; flows, stores and backends are unknown here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import assert_never

from adapters.console.layout import BLANK, Row, row
from adapters.console.port import Asker, Talk
from adapters.console.replies import OWN_QUESTION, Answer, Order, Puzzle, Reply
from adapters.console.screen import Screen
from adapters.console.theme import Marks
from adapters.console.toolbar import Status
from adapters.console.transcript import Heading, heading_rows, news_rows, problem_rows
from adapters.console.waiting import Work, wait_for
from adapters.problems import PlainProblem
from adapters.view import View
from engine import Choice, Prompt, Reveal, plain

LEAVING = "Press Ctrl-C again to leave; the conversation is kept."
LOOKING = "Looking at the clinic's records"
NOTHING_CHANGES = "Something is being looked up; nothing is being changed."
WAIT_ON = (Choice("wait", "Wait on"), Choice("leave", "Leave; the conversation is kept"))
TROUBLE = (Choice("again", "Try again"), Choice("leave", "Leave; the conversation is kept"))


class Left(Exception):
    """The person left before the end; `session` can be gone on with."""

    def __init__(self, session: str) -> None:
        self.session = session
        super().__init__(session)


class Chat:
    """One conversation at the console. `copy` puts a text into the clipboard and says whether it could. With
    `rules` reasons and the map are told as the authors of the flows wrote them, and not in plain words."""

    def __init__(
        self,
        talk: Talk,
        screen: Screen,
        asker: Asker,
        again: Callable[[], View],
        copy: Callable[[str], bool] = lambda text: False,
        *,
        rules: bool = False,
    ) -> None:
        self.talk = talk
        self.screen = screen
        self.again = again
        """Begins the flow anew and returns the first view of the new session."""
        self.copy = copy
        self.rules = rules
        self._asker = asker
        self._warned = False
        self.session = ""
        """The session talked in now; another one after a restart."""

    def run(self, heading: Heading, view: View) -> View:
        """Talk until the session ends, and return its last view. Raises Left when the person leaves, and
        PlainProblem when the store or the session cannot be used any more."""
        self.session = view.session
        self.show(heading_rows(heading, self.screen.marks, self.screen.width))
        while True:
            self.session = view.session
            self.show(news_rows(view, self.screen.marks))
            if view.end is not None:
                self.show([BLANK])
                return view
            if view.prompt is not None:
                view = self._turn(view, view.prompt)
            elif view.reveal is not None:
                view = self._reveal(view, view.reveal)
            else:
                raise Left(view.session)

    def show(self, rows: Sequence[Row]) -> None:
        """Show rows below what is there."""
        self.screen.show(rows)

    def read(self, rows: Sequence[Row], at: int = 0) -> None:
        """Let the person read rows that may be more than the screen has; `at` is the one to begin around."""
        self._asker.read(rows, at)

    def wait(self, call: Callable[[], View]) -> View:
        """What a call to the driver returns. Whoever is tired of waiting is told what is known, and leaves
        if they want (Left); trouble with the store can be tried again."""
        while True:
            try:
                return self._waited(Work(call))
            except PlainProblem as problem:
                if not self.session:
                    raise
                self.show([BLANK, *problem_rows(f"{problem.message} {problem.advice}".rstrip(), self._marks)])
                if self.pick("What now?", TROUBLE) != "again":
                    raise

    def pick(self, question: str, choices: Sequence[Choice]) -> str:
        """A choice between things of the console's own; "" where the person wants none of them. Raises Left
        where they want to leave."""
        prompt = Prompt(OWN_QUESTION, "", 0, "choice", plain(question), tuple(choices))
        fresh = True
        while True:
            try:
                reply = self._asker.ask(prompt, fresh, Status())
            except (EOFError, KeyboardInterrupt):
                return ""
            if isinstance(reply, Answer):
                return str(reply.value)
            if isinstance(reply, Order):
                return self._unpicked(reply)
            self.show(problem_rows(reply.why, self._marks))
            fresh = False

    def _unpicked(self, order: Order) -> str:
        if order.command == "/quit":
            raise Left(self.session)
        return ""

    @property
    def _marks(self) -> Marks:
        return self.screen.marks

    def _turn(self, view: View, prompt: Prompt) -> View:
        """The view after the question of this one."""
        status = self._status(view.session)
        fresh = True
        while True:
            reply = self._reply(view, prompt, fresh, status)
            following = self._next(view, prompt, reply)
            if following is not None:
                return following
            fresh = not isinstance(reply, Puzzle)

    def _next(self, view: View, prompt: Prompt, reply: Reply) -> View | None:
        """The view after the person's reply; None where the same question stays as it is."""
        match reply:
            case Answer(value=value):
                return self.wait(
                    lambda: self.talk.answer(view.session, value, prompt=prompt.id, seq=prompt.seq)
                )
            case Order(command="/quit"):
                raise Left(view.session)
            case Order():
                from adapters.console.orders import carried_out

                return carried_out(self, view.session, reply)
            case Puzzle(why=why):
                self.show(problem_rows(why, self._marks))
                return None
            case _:
                assert_never(reply)

    def _waited(self, work: Work) -> View:
        while True:
            try:
                return wait_for(work, self.screen, self._doing)
            except KeyboardInterrupt:
                if work.ended:
                    continue
                self.show([BLANK, row(self._known(), "info", "  ")])
                if self.pick("It goes on without you. What now?", WAIT_ON) != "wait":
                    raise Left(self.session) from None

    def _doing(self) -> str:
        """What is being done right now, in a few words."""
        with suppress(PlainProblem):
            call = self.talk.under_way(self.session) if self.session else None
            if call is not None and call.sentence:
                return call.sentence.rstrip(".")
        return LOOKING

    def _known(self) -> str:
        """What is known of what is being done right now."""
        try:
            call = self.talk.under_way(self.session) if self.session else None
        except PlainProblem as problem:
            return problem.message
        if call is None or not call.sentence:
            return NOTHING_CHANGES
        if not call.sent_at:
            return f"Not sent yet: {call.sentence}"
        sent = f"Sent to the clinic's system at {_by_the_clock(call.sent_at)}: {call.sentence}"
        return f"{sent} It has not answered yet, so that nobody knows whether it was done."

    def _status(self, session: str) -> Status:
        """What the toolbar tells."""
        try:
            now = self.talk.standing(session)
        except PlainProblem:
            return Status()
        # Of `how!confirm` the step is told; of one without a name, whose place is a number, nothing.
        step = now.step.partition("!")[0].rpartition("/")[2]
        return Status(now.client, now.flow, "" if step.isdigit() else step)

    def _reveal(self, view: View, reveal: Reveal) -> View:
        """Show a secret once, and the view that comes after it."""
        self._patiently(view, self._asker.ready)
        value, following = self.talk.reveal(view.session, reveal.id)
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
                self._warn()
            else:
                self._warned = False
                return

    def _reply(self, view: View, prompt: Prompt, fresh: bool, status: Status) -> Reply:
        """What the person says. The first Ctrl-C warns, the second and the end of input leave."""
        replies: list[Reply] = []
        self._patiently(view, lambda: replies.append(self._asker.ask(prompt, fresh, status)))
        return replies[-1]

    def _warn(self) -> None:
        self._warned = True
        self.show([BLANK, row(LEAVING, "info", "  ")])


def _by_the_clock(moment: str) -> str:
    """A moment (ISO 8601, UTC) as the person's own clock had it, with its zone."""
    return datetime.fromisoformat(moment).astimezone().strftime("%H:%M:%S %Z").strip()
