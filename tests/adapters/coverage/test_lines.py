"""Points as lines and ways between them: every point is one, no two are the same."""

from __future__ import annotations

import pytest

from adapters.coverage.lines import branches_of, marks_of, owners, regions_of, statements_of
from adapters.coverage.measure import FlowMeasure, measure
from adapters.coverage.tally import Tally
from engine import Point
from tests.adapters.coverage.example import ALL, FLOW, SHORT, TWO, everything, pack, tally


def flow(**conversations: list[Point]) -> FlowMeasure:
    return measure(pack(), tally(conversations)).flows[0]


def test_a_line_can_be_touched_where_something_is_written() -> None:
    assert sorted(statements_of(flow())) == [3, 5, 11, 12, 13, 17, 18, 22, 24, 26]


def test_every_way_out_of_a_step_is_a_branch_of_its_own() -> None:
    ways = branches_of(flow())
    points = [each for each in flow().points if each.at.point.kind != "step"]
    assert len(ways.words) == len(points) == 11
    assert {start for start, _ in ways.words} == {3, 5, 17, 18, 24}
    assert [end for start, end in ways.words if start == 5] == [11, 12, 13]
    assert ways.exits() == {3: 2, 5: 3, 17: 2, 18: 2, 24: 2}
    assert all(start != end for start, end in ways.words)


def test_what_was_walked_is_among_the_branches_and_all_of_it_is_all_of_them() -> None:
    ways = branches_of(everything().flows[0])
    assert set(ways.words) <= ways.by[ALL]
    assert {max(arc) for arc in ways.by[ALL]} >= statements_of(flow())
    short = branches_of(flow(x=SHORT, y=TWO))
    assert {arc[0] for arc in short.by["x"] if arc[0] > 0} == {5, 18, 24}
    assert (5, 12) in short.by["y"]
    assert (5, 12) not in short.by["x"]


def test_a_line_with_several_things_on_it_is_marked_for_all_the_missing_ones_at_once() -> None:
    marks = marks_of(flow(x=SHORT, y=TWO))
    assert {start for start, _ in marks.words} == {3, 17, 18, 24}
    missing = {
        start: words
        for (start, end), words in marks.words.items()
        if not any((start, end) in by for by in marks.by.values())
    }
    assert missing[17] == "that `2` does not hold"
    assert missing[24] == "the answer `no` to `fine`"
    assert 18 not in missing
    assert marks.exits() == {3: 2, 17: 2, 18: 2, 24: 2}


def test_each_line_of_a_step_belongs_to_it_and_none_before_the_steps_does() -> None:
    found = owners(FLOW, statements_of(flow()))
    assert {line: found.get(line) for line in (1, 2, 3, 4)} == {1: None, 2: None, 3: 3, 4: None}
    assert [found.get(line) for line in range(5, 28)] == (
        [5, 5, 5, None, None, 5, 11, 12, 13, 13, 13, 5, 17, 18, 18, 18, 18, 22, 22, 24, None, 26, 26]
    )


@pytest.mark.parametrize("name", ["which", "look", "fine.yes.1"])
def test_a_step_has_the_lines_of_its_ways(name: str) -> None:
    lines = {"which": {5, 11, 12, 13}, "look": {18, 22}, "fine.yes.1": {24}}
    assert regions_of(flow())[name] == lines[name]


def test_nothing_is_walked_where_nobody_went() -> None:
    nothing = measure(pack(), Tally()).flows[0]
    assert branches_of(nothing).by == {}
    assert marks_of(nothing).by == {}
