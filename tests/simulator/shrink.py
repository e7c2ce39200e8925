"""Reduces a failing simulation to what it needs: the tape is cut as early as it can be, then draws are
silenced block by block as long as something still breaks."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from tests.simulator.simulation import Simulated, simulate
from tests.simulator.tape import Tape

MOST_TRIES = 400


class Shrunk(NamedTuple):
    """The shortest failure that was found: its tape, and what it came to."""

    seed: int
    cut: int
    silent: frozenset[int]
    result: Simulated

    @property
    def replay(self) -> str:
        """The command that shows it again."""
        silent = f" --silent {_ranges(self.silent)}" if self.silent else ""
        return f"python -m tests.simulator --seed {self.seed} --cut {self.cut}{silent}"


def shrink(seed: int, found: Simulated, run: Callable[[Tape], Simulated] = simulate) -> Shrunk:
    """Reduce the failure that `seed` leads to."""
    tries = 0

    def breaks(cut: int, silent: frozenset[int]) -> Simulated | None:
        nonlocal tries
        tries += 1
        result = run(Tape(seed, cut, silent))
        return result if result.broken else None

    best = Shrunk(seed, len(found.drawn), frozenset(), found)
    low, high = 0, best.cut
    while low < high:
        middle = (low + high) // 2
        result = breaks(middle, frozenset())
        if result is None:
            low = middle + 1
        else:
            high, best = middle, Shrunk(seed, middle, frozenset(), result)
    block = max(1, best.cut // 2)
    while tries < MOST_TRIES:
        for start in range(0, best.cut, block):
            more = frozenset(
                place
                for place in range(start, min(start + block, best.cut))
                if place not in best.silent and best.result.drawn[place : place + 1] not in ((0,), ())
            )
            result = breaks(best.cut, best.silent | more) if more and tries < MOST_TRIES else None
            if result is not None:
                best = Shrunk(seed, best.cut, best.silent | more, result)
        if block == 1:
            break
        block = max(1, block // 2)
    return best


def _ranges(places: frozenset[int]) -> str:
    """Places as `3-7,9`."""
    found: list[list[int]] = []
    for place in sorted(places):
        if found and found[-1][1] == place - 1:
            found[-1][1] = place
        else:
            found.append([place, place])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in found)


def places_of(ranges: str) -> frozenset[int]:
    """The places that `--silent` names."""
    found: set[int] = set()
    for each in filter(None, ranges.split(",")):
        first, _, last = each.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)
