"""Why a conversation has not come to a step: what went elsewhere, with which values, and what would lead
there."""

from __future__ import annotations

from itertools import pairwise

import pytest

from engine.actions import Audience, Failure
from engine.told.why_not import NOT_TOLD, why_not
from engine.trace import Traced
from engine.ways import Spot, all_ways, distances
from tests.engine.play import Fails, Play, flow_of, shipped
from tests.engine.test_trace import INNER, OUTER, found

TWO = """\
flow: a
audience: [agent]
steps:
  - {id: first, ask: Which?, answers: {left: {label: Left, then: look}, right: {label: Right, then: other}}}
  - {id: look, do: find_clients, with: {query: "'x'"}, save: found, on: {unavailable: sorry}}
  - if: found.truncated is true
    then: many
  - {id: few, ask: Few?, kind: yes-no, then: {yes: done, no: sorry}}
  - {id: many, ask: Many?, kind: yes-no, then: done}
  - {id: other, ask: Other?, kind: yes-no, then: done}
  - {id: done, end: solved}
  - {id: sorry, end: stopped}
"""


def asked(play: Play, step: str) -> str:
    return " ".join(why_not(play.flow, play.here, play.trace, step).splitlines())


def test_each_reason_has_a_line_of_its_own() -> None:
    play = at_few()
    assert why_not(play.flow, play.here, play.trace, "a/other").splitlines() == [
        "a/first was answered with left (1.yaml:4:6).",
        "For that way first is answered with right (1.yaml:4:6).",
        "From here it cannot be reached.",
        "Going back to a/first opens the way.",
    ]


def at_few() -> Play:
    work = found()
    assert isinstance(work.result, dict)
    work.result["truncated"] = False
    play = Play(flow_of(TWO), {"find_clients": [work]})
    play.answer("left")
    return play


def test_the_branch_that_went_elsewhere_is_told_with_its_values() -> None:
    assert asked(at_few(), "many") == (
        "The rule `found.truncated is true` does not hold (1.yaml:6:5): found.truncated = false. For that way"
        " the rule `found.truncated is true` holds (1.yaml:6:5). From here it cannot be reached. Going back"
        " to a/first opens the way."
    )


def test_the_answer_that_went_elsewhere_is_told() -> None:
    assert asked(at_few(), "a/other") == (
        "a/first was answered with left (1.yaml:4:6). For that way first is answered with right (1.yaml:4:6)."
        " From here it cannot be reached. Going back to a/first opens the way."
    )


def test_what_would_lead_there_is_told_where_it_can_still_come() -> None:
    assert asked(at_few(), "sorry") == (
        "It can still come, when few is answered with no (1.yaml:8:6). The question that leads there is"
        " a/few."
    )
    beginning = Play(flow_of(TWO))
    assert asked(beginning, "many") == (
        "It can still come, when first is answered with left (1.yaml:4:6); the rule `found.truncated is true`"
        " holds (1.yaml:6:5). The question that leads there is a/first."
    )


def test_a_call_that_ended_otherwise_is_told() -> None:
    play = Play(flow_of(TWO), {"find_clients": [Fails(Failure.UNAVAILABLE)]})
    play.answer("left")
    assert "The call at a/look ended in unavailable (1.yaml:5:6)." in asked(play, "few")
    assert asked(play, "few").endswith("The conversation has ended.")


def test_a_step_that_was_there_is_told_with_what_came_of_it() -> None:
    assert asked(at_few(), "first").startswith(
        "The conversation was at a/first before (1.yaml:4:6). a/first was answered with left (1.yaml:4:6)."
    )


def test_the_present_step_and_an_unknown_one() -> None:
    assert asked(at_few(), "few") == "The conversation is at a/few right now (1.yaml:8:6)."
    assert asked(at_few(), "fex") == "There is no step fex in this conversation. Did you mean `few`?"


def test_a_step_of_a_visited_flow_is_found_by_its_id_with_and_without_items() -> None:
    play = Play(flow_of(OUTER, INNER), {"find_clients": [found("minor")]})
    play.answer("Ana")
    for name in ("well", "b/well", "a/each/b/well", "a/each[c0]/b/well"):
        assert "The rule `client.kind` gives else (2.yaml:6:5)" in asked(play, name)
        assert "the rule `client.kind` gives adult" in asked(play, name)


def test_people_outside_the_clinic_are_told_nothing_of_the_rules() -> None:
    assert asked(Play(flow_of(TWO), audience=Audience.VISITOR), "many") == NOT_TOLD


@pytest.mark.parametrize("name", sorted(shipped().versions))
def test_every_question_of_a_shipped_flow_lies_on_a_way_from_its_start(name: str) -> None:
    """The map is whole: from the start it leads to every question of the flow and of those it visits."""
    flow = shipped().flow(name)
    ways = all_ways(flow)
    reached = {(spot.flow, spot.path) for spot in ways}
    asks = {
        (tree.name, step.path) for tree in flow.trees.values() for step in tree.steps.values() if step.stops
    }
    assert asks <= reached
    start = Spot((), name, flow.tree.start)
    far = distances(ways, [spot for spot in ways if not ways[spot]])
    assert start in far, "no end can be reached"


def test_a_trace_never_leaves_the_map() -> None:
    play = Play(flow_of(OUTER, INNER), {"find_clients": [found("adult", "minor")]})
    play.answer("Ana")
    ways = all_ways(play.flow)

    def spot(each: Traced) -> Spot:
        return Spot(each.via, each.flow, each.path)

    steps = [spot(each) for each in play.trace if each.kind == "step"]
    for before, after in pairwise(steps):
        assert after in {way.to for way in ways[before]}, (before, after)
