"""Holds a replay: says what it says, and compares what comes with what it expects, turn by turn."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import msgspec

from adapters.replay.port import REFUSED_HERE, Stage, StageFailed
from adapters.replay.replay_file import LOST, NOT_DONE, OPEN, Expected, Replay
from adapters.view import View
from engine import Did, Failure, Finish, Place, Prompt, Reveal, Value

_OUTCOMES = {LOST: "", NOT_DONE: Failure.UNAVAILABLE.value}
"""How a call ends whose answer never came, once it was looked for."""


class Break(msgspec.Struct, frozen=True):
    """Where a replay and the flow part: what was expected at `place` of the replay, what came instead, the
    step the flow stood at, why it is there and not at the step that was expected, and the conversation until
    there."""

    place: Place
    expected: str
    came: str
    step: str
    conversation: tuple[str, ...]
    why: str = ""


class _Parted(Exception):
    """Ends the holding of a replay at its first difference."""

    def __init__(self, place: Place, expected: str, came: str, wanted: str = "") -> None:
        self.place = place
        self.wanted = wanted
        self.expected = expected
        self.came = came
        super().__init__(expected)


def hold(replay: Replay, stage: Stage) -> Break | None:
    """Hold `replay` on `stage`; None if everything came as expected.

    Turns are complete and in order: a question or a call that changes something and is not listed is a
    difference. Reads are listed only to be asserted.
    """
    holding = _Holding(replay, stage)
    try:
        holding.go()
    except StageFailed as failed:
        came = f"nothing: {failed}"
        return Break(holding.place, "the next turn", came, holding.step, tuple(holding.conversation))
    except _Parted as parted:
        until = tuple(holding.conversation)
        why = stage.why(parted.wanted) if holding.view is not None else ""
        return Break(parted.place, parted.expected, parted.came, holding.step, until, why)
    return None


@dataclass(slots=True)
class _Holding:
    """A replay being held. `dids` are the calls that were told and not yet expected."""

    replay: Replay
    stage: Stage
    dids: deque[Did] = field(default_factory=deque)
    view: View | None = None
    seen_calls: int = 0
    step: str = ""
    place: Place = field(init=False)
    conversation: list[str] = field(default_factory=list)

    def go(self) -> None:
        self.place = self.replay.end_place
        for turn in self.replay.turns:
            if turn.fault:
                self.stage.plan_fault(turn.name, turn.fault, turn.call)
        self._came(self.stage.start())
        for turn in self.replay.turns:
            self.place = turn.place
            self._take(turn)
        self._end()

    def _take(self, turn: Expected) -> None:
        match turn.kind:
            case "ask":
                self._ask(turn)
            case "did":
                self._did(turn)
            case "back":
                self._came(self.stage.back())
            case "change":
                self._change(turn)
            case "reveal":
                self._reveal(turn)
            case "later":
                self.stage.later(turn.minutes)
            case "restart":
                self.dids.clear()
                self._came(self.stage.restart(), again=True)
            case "start":
                self._no_more_calls(turn.place, f"another conversation: {turn.name}")
                self._ended(turn)
                self._came(self.stage.start(turn.name, turn.by))
            case "hand over":
                self._no_more_calls(turn.place, "that the case is handed over")
                self._came(self.stage.hand_over(turn.text))
            case "stop":
                self._no_more_calls(turn.place, "that the conversation is given up")
                self._came(self.stage.stop())
            case "by hand":
                if turn.change is not None:
                    self.stage.by_hand(turn.change)

    def _ask(self, turn: Expected) -> None:
        wanted = f"the question `{turn.name}`"
        self._no_more_calls(turn.place, wanted)
        prompt = self.view.prompt if self.view is not None else None
        if prompt is None or not is_meant(prompt, turn.name):
            raise _Parted(turn.place, wanted, self._waiting(), turn.name.partition("!")[0])
        if turn.text and turn.text not in prompt.text.text:
            raise _Parted(turn.place, f"the words “{turn.text}” in it", f"“{prompt.text.text}”")
        self.conversation.append(f"{prompt.step} ← {turn.answer}")
        self._came(self.stage.answer(turn.answer, turn.by))
        problem = self.view.problem if self.view is not None else None
        codes = (turn.problem, REFUSED_HERE) if turn.problem else ("",)
        if problem is not None and problem.code not in codes:
            raise _Parted(
                turn.place, f"that {turn.answer!r} is taken as an answer", f"{problem.code}: {problem.text}"
            )
        if problem is None and turn.problem:
            raise _Parted(turn.place, f"that the answer is refused as {turn.problem}", "it was taken")

    def _change(self, turn: Expected) -> None:
        self._no_more_calls(turn.place, f"that the answer to `{turn.name}` is changed")
        self._came(self.stage.change(turn.name))
        problem = self.view.problem if self.view is not None else None
        if problem is not None:
            raise _Parted(turn.place, f"that `{turn.name}` was answered before", problem.text)

    def _reveal(self, turn: Expected) -> None:
        wanted = "a secret that is gone" if turn.error else "a secret that is shown once"
        self._no_more_calls(turn.place, wanted)
        waits = self.view.reveal if self.view is not None else None
        if waits is None:
            raise _Parted(turn.place, wanted, self._waiting())
        shown, view = self.stage.reveal(waits.id)
        self.conversation.append(f"  {waits.label}: {'shown once' if shown else 'gone'}")
        if shown == bool(turn.error):
            raise _Parted(turn.place, wanted, "it was shown" if shown else "it is gone")
        self._came(view)

    def _did(self, turn: Expected) -> None:
        wanted = f"the call `{turn.name}`" + (f" ({turn.outcome or turn.error})" if turn.outcome else "")
        if self.dids and self.dids[0].action == turn.name:
            self._same_outcome(turn, self.dids.popleft())
            return
        calls = self.stage.calls()
        made = [number for number, call in enumerate(calls) if call.action == turn.name]
        unseen = [number for number in made if number >= self.seen_calls]
        later = made[turn.call - 1 : turn.call] if turn.call else unseen
        if not later:
            raise _Parted(turn.place, wanted, self._waiting())
        self.seen_calls = later[0] + 1
        error = turn.error or turn.fault
        if error and calls[later[0]].failure != error:
            raise _Parted(turn.place, f"{wanted} ends in {error}", calls[later[0]].failure or "it worked")

    def _same_outcome(self, turn: Expected, did: Did) -> None:
        error = did.error.value if did.error is not None else ""
        wanted = expected_error(turn)
        if error != wanted:
            raise _Parted(turn.place, f"`{turn.name}` ends in {wanted or 'success'}", error or "it worked")
        if turn.outcome and did.outcome != turn.outcome:
            raise _Parted(turn.place, f"`{turn.name}` is {turn.outcome}", did.outcome)

    def _no_more_calls(self, place: Place, wanted: str) -> None:
        if self.dids:
            did = self.dids[0]
            raise _Parted(place, wanted, f"the call `{did.action}` ({did.outcome})")

    def _ended(self, turn: Expected) -> None:
        """Another conversation is begun after this one has ended as it should."""
        ended = outcome_of(self.view)
        if ended != turn.outcome if turn.outcome else ended == OPEN:
            raise _Parted(
                turn.place, f"the end{f': {turn.outcome}' if turn.outcome else ''}", self._waiting()
            )

    def _end(self) -> None:
        wanted = f"the end: {self.replay.end}"
        self._no_more_calls(self.replay.end_place, wanted)
        if outcome_of(self.view) != self.replay.end:
            raise _Parted(self.replay.end_place, wanted, self._waiting())
        held = self.stage.holds()
        for key, value, place in self.replay.holds:
            if not matches(value, held.get(key)):
                raise _Parted(place, f"{key}: {value}", f"{held.get(key)}")

    def _came(self, view: View, again: bool = False) -> None:
        """Take what came; a turn that is shown `again` tells no calls that were not told before."""
        self.view = view
        if not again:
            self.dids.extend(view.did)
        self.conversation += [_indented(text.text) for text in view.say]
        self.conversation += [f"  did {did.action}: {did.error or did.outcome}" for did in view.did]
        if view.prompt is not None:
            self.step = view.prompt.id
            self.conversation.append(_indented(f"{view.prompt.step}: {view.prompt.text.text}"))

    def _waiting(self) -> str:
        if self.dids:
            return f"the call `{self.dids[0].action}` ({self.dids[0].outcome})"
        waiting: Prompt | Finish | Reveal | None = None
        if self.view is not None:
            waiting = self.view.prompt or self.view.reveal or self.view.end
        match waiting:
            case Prompt(step=step):
                return f"the question `{step}`"
            case Reveal():
                return "a secret that waits to be shown"
            case Finish(outcome=outcome):
                return f"the end: {outcome.value}"
            case None:
                return "nothing"


def outcome_of(view: View | None) -> str:
    """How the conversation ended, in the words of a replay."""
    return view.end.outcome.value if view is not None and view.end is not None else OPEN


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" if line.strip() else "" for line in text.split("\n"))


def expected_error(turn: Expected) -> str:
    """The failure that a call is expected to end in, empty for none."""
    return turn.error or _OUTCOMES.get(turn.fault, turn.fault)


def is_meant(prompt: Prompt, name: str) -> bool:
    """Whether a replay's name means this question: its full id, the end of it, or the step's own id."""
    return name in (prompt.id, prompt.step) or prompt.id.endswith(f"/{name}")


def matches(wanted: Value, held: Value) -> bool:
    """Whether what is held is what is wanted; of records only the members that are named are compared."""
    if isinstance(wanted, dict) and isinstance(held, dict):
        return all(key in held and matches(value, held[key]) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(held, list):
        return len(wanted) == len(held) and all(map(matches, wanted, held))
    return wanted == held
