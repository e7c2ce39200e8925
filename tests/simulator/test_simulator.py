"""Small conversations in many storms: nothing that was promised is broken, and each can be held again."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache

import pytest

from tests.simulator.shrink import places_of, shrink
from tests.simulator.simulation import Simulated, simulate
from tests.simulator.tape import Tape

SHORT, LONG = range(40), range(1_000, 6_000)
IN_ANOTHER = """
import sys
from tests.simulator.simulation import simulate
from tests.simulator.tape import Tape
print(*simulate(Tape(int(sys.argv[1]))).notes, sep="\\n")
"""


@cache
def simulated(seed: int) -> Simulated:
    """One simulation, held once."""
    return simulate(Tape(seed))


def told(seed: int) -> str:
    """What is broken in this simulation, reduced, and how it is shown again; nothing if all holds."""
    result = simulated(seed)
    if not result.broken:
        return ""
    found = shrink(seed, result)
    return "\n".join((*found.result.notes, f"Replay it: {found.replay}"))


def test_nothing_is_broken_in_a_storm() -> None:
    assert "\n".join(filter(None, map(told, SHORT))) == ""


@pytest.mark.soak
@pytest.mark.parametrize("first", range(LONG.start, LONG.stop, 100))
def test_nothing_is_broken_in_many_storms(first: int) -> None:
    assert "\n".join(filter(None, map(told, range(first, first + 100)))) == ""


def test_a_storm_has_everything_in_it() -> None:
    notes = "\n".join(note for seed in SHORT for note in simulated(seed).notes)
    for what in (
        *("before a commit", "after a commit", "is killed before sending", "is killed after"),
        *("the store cannot be written", "the store cannot be read", "the clock is set", "is outrun"),
        *("trouble on the line: late", "trouble on the line: unanswered", "trouble on the line: doubtful"),
        *("the reply is lost", "DidNotHappen", "Happened", "(stale)", "unknown", "reconciled", "secret-"),
    ):
        assert what in notes, what


def test_one_seed_is_one_simulation_in_every_process() -> None:
    elsewhere = subprocess.run(
        [sys.executable, "-c", IN_ANOTHER, "7"],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert elsewhere.stdout.splitlines() == list(simulated(7).notes)


def test_a_failure_is_reduced_to_the_draws_it_needs() -> None:
    def fails_on_two(tape: Tape) -> Simulated:
        drawn = [tape.below(10) for _ in range(40)]
        broken = ("two large ones",) if drawn[5] > 0 and drawn[20] > 0 else ()
        return Simulated(broken, (), tuple(drawn), 0)

    seed = next(seed for seed in range(99) if fails_on_two(Tape(seed)).broken)
    found = shrink(seed, fails_on_two(Tape(seed)), fails_on_two)
    assert found.cut == 21
    assert [place for place, value in enumerate(found.result.drawn) if value] == [5, 20]
    assert f"--seed {seed} --cut 21 --silent" in found.replay
    assert places_of("3-5,9") == {3, 4, 5, 9}
