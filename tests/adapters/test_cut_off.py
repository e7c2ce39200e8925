"""What is cut off in the middle goes on: also where the gates think differently then, and where the clinic's
system itself does not know."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.clinic.port import ActionFailed, CallContext
from adapters.problems import Unusable
from adapters.stores.port import Commit
from adapters.view import View
from engine import Allow, CannotTell, Deny, Failure, Finding, Happened, NeedConfirmation, Value
from tests.adapters.small_desk import Perform, SmallClinic, SmallDesk, small_desk


def planned_and_cut_off(desk: SmallDesk, monkeypatch: pytest.MonkeyPatch) -> str:
    """A session whose call was planned, and could not be kept as sent."""
    session = desk.begin()
    commit = desk.store.commit

    def full(session: str, revision: int, change: Commit) -> int:
        if change.ledger and change.ledger[-1].status == "sent":
            raise Unusable("The disk is full.")
        return commit(session, revision, change)

    with monkeypatch.context() as broken:
        broken.setattr(desk.store, "commit", full)
        with pytest.raises(Unusable):
            desk.driver.answer(session, "send")
    assert desk.ledger(session) == ["planned"]
    return session


def test_a_planned_call_that_needs_a_new_approval_is_made_once_it_has_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_desk(tmp_path) as desk:
        session = planned_and_cut_off(desk, monkeypatch)
        desk.gate.verdict = NeedConfirmation()
        view = desk.driver.resume(session)
        assert view.prompt is not None
        assert view.prompt.step == "sending!confirm"
        desk.gate.verdict = Allow()
        view = desk.driver.answer(session, "confirm")
        assert [did.outcome for did in view.did] == ["confirmed"]
        assert (desk.ledger(session), desk.clinic.writes()) == (["confirmed"], ["send"])


@pytest.mark.parametrize("answer", ["", "leave"])
def test_a_planned_call_that_is_not_made_any_more_is_kept_as_rejected(
    answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_desk(tmp_path) as desk:
        session = planned_and_cut_off(desk, monkeypatch)
        desk.gate.verdict = NeedConfirmation() if answer else Deny("Not now.")
        desk.driver.resume(session)
        if answer:
            assert desk.ledger(session) == ["planned"]
            desk.driver.answer(session, answer)
        assert (desk.ledger(session), desk.clinic.writes()) == (["rejected"], [])


def test_a_system_that_does_not_know_what_became_of_a_call_is_asked_again(tmp_path: Path) -> None:
    def does_not_know(really: Perform, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        really(action, args, context)
        raise ActionFailed(Failure.OUTCOME_UNKNOWN, "Perhaps.")

    clinic = SmallClinic(during=does_not_know)
    with small_desk(tmp_path, clinic) as desk:
        session = desk.begin()
        view = desk.driver.answer(session, "send")
        assert [did.outcome for did in view.did] == ["reconciled"]
        assert (desk.ledger(session), clinic.writes()) == (["reconciled"], ["send"])


@pytest.mark.parametrize("nonsense", [{"odd": 1}, None, [], {"name": 7, "size": 1}])
def test_what_makes_no_sense_when_it_is_looked_up_tells_nothing(nonsense: Value, tmp_path: Path) -> None:
    def lost(really: Perform, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        raise TimeoutError

    def looking(key: str) -> Finding:
        return Happened(nonsense)

    with small_desk(tmp_path, SmallClinic(during=lost, looking=looking)) as desk:
        session = desk.begin()
        view: View = desk.driver.answer(session, "send")
        assert [did.outcome for did in view.did] == ["unknown"]
        assert desk.ledger(session) == ["unknown"]


def test_a_person_is_told_what_was_tried_when_what_is_known_and_what_to_do(tmp_path: Path) -> None:
    moments = iter(range(10_000))

    def clock() -> datetime:
        return datetime(2026, 11, 23, 14, 5, tzinfo=UTC) + timedelta(seconds=next(moments))

    def lost(really: Perform, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        raise TimeoutError

    clinic = SmallClinic(during=lost, looking=lambda key: CannotTell())
    with small_desk(tmp_path, clinic, clock=clock) as desk:
        session = desk.begin()
        asked = desk.driver.answer(session, "send").prompt
        assert asked is not None
        assert asked.text.text == (
            "At 14:05 UTC I tried this: Does send.\n"
            "It is not known whether the clinic's system has done this. No answer came, and looking for it"
            " did not show it. It is not done again by itself.\n"
            "Please look there whether it was done. How shall we go on?"
        )
        clinic.during = None
        asked = desk.driver.answer(session, "did-not").prompt
        assert asked is not None
        assert asked.text.text == "All right, this was not done: Does send. How shall we go on?"
        asked = desk.driver.answer(session, "again").prompt
        assert asked is not None
        assert asked.text.text.endswith("nobody knows whether it was done: Does send. Do it now?")
        assert [did.outcome for did in desk.driver.answer(session, "repeat").did] == ["confirmed"]
        assert clinic.writes() == ["send"]
