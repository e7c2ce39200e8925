"""Writes down what was heard of a conversation as the turns of a replay.

What stands for an answer, and for a person who acted, is said by whoever has it written down.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from adapters.replay.heard import Heard, HeardTurn
from engine import Value

SECRET = "Stand-in-4-a-secret-27!"
"""What is typed in a replay where a secret was typed."""

OTHER = "something else"


class StandIns(msgspec.Struct, frozen=True):
    """What stands for what was said: for the answer of a turn, and for the name of somebody else who acted.
    `by_hand` are the changes of people by the number of the turn before which they were made."""

    answer: Callable[[HeardTurn], Value]
    actor: Callable[[str], str] = str
    by_hand: Mapping[int, Sequence[Value]] = {}


def transcribed(heard: Heard, stand_ins: StandIns, passing: bool) -> Iterator[Value]:
    """The turns as a replay lists them; with `passing`, time goes on between them as it did."""
    clock = datetime.fromisoformat(heard.started.at)
    for number, turn in enumerate(heard.turns):
        for change in stand_ins.by_hand.get(number, ()):
            yield {"by hand": change}
        minutes = int((datetime.fromisoformat(turn.at) - clock).total_seconds() // 60)
        if passing and minutes > 0 and turn.kind != "did":
            clock += timedelta(minutes=minutes)
            yield {"later": minutes}
        yield _turn(turn, stand_ins)


def _turn(turn: HeardTurn, stand_ins: StandIns) -> Value:
    match turn.kind:
        case "ask":
            said: dict[str, Value] = {"ask": turn.name, "answer": stand_ins.answer(turn)}
        case "did":
            said = {"did": turn.name}
        case "change":
            said = {"change": turn.name}
        case "start":
            said = {"start": turn.name}
        case "hand over":
            said = {"hand over": OTHER}
        case kind:
            said = {kind: turn.error or True}
    if turn.by:
        said["by"] = stand_ins.actor(turn.by)
    how = "after" if turn.kind == "start" else "outcome"
    told: dict[str, Value] = {"problem": turn.problem, how: turn.outcome, "fault": turn.fault}
    if turn.kind == "did":
        told["error"] = turn.error
    if turn.call > 1:
        told["call"] = turn.call
    return {**said, **{key: value for key, value in told.items() if value}}
