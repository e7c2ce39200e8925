"""What of a flow can be touched, and what a conversation touches: whatever it does is among what there is."""

from __future__ import annotations

from engine.actions import Failure
from engine.flow import Pack
from engine.points import declared_outcomes, outcomes_of, points_of, touched
from tests.engine.play import CATALOG, Fails, Play, Works, compiled, flow_of, result_of

OUTER = """\
flow: a
audience: [agent]
on:
  unavailable: sorry
steps:
  - {id: which, ask: Which?, kind: text, optional: true, save: word}
  - if: word is unknown
    then: sorry
  - id: look
    do: find_clients
    with: {query: word}
    save: found
    on:
      forbidden: sorry
  - id: each
    visit: b
    each: found.clients
    as: client
    then:
      good: fine
      bad: sorry
  - {id: sorry, end: stopped}
  - id: fine
    ask: Fine?
    kind: yes-no
    then: {"yes": [{end: solved}], "no": sorry}
"""
INNER = """\
flow: b
audience: [agent]
inputs: {client: ClientRef}
exits: [good, bad]
steps:
  - choose: client.kind
    cases: {adult: well}
    else: badly
  - {id: well, return: good}
  - {id: badly, return: bad}
"""


def pack_of(*texts: str) -> Pack:
    made = compiled(*texts)
    assert made.pack is not None, made.findings
    return made.pack


def listed(pack: Pack, name: str) -> list[str]:
    return [
        f"{each.line} {each.point.path} {each.point.kind} {each.point.way}".strip()
        for each in points_of(pack.trees[name], pack)
    ]


def test_every_step_and_every_way_that_was_written_is_a_point_with_its_line() -> None:
    pack = pack_of(OUTER, INNER)
    assert listed(pack, "a") == [
        "6 which step",
        "6 which answer picked",
        "6 which answer skipped",
        "7 2 step",
        "8 2 branch true",
        "7 2 branch false",
        "9 look step",
        "9 look outcome confirmed",
        "14 look outcome forbidden",
        "15 each step",
        "20 each exit good",
        "21 each exit bad",
        "17 each branch empty",
        "22 sorry step",
        "23 fine step",
        "26 fine answer yes",
        "26 fine answer no",
        "26 fine.yes.1 step",
        "4  outcome unavailable",
    ]
    assert listed(pack, "b") == [
        "6 1 step",
        "7 1 branch adult",
        "8 1 branch else",
        "9 well step",
        "10 badly step",
    ]


def test_a_choice_with_a_case_for_every_value_has_no_rest() -> None:
    inner = INNER.replace(
        "cases: {adult: well}\n    else: badly",
        "cases: {adult: well, minor: badly, adult_with_guardian: badly, unknown: badly}",
    )
    assert not [line for line in listed(pack_of(inner), "b") if "else" in line]


def test_a_conversation_touches_points_that_are_there() -> None:
    pack = pack_of(OUTER, INNER)
    play = Play(flow_of(OUTER, INNER), {"find_clients": [Works(result_of("find_clients"))]})
    play.answer("Ana")
    play.answer("yes")
    there = {each.point for tree in pack.trees.values() for each in points_of(tree, pack)}
    found = set(touched(play.flow, play.trace))
    assert found <= there
    assert {f"{each.flow} {each.path} {each.kind} {each.way}".strip() for each in found} == {
        "a which step",
        "a which answer picked",
        "a 2 step",
        "a 2 branch false",
        "a look step",
        "a look outcome confirmed",
        "a each step",
        "a each exit good",
        "b 1 step",
        "b 1 branch adult",
        "b well step",
        "a fine step",
        "a fine answer yes",
        "a fine.yes.1 step",
    }


def test_a_failure_touches_the_branch_of_the_step_or_that_of_its_flow() -> None:
    for failure, path in ((Failure.FORBIDDEN, "look"), (Failure.UNAVAILABLE, "")):
        play = Play(flow_of(OUTER, INNER), {"find_clients": [Fails(failure)]})
        play.answer("Ana")
        ways = [each for each in touched(play.flow, play.trace) if each.kind == "outcome"]
        assert [(each.path, each.way) for each in ways] == [(path, failure.value)]
        assert list(outcomes_of(play.flow, play.trace)) == [("find_clients", failure.value)]


def test_what_an_action_declares_is_what_can_come_of_it() -> None:
    text = """\
flow: c
audience: [agent]
steps:
  - {id: name, ask: Name?, kind: text, save: word}
  - {do: find_clients, with: {query: word}, save: found}
  - {set: {one: found.clients | first}}
  - {if: one is known, then: [{do: get_account, with: {subject: one.id}, save: account}]}
  - end: stopped
"""
    pack = pack_of(text)
    expected = [
        (name, way)
        for name in ("find_clients", "get_account")
        for way in ("confirmed", *sorted(each.value for each in CATALOG.actions[name].failures))
    ]
    assert list(declared_outcomes(pack.trees.values(), CATALOG)) == expected
    assert len(expected) > 2
