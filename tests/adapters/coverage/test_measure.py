"""Tallies add up over processes, and what is measured is what there is, touched or not."""

from __future__ import annotations

from adapters.coverage.measure import Share, in_words, measure, walked
from adapters.coverage.table import coverage_table, lines_in_words, percent
from adapters.coverage.tally import Tally, tally_of
from engine import Flow, PointAt, Traced
from tests.adapters.coverage.example import FLOW, SHORT, TWO, everything, pack, point, tally


def trace(flow: Flow) -> list[Traced]:
    return [
        Traced("a/which", "a", "which", "step"),
        Traced("a/which", "a", "which", "answer", "one", {}, "look"),
        Traced("a/look", "a", "look", "step"),
        Traced("a/look", "a", "look", "outcome", "unavailable"),
        Traced("a/look", "a", "look", "error", "unavailable", {}, "sorry"),
        Traced("a/look!error", "a", "look!error", "answer", "again"),
    ]


def test_a_trace_is_counted_under_the_name_of_its_conversation() -> None:
    flow, counted = pack().flow("a"), Tally()
    counted.take("x", flow, trace(flow))
    counted.take("y", flow, trace(flow)[:1])
    assert {each: list(by) for each, by in counted.points.items()} == {
        point("which"): ["x", "y"],
        point("which", "answer", "one"): ["x"],
        point("look"): ["x"],
        point("", "outcome", "unavailable"): ["x"],
    }
    assert {each: list(by) for each, by in counted.outcomes.items()} == {("get_clinic", "unavailable"): ["x"]}
    assert walked(counted) == {"a"}


def test_a_tally_comes_whole_from_another_process_and_adds_up() -> None:
    first = tally({"x": SHORT, "y": TWO}, {"x": [("get_clinic", "confirmed")]})
    again = tally_of(first.kept())
    assert again == first
    second = tally({"z": TWO, "x": SHORT}, {"z": [("get_clinic", "confirmed"), ("get_clinic", "forbidden")]})
    again.add(second)
    assert list(again.points[point("which")]) == ["x", "y", "z"]
    assert list(again.outcomes[("get_clinic", "confirmed")]) == ["x", "z"]
    assert len(again.outcomes) == 2


def test_each_kind_is_counted_for_itself() -> None:
    flow = measure(pack(), tally({"x": SHORT, "y": TWO})).flows[0]
    assert flow.share("step") == Share(6, 6)
    assert flow.share("answer") == Share(3, 5)
    assert flow.share("branch", "exit") == Share(1, 2)
    assert flow.share("outcome") == Share(1, 4)
    assert flow.share() == Share(11, 17)
    assert [(at.line, in_words(at.point)) for at in flow.missing()] == [
        (3, "the outcome `unavailable` of the flow's own `on`"),
        (3, "the outcome `unsupported` of the flow's own `on`"),
        (13, "the answer `three` to `which`"),
        (17, "that `2` does not hold"),
        (22, "the outcome `forbidden` of `look`"),
        (24, "the answer `no` to `fine`"),
    ]


def test_flows_can_be_left_out_and_what_nobody_touched_is_there() -> None:
    assert measure(pack(), Tally(), ()).flows == ()
    assert measure(pack(), Tally(), ("a",)).total() == Share(0, 17)
    assert everything().total() == Share(17, 17)


def test_a_percentage_is_never_better_than_it_is() -> None:
    assert percent(Share(999, 1000)) == "99 %"
    assert percent(Share(1000, 1000)) == "100 %"
    assert percent(Share(0, 0)) == "100 %"


def test_lines_are_shown_in_runs() -> None:
    ats = tuple(PointAt(point("x"), line) for line in (9, 3, 4, 5, 5, 8, 12))
    assert lines_in_words(ats) == "3-5, 8, 9, 12"


def test_the_table_shows_each_flow_what_is_missing_and_how_actions_never_ended() -> None:
    second = FLOW.replace("flow: a", "flow: b").replace(
        "do: get_clinic\n", "do: find_clients\n    with: {query: word}\n"
    )
    text = coverage_table(measure(pack(), tally({"x": SHORT, "y": TWO})))
    assert text.splitlines()[1:3] == [
        "flow  covered  steps  answers  branches  outcomes  missing in lines",
        "a     64 %     6/6    3/5      1/2       1/4       3, 13, 17, 22, 24",
    ]
    assert "  1.yaml:13: the answer `three` to `which`" in text
    assert "  get_clinic: confirmed" in text
    assert "all together" not in text
    assert "No conversation met" not in coverage_table(everything())
    both = coverage_table(measure(pack(FLOW, second), tally({"x": SHORT})))
    assert "all together" in both
    assert "  find_clients: confirmed" in both
