"""What was heard of a conversation that is kept: its turns as a replay lists them, and the calls it made.

Made from the flow and the events alone, by advancing purely. Everything is as it was said: nothing
personal is replaced here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from adapters.replay.replay_file import LOST, NOT_DONE
from engine import (
    Answered,
    AtCall,
    AtEnd,
    AtPrompt,
    CannotTell,
    Changed,
    CheckedBack,
    Did,
    DidNotHappen,
    Effect,
    Event,
    Failed,
    Failure,
    Flow,
    HandedOver,
    Happened,
    Lost,
    Perform,
    Problem,
    Prompt,
    Resumed,
    Revealed,
    RevealLost,
    Started,
    State,
    Stopped,
    Succeeded,
    Traced,
    Turn,
    Value,
    WentBack,
    advance,
)

HeardKind: TypeAlias = Literal[
    "ask", "did", "back", "change", "reveal", "restart", "hand over", "stop", "start"
]

_LOOKED_FOR = {Happened: LOST, DidNotHappen: NOT_DONE, CannotTell: Failure.OUTCOME_UNKNOWN.value}
"""The fault after which looking shows this."""


class HeardTurn(msgspec.Struct, frozen=True):
    """One turn. `at` is the moment in UTC; `prompt` the question an answer was given to; the rest as in
    `Expected`, and `by` the name of who acted, if that was not whoever began."""

    kind: HeardKind
    at: str
    name: str = ""
    answer: Value = None
    prompt: Prompt | None = None
    problem: str = ""
    outcome: str = ""
    error: str = ""
    fault: str = ""
    call: int = 0
    by: str = ""


class HeardCall(msgspec.Struct, frozen=True):
    """A call that succeeded. `turns` counts the turns that came before its result."""

    action: str
    effect: Effect
    args: dict[str, Value]
    result: Value
    at: str
    turns: int


class Heard(msgspec.Struct, frozen=True):
    """A conversation as it was. `end` is its outcome, or empty while it is open; `traces` are the ways that
    those before it and it went, `made` says how many calls of each action there were."""

    started: Started
    turns: tuple[HeardTurn, ...]
    calls: tuple[HeardCall, ...]
    end: str
    traces: tuple[tuple[Traced, ...], ...]
    made: Mapping[str, int] = {}


def heard(flow: Flow, events: Iterable[Event]) -> Heard:
    """The conversation that these events make up. Raises OutOfTurn if they are not those of one session of
    this flow, ValueError if there are none."""
    hearing: _Hearing | None = None
    for event in events:
        if hearing is None:
            if not isinstance(event, Started):
                break
            hearing = _Hearing(flow, event)
        hearing.take(event)
    if hearing is None:
        raise ValueError("a session begins with Started")
    state = hearing.state
    end = state.waiting.outcome.value if state is not None and isinstance(state.waiting, AtEnd) else ""
    traces = (tuple(hearing.trace),)
    return Heard(hearing.started, tuple(hearing.turns), tuple(hearing.calls), end, traces, hearing.made)


def one_after_another(first: Heard, second: Heard) -> Heard:
    """Two conversations in one world as one: the second is begun in it after the first."""
    begun = second.started
    by = begun.actor if begun.actor != first.started.actor else ""
    before = len(first.turns) + 1
    return Heard(
        first.started,
        (
            *first.turns,
            HeardTurn("start", begun.at, begun.flow, by=by, outcome=first.end or "open"),
            *(_counted_on(turn, first.made) for turn in second.turns),
        ),
        (*first.calls, *(replace(call, turns=call.turns + before) for call in second.calls)),
        second.end,
        (*first.traces, *second.traces),
        Counter(first.made) + Counter(second.made),
    )


def _counted_on(turn: HeardTurn, made: Mapping[str, int]) -> HeardTurn:
    """The turn with the number of its call as it is after so many calls of each action."""
    return replace(turn, call=turn.call + made.get(turn.name, 0)) if turn.call else turn


class _Hearing:
    """The conversation so far. By the key of a call, `numbers` says the how manieth of its action it was, and
    `faults` what became of it where it did not simply work."""

    def __init__(self, flow: Flow, started: Started) -> None:
        self.flow = flow
        self.started = started
        self.state: State | None = None
        self.turns: list[HeardTurn] = []
        self.calls: list[HeardCall] = []
        self.trace: list[Traced] = []
        self.made: Counter[str] = Counter()
        self._numbers: dict[str, int] = {}
        self._faults: dict[str, str] = {}
        self._reads: dict[str, str] = {}

    def take(self, event: Event) -> None:
        """Let the event happen, and note what a replay says of it."""
        before, self._at = self.state, event.at
        self._note_outcome(event)
        turn = advance(self.flow, before, event, tracing=True)
        self.state = turn.state
        self.trace += turn.trace
        said = self._said(before, event, turn)
        if said is not None:
            self.turns.append(said)
        told = {effect.key for effect in turn.effects if isinstance(effect, Did)}
        self._note_untold(event, told)
        for effect in turn.effects:
            if isinstance(effect, Perform) and effect.call.key not in self._numbers:
                self.made[effect.call.action] += 1
                self._numbers[effect.call.key] = self.made[effect.call.action]
                if effect.call.effect is Effect.READ:
                    self._reads[effect.call.key] = effect.call.action
            elif isinstance(effect, Did) and not isinstance(event, Resumed):
                self.turns.append(self._did(effect))

    def _said(self, before: State | None, event: Event, turn: Turn) -> HeardTurn | None:
        """The turn that this event is, if a replay lists it."""
        at = event.at
        match event:
            case Answered():
                return self._answer(before, event, turn)
            case WentBack():
                return HeardTurn("back", at)
            case Changed(prompt=prompt):
                return HeardTurn("change", at, prompt.rsplit("/", 1)[-1])
            case Revealed():
                return HeardTurn("reveal", at)
            case RevealLost():
                return HeardTurn("reveal", at, error=LOST)
            case Resumed() if before is not None and not isinstance(before.waiting, AtCall | AtEnd):
                return HeardTurn("restart", at)
            case HandedOver():
                return HeardTurn("hand over", at)
            case Stopped():
                return HeardTurn("stop", at)
            case _:
                return None

    def _answer(self, before: State | None, event: Answered, turn: Turn) -> HeardTurn | None:
        waiting = before.waiting if before is not None else None
        if not isinstance(waiting, AtPrompt):
            return None
        problem = next((each.code for each in turn.effects if isinstance(each, Problem)), "")
        by = event.actor if event.actor != self.started.actor else ""
        prompt = waiting.prompt
        return HeardTurn("ask", event.at, prompt.step, event.value, prompt, problem, by=by)

    def _note_outcome(self, event: Event) -> None:
        match event:
            case Succeeded(key=key, result=result):
                self._succeeded(key, result)
            case Failed(key=key, failure=failure):
                self._faults[key] = failure.value
            case Lost(key=key):
                self._faults[key] = LOST
            case CheckedBack(key=key, finding=finding):
                self._faults[key] = _LOOKED_FOR[type(finding)]
                if isinstance(finding, Happened):
                    self._succeeded(key, finding.result)
            case _:
                return

    def _succeeded(self, key: str, result: Value) -> None:
        waiting = self.state.waiting if self.state is not None else None
        if isinstance(waiting, AtCall) and waiting.call.key == key:
            call = waiting.call
            self.calls.append(
                HeardCall(call.action, call.effect, call.args, result, self._at, len(self.turns))
            )

    def _note_untold(self, event: Event, told: set[str]) -> None:
        """A read that failed is asserted where nothing is said of it, so that it fails again."""
        if isinstance(event, Failed | Lost) and event.key not in told and event.key in self._reads:
            fault = self._faults.pop(event.key)
            number = self._numbers[event.key]
            self.turns.append(HeardTurn("did", self._at, self._reads[event.key], fault=fault, call=number))

    def _did(self, did: Did) -> HeardTurn:
        outcome = did.outcome if did.outcome in ("unknown", "reconciled") else ""
        error = did.error.value if did.error is not None else ""
        fault = self._faults.pop(did.key, "")
        if not fault:
            return HeardTurn("did", self._at, did.action, outcome=outcome, error=error)
        number = self._numbers.get(did.key, 0)
        return HeardTurn("did", self._at, did.action, outcome=outcome, fault=fault, call=number)
