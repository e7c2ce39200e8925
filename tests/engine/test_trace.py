"""A trace tells every way that was taken, and enough to find it again; every play checks that as well."""

from __future__ import annotations

import pytest

from engine.actions import Failure
from engine.errors import OutOfTurn
from engine.expressions import parse_expression
from engine.history import trace_of
from engine.trace import Traced, values_read
from engine.values import Value
from tests.engine.language import scalar
from tests.engine.play import Fails, Play, Works, flow_of, result_of

OUTER = """\
flow: a
audience: [agent]
steps:
  - {id: which, ask: Which?, kind: text, save: word}
  - {id: look, do: find_clients, with: {query: word}, save: found, on: {unavailable: sorry}}
  - if: found.clients is empty
    then: sorry
  - {id: each, visit: b, each: found.clients, as: client, then: {good: fine, bad: sorry}}
  - {id: sorry, end: stopped}
  - {id: fine, end: solved}
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


def in_words(each: Traced) -> str:
    return f"{each.kind} {each.step} {each.way} > {each.to}".replace("  ", " ").strip()


def found(*kinds: str) -> Works:
    one = result_of("find_clients")
    assert isinstance(one, dict)
    assert isinstance(one["clients"], list)
    client = one["clients"][0]
    assert isinstance(client, dict)
    clients = [{**client, "id": f"c{number}", "kind": kind} for number, kind in enumerate(kinds)]
    return Works({**one, "clients": [*clients]})


def test_a_trace_tells_each_step_and_each_way_in_order() -> None:
    play = Play(flow_of(OUTER, INNER), {"find_clients": [found("adult", "minor")]})
    play.answer("Ana")
    assert [in_words(each) for each in play.trace] == [
        "step a/which >",
        "answer a/which picked > look",
        "step a/look >",
        "outcome a/look confirmed > 3",
        "step a/3 > each",
        "branch a/3 false > each",
        "step a/each > 1",
        "step a/each[c0]/b/1 > well",
        "branch a/each[c0]/b/1 adult > well",
        "step a/each[c0]/b/well > 1",
        "exit a/each good > 1",
        "step a/each[c1]/b/1 > badly",
        "branch a/each[c1]/b/1 else > badly",
        "step a/each[c1]/b/badly > sorry",
        "exit a/each bad > sorry",
        "step a/sorry >",
    ]
    inside = play.trace[8]
    assert (inside.flow, inside.path, inside.via) == ("b", "1", (("a", "each"),))
    assert inside.reads == {"client.kind": "adult"}
    assert play.trace[5].line == 6
    assert play.trace[14].reads == {"exits": ["good", "bad"]}


def test_a_trace_tells_a_failure_and_the_branch_for_it() -> None:
    play = Play(flow_of(OUTER, INNER), {"find_clients": [Fails(Failure.UNAVAILABLE)]})
    play.answer("Ana")
    assert [in_words(each) for each in play.trace[3:]] == [
        "outcome a/look unavailable > sorry",
        "error a/look unavailable > sorry",
        "step a/sorry >",
    ]


def test_an_answer_to_the_engines_own_question_is_told_too() -> None:
    play = Play(flow_of(OUTER, INNER), {"find_clients": [Fails(Failure.POLICY_DENIED), found()]})
    play.answer("Ana")
    play.answer("again")
    assert [in_words(each) for each in play.trace[3:6]] == [
        "outcome a/look policy_denied >",
        "answer a/look!error again > look",
        "step a/look >",
    ]


def test_secrets_are_never_in_a_trace() -> None:
    rule, _ = parse_expression(scalar("made.account is known and words is not empty"))
    assert rule is not None
    secret: Value = {"$secret": "s1", "checks": []}
    facts: dict[str, Value] = {"made": {"account": {"password": secret, "state": "new"}}, "words": [secret]}
    hidden: dict[str, Value] = {"password": "(secret)", "state": "new"}
    assert values_read([rule], facts) == {"made.account": hidden, "words": ["(secret)"]}


def test_the_trace_of_a_session_is_found_again_from_its_events() -> None:
    play = Play(flow_of(OUTER, INNER), {"find_clients": [found("adult")]})
    play.answer("")
    play.answer("Ana")
    assert trace_of(play.flow, play.events) == tuple(play.trace)
    with pytest.raises(OutOfTurn):
        trace_of(play.flow, play.events[1:])
