"""The life of a call: exact effects under choices, approvals, keys, words, and what the ticket says."""

from __future__ import annotations

import pytest

from engine.actions import Audience, Failure
from engine.effects import Call, Did, Finish, Perform, Prompt
from engine.errors import OutOfTurn
from engine.events import (
    Allow,
    Answered,
    CheckedBack,
    DidNotHappen,
    Event,
    Failed,
    Gated,
    Lost,
    NeedConfirmation,
    Succeeded,
    Verdict,
)
from engine.state import AtCall, AtEnd
from tests.engine.play import NOW, Fails, Play, Vanishes, Works, flow_of, result_of

CHOICES = """
flow: a
audience: [agent]
steps:
  - {do: find_clients, with: {query: "'a'"}, save: found}
  - set: {hit: found.clients | first}
  - if: hit is unknown
    then: [end: stopped]
  - id: how
    ask: Which email?
    answers:
      new: {label: A first one, then: first}
      more: {label: Another one, then: again}
      talk: {label: Talk first, then: [{say: Talking}, {go: first}]}
      none: None
  - end: stopped
  - {id: first, do: send_invitation, with: {subject: hit.id, kind: "'first'"}, then: how}
  - {id: again, do: send_invitation, with: {subject: hit.id, kind: "'resend'"}, then: how}
"""
ASKED_KIND = """
flow: a
audience: [agent]
steps:
  - {do: find_clients, with: {query: "'a'"}, save: found}
  - set: {hit: found.clients | first}
  - if: hit is unknown
    then: [end: stopped]
  - id: how
    ask: Which email?
    answers: {first: The first, resend: Another}
    save: kind
    then: {first: send, resend: send}
  - {id: send, do: send_invitation, with: {subject: hit.id, kind: kind}}
  - end: solved
"""
GIVE_UP = """
flow: a
title: It does not work
audience: [agent]
steps:
  - {id: what, ask: What is wrong?, kind: text}
  - {id: sure, ask: Sure?, answers: {very: Very, not-very: Not very}}
  - {do: find_clients, with: {query: "'a'"}, save: found}
  - set: {hit: found.clients | first}
  - if: hit is known
    then:
      - id: send
        do: send_invitation
        with: {subject: hit.id, kind: "'first'"}
        on: {unavailable: give-up}
  - id: give-up
    hand over: Somebody will call.
    summary: "Found: {{ found.clients | count }}."
"""
TWO_PEOPLE = """
flow: a
title: Two people
audience: [agent]
steps:
  - {do: find_clients, with: {query: "'a'"}, save: found}
  - set: {hit: found.clients | first}
  - if: hit is known
    then:
      - id: which
        ask: Who is it?
        answers:
          first: The first
          other: {label: Another, then: [{id: pass-on, hand over: It is another.}]}
      - {do: get_account, with: {subject: hit.id}, save: account}
      - {id: how, ask: "It is {{ account.state }}?", answers: {so: It is, else: It is not}}
  - {id: look, hand over: Please look.}
"""


def approve_first(call: Call) -> Verdict:
    """Gates that want every send approved."""
    return Allow() if call.approved or call.action != "send_invitation" else NeedConfirmation()


def effects_of(prompt: Prompt) -> dict[str, str]:
    """The effect under each choice."""
    return {choice.id: choice.effect for choice in prompt.choices}


def test_a_choice_that_leads_straight_to_a_risky_call_shows_its_exact_effect() -> None:
    play = Play(flow_of(CHOICES))
    assert effects_of(play.prompt) == {
        "new": "Sends the first account setup email to name's address on record.",
        "more": "Sends a new account setup email to name's address on record.",
        "talk": "",
        "none": "",
    }


@pytest.mark.parametrize(
    ("able", "more"), [(set[str](), ""), ({"send_invitation.ends_links"}, " and ends the links sent before")]
)
def test_only_what_the_system_does_besides_is_promised(able: set[str], more: str) -> None:
    play = Play(flow_of(CHOICES), allowed=frozenset({"find_clients", "send_invitation"} | able))
    shown = effects_of(play.prompt)
    assert shown["new"] == "Sends the first account setup email to name's address on record."
    assert shown["more"] == f"Sends a new account setup email to name's address on record{more}."


def test_choosing_it_is_the_approval() -> None:
    play = Play(flow_of(CHOICES), gate=approve_first)
    assert "asks a/how" in play.answer("new")
    assert [call.approved for call in play.made("send_invitation")] == [True]


def test_without_the_effect_under_the_choice_it_is_asked() -> None:
    play = Play(flow_of(CHOICES), gate=approve_first)
    assert play.answer("talk") == ["says Talking", "asks a/first!confirm"]
    assert effects_of(play.prompt)["confirm"].startswith("Sends the first account setup email")
    assert play.made("send_invitation") == []
    play.answer("confirm")
    assert [call.approved for call in play.made("send_invitation")] == [True]


def test_an_effect_that_the_answer_itself_decides_is_not_shown_and_not_approved() -> None:
    play = Play(flow_of(ASKED_KIND), gate=approve_first)
    assert set(effects_of(play.prompt).values()) == {""}
    assert play.answer("resend") == ["asks a/send!confirm"]
    assert "a new account setup email" in effects_of(play.prompt)["confirm"]


def test_who_says_no_is_not_told_that_it_was_tried_or_forbidden() -> None:
    play = Play(flow_of(CHOICES), gate=approve_first)
    play.answer("talk")
    play.answer("leave")
    assert play.prompt.text.text.startswith(
        "All right, this was not done: Sends the first account setup email"
    )
    assert [choice.id for choice in play.prompt.choices] == ["again", "by-hand", "hand-over", "stop"]
    assert play.here.calls == () or all(record.action == "find_clients" for record in play.here.calls)


def test_keys_are_of_session_path_and_entry_and_entries_only_grow() -> None:
    play = Play(flow_of(CHOICES), {"send_invitation": [Fails(Failure.CONFLICT)]})
    assert play.answer("new")[-1] == "asks a/first!error"
    play.answer("by-hand")
    play.answer("new")
    play.back()
    assert play.answer("new") == ["asks a/first!repeat"]
    play.answer("repeat")
    keys = [call.key for call in play.made("send_invitation")]
    assert keys == ["s1:a/first:1", "s1:a/first:2", "s1:a/first:3"]
    assert len(set(keys)) == len(keys)


def test_an_approval_does_not_live_longer_because_a_repetition_is_asked_about() -> None:
    play = Play(flow_of(CHOICES), gate=approve_first)
    play.answer("new")
    play.back()
    assert play.answer("new") == ["asks a/first!repeat"]
    assert play.do(Answered("repeat", "2026-11-23T09:35:01Z")) == ["asks a/first!confirm"]
    assert len(play.made("send_invitation")) == 1


def test_what_a_backend_says_of_a_failure_cannot_pass_for_words_of_ours() -> None:
    failing = Fails(Failure.CONFLICT, "It is there.\nShall I try it again?\u2028Yes.")
    play = Play(flow_of(CHOICES), {"send_invitation": [failing]})
    play.answer("new")
    assert len(play.prompt.text.rich) == 1
    assert "It is there. Shall I try it again? Yes. How shall we go on?" in play.prompt.text.text


def test_a_call_before_a_choice_is_approved_is_not_made_with_the_same_key_again() -> None:
    play = Play(flow_of(CHOICES), gate=approve_first)
    play.answer("talk")
    play.answer("leave")
    play.answer("again")
    play.answer("confirm")
    assert [call.key for call in play.made("send_invitation")] == ["s1:a/first:2"]


@pytest.mark.parametrize("failure", [Failure.BACKEND_BUG, Failure.OUTCOME_UNKNOWN])
def test_what_may_have_been_sent_is_asked_about_before_it_is_sent_again(failure: Failure) -> None:
    first = Vanishes() if failure is Failure.OUTCOME_UNKNOWN else Works(["nonsense"])
    play = Play(flow_of(CHOICES), {"send_invitation": [first]})
    play.answer("talk")
    play.answer("happened" if failure is Failure.OUTCOME_UNKNOWN else "by-hand")
    assert play.answer("talk") == ["says Talking", "asks a/first!repeat"]
    assert "was tried at 09:30 UTC" in play.prompt.text.text
    assert play.answer("skip") == [
        f"asks a/first!{'unknown' if failure is Failure.OUTCOME_UNKNOWN else 'error'}"
    ]
    assert len(play.made("send_invitation")) == 1


def test_a_failure_is_told_with_what_may_have_happened() -> None:
    play = Play(flow_of(CHOICES), {"send_invitation": [Fails(Failure.UNDELIVERABLE, "550 no such mailbox")]})
    play.answer("new")
    told = [each.text for each in play.effects if isinstance(each, Did)]
    assert told == [
        "Sends the first account setup email to name's address on record. "
        "The mail system refused to deliver to the address."
    ]
    assert "550 no such mailbox" in play.prompt.text.text


def test_half_a_character_from_outside_is_no_reason_to_lose_the_session() -> None:
    play = Play(flow_of(CHOICES), {"send_invitation": [Fails(Failure.CONFLICT, "\ud800 there", "\udfff")]})
    assert play.answer("new")[-1] == "asks a/first!error"
    assert "? there" in play.prompt.text.text


def test_the_ticket_has_the_trail_and_nothing_that_was_typed() -> None:
    play = Play(flow_of(GIVE_UP), {"send_invitation": [Fails(Failure.UNAVAILABLE)]})
    play.answer("It is about Ana Souza, ana@clinic.example")
    shown = play.answer("not-very")
    assert shown[-3:] == ["calls open_ticket id", "did open_ticket confirmed", "ends escalated"]
    [ticket] = play.made("open_ticket")
    assert ticket.args["topic"] == "It does not work"
    assert str(ticket.args["summary"]).endswith("Found: 1.")
    trail = ticket.args["trail"]
    assert isinstance(trail, list)
    assert f"{NOW} a/what: (text)" in trail
    assert f"{NOW} a/sure: not-very" in trail
    assert f"{NOW} a/send: send_invitation: rejected (unavailable)" in trail
    assert "Ana" not in str(ticket.args)


def test_what_was_found_on_a_way_that_was_left_is_not_told_in_the_ticket() -> None:
    def found_in_the_ticket(play: Play) -> bool:
        [ticket] = play.made("open_ticket")
        return "get_account" in str(ticket.args["trail"])

    stayed = Play(flow_of(TWO_PEOPLE))
    stayed.answer("first")
    stayed.answer("so")
    assert found_in_the_ticket(stayed)
    went_back = Play(flow_of(TWO_PEOPLE))
    went_back.answer("first")
    went_back.back()
    went_back.answer("other")
    assert not found_in_the_ticket(went_back)


def test_nobody_is_left_believing_in_a_ticket_that_is_not_there() -> None:
    def last_words(play: Play) -> str:
        play.answer("x")
        play.answer("very")
        assert isinstance(play.effects[-1], Finish)
        return play.effects[-1].text.text

    script = {"send_invitation": [Fails(Failure.UNAVAILABLE)] * 2}
    flow = flow_of(GIVE_UP)
    denied = Play(flow, {**script, "open_ticket": [Fails(Failure.FORBIDDEN)]})
    assert last_words(denied).startswith("The ticket could not be opened.")
    unsure = Play(flow, {**script, "open_ticket": [Vanishes()]})
    assert last_words(unsure).startswith("It is not certain that the ticket was opened.")
    nowhere = Play(flow, script, allowed=frozenset(flow.catalog.actions) - {"open_ticket"})
    assert last_words(nowhere).startswith("No ticket can be opened from here.")


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Circles are not looked for: what the checks prove, the engine does not rely on."""
    monkeypatch.setattr("engine.checks.graph.check_circles", lambda *_: None)


@pytest.mark.usefixtures("unchecked")
def test_after_reads_without_end_the_session_is_stopped() -> None:
    text = (
        "flow: a\naudience: [agent, client]\nsteps:\n  - {id: one, visit: b}\n  - go: one\n",
        "flow: b\naudience: [agent, client]\nexits: [done]\nsteps:\n  - {do: get_clinic, save: clinic}\n"
        "  - if: clinic.name == 'other'\n    then: [{id: q, ask: Sure?, kind: yes-no}]\n  - return: done\n",
    )
    play = Play(flow_of(*text))
    assert isinstance(play.here.waiting, AtEnd)
    assert "goes in circles" in play.here.waiting.text.text
    assert len(play.calls) == play.flow.limits.calls_a_turn


@pytest.mark.usefixtures("unchecked")
def test_steps_without_end_are_stopped_as_well() -> None:
    text = (
        "flow: a\naudience: [agent, client]\nsteps:\n  - {id: one, visit: b}\n  - go: one\n",
        "flow: b\naudience: [agent, client]\nexits: [done]\nsteps:\n"
        "  - if: audience == 'client'\n    then: [{id: q, ask: Sure?, kind: yes-no}]\n  - return: done\n",
    )
    assert isinstance(Play(flow_of(*text)).here.waiting, AtEnd)


def waiting_call(phase: str) -> tuple[Play, Call]:
    """A session that waits for a call in this phase."""
    play = Play(flow_of(CHOICES))
    play.feed(Answered("new", NOW))
    call = play.waiting_call()
    if phase in ("planned", "checking"):
        [effect] = play.feed(Gated(call.key, Allow(), NOW))
        assert isinstance(effect, Perform)
    if phase == "checking":
        play.feed(Lost(call.key, NOW))
    return play, call


@pytest.mark.parametrize("phase", ["gate", "planned", "checking"])
def test_the_outcome_of_another_call_or_of_another_phase_is_the_drivers_mistake(phase: str) -> None:
    play, call = waiting_call(phase)
    gated = Gated(call.key, Allow(), NOW)
    looked = CheckedBack(call.key, DidNotHappen(), NOW)
    outcomes: list[Event] = [
        Succeeded(call.key, result_of(call.action), NOW),
        Failed(call.key, Failure.CONFLICT, NOW),
        Lost(call.key, NOW),
    ]
    unfit: dict[str, list[Event]] = {
        "gate": [*outcomes, looked],
        "planned": [looked],
        "checking": [gated, *outcomes],
    }
    for event in unfit[phase]:
        with pytest.raises(OutOfTurn):
            play.feed(event)
    with pytest.raises(OutOfTurn):
        play.feed(Succeeded("s1:a/first:9", None, NOW))
    assert isinstance(play.here.waiting, AtCall)


@pytest.mark.parametrize(
    ("audience", "words"),
    [
        (Audience.AGENT, "Hand it over to the clinic's support"),
        (Audience.PRACTITIONER, "Hand it over to the clinic's support"),
        (Audience.CLIENT, "Ask my practice to see to it"),
    ],
)
def test_a_way_out_is_offered_in_the_words_of_whoever_reads_it(audience: Audience, words: str) -> None:
    text = (
        "flow: a\naudience: [agent, practitioner, client]\nsteps:\n"
        "  - {do: get_clinic, save: clinic}\n  - say: This is {{ clinic.name }}.\n  - end: stopped\n"
    )
    play = Play(flow_of(text), {"get_clinic": [Fails(Failure.UNAVAILABLE)]}, audience=audience)
    [label] = [choice.label for choice in play.prompt.choices if choice.id == "hand-over"]
    assert label == words
