"""Going back and changing answers leaves what a fresh conversation has that was given only what remains: the
same facts and the same question, with the same results of the same calls, and nothing done twice or lost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache

from hypothesis import given, note, settings
from hypothesis import strategies as st

from engine.actions import Effect
from engine.effects import Call, Perform
from engine.events import Allow, Answered, Changed, Event, Gated, Succeeded, WentBack
from engine.flow import Flow
from engine.state import AtCall, AtPrompt, Mark, state_from_json, state_to_json
from engine.turn import advance
from engine.values import Value
from tests.engine.play import NOW, Play, flow_of
from tests.engine.test_properties import answers, everything
from tests.engine.values_of import values_of
from tests.simulator.clinic import CATALOG

OWN: Mapping[str, str] = {"repeat": "skip", "undo": "leave", "error": "stop", "lost": "stop"}
"""What is always said to the engine's own questions."""

SECRET: Value = {"$secret": "v1", "checks": []}
"""What stands for every secret."""


ORDER = """
flow: order
audience: [agent]
steps:
  - {id: who, ask: For whom?, answers: {ana: Ana, rui: Rui}, save: who}
  - {id: colour, ask: "Which colour for {{ who }}?", answers: {red: Red, blue: Blue}, save: colour}
  - {id: size, ask: Which size?, kind: number, min: 0, max: 3, save: size}
  - {do: look, with: {subject: who}, save: thing}
  - {id: sure, ask: "{{ who }} has {{ thing.size }}. Sure?", kind: yes-no, then: {yes: more, no: note}}
  - id: more
    if: colour == 'red'
    then: shade
    else: note
  - {id: shade, ask: Which shade?, answers: {light: Light, dark: Dark}, then: note}
  - {id: note, ask: A note?, kind: text, save: note}
  - id: what
    ask: What now?
    answers: {send: {label: Send, then: sending}, size: {label: Another size, then: size}, over: Enough}
    then: {over: well}
  - {id: sending, do: send, with: {subject: who}, save: sent}
  - say: "{{ size }} {{ note }} for {{ sent.name }}"
  - go: what
  - {id: well, ask: Is all well?, kind: yes-no, then: {yes: good, no: who}}
  - {id: good, end: solved}
"""
DEPEND: Mapping[str, frozenset[str]] = {"who": frozenset({"colour", "sure"})}
"""Which questions, answered before, have to be put again after another answer to this one."""

SOME = settings(max_examples=max(15, (settings.default or settings()).max_examples // 4))


class Recorded:
    """What the clinic answers: the same for the same call, whenever it comes."""

    def __init__(self, data: st.DataObject) -> None:
        self._data = data
        self._results: dict[str, str] = {}

    def result(self, flow: Flow, call: Call) -> Value:
        """What comes of this call."""
        name = json.dumps([call.action, call.args], sort_keys=True)
        if name not in self._results:
            kind = flow.catalog.actions[call.action].result
            drawn = self._data.draw(values_of(kind)) if kind is not None else None
            if isinstance(drawn, dict):
                drawn |= {key: True for key in ("accepted", "online_access") if key in drawn}
            self._results[name] = json.dumps(drawn)
        # A copy: no two calls give the very same object.
        result: Value = json.loads(self._results[name])
        return result


class Held(Play):
    """A conversation whose calls all succeed; `done` are those that changed something, but for those that a
    person chose once more without having gone back past the first, with the effect under the choice where it
    cannot be taken back."""

    def __init__(self, flow: Flow, recorded: Recorded | Sized) -> None:
        super().__init__(flow, begin=False)
        self.recorded = recorded
        self.done: list[str] = []
        self._keys: dict[str, str] = {}
        self.asked: list[str] = []
        self.happen(self.started)

    def happen(self, event: Event) -> None:
        """Let it happen, and everything that follows without a person's own word."""
        self._take(event)
        while True:
            match self.here.waiting:
                case AtCall(phase="gate", call=call):
                    self._take(Gated(call.key, Allow(), NOW))
                case AtCall(call=call):
                    self._take(Succeeded(call.key, self.recorded.result(self.flow, call), NOW))
                case AtPrompt(asking=asking) if asking:
                    self._take(Answered(OWN[asking], NOW))
                case _:
                    return

    def _take(self, event: Event) -> None:
        behind = self.state.behind if self.state is not None else ()
        turn = advance(self.flow, self.state, event)
        self.state = state_from_json(state_to_json(turn.state))
        for effect in turn.effects:
            if isinstance(effect, Perform) and effect.call.effect is not Effect.READ:
                name = json.dumps([effect.call.action, effect.call.args], sort_keys=True)
                chosen = effect.call.approved or effect.call.effect is Effect.REVERSIBLE
                chosen_anew = chosen and name in self._keys and self._keys[name] not in behind
                if not chosen_anew:
                    self.done.append(name)
                self._keys[name] = effect.call.key
        if isinstance(self.here.waiting, AtPrompt):
            self.asked.append(self.here.waiting.prompt.id)

    @property
    def open(self) -> bool:
        """Whether it waits for an answer."""
        return isinstance(self.here.waiting, AtPrompt)


def talked(data: st.DataObject, held: Held, length: int) -> None:
    """Answers, and now and then a step back or a change."""
    for _ in range(length):
        if not held.open:
            return
        steps: list[st.SearchStrategy[Event]] = [
            st.builds(Answered, answers(held), st.just(NOW)),
            *([st.builds(Answered, fitting(held), st.just(NOW))] * 2 if held.flow is order() else []),
            st.just(WentBack(NOW)),
        ]
        if held.here.trail:
            marks = st.sampled_from(held.here.trail)
            steps.append(marks.map(lambda mark: Changed(mark.path, NOW, mark.seq)))
        event = data.draw(st.one_of(steps))
        note(repr(event))
        held.happen(event)


def given_again(held: Held, marks: tuple[Mark, ...]) -> None:
    """Give these answers, each to its question."""
    for mark in marks:
        assert held.open, f"it waits for {held.here.waiting} instead of {mark.path}"
        assert held.prompt.id == mark.path
        # What remains of a secret does not say what it was: it is typed again.
        held.happen(Answered(SECRET if held.prompt.kind == "secret" else mark.value, NOW))


def facts(held: Held) -> list[tuple[str, str, dict[str, Value]]]:
    """Where it stands, and what it knows there."""
    return [(frame.flow, frame.prefix, frame.facts) for frame in held.here.frames]


@SOME
@given(st.data())
def test_a_fresh_conversation_of_what_remains_comes_to_the_same(data: st.DataObject) -> None:
    comes_to_the_same(data, everything())


def comes_to_the_same(data: st.DataObject, flow: Flow) -> None:
    """Hold a conversation, give what remains of it to a fresh one, and compare them."""
    recorded = Recorded(data)
    held = Held(flow, recorded)
    talked(data, held, 25)
    if not held.open:
        return
    fresh = Held(flow, recorded)
    given_again(fresh, held.here.trail)
    assert fresh.open
    assert fresh.prompt.id == held.prompt.id
    assert [choice.id for choice in fresh.prompt.choices] == [choice.id for choice in held.prompt.choices]
    assert facts(fresh) == facts(held)
    assert [mark.value for mark in fresh.here.trail] == [mark.value for mark in held.here.trail]
    assert len(held.done) == len(set(held.done)), "something was done twice"
    assert set(fresh.done) <= set(held.done), "something was lost"


@SOME
@given(st.data())
def test_so_does_one_whose_answers_depend_on_each_other(data: st.DataObject) -> None:
    comes_to_the_same(data, order())


@SOME
@given(st.data(), st.booleans())
def test_a_changed_answer_asks_again_only_what_depends_on_it(data: st.DataObject, same: bool) -> None:
    held = Held(order(), Recorded(data))
    for _ in range(data.draw(st.integers(1, 12))):
        if held.open:
            held.happen(Answered(data.draw(fitting(held)), NOW))
    trail = held.here.trail
    if not held.open or not trail:
        return
    number = data.draw(st.integers(0, len(trail) - 1))
    mark = trail[number]
    if any(call.effect is not Effect.READ for call in held.here.calls[mark.calls :]):
        return
    before = (held.prompt.id, facts(held), [each.value for each in trail])
    held.happen(Changed(mark.path, NOW, mark.seq))
    assert held.prompt.id == mark.path
    held.happen(Answered(mark.value if same else data.draw(fitting(held)), NOW))
    now = held.here.trail
    if now[number:] and now[number].value == mark.value:
        assert (held.prompt.id, facts(held), [each.value for each in now]) == before
    elif held.open and mark.path != "order/what":
        given = by_round(trail[number + 1 :])
        kept = by_round(now[number + 1 :])
        assert all(given.get(each, value) == value for each, value in kept.items()), "its own answer"
        asked = (rounds(now[number + 1 :]), held.prompt.id)
        depending = {f"order/{each}" for each in DEPEND.get(mark.path.partition("/")[2], ())}
        assert asked not in given or held.prompt.id in depending
        if mark.path == "order/who":
            assert held.prompt.id == "order/colour", "its text says for whom"


def test_what_was_left_out_of_one_round_is_no_answer_in_the_next() -> None:
    held = Held(order(), Sized())
    first: list[Value] = ["ana", "red", 1, "yes", "dark", "a", "size"]
    for value in [*first, 2, "yes", "light", "b"]:
        held.happen(Answered(value, NOW))
    held.happen(Changed("sure", NOW, 4))
    held.happen(Answered("no", NOW))
    assert held.prompt.id == "order/what"
    assert [mark.value for mark in held.here.trail] == [
        *["ana", "red", 1, "no", "a", "size"],
        *[2, "yes", "light", "b"],
    ]


def test_an_answer_of_a_later_round_holds_in_this_one_and_stays_its_own() -> None:
    held = Held(order(), Sized())
    first: list[Value] = ["ana", "red", 1, "no", "a", "size"]
    for value in [*first, 2, "yes", "light", "b"]:
        held.happen(Answered(value, NOW))
    held.happen(Changed("sure", NOW, 4))
    held.happen(Answered("yes", NOW))
    assert held.prompt.id == "order/what"
    assert [mark.value for mark in held.here.trail] == [
        *["ana", "red", 1, "yes", "light", "a", "size"],
        *[2, "yes", "light", "b"],
    ]


class Sized:
    """A clinic that always answers the same."""

    def result(self, flow: Flow, call: Call) -> Value:
        """What comes of this call."""
        return {"id": "c1", "size": 1, "version": 1, "name": "Ana"}


def rounds(marks: tuple[Mark, ...]) -> int:
    """How often these answers pass the question that every round of the flow `order` puts once."""
    return sum(mark.path == "order/size" for mark in marks)


def by_round(marks: tuple[Mark, ...]) -> dict[tuple[int, str], Value]:
    """What was answered to what, in which round."""
    return {(rounds(marks[:number]), mark.path): mark.value for number, mark in enumerate(marks)}


@cache
def order() -> Flow:
    """A flow whose questions depend on each other here and there."""
    return flow_of(ORDER, catalog=CATALOG)


def fitting(held: Held) -> st.SearchStrategy[Value]:
    """An answer that is taken, and does not end the conversation."""
    match held.prompt.kind:
        case "number":
            return st.integers(0, 3)
        case "text":
            return st.sampled_from(["a", "b"])
        case "yes-no":
            return st.just("no") if held.prompt.step == "well" else st.sampled_from(["yes", "no"])
        case _:
            return st.sampled_from([choice.id for choice in held.prompt.choices])
