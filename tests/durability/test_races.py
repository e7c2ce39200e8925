"""Of several answers to one question exactly one is taken: a few of the races that `python -m
tests.durability races` holds, and all of them in the long run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.durability.contenders import Reply
from tests.durability.races import RACES, Races, _judged, raced


def test_of_some_races_each_has_one_winner(tmp_path: Path) -> None:
    table = raced(tmp_path, 8, consoles=1, requests=2, drivers=1)
    assert list(table.failures) == []
    assert sum(int(row[1]) for row in table.rows) == sum(int(row[2]) for row in table.rows) == 8


@pytest.mark.soak
def test_of_all_races_each_has_one_winner(tmp_path: Path) -> None:
    table = raced(tmp_path, RACES)
    assert list(table.failures) == []
    assert sum(int(row[2]) for row in table.rows) == RACES


class Silent:
    """A contender of whom only the name matters."""

    name = "driver"

    def answers(self, prompt: str, seq: int, value: object) -> None:
        raise NotImplementedError

    def hears(self) -> Reply:
        raise NotImplementedError


@pytest.mark.parametrize(
    ("replies", "told"),
    [
        ((Reply("", 3, "a", ""), Reply("", 3, "a", "")), "2 won"),
        ((Reply("stale", 3, "a", ""), Reply("stale", 3, "a", "")), "0 won"),
        ((Reply("", 3, "a", ""), Reply("stale", 2, "a", "")), "a driver got"),
        ((Reply("", 3, "a", ""), Reply("busy", 3, "a", "")), "a driver got"),
        ((Reply("", 3, "a", ""), Reply("stale", 3, "b", "")), "a driver got"),
    ],
)
def test_a_race_that_goes_wrong_is_told(replies: tuple[Reply, ...], told: str) -> None:
    found = Races()
    _judged(found, "s", Reply("", 2, "a", ""), [Silent(), Silent()], ["a", "b"], replies, ())
    assert [told in each for each in found.failures] == [True]
