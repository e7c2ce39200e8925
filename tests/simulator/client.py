"""Somebody who uses the product: answers, goes back, repeats, comes back after a crash; notes what they were
told.

What was told is acknowledged: whatever happens later, it must stand.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from adapters.problems import PlainProblem
from adapters.request import Request
from adapters.view import View
from engine import Audience, Prompt, Value
from tests.simulator.desks import Desk, Desks
from tests.simulator.surroundings import Surroundings
from tests.simulator.turns import Crashed

ODD: tuple[Value, ...] = ("zzz", None, 7, True, [], "\ud800", "", {"$secret": "x", "checks": []})


QUIET = ("over", "skip", "confirm", "approve", "did-not", "stop", "leave")
"""The choices that lead to the end, best first."""


class Told(NamedTuple):
    """One acknowledged turn: in which session, what was done for it, and the turn itself."""

    session: str
    what: str
    value: Value
    seq: int
    view: View


class Client:
    """One person at one place. `sessions` are those that everybody knows of."""

    def __init__(
        self, around: Surroundings, desks: Desks, place: str, moves: int, sessions: list[str]
    ) -> None:
        self._around = around
        self._desks = desks
        self._place = place
        self._left = moves
        self._sessions = sessions
        self._session = ""
        self._view: View | None = None
        self._last: tuple[Value, Prompt, Request, View | None] | None = None
        self._requests = 0
        self.told: list[Told] = []
        self.mine: set[str] = set()

    def live(self) -> None:
        """Use the product for as many moves."""
        while self._left > 0:
            self._left -= 1
            self._around.clock_may_jump()
            self._around.pause()
            try:
                self._in_process(self._move)
            except Crashed:
                self._view = None
                self._around.time_may_pass()
            except PlainProblem as problem:
                self._around.note(f"{self._place} is told: {problem}")
                self._view = None
                self._around.time_may_pass()
            except Exception as error:
                self._around.breaks(f"the driver raised {type(error).__name__}: {error}")
                self._view = None

    def _in_process(self, move: Callable[[Desk], None]) -> None:
        desk = self._desks.at(self._place)
        before = self._around.turns.enter(desk.process)
        try:
            move(desk)
        finally:
            self._around.turns.enter(before)

    def _move(self, desk: Desk) -> None:
        if not self._session:
            self._begin(desk)
        elif self._view is None and self._unheard and self._around.tape.below(3):
            self._repeat(desk)
        elif self._view is None:
            self._hear(desk, "resume", None, lambda: desk.driver.resume(self._session))
        elif self._view.reveal is not None:
            self._look(desk, self._view.reveal.id)
        elif self._view.prompt is None:
            self._session = ""
        else:
            self._at_prompt(desk, self._view.prompt)

    @property
    def _unheard(self) -> bool:
        """Whether an answer was sent, and nothing heard of it."""
        return self._last is not None and self._last[3] is None

    def _begin(self, desk: Desk) -> None:
        """Begin a conversation, or join one that somebody else has begun."""
        tape = self._around.tape
        others = [each for each in self._sessions if each not in self.mine]
        if others and tape.below(4):
            self._session, self._last = tape.one(others), None
            self.mine.add(self._session)
            return
        view = desk.driver.start("desk", actor="kim", audience=Audience.AGENT)
        self._session, self._last = view.session, None
        self._sessions.append(view.session)
        self.mine.add(view.session)
        self._heard("start", None, view)

    def _at_prompt(self, desk: Desk, prompt: Prompt) -> None:
        tape, driver, session = self._around.tape, desk.driver, self._session
        match tape.below(24):
            case 17 | 18:
                self._hear(desk, "back", None, lambda: driver.back(session))
            case 19:
                given = driver.answered(session)
                if given:
                    chosen = tape.one(given)
                    self._hear(
                        desk, "change", None, lambda: driver.change(session, chosen.prompt, chosen.seq)
                    )
            case 20:
                self._hear(desk, "resume", None, lambda: driver.resume(session))
            case 21:
                self._hear(desk, "note", "n", lambda: driver.note(session, "A note."))
            case 22:
                self._repeat(desk)
            case 23:
                self._answer(desk, prompt, tape.one(ODD))
            case _:
                self._answer(desk, prompt, self._fitting(prompt))

    def _answer(self, desk: Desk, prompt: Prompt, value: Value) -> None:
        self._requests += 1
        request = Request(f"{self._place}-{self._requests}", repr(value))
        self._last = (value, prompt, request, None)
        actor = "rui" if prompt.step.endswith("!second") else ""
        view = desk.driver.answer(
            self._session, value, prompt=prompt.id, seq=prompt.seq, actor=actor, request=request
        )
        if self._around.line_drops():
            self._view = None
            return
        self._last = (value, prompt, request, view)
        self._heard("answer", value, view, prompt.seq)

    def _repeat(self, desk: Desk) -> None:
        """Send the last answer once more, as a client does that heard nothing; the reply must be the same."""
        if self._last is None:
            return
        value, prompt, request, before = self._last
        view = desk.driver.answer(self._session, value, prompt=prompt.id, seq=prompt.seq, request=request)
        if before is not None and before.problem is None and view != before:
            self._around.breaks(f"the request {request.key} was replied to in two ways")
        self._last = (value, prompt, request, view)
        self._heard("answer", value, view, prompt.seq)

    def _look(self, desk: Desk, id: str) -> None:
        value, view = desk.driver.reveal(self._session, id)
        self._around.note(f"{self._place} is shown {id}: {value is not None}")
        if value is not None:
            self._around.shown.append(id)
        self._heard("reveal", value, view)

    def _hear(self, desk: Desk, what: str, value: Value, move: Callable[[], View]) -> None:
        self._heard(what, value, move())

    def _heard(self, what: str, value: Value, view: View, seq: int = -1) -> None:
        """What was done is acknowledged now."""
        self._view = view
        problem = f" ({view.problem.code})" if view.problem is not None else ""
        asks = view.prompt.id if view.prompt is not None else "-"
        did = "".join(f" {did.action} {did.outcome}" for did in view.did)
        self._around.note(f"{self._place} {view.session}: {what} {value!r} -> {asks}{problem}{did}")
        self.told.append(Told(view.session, what, value, seq, view))

    def _fitting(self, prompt: Prompt) -> Value:
        """An answer of the kind that is asked for. The quiet one leads to the end."""
        tape = self._around.tape
        match prompt.kind:
            case "number":
                return tape.one((1, 2, 3))
            case "secret":
                return "a secret word"
            case "yes-no":
                return tape.one(("yes", "no"))
            case _:
                return tape.one([choice.id for choice in prompt.choices])


def quiet_answer(prompt: Prompt) -> Value:
    """What leads to the end."""
    match prompt.kind:
        case "number":
            return 1
        case "secret":
            return "a secret word"
        case "yes-no":
            return "yes"
        case _:
            ids = [choice.id for choice in prompt.choices]
            return next((id for id in QUIET if id in ids), ids[0])
