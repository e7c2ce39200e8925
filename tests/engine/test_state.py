"""The stored state: canonical, small, complete, and nothing else is taken for one."""

from __future__ import annotations

import json
from contextlib import suppress
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import BrokenState
from engine.events import Answered
from engine.state import Frame, Round, State, state_from_json, state_to_json
from engine.turn import advance
from engine.values import Value
from tests.engine.play import NOW, Play, Works, flow_of, result_of
from tests.engine.values_of import TEXTS

LOOP = """
flow: a
audience: [agent]
steps:
  - {do: find_clients, with: {query: "'a'"}, save: found}
  - id: everybody
    visit: b
    each: found.clients
    as: person
  - end: solved
"""
ASKING = """
flow: b
audience: [agent]
inputs: {person: ClientRef}
exits: [done]
steps:
  - id: more
    ask: "Is {{ person.name }} to be asked some more, as it is usual here?"
    kind: yes-no
    save: more
  - {id: what, ask: "What does {{ person.first_name }} say?", kind: text, optional: true, save: what}
  - if: more
    then: [go: more]
  - return: done
"""


def talk() -> Play:
    """A conversation about fifty people."""
    found = result_of("find_clients")
    assert isinstance(found, dict)
    one = {"first_name": "Ana", "kind": "adult"}
    people: list[Value] = [{**one, "id": f"c{number}", "name": f"Ana {number}"} for number in range(50)]
    script = {"find_clients": [Works({**found, "clients": people})]}
    return Play(flow_of(LOOP, ASKING), script)


def test_a_state_after_five_hundred_answers_is_modest_and_grows_evenly() -> None:
    play = talk()
    sizes = []
    for number in range(500):
        value: Value = number % 20 != 18 if number % 2 == 0 else f"words {number}"
        play.state = advance(play.flow, play.here, Answered(value, NOW)).state
        sizes.append(len(state_to_json(play.here)))
    assert play.here.turns == 500
    assert sizes[-1] < 400_000
    assert max(after - before for before, after in pairwise(sizes)) < 3_000


def test_what_is_shared_is_stored_once() -> None:
    play = talk()
    play.answer(True)
    data = state_to_json(play.here).decode()
    assert data.count('"Ana 17"') == 2  # in the list that was found, and as an item of the visit


def test_the_order_in_which_facts_were_set_leaves_no_trace() -> None:
    def stored(*names: str) -> bytes:
        sets = ", ".join(f"{name}: \"'{name}'\"" for name in names)
        text = (
            f"flow: a\naudience: [agent]\nsteps:\n  - set: {{{sets}}}\n  - {{id: q, ask: Q?, kind: text}}\n"
        )
        play = Play(flow_of(text + "  - end: stopped\n"))
        return state_to_json(play.here).replace(play.here.version.encode(), b"")

    assert stored("one", "two", "three") == stored("three", "one", "two")


def test_one_record_in_two_places_is_stored_as_two_equal_ones_are() -> None:
    def stored(here: Value, there: Value) -> bytes:
        around = Frame("a", "everybody", "a/", {"picked": here})
        inside = Frame("b", "more", "a/everybody[c1]/b/", {}, Round([there], 0, (), ()))
        return state_to_json(msgspec.structs.replace(talk().here, frames=(around, inside)))

    record: Value = {"id": "c1", "name": "Ana"}
    assert stored(record, record) == stored(record, {"name": "Ana", "id": "c1"})
    assert stored(record, record) != stored(record, {"id": "c1", "name": "Rui"})


def test_every_part_of_a_state_comes_back() -> None:
    play = talk()
    play.answer(True)
    play.note("A note, für später")
    play.answer("x")
    play.back()
    there = state_from_json(state_to_json(play.here))
    assert there == play.here
    assert [type(part) for part in there.frames] == [Frame, Frame]
    assert isinstance(there.frames[1].round, Round)
    assert isinstance(there, State)


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"null", b"\xff", b'{"state":1}', b"[" * 100_000])
def test_other_bytes_are_no_state(data: bytes) -> None:
    with pytest.raises(BrokenState):
        state_from_json(data)


def test_a_state_with_something_missing_is_no_state() -> None:
    whole = json.loads(state_to_json(talk().here))
    for key in whole:
        with pytest.raises(BrokenState):
            state_from_json(json.dumps({name: part for name, part in whole.items() if name != key}).encode())
    for key in ("frames", "values", "pool", "rounds"):
        with pytest.raises(BrokenState):
            state_from_json(json.dumps({**whole, key: []}).encode())


@given(st.data())
def test_cut_or_changed_bytes_are_refused_or_are_a_state(data: st.DataObject) -> None:
    whole = state_to_json(talk_once())
    at = data.draw(st.integers(0, len(whole) - 1))
    changed = whole[:at] + data.draw(st.binary(max_size=3)) + whole[at + data.draw(st.integers(0, 3)) :]
    with suppress(BrokenState):
        assert isinstance(state_from_json(changed), State)


def talk_once() -> State:
    """The state of a small conversation."""
    play = Play(
        flow_of(
            "flow: a\naudience: [agent]\nsteps:\n  - {id: q, ask: Q?, kind: text, save: x}\n"
            "  - {id: r, ask: R?, kind: text}\n  - end: stopped\n"
        )
    )
    play.answer("x")
    return play.here


FLOATS = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(TEXTS | st.integers(-5, 300) | st.booleans() | st.none() | FLOATS))
def test_any_facts_are_stored_in_one_way(values: list[Value]) -> None:
    facts = {f"f{number}": value for number, value in enumerate([*values, values, values])}
    state = talk_once()
    changed = msgspec.structs.replace(state, frames=(Frame("a", "q", "a/", facts),))
    data = state_to_json(changed)
    back = state_from_json(data)
    assert state_to_json(back) == data
    assert back.frames[0].facts == facts
    assert all(type(back.frames[0].facts[name]) is type(value) for name, value in facts.items())
