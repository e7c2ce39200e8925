"""The state of a session between two events: a frozen value that goes to JSON and back.

Knows no flow; `engine.turn` makes the next state from this one. Shared parts (facts that did not change
from one question to the next) are stored once.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from engine.actions import Audience, Effect, Failure, narrower
from engine.effects import Ask, Call, CallOutcome, Did, Outcome, Problem, Prompt, Reveal, Say
from engine.errors import BrokenState
from engine.events import ByPerson
from engine.rich import NO_TEXT, RichText
from engine.values import Value

CallPhase = Literal["gate", "planned", "checking"]
Asking = Literal["", "confirm", "error", "unknown", "repeat", "evidence", "second", "lost", "undo"]


class Round(msgspec.Struct, frozen=True):
    """Where a visit stands that runs once for each item of a list."""

    items: list[Value]
    index: int
    exits: tuple[str, ...]
    results: tuple[dict[str, Value], ...]


class Frame(msgspec.Struct, frozen=True):
    """One flow on the stack of visits.

    `at` is the path of the step it stands at, `prefix` what comes before that path in a full id, `round`
    the list it is run for, if any.
    """

    flow: str
    at: str
    prefix: str
    facts: dict[str, Value]
    round: Round | None = None


class WayBack(msgspec.Struct, frozen=True):
    """The call that takes another one back: its action, its arguments as far as they were known when that one
    was made, and its exact effect in words."""

    action: str
    args: dict[str, Value]
    sentence: str


class CallRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """One call of this session, for going back, for asking before a repeat, and for the ticket. Of reads only
    what they found of how things stand is kept (`text`). `undo` is the way back, if there is one; `undoes`
    the key of the call that this one was to take back."""

    key: str
    action: str
    path: str
    args: dict[str, Value]
    effect: Effect
    outcome: CallOutcome
    error: Failure | None
    text: str
    at: str
    result: Value = None
    undo: WayBack | None = None
    undoes: str = ""


class Mark(msgspec.Struct, frozen=True):
    """One answered question: its id and number, what was asked and answered, and the frames to go back to.

    `answer` is for records that others read: the id of a choice, or only the kind of what was typed. `value`
    is the answer as it was given, `told` the same in words; of a secret neither says anything. `calls` counts
    the calls that were recorded before.
    """

    path: str
    question: str
    answer: str
    frames: tuple[Frame, ...]
    calls: int
    at: str
    value: Value = None
    told: str = ""
    seq: int = 0


class AtPrompt(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """Waiting for a person. `asking` tells a step's own question from the engine's about its call; `covers`
    are the actions that the evidence asked for will serve."""

    prompt: Prompt
    asking: Asking = ""
    call: Call | None = None
    failure: Failure | None = None
    covers: tuple[str, ...] = ()


class AtCall(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """Waiting for the gates, for the call's own outcome, or for what looking back at it shows. `then` is the
    call that comes after this one, which records a verification for it; `since` is when the call was let
    go."""

    call: Call
    phase: CallPhase
    then: Call | None = None
    since: str = ""


class AtReveal(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """Waiting until the person has seen a secret that `call` gave; then come the `rest`, and the step at the
    path `to`."""

    reveal: Reveal
    call: Call
    to: str
    rest: tuple[Reveal, ...] = ()


class AtEnd(msgspec.Struct, frozen=True, tag=True):
    """Nothing more can happen."""

    outcome: Outcome
    text: RichText = NO_TEXT


Waiting: TypeAlias = AtPrompt | AtCall | AtReveal | AtEnd


class State(msgspec.Struct, frozen=True):
    """Everything a session knows.

    `seq` counts the questions put, `turns` the answers taken; `entries` counts how often each call's path
    was entered and never decreases; `shown` is what the current turn has said and done so far, so that a
    resumed session can say it again; `busy` counts the calls since a person last did something.

    After an earlier answer was changed, `kept` holds the answers that came after it and were not used again
    yet, and `following` says that the last answer was one of them. `undoing` are the keys of the calls whose
    undoing is to be offered, the first one now; `behind` those that a person went back past:
    changes that stand, and reads.

    `own` are the people the actor acts for as themself; `by` is who answered last (empty: the actor), `role`
    the less trusted role they did it in, if it was one, and `role_allowed` what that role may call.
    """

    session: str
    flow: str
    version: str
    actor: str
    audience: Audience
    today: str
    allowed: dict[str, Value]
    seq: int
    turns: int
    frames: tuple[Frame, ...]
    waiting: Waiting
    entries: dict[str, int]
    trail: tuple[Mark, ...]
    calls: tuple[CallRecord, ...]
    shown: tuple[Say | Did, ...]
    notes: tuple[str, ...]
    subject: str
    busy: int = 0
    kept: tuple[Mark, ...] = ()
    following: bool = False
    undoing: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    by: str = ""
    role: Audience | None = None
    role_allowed: dict[str, Value] | None = None

    @property
    def me(self) -> str | None:
        """Who holds the session, where somebody is signed in as a client or as one contact of one."""
        return self.own[0] if len(self.own) == 1 else None

    def acting(self) -> tuple[str, Audience]:
        """Who does what is done now, and in which role."""
        return self.by or self.actor, self.role or self.audience


def acting_as(state: State, event: ByPerson) -> tuple[str, Audience | None, dict[str, Value] | None]:
    """`State.by`, `State.role` and `State.role_allowed` for somebody who goes on with a session: with nothing
    said, it is whoever began it. They may call what both roles may."""
    role = narrower(state.audience, event.audience) if event.audience is not None else state.audience
    by = "" if event.actor == state.actor else event.actor
    if role is state.audience:
        return by, None, None
    if event.allowed is None:
        return by, role, None
    return by, role, {name: value for name, value in state.allowed.items() if name in event.allowed}


Shown: TypeAlias = Say | Did | Ask | Problem


class _StoredRound(msgspec.Struct, frozen=True, array_like=True):
    items: tuple[int, ...]
    index: int
    exits: tuple[str, ...]
    results: tuple[dict[str, int], ...]


class _StoredFrame(msgspec.Struct, frozen=True, array_like=True):
    flow: str
    at: str
    prefix: str
    facts: dict[str, int]
    round: int | None


class _StoredMark(msgspec.Struct, frozen=True, array_like=True):
    path: str
    question: str
    answer: str
    frames: tuple[int, ...]
    calls: int
    at: str
    value: Value = None
    told: str = ""
    seq: int = 0


class _Stored(msgspec.Struct, frozen=True):
    state: State
    frames: tuple[int, ...]
    trail: tuple[_StoredMark, ...]
    kept: tuple[_StoredMark, ...]
    values: tuple[Value, ...]
    rounds: tuple[_StoredRound, ...]
    pool: tuple[_StoredFrame, ...]


class _Pool:
    """Numbers frames and rounds by identity, and values by what they are, so that each is written once, and
    in the same order however often the state was stored before."""

    def __init__(self) -> None:
        self.values: list[Value] = []
        self.rounds: list[_StoredRound] = []
        self.frames: list[_StoredFrame] = []
        self._value_numbers: dict[bytes | tuple[str, str], int] = {}
        self._record_numbers: dict[int, int] = {}
        self._round_numbers: dict[int, int] = {}
        self._frame_numbers: dict[int, int] = {}

    def frame(self, frame: Frame) -> int:
        number = self._frame_numbers.get(id(frame))
        if number is None:
            facts = self._facts(frame.facts)
            turn = self._round(frame.round) if frame.round is not None else None
            number = self._frame_numbers[id(frame)] = len(self.frames)
            self.frames.append(_StoredFrame(frame.flow, frame.at, frame.prefix, facts, turn))
        return number

    def mark(self, mark: Mark) -> _StoredMark:
        frames = tuple(self.frame(frame) for frame in mark.frames)
        return _StoredMark(
            mark.path,
            mark.question,
            mark.answer,
            frames,
            mark.calls,
            mark.at,
            mark.value,
            mark.told,
            mark.seq,
        )

    def _round(self, turn: Round) -> int:
        number = self._round_numbers.get(id(turn))
        if number is None:
            items = tuple(self._value(item) for item in turn.items)
            results = tuple(self._facts(each) for each in turn.results)
            number = self._round_numbers[id(turn)] = len(self.rounds)
            self.rounds.append(_StoredRound(items, turn.index, turn.exits, results))
        return number

    def _facts(self, facts: dict[str, Value]) -> dict[str, int]:
        return {name: self._value(facts[name]) for name in sorted(facts)}

    def _value(self, value: Value) -> int:
        if not isinstance(value, list | dict):
            return self._number((type(value).__name__, str(value)), value)
        # Most are one object in many frames; equal ones are one only after they were stored.
        number = self._record_numbers.get(id(value))
        if number is None:
            number = self._number(_ENCODER.encode(value), value)
            self._record_numbers[id(value)] = number
        return number

    def _number(self, key: bytes | tuple[str, str], value: Value) -> int:
        number = self._value_numbers.get(key)
        if number is None:
            number = self._value_numbers[key] = len(self.values)
            self.values.append(value)
        return number


_ENCODER = msgspec.json.Encoder(order="deterministic")


def state_to_json(state: State) -> bytes:
    """The state as canonical JSON (UTF-8)."""
    pool = _Pool()
    frames = tuple(pool.frame(frame) for frame in state.frames)
    trail = tuple(pool.mark(mark) for mark in state.trail)
    kept = tuple(pool.mark(mark) for mark in state.kept)
    bare = msgspec.structs.replace(state, frames=(), trail=(), kept=())
    return _ENCODER.encode(
        _Stored(bare, frames, trail, kept, tuple(pool.values), tuple(pool.rounds), tuple(pool.frames))
    )


def state_from_json(data: bytes) -> State:
    """The state that `state_to_json` wrote. Raises BrokenState for anything else."""
    try:
        stored = msgspec.json.decode(data, type=_Stored)
        rounds = [_round_of(each, stored.values) for each in stored.rounds]
        frames = [
            Frame(
                frame.flow,
                frame.at,
                frame.prefix,
                _facts_of(frame.facts, stored.values),
                rounds[frame.round] if frame.round is not None else None,
            )
            for frame in stored.pool
        ]
        trail = tuple(_mark_of(mark, frames) for mark in stored.trail)
        kept = tuple(_mark_of(mark, frames) for mark in stored.kept)
        current = tuple(frames[number] for number in stored.frames)
    except (msgspec.MsgspecError, IndexError, UnicodeDecodeError, RecursionError) as error:
        raise BrokenState(f"this is not the state of a session: {error}") from error
    if not current:
        raise BrokenState("this is not the state of a session: it stands nowhere")
    return msgspec.structs.replace(stored.state, frames=current, trail=trail, kept=kept)


def _mark_of(stored: _StoredMark, frames: list[Frame]) -> Mark:
    return Mark(
        stored.path,
        stored.question,
        stored.answer,
        tuple(frames[number] for number in stored.frames),
        stored.calls,
        stored.at,
        stored.value,
        stored.told,
        stored.seq,
    )


def _round_of(stored: _StoredRound, values: tuple[Value, ...]) -> Round:
    return Round(
        [values[number] for number in stored.items],
        stored.index,
        stored.exits,
        tuple(_facts_of(each, values) for each in stored.results),
    )


def _facts_of(numbers: dict[str, int], values: tuple[Value, ...]) -> dict[str, Value]:
    return {name: values[number] for name, number in numbers.items()}
