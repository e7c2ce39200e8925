"""Whatever happens to a conversation, it moves on or says why not; nothing is forgotten, repeated or raised.

Any answers, backs, notes, resumptions, stale numbers, verdicts and outcomes, on a flow with every kind of
step and on the shipped flows. `Play.feed` stores the state between every two events and looks at each turn.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from engine.actions import Failure
from engine.effects import Perform
from engine.errors import OutOfTurn
from engine.events import (
    Allow,
    Answered,
    CannotTell,
    Changed,
    CheckedBack,
    Deny,
    DidNotHappen,
    Event,
    Failed,
    Gated,
    Happened,
    Lost,
    Method,
    NeedConfirmation,
    NeedEvidence,
    NeedSecond,
    Noted,
    Resumed,
    Revealed,
    RevealLost,
    Stopped,
    Succeeded,
    Verdict,
    WentBack,
)
from engine.flow import Flow
from engine.state import AtCall, AtEnd, AtPrompt, AtReveal
from engine.turn import advance
from engine.values import Value
from tests.engine.play import NOW, TODAY, Play, flow_of, shipped
from tests.engine.values_of import JSON, TEXTS, values_of

EVERYTHING = """
flow: everything
audience: [agent, client]
on: {unavailable: down, partial: down}
steps:
  - say: "{% if audience == 'agent' %}Hello{% endif %}"
  - id: query
    ask: Who?
    kind: text
    max: 20
    optional: true
    save: query
    then: {skipped: kinds}
  - if: can('find_clients')
    then: look
    else: kinds
  - id: look
    do: find_clients
    with: {query: query | default('x')}
    save: found
    on: {forbidden: kinds}
  - id: which
    ask: Which?
    kind: one
    of: found.clients
    label: "{{ item.name }}"
    answers: {none: {label: None, then: kinds}}
    save: client
    then: {picked: taken}
  - id: taken
    say: "**{{ client.name }}**"
  - id: several
    ask: Who else?
    kind: several
    of: found.clients
    optional: true
    save: others
  - if: others is known and can('send_invitation') and can('get_portal_settings')
    then:
      - id: each
        visit: one
        each: others
        as: person
        save: {moods: mood}
        then: {well: send, ill: kinds}
  - id: send
    ask: Send it?
    answers:
      first: {label: The first, if: can('send_invitation'), then: first}
      again: {label: Another, then: kinds}
    save: kind
  - id: first
    if: can('send_invitation')
    then:
      - id: sending
        do: send_invitation
        with: {subject: client.id, kind: "'first'"}
        save: receipt
        expect: receipt.accepted
        on: {not_confirmed: kinds, rate_limited: kinds}
      - say: "{{ receipt.masked }}"
  - go: kinds
  - id: kinds
    ask: Which kind?
    answers: {date: D, number: N, email: E, phone: P, secret: S, help: Help, over: Over, up: Up}
    save: kind
  - choose: kind
    cases:
      date:
        - {id: date, ask: When?, kind: date, min: "2000-01-01", max: today, save: day}
        - say: "{{ day | date }}"
      number: [{id: number, ask: How many?, kind: number, min: 0, max: 9, valid: answer != 5, save: n}]
      email: [{id: email, ask: Where?, kind: email, save: mail}, {say: "{{ mail | spelled }}"}]
      phone: [{id: phone, ask: Which?, kind: phone}]
      secret: [{id: secret, ask: Which?, kind: secret, save: word}]
      help: [{id: help, do: request_help, with: {topic: "'x'"}}]
      over: [{end: solved, text: Bye}]
      up: [{id: give-up, hand over: Somebody calls, summary: "{{ kind }}"}]
  - go: kinds
  - id: down
    ask: "{{ problem.text }} {{ problem.message | default('') }} Again?"
    kind: yes-no
    then: {yes: query, no: [end: abandoned]}
"""
ONE = """
flow: one
audience: [agent, client]
inputs: {person: ClientRef}
results: {mood: text}
exits: [well, ill]
steps:
  - set: {mood: person.first_name}
  - id: how
    ask: How is {{ person.name }}?
    answers: {well: Well, ill: {label: Ill, then: [return: ill]}, ask: {label: Look, then: settings}}
  - return: well
  - id: settings
    if: can('set_portal_settings')
    then:
      - {do: get_portal_settings, with: {subject: person.id}, save: portal}
      - id: change
        do: set_portal_settings
        with: {subject: person.id, online_access: true, expected_version: portal.version}
        save: portal
        expect: portal.online_access is true
        on: {stale_version: how, outcome_unknown: how}
  - go: how
"""
VERDICTS: st.SearchStrategy[Verdict] = st.sampled_from(
    [
        Allow(),
        Allow(),
        Allow(),
        NeedConfirmation(),
        Deny("No."),
        Deny("No.", Failure.FORBIDDEN),
        NeedEvidence(
            (Method("seen", "I see them"), Method("call", "Called", "Call {phone}")), "Who is it?", ("a",)
        ),
        NeedEvidence((), "Who is it?", (), True),
        NeedSecond("Two are needed."),
    ]
)


CHANGEABLE = (
    "query",
    "which",
    "several",
    "how",
    "send",
    "kinds",
    "date",
    "number",
    "who",
    "switch-on",
    "nothing",
)
"""Questions that may have been answered."""

MANY = settings(max_examples=max(30, (settings.default or settings()).max_examples // 2))


@cache
def everything() -> Flow:
    """The flow with every kind of step."""
    return flow_of(EVERYTHING, ONE)


def answers(play: Play) -> st.SearchStrategy[Value]:
    """Answers to the question that waits: more right ones than wrong ones."""
    if not isinstance(play.here.waiting, AtPrompt):
        return JSON
    prompt = play.prompt
    ids = [choice.id for choice in prompt.choices]
    right: list[st.SearchStrategy[Value]] = [
        st.none(),
        TEXTS.map(lambda text: text),
        st.sampled_from(["2020-02-29", "3", "ana@clinic.example", "+41 44 123 45 67", "yes", True, False, 7]),
        st.just({"$secret": "v1", "checks": []}),
        JSON,
    ]
    if ids:
        several = st.lists(st.sampled_from(ids), max_size=3).map(lambda chosen: list[Value](chosen))
        right += [st.sampled_from(ids), st.sampled_from(ids), st.sampled_from(ids), several]
    return st.one_of(right)


def outcomes(play: Play) -> st.SearchStrategy[Event]:
    """What can come of the call that is under way: more good than bad."""
    call = play.waiting_call()
    kind = play.flow.catalog.actions[call.action].result
    result = values_of(kind) if kind is not None else JSON
    failing = st.builds(
        Failed,
        st.just(call.key),
        st.sampled_from(sorted(Failure)),
        st.just(NOW),
        TEXTS,
        JSON | result,
        st.none() | st.integers(-100, 10_000),
    )
    match play.here.waiting:
        case AtCall(phase="gate"):
            return st.builds(Gated, st.just(call.key), VERDICTS, st.just(NOW))
        case AtCall(phase="planned"):
            good = st.builds(Succeeded, st.just(call.key), result, st.just(NOW))
            bad = st.builds(Succeeded, st.just(call.key), JSON, st.just(NOW)) | st.just(Lost(call.key, NOW))
            return st.one_of(good, good, good, failing, bad)
        case _:
            found = st.sampled_from([DidNotHappen(), CannotTell()]) | st.builds(Happened, result | JSON)
            return st.builds(CheckedBack, st.just(call.key), found, st.just(NOW))


def disturbances() -> st.SearchStrategy[Event]:
    """What can happen at any time."""
    return st.one_of(
        st.just(WentBack(NOW)),
        st.just(WentBack(NOW)),
        st.builds(Changed, st.sampled_from(CHANGEABLE), st.just(NOW)),
        st.builds(Changed, st.sampled_from(CHANGEABLE), st.just(NOW), st.none() | st.integers(-1, 9)),
        st.just(Resumed(NOW, TODAY)),
        st.just(Resumed("2026-11-24T00:01:00Z", "2026-11-24")),
        st.builds(Noted, TEXTS | st.just("\ud800"), st.just(NOW)),
        st.builds(Answered, JSON, st.just(NOW), st.none() | TEXTS, st.none() | st.integers(-1, 30)),
        st.builds(Answered, JSON, st.just(NOW)),
    )


def following(play: Play) -> st.SearchStrategy[Event]:
    """What may happen next."""
    match play.here.waiting:
        case AtPrompt():
            actors = st.sampled_from(["", "", "ana", "rui"])
            numbers = st.none() | st.just(play.here.seq)
            step = st.builds(Answered, answers(play), st.just(NOW), st.none(), numbers, actor=actors)
            return st.one_of(step, step, step, step, disturbances())
        case AtCall():
            return st.one_of(*[outcomes(play)] * 6, disturbances())
        case AtReveal(reveal=reveal):
            return st.sampled_from([Revealed(reveal.id, NOW), RevealLost(reveal.id, NOW)])
        case AtEnd():
            return disturbances() | st.just(Stopped(NOW))


class Watched(Play):
    """A conversation in which no call that changes something may be asked for twice under one key, but by a
    resumption or by the gates being asked again."""

    def __init__(self, flow: Flow) -> None:
        super().__init__(flow, begin=False)
        self.requested: dict[str, str] = {}

    def happen(self, event: Event) -> None:
        """Feed an event, and look at what it asks for."""
        again = isinstance(event, Resumed)
        for effect in self.feed(event):
            if not isinstance(effect, Perform) or again:
                continue
            call = effect.call
            assert call.key not in self.requested, f"{call.key} was asked for twice"
            self.requested[call.key] = call.action


def held(flow: Flow, data: st.DataObject, length: int) -> Watched:
    """A conversation in which anything happens."""
    play = Watched(flow)
    play.happen(play.started)
    for _ in range(length):
        event = data.draw(following(play))
        note(repr(event))
        play.happen(event)
    return play


@MANY
@given(st.data())
def test_whatever_happens_a_conversation_moves_on_or_says_why_not(data: st.DataObject) -> None:
    held(everything(), data, 25)


@MANY
@given(st.data())
def test_so_do_the_shipped_flows(data: st.DataObject) -> None:
    alone = sorted(name for name, tree in shipped().trees.items() if not tree.inputs)
    held(shipped().flow(data.draw(st.sampled_from(alone))), data, 30)


@given(st.data())
def test_events_that_do_not_belong_here_change_nothing(data: st.DataObject) -> None:
    play = held(everything(), data, data.draw(st.integers(0, 6)))
    before = play.here
    key = data.draw(st.sampled_from(["s1:everything/look:1", "x", ""]))
    waiting = before.waiting
    if isinstance(waiting, AtCall) and waiting.call.key == key:
        return
    makers: list[Callable[[], Event]] = [
        lambda: Gated(key, Allow(), NOW),
        lambda: Succeeded(key, None, NOW),
        lambda: Failed(key, Failure.CONFLICT, NOW),
        lambda: Lost(key, NOW),
        lambda: CheckedBack(key, CannotTell(), NOW),
        lambda: Revealed(key, NOW),
    ]
    event = data.draw(st.sampled_from(makers))()
    with pytest.raises(OutOfTurn):
        advance(play.flow, before, event)


@settings(max_examples=20)
@given(st.data())
def test_back_to_the_first_question_is_always_possible(data: st.DataObject) -> None:
    play = held(everything(), data, 15)
    for _ in range(len(play.here.trail)):
        if isinstance(play.here.waiting, AtPrompt):
            before = len(play.here.trail)
            play.happen(WentBack(NOW))
            assert len(play.here.trail) == before - 1
    if isinstance(play.here.waiting, AtPrompt) and not play.here.trail:
        assert play.back()[0] == "problem first"
