"""Killed at its system calls, the conversation goes on, and nothing is lost or done twice: a few of the kills
that `python -m tests.durability kills` tries, and all of them in the long run."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from tests.durability import kills
from tests.durability.conversation import ACTIONS, TURNS, a_place, hold, make_clinic
from tests.durability.many import workers
from tests.durability.tracer import why_not

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "nothing")


def told(folder: Path) -> tuple[int, int]:
    """How many turns the undisturbed conversation has, and how many actions are told in it."""
    make_clinic(folder / "fresh.db")
    with a_place(folder / "place", folder / "fresh.db", "files") as place:
        heard = hold(place)
    return len(heard.turns), sum(len(turn["did"]) for turn in heard.turns if isinstance(turn["did"], list))


def test_the_conversation_has_the_turns_and_actions_that_are_told(
    pool: ProcessPoolExecutor, tmp_path: Path
) -> None:
    assert pool.submit(told, tmp_path).result() == (TURNS, ACTIONS)


def test_killed_at_some_of_its_calls_it_goes_on_and_repeats_nothing(
    pool: ProcessPoolExecutor, tmp_path: Path
) -> None:
    table = kills.measured(pool, tmp_path, sample=3)
    assert list(table.failures) == []
    assert sum(int(row[1]) for row in table.rows) >= 3 * len(kills.KINDS) - 2


@pytest.mark.soak
def test_killed_at_any_of_its_calls_it_goes_on_and_repeats_nothing(tmp_path: Path) -> None:
    with workers() as pool:
        table = kills.measured(pool, tmp_path)
    assert list(table.failures) == []
    assert sum(int(row[1]) for row in table.rows) > 1_000
