"""Evidence, second persons, approvals that grow old and secrets that are shown once, by the engine alone."""

from __future__ import annotations

import msgspec
import pytest

from engine.actions import Failure
from engine.effects import Call, Consult, EngineEffect, Perform, Problem, Reveal
from engine.errors import OutOfTurn
from engine.events import (
    Allow,
    Answered,
    CannotTell,
    Deny,
    Gated,
    Method,
    NeedConfirmation,
    NeedEvidence,
    NeedSecond,
    Resumed,
    Revealed,
    RevealLost,
    Succeeded,
    Verdict,
)
from engine.flow import Flow
from engine.state import AtCall, AtPrompt, AtReveal
from engine.values import Value
from tests.engine.play import NOW, TODAY, Fails, Play, Script, Vanishes, Works, flow_of, result_of

FLOW = """\
flow: a
title: A new password
audience: [agent]
steps:
  - do: find_clients
    with: {query: "'ana'"}
    save: found
  - {id: who, ask: Who?, kind: one, of: found.clients, save: picked}
  - do: get_client
    with: {client: picked.id}
    save: client
  - id: how
    ask: Shall I set a new password for {{ client.name }}?
    answers:
      make: {label: "Yes", then: make}
      other: {label: Later, then: soon}
  - id: soon
    ask: When?
    kind: text
    then: make
  - id: make
    do: set_temporary_password
    with: {subject: client.id}
    save: credential
    on: {verification_required: stranger}
  - id: works
    ask: Does it work?
    kind: yes-no
    then: {yes: good, no: bad}
  - id: good
    end: solved
  - id: bad
    end: stopped
  - id: stranger
    ask: "Who is it? {{ problem.message | default('-') }}"
    kind: text
    then: bad
"""
CALLER = "  - {id: caller, ask: Number?, kind: phone, save: phone}\n"
CALL_BACK = Method("callback_on_file", "I called back", "Call {phone}.")
IN_PERSON = Method("in_person", "They are here")
SAMPLE: Value = {"id": "ana", "name": "Ana Souza", "first_name": "Ana", "kind": "adult"}
COVERS = ("set_temporary_password", "update_email")
EVIDENCE = NeedEvidence((CALL_BACK, IN_PERSON), "Who it is must be known.", COVERS)
LATE = "2026-11-23T09:36:00Z"


@pytest.fixture(scope="module")
def flow() -> Flow:
    return flow_of(FLOW)


def ana(phone: str | None = "+1 416 555 0111") -> Value:
    return result_of("get_client", id="ana", name="Ana Souza", phone=phone)


class Gate:
    """Answers with the verdicts given for the change, then allows; everything else is allowed."""

    def __init__(self, *verdicts: Verdict, verification: Verdict | None = None) -> None:
        self.verdicts = list(verdicts)
        self.verification = verification or Allow()
        self.asked: list[Call] = []

    def __call__(self, call: Call) -> Verdict:
        if call.action == "record_verification":
            return self.verification
        if call.action != "set_temporary_password":
            return Allow()
        self.asked.append(call)
        return self.verdicts.pop(0) if self.verdicts else Allow()


def talk(flow: Flow, gate: Gate, phone: str | None = "+1 416 555 0111", script: Script | None = None) -> Play:
    return begun(flow, gate, {"get_client": [Works(ana(phone))], **(script or {})})


def begun(flow: Flow, gate: Gate, script: Script, allowed: frozenset[str] | None = None) -> Play:
    """The conversation at its question how."""
    found = result_of("find_clients", clients=[SAMPLE])
    play = Play(flow, {"find_clients": [Works(found)], **script}, gate, allowed=allowed)
    play.answer("ana")
    return play


def answer_by(play: Play, value: Value, actor: str) -> list[str]:
    return play.do(Answered(value, NOW, actor=actor))


def call_in(effects: tuple[EngineEffect, ...]) -> Call:
    """The call that the gates are asked about."""
    assert isinstance(effects[-1], Consult)
    return effects[-1].call


class TestEvidence:
    def test_it_is_recorded_and_then_the_call_is_made_with_its_approval(self, flow: Flow) -> None:
        gate = Gate(EVIDENCE)
        play = talk(flow, gate)
        assert play.answer("make") == ["asks a/make!evidence"]
        assert play.answer("callback_on_file") == [
            "calls record_verification ana",
            "did record_verification confirmed",
            "calls set_temporary_password ana",
            "did set_temporary_password confirmed",
        ]
        recorded = play.made("record_verification")[0]
        assert recorded.args == {
            "subject": "ana",
            "method": "callback_on_file",
            "outcome": "passed",
            "covers": list(COVERS),
        }
        assert recorded.step == "make!verify"
        assert recorded.approved
        assert [call.approved for call in gate.asked] == [True, True]

    def test_the_question_says_what_is_going_to_be_done_and_whom_to_call(self, flow: Flow) -> None:
        play = talk(flow, Gate(EVIDENCE))
        play.answer("make")
        text = play.prompt.text.text
        assert "Sets a new password for Ana Souza's account" in text
        assert "Who it is must be known." in text
        assert "update email" in text
        assert [(each.id, each.detail) for each in play.prompt.choices] == [
            ("callback_on_file", "Call +1 416 555 0111."),
            ("in_person", ""),
            ("failed", ""),
            ("leave", ""),
        ]

    def test_without_a_number_on_record_nobody_is_asked_to_call(self, flow: Flow) -> None:
        play = talk(flow, Gate(EVIDENCE), phone=None)
        play.answer("make")
        assert [each.id for each in play.prompt.choices] == ["in_person", "failed", "leave"]
        assert play.answer("callback_on_file")[0] == "problem not_a_choice"

    def test_where_no_way_is_left_the_identity_cannot_be_verified(self, flow: Flow) -> None:
        only = NeedEvidence((CALL_BACK,), "Who it is must be known.", COVERS)
        assert "asks a/stranger" in talk(flow, Gate(only), phone=None).answer("make")

    def test_a_number_that_was_typed_is_no_record(self) -> None:
        text = FLOW.replace(
            "steps:\n", "steps:\n  - {id: caller, ask: Number?, kind: phone, save: phone}\n", 1
        )
        found = result_of("find_clients", clients=[SAMPLE])
        script = {"find_clients": [Works(found)], "get_client": [Works(ana(None))]}
        play = Play(flow_of(text), script, Gate(EVIDENCE))
        play.answer("+1 900 555 9999")
        play.answer("ana")
        play.answer("make")
        assert all("9999" not in each.detail for each in play.prompt.choices)

    def test_a_failed_one_is_recorded_and_the_author_decides(self, flow: Flow) -> None:
        play = talk(flow, Gate(EVIDENCE))
        play.answer("make")
        shown = play.answer("failed")
        assert shown[-1] == "asks a/stranger"
        assert play.made("record_verification")[0].args["outcome"] == "failed"
        assert play.made("set_temporary_password") == []

    def test_not_now_does_nothing(self, flow: Flow) -> None:
        play = talk(flow, Gate(EVIDENCE))
        play.answer("make")
        assert play.answer("leave") == ["asks a/make!error"]
        assert play.made("record_verification") == []

    def test_asked_again_after_it_was_given_it_is_asked_for_again(self, flow: Flow) -> None:
        play = talk(flow, Gate(EVIDENCE, EVIDENCE))
        play.answer("make")
        assert play.answer("in_person")[-1] == "asks a/make!evidence"

    @pytest.mark.parametrize(
        ("outcome", "then"),
        [
            (Fails(Failure.NOT_FOUND), "asks a/stranger"),
            (Fails(Failure.UNAVAILABLE), "asks a/make!error"),
            (Vanishes(CannotTell()), "asks a/make!error"),
            (Works({"nonsense": 1}), "asks a/stranger"),
        ],
    )
    def test_what_was_not_recorded_proves_nothing(
        self, flow: Flow, outcome: Works | Fails | Vanishes, then: str
    ) -> None:
        play = talk(flow, Gate(EVIDENCE), script={"record_verification": [outcome]})
        play.answer("make")
        assert play.answer("in_person")[-1] == then
        assert play.made("set_temporary_password") == []

    @pytest.mark.parametrize("verdict", [Deny("No."), NeedConfirmation(), EVIDENCE, NeedSecond("Two.")])
    def test_nor_does_what_may_not_be_recorded(self, flow: Flow, verdict: Verdict) -> None:
        play = talk(flow, Gate(EVIDENCE, verification=verdict))
        play.answer("make")
        assert play.answer("in_person")[-1] == "asks a/stranger"
        assert play.made("record_verification") == []

    def test_a_clinic_that_cannot_record_it_cannot_do_what_needs_it(self, flow: Flow) -> None:
        allowed = frozenset(flow.catalog.actions) - {"record_verification"}
        play = begun(flow, Gate(EVIDENCE), {"get_client": [Works(ana())]}, allowed)
        assert play.answer("make")[-1] == "asks a/stranger"


class TestSecondPerson:
    NEED = NeedSecond("This needs two.")

    def test_another_person_approves_it(self, flow: Flow) -> None:
        gate = Gate(self.NEED)
        play = talk(flow, gate)
        assert play.answer("make") == ["asks a/make!second"]
        assert play.prompt.choices[0].effect.startswith("Sets a new password for Ana Souza")
        assert "calls set_temporary_password ana" in answer_by(play, "approve", "bea")
        assert gate.asked[-1].approved_by == "bea"
        assert gate.asked[-1].approved

    @pytest.mark.parametrize("choice", ["approve", "refuse"])
    @pytest.mark.parametrize("actor", ["", "ana"])
    def test_whoever_began_cannot(self, flow: Flow, choice: str, actor: str) -> None:
        play = talk(flow, Gate(self.NEED))
        play.answer("make")
        assert answer_by(play, choice, actor) == ["problem second_person", "asks a/make!second"]
        assert play.made("set_temporary_password") == []

    def test_whoever_began_can_leave_it(self, flow: Flow) -> None:
        play = talk(flow, Gate(self.NEED))
        play.answer("make")
        assert play.answer("leave") == ["asks a/make!error"]

    def test_refused_is_refused(self, flow: Flow) -> None:
        play = talk(flow, Gate(self.NEED))
        play.answer("make")
        assert answer_by(play, "refuse", "bea")[-1] == "asks a/make!error"
        assert play.made("set_temporary_password") == []

    def test_it_can_stand_in_place_of_evidence(self, flow: Flow) -> None:
        need = msgspec.structs.replace(EVIDENCE, second=True)
        play = talk(flow, Gate(need))
        play.answer("make")
        assert play.answer("second") == ["asks a/make!second"]
        assert "calls set_temporary_password ana" in answer_by(play, "approve", "bea")


class TestOldApprovals:
    @pytest.mark.parametrize(
        ("at", "good"), [("09:35:00", True), ("09:35:01", False), ("09:29:59", False), ("09:30:00", True)]
    )
    def test_an_approval_is_good_for_five_minutes(self, flow: Flow, at: str, good: bool) -> None:
        moment = f"2026-11-23T{at}Z"
        play = talk(flow, Gate(EVIDENCE))
        play.answer("make")
        key = call_in(play.feed(Answered("in_person", moment))).key
        play.feed(Gated(key, Allow(), moment))
        again = call_in(play.feed(Succeeded(key, result_of("record_verification"), moment)))
        assert again.action == "set_temporary_password"
        assert again.approved is good

    def test_a_second_persons_grows_old_too(self, flow: Flow) -> None:
        gate = Gate(TestSecondPerson.NEED, NeedConfirmation())
        play = talk(flow, gate)
        play.answer("make")
        answer_by(play, "approve", "bea")
        play.do(Answered("confirm", LATE))
        assert gate.asked[-1].approved
        assert gate.asked[-1].approved_by == ""

    def test_a_call_that_was_allowed_long_ago_is_asked_about_again(self, flow: Flow) -> None:
        play = talk(flow, Gate())
        call = call_in(play.feed(Answered("make", NOW)))
        play.feed(Gated(call.key, Allow(), NOW))
        effects = play.feed(Resumed(LATE, TODAY))
        assert isinstance(effects[-1], Perform)
        assert not effects[-1].call.approved
        play.feed(Gated(call.key, NeedConfirmation(), LATE))
        assert isinstance(play.here.waiting, AtPrompt)
        assert play.here.waiting.asking == "confirm"

    def test_it_is_kept_through_the_record_of_the_evidence(self, flow: Flow) -> None:
        play = talk(flow, Gate(EVIDENCE))
        play.answer("make")
        play.feed(Answered("in_person", NOW))
        assert isinstance(play.here.waiting, AtCall)
        assert play.here.waiting.then is not None
        assert play.here.waiting.then.approved


class TestReveals:
    def waiting(self, flow: Flow) -> Play:
        play = talk(flow, Gate())
        play.answer("make")
        return play

    def test_a_secret_is_announced_and_nothing_else_can_happen(self, flow: Flow) -> None:
        play = self.waiting(flow)
        assert isinstance(play.here.waiting, AtReveal)
        reveal = play.here.waiting.reveal
        assert "Ana Souza" in reveal.label
        for effects in (play.feed(Answered("yes", NOW)), play.feed(Resumed(NOW, TODAY))):
            assert effects[-1] == reveal
        assert play.back() == ["problem unseen"]

    def test_once_it_was_seen_the_conversation_goes_on(self, flow: Flow) -> None:
        play = self.waiting(flow)
        assert play.do(Revealed("secret", NOW)) == ["asks a/works"]

    def test_a_lost_one_is_said_and_a_new_one_offered_without_asking_twice(self, flow: Flow) -> None:
        play = self.waiting(flow)
        assert play.do(RevealLost("secret", NOW)) == ["asks a/make!lost"]
        assert [each.id for each in play.prompt.choices] == ["again", "hand-over", "stop"]
        assert "calls set_temporary_password ana" in play.answer("again")
        assert len({call.key for call in play.made("set_temporary_password")}) == 2
        assert play.do(Revealed("secret", NOW)) == ["asks a/works"]

    def test_a_lost_one_can_be_handed_over(self, flow: Flow) -> None:
        play = self.waiting(flow)
        play.do(RevealLost("secret", NOW))
        assert play.answer("hand-over")[-1] == "ends escalated"

    @pytest.mark.parametrize("event", [Revealed("other", NOW), RevealLost("other", NOW)])
    def test_another_one_is_not_it(self, flow: Flow, event: Revealed | RevealLost) -> None:
        with pytest.raises(OutOfTurn):
            self.waiting(flow).feed(event)

    def test_nothing_is_revealed_twice(self, flow: Flow) -> None:
        play = self.waiting(flow)
        play.feed(Revealed("secret", NOW))
        with pytest.raises(OutOfTurn):
            play.feed(Revealed("secret", NOW))
        assert sum(isinstance(each, Reveal) for each in play.effects) == 1
        assert not any(isinstance(each, Problem) for each in play.effects)

    def test_a_password_that_was_set_otherwise_than_expected_is_shown_all_the_same(self) -> None:
        flow = flow_of(
            FLOW.replace(
                "    on: {verification_required: stranger}",
                "    expect: credential.must_change is true\n"
                "    on: {verification_required: stranger, not_confirmed: stranger}",
            )
        )
        weak = Works(result_of("set_temporary_password", must_change=False))
        play = talk(flow, Gate(), script={"set_temporary_password": [weak]})
        assert play.answer("make")[-1] == "did set_temporary_password rejected not_confirmed"
        assert isinstance(play.here.waiting, AtReveal)
        assert play.do(Revealed("secret", NOW)) == ["asks a/stranger"]
