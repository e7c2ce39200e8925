"""What happened to a person decides what may happen next: by anyone, in any conversation, at any hour.

Each case is a story: what was done before, and what the gate then says to a call. In it `kim` is at the desk
in the conversation `s1` unless the story says otherwise, and times are minutes before the call.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from adapters.clinic.actions import CATALOG
from adapters.gates.book import Entry, MemoryBook
from adapters.gates.policy_file import shipped_policy
from adapters.gates.policy_gate import PolicyGate
from adapters.gates.port import Question
from adapters.problems import Unusable
from engine import (
    Allow,
    Audience,
    Call,
    CannotTell,
    CheckedBack,
    Deny,
    DidNotHappen,
    Event,
    Failed,
    Failure,
    Happened,
    Lost,
    NeedEvidence,
    NeedSecond,
    Succeeded,
    Value,
    Verdict,
)

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
PHONE_CALL = ("update_email", "send_invitation", "send_password_reset", "set_temporary_password")
DAY = 24 * 60


def moment(minutes_ago: float) -> str:
    return (NOW - timedelta(minutes=minutes_ago)).strftime("%Y-%m-%dT%H:%M:%SZ")


class Desk:
    """A gate with its book, and short ways to let things happen."""

    def __init__(self, book: MemoryBook | None = None) -> None:
        self.book = book or MemoryBook()
        self.gate = PolicyGate(shipped_policy(), CATALOG, self.book)
        self._calls = 0

    def call(self, action: str, subject: str = "ana", by: str = "", **args: Value) -> Call:
        self._calls += 1
        declared = CATALOG.actions[action]
        return Call(
            f"key-{self._calls}",
            action,
            {"subject": subject, **args},
            declared.effect,
            declared.risk,
            "step!verify" if action == "record_verification" else "step",
            subject,
            approved=True,
            approved_by=by,
        )

    def verified(
        self,
        ago: float,
        method: str = "callback_on_file",
        *,
        outcome: str = "passed",
        covers: Sequence[str] = PHONE_CALL,
        actor: str = "kim",
        session: str = "s1",
        subject: str = "ana",
    ) -> None:
        """Somebody said how an identity was verified, and the clinic recorded it."""
        call = self.call(
            "record_verification", subject, method=method, outcome=outcome, covers=list[Value](covers)
        )
        call = replace(call, approved_at=moment(ago))
        self.gate.about_to(call, actor, session, moment(ago))
        self.gate.done(call, Succeeded(call.key, None, moment(ago)), actor, session, moment(ago))

    def failed(self, ago: float, **more: str) -> None:
        """An identity could not be verified."""
        self.verified(ago, "none", outcome="failed", **more)

    def did(
        self, action: str, ago: float, event: Event | None = None, *, actor: str = "kim", session: str = "s1"
    ) -> Call:
        """A call was made, and ended like this (None: the process died first)."""
        call = self.call(action)
        self.gate.about_to(call, actor, session, moment(ago))
        if event is not None:
            self.gate.done(call, replace(event, key=call.key), actor, session, moment(ago))
        return call

    def changed(self, ago: float, *, actor: str = "kim", session: str = "s1") -> None:
        self.did("update_email", ago, DONE, actor=actor, session=session)

    def ask(
        self,
        action: str,
        *,
        by: str = "",
        actor: str = "kim",
        session: str = "s1",
        ago: float = 0,
        subject: str = "ana",
        audience: Audience = Audience.ADMIN,
    ) -> Verdict:
        call = self.call(action, subject, by)
        return self.gate.decide(Question(call, audience, actor, moment(ago), session=session))


DONE = Succeeded("", None, "")
TOXIC = ("send_invitation", "send_password_reset", "set_temporary_password")


@pytest.fixture
def desk() -> Desk:
    return Desk()


def methods(verdict: Verdict) -> list[str]:
    assert isinstance(verdict, NeedEvidence), verdict
    return [method.id for method in verdict.methods]


class TestEvidence:
    def test_it_is_good_for_a_quarter_of_an_hour(self, desk: Desk) -> None:
        desk.verified(14.9)
        assert desk.ask("set_temporary_password") == Allow()
        assert methods(desk.ask("set_temporary_password", ago=-0.2)) == [
            "callback_on_file",
            "in_person",
            "video_id",
        ]

    def test_a_clock_that_was_set_back_lets_none_live_longer(self, desk: Desk) -> None:
        desk.verified(-1)
        assert isinstance(desk.ask("set_temporary_password"), NeedEvidence)

    @pytest.mark.parametrize(
        "other", [{"subject": "tom"}, {"session": "s2"}, {"actor": "lou"}, {"session": "s2", "actor": "lou"}]
    )
    def test_it_is_bound_to_person_asker_and_conversation(self, desk: Desk, other: dict[str, str]) -> None:
        desk.verified(1)
        who = {"subject": "ana", "session": "s1", "actor": "kim", **other}
        verdict = desk.ask(
            "set_temporary_password", subject=who["subject"], session=who["session"], actor=who["actor"]
        )
        assert isinstance(verdict, NeedEvidence)

    def test_it_covers_what_was_on_its_screen(self, desk: Desk) -> None:
        desk.verified(1, covers=["record_consent"])
        assert desk.ask("record_consent", audience=Audience.AGENT) == Allow()
        assert isinstance(desk.ask("update_email"), NeedEvidence)

    def test_it_is_as_old_as_the_word_for_it(self, desk: Desk) -> None:
        call = desk.call("record_verification", outcome="passed", method="in_person", covers=["update_email"])
        call = replace(call, approved_at=moment(20))
        desk.gate.done(call, CheckedBack(call.key, Happened(None), moment(0)), "kim", "s1", moment(0))
        assert isinstance(desk.ask("update_email"), NeedEvidence)

    @pytest.mark.parametrize(
        "event",
        [
            Failed("", Failure.UNAVAILABLE, ""),
            Lost("", ""),
            CheckedBack("", CannotTell(), ""),
            CheckedBack("", DidNotHappen(), ""),
        ],
    )
    def test_what_was_not_recorded_is_none(self, desk: Desk, event: Event) -> None:
        call = desk.call("record_verification", outcome="passed", method="in_person", covers=["update_email"])
        desk.gate.about_to(call, "kim", "s1", moment(1))
        desk.gate.done(call, event, "kim", "s1", moment(1))
        assert isinstance(desk.ask("update_email"), NeedEvidence)

    def test_what_a_flow_recorded_is_none(self, desk: Desk) -> None:
        call = desk.call("record_verification", outcome="passed", method="in_person", covers=["update_email"])
        call = replace(call, step="step")
        desk.gate.done(call, Succeeded(call.key, None, ""), "kim", "s1", moment(1))
        assert isinstance(desk.ask("update_email"), NeedEvidence)

    def test_names_that_are_no_actions_cover_nothing(self, desk: Desk) -> None:
        desk.verified(1, covers=["everything", "update_email and more"])
        assert isinstance(desk.ask("update_email"), NeedEvidence)


class TestFailedVerification:
    @pytest.mark.parametrize(
        "action", [a.name for a in CATALOG.actions.values() if a.risk >= 2 and a.subject is not None]
    )
    def test_nothing_that_matters_is_done_in_that_conversation(self, desk: Desk, action: str) -> None:
        desk.failed(1)
        desk.verified(0, "in_person", covers=[action])
        for by in ("", "lou"):
            verdict = desk.ask(action, by=by)
            assert isinstance(verdict, Deny)
            assert "could not be verified in this conversation" in verdict.reason

    def test_reading_and_handing_over_go_on(self, desk: Desk) -> None:
        desk.failed(1)
        assert desk.ask("get_portal_settings") == Allow()
        assert desk.ask("open_ticket") == Allow()

    def test_it_counts_even_if_the_clinic_could_not_record_it(self, desk: Desk) -> None:
        call = desk.call("record_verification", outcome="failed", method="none", covers=[])
        desk.gate.about_to(call, "kim", "s1", moment(1))
        desk.gate.done(call, Failed(call.key, Failure.UNAVAILABLE, ""), "kim", "s1", moment(1))
        assert isinstance(desk.ask("send_invitation"), Deny)

    def test_it_outlives_the_day_in_its_own_conversation(self, desk: Desk) -> None:
        desk.failed(3 * DAY)
        assert isinstance(desk.ask("send_invitation"), Deny)
        assert desk.ask("send_invitation", session="s2") == Allow()

    def test_others_are_not_concerned(self, desk: Desk) -> None:
        desk.failed(1)
        assert desk.ask("send_invitation", subject="tom") == Allow()

    @pytest.mark.parametrize("actor", ["kim", "lou"])
    def test_for_a_day_a_call_back_is_not_enough_anywhere(self, desk: Desk, actor: str) -> None:
        desk.failed(60)
        desk.verified(1, session="s2", actor=actor)
        verdict = desk.ask("set_temporary_password", session="s2", actor=actor)
        assert methods(verdict) == ["in_person"]
        assert isinstance(verdict, NeedEvidence)
        assert verdict.second

    def test_in_person_or_with_another_person_it_goes_on(self, desk: Desk) -> None:
        desk.failed(60)
        desk.verified(1, session="s2")
        assert desk.ask("set_temporary_password", session="s2", by="lou") == Allow()
        desk.verified(0, "in_person", session="s2")
        assert desk.ask("set_temporary_password", session="s2") == Allow()

    def test_it_also_asks_for_proof_where_none_is_needed_otherwise(self, desk: Desk) -> None:
        assert desk.ask("record_consent") == Allow()
        desk.failed(60)
        assert methods(desk.ask("record_consent", session="s2")) == ["in_person"]
        assert desk.ask("send_invitation", session="s2") == Allow()

    def test_it_is_forgotten_after_a_day(self, desk: Desk) -> None:
        desk.failed(DAY)
        desk.verified(1, session="s2")
        assert desk.ask("set_temporary_password", session="s2") == Allow()


class TestChangedAddress:
    @pytest.mark.parametrize("action", TOXIC)
    def test_one_call_back_before_it_serves_the_whole_telephone_call(self, desk: Desk, action: str) -> None:
        desk.verified(5)
        desk.changed(4)
        assert desk.ask(action) == Allow()

    @pytest.mark.parametrize("action", TOXIC)
    @pytest.mark.parametrize("who", [("kim", "s1"), ("kim", "s2"), ("lou", "s2")])
    def test_after_it_a_call_back_on_the_number_on_record_is_not_enough(
        self, desk: Desk, action: str, who: tuple[str, str]
    ) -> None:
        desk.changed(23 * 60)
        desk.verified(1, actor=who[0], session=who[1])
        verdict = desk.ask(action, actor=who[0], session=who[1])
        assert methods(verdict) == ["callback_before_change", "in_person"]
        assert isinstance(verdict, NeedEvidence)
        assert verdict.second
        assert "2026-11-22 at 10:30 UTC by kim" in verdict.methods[0].detail

    @pytest.mark.parametrize("action", TOXIC)
    def test_a_call_back_on_the_number_before_it_will_do(self, desk: Desk, action: str) -> None:
        desk.changed(60, actor="lou", session="s0")
        desk.verified(1, "callback_before_change")
        assert desk.ask(action) == Allow()

    def test_the_evidence_of_another_conversation_does_not_serve(self, desk: Desk) -> None:
        desk.verified(5)
        desk.changed(4)
        assert isinstance(desk.ask("send_invitation", session="s2"), NeedEvidence)
        assert isinstance(desk.ask("send_invitation", actor="lou"), NeedEvidence)

    def test_evidence_that_was_not_for_the_change_does_not_serve(self, desk: Desk) -> None:
        desk.verified(5, covers=["send_invitation"])
        desk.changed(4)
        assert isinstance(desk.ask("send_invitation"), NeedEvidence)

    def test_evidence_is_no_longer_good_after_its_quarter_of_an_hour(self, desk: Desk) -> None:
        desk.verified(15)
        desk.changed(14)
        assert isinstance(desk.ask("send_invitation"), NeedEvidence)

    def test_every_change_must_be_proven(self, desk: Desk) -> None:
        desk.verified(9)
        desk.changed(8)
        desk.changed(2)
        assert desk.ask("send_invitation") == Allow()
        desk.changed(1, actor="lou", session="s2")
        assert isinstance(desk.ask("send_invitation"), NeedEvidence)
        desk.verified(0, "callback_before_change")
        assert desk.ask("send_invitation") == Allow()

    def test_a_call_back_between_two_changes_proves_the_second_only(self, desk: Desk) -> None:
        desk.changed(300, actor="lou", session="s2")
        desk.verified(7)
        desk.changed(2)
        assert isinstance(desk.ask("send_invitation"), NeedEvidence)

    @pytest.mark.parametrize("method", ["video_id", "signed_in_session"])
    def test_a_picture_or_an_open_account_is_not_enough(self, desk: Desk, method: str) -> None:
        desk.verified(5, method)
        desk.changed(4)
        assert isinstance(desk.ask("send_invitation"), NeedEvidence)

    def test_another_person_who_looks_at_it_will_do(self, desk: Desk) -> None:
        desk.changed(60)
        assert desk.ask("send_invitation", by="lou") == Allow()
        assert isinstance(desk.ask("send_invitation", by="kim"), NeedEvidence)
        assert methods(desk.ask("set_temporary_password", by="lou"))[0] == "callback_on_file"

    def test_it_is_forgotten_after_a_day(self, desk: Desk) -> None:
        desk.changed(DAY)
        assert desk.ask("send_invitation") == Allow()

    def test_a_clock_that_was_set_back_does_not_make_it_forgotten(self, desk: Desk) -> None:
        desk.changed(-3 * DAY)
        assert isinstance(desk.ask("send_invitation"), NeedEvidence)

    @pytest.mark.parametrize(
        "event",
        [
            Failed("", Failure.STALE_VERSION, ""),
            Failed("", Failure.UNAVAILABLE, ""),
            CheckedBack("", DidNotHappen(), ""),
        ],
    )
    def test_one_that_certainly_was_not_made_does_not_count(self, desk: Desk, event: Event) -> None:
        desk.did("update_email", 60, event)
        assert desk.ask("send_invitation") == Allow()

    @pytest.mark.parametrize(
        "event",
        [
            None,
            Lost("", ""),
            CheckedBack("", CannotTell(), ""),
            CheckedBack("", Happened(None), ""),
            Failed("", Failure.BACKEND_BUG, ""),
            Failed("", Failure.PARTIAL, ""),
        ],
    )
    def test_one_that_may_have_been_made_counts(self, desk: Desk, event: Event | None) -> None:
        desk.did("update_email", 60, event)
        assert isinstance(desk.ask("send_invitation"), NeedEvidence)

    def test_it_and_a_failed_verification_together_leave_one_way(self, desk: Desk) -> None:
        desk.changed(60, session="s0")
        desk.failed(50, session="s0")
        desk.verified(1, "callback_before_change")
        assert methods(desk.ask("set_temporary_password")) == ["in_person"]

    def test_where_the_policy_accepts_nothing_else_it_takes_two(self, desk: Desk) -> None:
        strict = replace(shipped_policy(), evidence_by=("video_id",))
        desk.gate = PolicyGate(strict, CATALOG, desk.book)
        desk.changed(60)
        assert isinstance(desk.ask("send_invitation"), NeedSecond)


class TestSends:
    def test_so_many_a_day_and_no_more(self, desk: Desk) -> None:
        for ago in (300, 200, 100, 50):
            desk.did("send_invitation", ago, DONE, session=f"s{ago}")
        assert desk.ask("send_password_reset") == Allow()
        desk.did("send_password_reset", 40, Lost("", ""))
        verdict = desk.ask("send_invitation", session="s9")
        assert isinstance(verdict, Deny)
        assert verdict.failure is Failure.RATE_LIMITED
        assert desk.ask("send_invitation", subject="tom") == Allow()

    def test_what_was_not_sent_does_not_count(self, desk: Desk) -> None:
        for ago in range(10):
            desk.did("send_invitation", ago, Failed("", Failure.NOT_READY, ""))
        assert desk.ask("send_invitation") == Allow()

    def test_the_same_call_counts_once(self, desk: Desk) -> None:
        call = desk.call("send_invitation")
        for ago in range(10):
            desk.gate.about_to(call, "kim", "s1", moment(ago))
        assert desk.ask("send_invitation") == Allow()


_STEPS = st.lists(
    st.tuples(
        st.sampled_from(["verify", "fail", "change", "open", "wait"]),
        st.sampled_from(["kim", "lou"]),
        st.sampled_from(["s1", "s2"]),
        st.sampled_from(["callback_on_file", "callback_before_change", "in_person", "video_id"]),
        st.sampled_from(TOXIC),
    ),
    max_size=14,
)


@given(steps=_STEPS)
def test_no_order_of_things_lets_somebody_in_by_a_changed_address(
    steps: list[tuple[str, str, str, str, str]],
) -> None:
    """Whatever was let through had, for each change before it, a call-back or a visit in the conversation in
    which the change was made, or one afterwards that does not go by what is on record now."""
    desk, minute = Desk(), 0
    proofs: list[tuple[int, str, str, str, int]] = []
    changes: list[tuple[int, str]] = []
    for place, (kind, actor, session, method, action) in enumerate(steps):
        minute += 4 if kind == "wait" else 0
        if kind == "verify":
            desk.verified(-minute, method, actor=actor, session=session)
            proofs.append((place, actor, session, method, minute))
        elif kind == "fail":
            desk.failed(-minute, actor=actor, session=session)
        elif kind == "change":
            desk.changed(-minute, actor=actor, session=session)
            changes.append((place, session))
        elif kind == "open" and desk.ask(action, actor=actor, session=session, ago=-minute) == Allow():
            good = [
                (at, how)
                for at, who, where, how, when in proofs
                if (who, where) == (actor, session) and minute - when < 15
            ]
            for changed, where in changes:
                assert any(
                    how in ("callback_before_change", "in_person")
                    if at > changed
                    else how != "video_id" and where == session
                    for at, how in good
                )


class FullBook(MemoryBook):
    """A book on a disk that has room for nothing more, until it has."""

    full = True

    def add(self, entry: Entry) -> None:
        """See `Book.add`."""
        if self.full:
            raise Unusable("The disk is full.", "Make room.")
        super().add(entry)


def test_a_proof_that_could_not_be_kept_is_kept_when_it_is_needed_and_not_asked_for_again() -> None:
    book = FullBook()
    desk = Desk(book)
    desk.verified(5)
    assert desk.ask("update_email") == Deny("The disk is full. Make room.", Failure.UNAVAILABLE)
    assert isinstance(desk.ask("update_email", session="s2"), NeedEvidence), "others are not held up"
    book.full = False
    assert desk.ask("update_email") == Allow()
    assert [entry.kind for entry in book.about("ana", "", "s1")] == ["passed"]
    assert isinstance(desk.ask("update_email", ago=-11), NeedEvidence), "it is as old as it was given"
