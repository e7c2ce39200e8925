"""Where all chance of a simulation comes from: numbers drawn one after the other from a seed.

0 is the quiet choice everywhere: nothing goes wrong, whoever was at work goes on. What is cut off or silenced
of a tape is 0, so that a failure can be reduced to the few draws that it needs.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from random import Random
from typing import TypeVar

T = TypeVar("T")


class Tape:
    """The numbers of `seed`; those from place `cut` on, and those at the places in `silent`, are 0."""

    def __init__(self, seed: int, cut: int | None = None, silent: Set[int] = frozenset()) -> None:
        self.seed = seed
        self._random = Random(seed)
        self._cut = cut
        self._silent = silent
        self.drawn: list[int] = []
        """What was drawn so far, by place."""

    def below(self, number: int) -> int:
        """A whole number from 0, below `number`."""
        value = self._random.getrandbits(32) * number >> 32
        place = len(self.drawn)
        if (self._cut is not None and place >= self._cut) or place in self._silent:
            value = 0
        self.drawn.append(value)
        return value

    def happens(self, per_thousand: int) -> bool:
        """Whether something happens that happens so often."""
        return self.below(1000) >= 1000 - per_thousand

    def one(self, options: Sequence[T]) -> T:
        """One of these, the first of which is the quiet one."""
        return options[self.below(len(options))]
