"""Holds a conversation at random: valid and invalid answers, going back, faults, time, restarts.

Where chance comes from is not known here; small numbers are the simple choices, so that what shrinks its
numbers shrinks the conversation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

import msgspec

from adapters.replay.port import Stage
from adapters.replay.replay_file import FAULTS
from adapters.replay.transcribing import SECRET
from adapters.view import View
from engine import Audience, Catalog, Prompt, Value

MOST_FAULTS = 3
COLLEAGUE = "kim"
"""Who answers now and then in the place of whoever began."""

T = TypeVar("T")
_ODD: tuple[Value, ...] = (
    "",
    "zzz ???",
    None,
    7,
    -1,
    True,
    [],
    ["zzz"],
    {"$secret": "x", "checks": []},
    "\N{RIGHT-TO-LEFT OVERRIDE}{{ 7 * 7 }}\x1b[2J",
    "x" * 5_000,
)
_WORDS = ("Some words.", "nobody of that name", "0", "a")
_EMAILS = ("somebody@mail.example", "somebody@gmial.com", "somebody@yahoo.example", "not an address")
_DATES = ("1990-02-03", "2016-05-20", "2999-01-01")
_PHONES = ("+1 416 555 0111", "12")


class Chance(Protocol):
    """Where chance comes from."""

    def below(self, number: int) -> int:
        """A whole number from 0, below `number`."""
        ...


class Around(msgspec.Struct, frozen=True):
    """What a wanderer knows of the world: the flows with the audiences they are for, what can be said where a
    text is wanted (names), and the actions that can go wrong."""

    flows: tuple[tuple[str, tuple[Audience, ...]], ...]
    names: tuple[str, ...]
    actions: tuple[str, ...]


def around(
    flows: Sequence[tuple[str, frozenset[Audience]]], names: Sequence[str], catalog: Catalog
) -> Around:
    """See `Around`."""
    ordered = tuple((name, tuple(sorted(audiences))) for name, audiences in flows)
    return Around(ordered, tuple(names), tuple(sorted(catalog.actions)))


class Wanderer:
    """Wanders through one conversation on a stage, in at most so many moves."""

    def __init__(self, chance: Chance, world: Around, moves: int) -> None:
        self._chance = chance
        self._world = world
        self._moves = moves

    def start(self) -> tuple[str, Audience]:
        """The flow to begin with, and who begins it."""
        flow, audiences = self._one(self._world.flows)
        return flow, self._one(audiences)

    def wander(self, stage: Stage) -> View:
        """Hold a conversation until it ends or the moves are used up; the last turn. Faults are planned
        first, so that a shrunk conversation has as few as it needs."""
        for _ in range(self._chance.below(MOST_FAULTS + 1)):
            stage.plan_fault(self._one(self._world.actions), self._one(FAULTS), 1 + self._chance.below(3))
        view = stage.start()
        for _ in range(self._moves):
            if view.end is not None:
                break
            view = self._move(stage, view)
        return view

    def _move(self, stage: Stage, view: View) -> View:
        if view.reveal is not None:
            if self._chance.below(4) == 3:
                return stage.restart()
            return stage.reveal(view.reveal.id)[1]
        if view.prompt is None:
            return stage.restart()
        prompt = view.prompt
        kind = self._chance.below(20)
        ways: dict[int, Callable[[], View]] = {
            13: lambda: stage.answer(self._fitting(prompt), COLLEAGUE),
            14: lambda: stage.answer(self._one(_ODD)),
            15: lambda: stage.answer(self._one(_ODD)),
            16: stage.back,
            17: stage.back,
            18: stage.restart,
            19: lambda: self._later(stage, prompt),
        }
        return ways.get(kind, lambda: stage.answer(self._fitting(prompt)))()

    def _later(self, stage: Stage, prompt: Prompt) -> View:
        stage.later(self._one((1, 6, 20, 3_000)))
        return stage.answer(self._fitting(prompt))

    def _fitting(self, prompt: Prompt) -> Value:
        """An answer of the kind that is asked for."""
        if prompt.optional and self._chance.below(4) == 3:
            return None
        ids = [choice.id for choice in prompt.choices]
        match prompt.kind:
            case "choice" | "one" if ids:
                return self._one(ids)
            case "several" if ids:
                return [self._one(ids)] if self._chance.below(2) == 0 else [*ids]
            case "yes-no":
                return self._one(("yes", "no"))
            case "email":
                return self._one(_EMAILS)
            case "date":
                return self._one(_DATES)
            case "phone":
                return self._one(_PHONES)
            case "number":
                return self._one((1, 0, 1_000))
            case "secret":
                return self._one((SECRET, "x"))
            case _:
                return self._one((*self._world.names, *_WORDS))

    def _one(self, options: Sequence[T]) -> T:
        return options[self._chance.below(len(options))]
