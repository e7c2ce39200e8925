"""Times two pieces of work in turn, so that what slows the machine down slows both, and takes medians."""

from __future__ import annotations

import gc
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import process_time

ROUNDS = 15
SLICE = 0.12
"""For how many seconds of CPU time one piece of work runs in a round."""

Work = Callable[[], int]
"""Does something and says how many units of it were done."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Units a second of CPU time on both sides, and the median of the rounds' ratios."""

    ours: float
    theirs: float
    ratio: float


def alternate(ours: Work, theirs: Work, rounds: int = ROUNDS) -> Pair:
    """Measure both, changing who begins."""
    for work in (ours, theirs):
        speed(work, SLICE / 4)
    found: list[tuple[float, float]] = []
    for number in range(rounds):
        if number % 2:
            second = speed(theirs)
            found.append((speed(ours), second))
        else:
            found.append((speed(ours), speed(theirs)))
    mine, other = ([pair[side] for pair in found] for side in (0, 1))
    return Pair(median(mine), median(other), median(one / two for one, two in found))


def speed(work: Work, slice_of: float = SLICE) -> float:
    """Units a second of CPU time of this process."""
    gc.collect()
    done, begun = 0, process_time()
    while (spent := process_time() - begun) < slice_of:
        done += work()
    return done / spent
