"""What every backend must do where an account or a child's record could change hands.

Part of the one contract (see `contract`): verifications, a changed address, passwords, consent, the session.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from adapters.letters import Refused, Unreachable
from engine import Failure, SecretRef, Value
from tests.adapters.clinic.bench import Bench, failed_with


class GuardedContract:
    """Subclasses provide the fixture `bench`, at the clinic of the contract's people."""

    # -- verifications ---------------------------------------------------------------------------------

    @pytest.mark.parametrize(("outcome", "method"), [("passed", "callback_on_file"), ("failed", "none")])
    def test_a_verification_is_recorded_as_it_was_said(self, bench: Bench, outcome: str, method: str) -> None:
        found = bench.record(
            "record_verification",
            subject="ana-souza",
            method=method,
            outcome=outcome,
            covers=["update_email", "send_invitation"],
        )
        assert (found["method"], found["outcome"], found["by"]) == (method, outcome, "alice")
        assert found["covers"] == ["update_email", "send_invitation"]
        assert found["at"] == "2026-11-23T09:30:00-05:00"

    def test_an_outcome_is_one_of_two(self, bench: Bench) -> None:
        failed = bench.fails(
            "record_verification", subject="ana-souza", method="x", outcome="maybe", covers=[]
        )
        assert failed_with(failed) is Failure.INVALID_INPUT

    # -- the address -----------------------------------------------------------------------------------

    def change(self, bench: Bench, subject: str, address: str) -> dict[str, Value]:
        return bench.record(
            "update_email", subject=subject, new_email=address, expected_version=bench.version(subject)
        )

    def test_a_changed_address_is_told_to_both(self, bench: Bench) -> None:
        before = bench.version("ivy-walker")
        change = self.change(bench, "ivy-walker", " Ivy@Work.example ")
        assert (change["masked_old"], change["masked_new"]) == (
            "i***r@post.example",
            "I***y@work.example",
        )
        assert (change["notified_old"], change["notified_new"]) == (True, True)
        assert change["version"] == bench.version("ivy-walker") != before
        assert bench.record("check_email", subject="ivy-walker")["address"] == "Ivy@work.example"
        assert bench.carrier.recipients == ["ivy.walker@post.example", "Ivy@work.example"]

    def test_the_old_address_is_not_told_the_new_one_in_full(self, bench: Bench) -> None:
        self.change(bench, "ivy-walker", "secret.place@work.example")
        told, _, _ = bench.carrier.sent[0]
        assert "secret.place" not in told.as_string()
        assert "s***e@work.example" in told.as_string()

    def test_who_cannot_be_told_holds_nothing_up(self, bench: Bench) -> None:
        bench.carrier.answers["ivy.walker@post.example"] = Refused("5.1.1", "no such user")
        change = self.change(bench, "ivy-walker", "ivy@work.example")
        assert (change["notified_old"], change["notified_new"]) == (False, True)

    def test_a_mail_system_out_of_reach_holds_nothing_up(self, bench: Bench) -> None:
        for address in ("ivy.walker@post.example", "ivy@work.example"):
            bench.carrier.answers[address] = Unreachable("down")
        change = self.change(bench, "ivy-walker", "ivy@work.example")
        assert (change["notified_old"], change["notified_new"]) == (False, False)
        assert bench.record("check_email", subject="ivy-walker")["address"] == "ivy@work.example"

    def test_an_address_that_bounced_before_is_not_told(self, bench: Bench) -> None:
        change = self.change(bench, "paul-dubois", "paul@work.example")
        assert (change["notified_old"], change["notified_new"]) == (False, True)
        assert bench.carrier.recipients == ["paul@work.example"]

    def test_a_first_address_has_no_old_one(self, bench: Bench) -> None:
        change = self.change(bench, "rosa-jansen", "rosa@post.example")
        assert (change["masked_old"], change["notified_old"], change["notified_new"]) == (None, False, True)

    @pytest.mark.parametrize(
        ("subject", "address", "expected"),
        [
            ("ivy-walker", "no address", Failure.INVALID_INPUT),
            ("ivy-walker", "", Failure.INVALID_INPUT),
            ("ivy-walker", "IVY.walker@post.example", Failure.CONFLICT),
            ("olga-petrova", "olga@post.example", Failure.NOT_READY),
        ],
    )
    def test_which_change_is_refused(
        self, bench: Bench, subject: str, address: str, expected: Failure
    ) -> None:
        args: dict[str, Value] = {"subject": subject, "new_email": address}
        failed = bench.fails("update_email", **args, expected_version=bench.version(subject))
        assert failed_with(failed) is expected
        assert bench.carrier.sent == []

    def test_a_change_over_somebody_else_s_is_refused(self, bench: Bench) -> None:
        version = bench.version("ivy-walker")
        self.change(bench, "ivy-walker", "ivy@work.example")
        failed = bench.fails(
            "update_email", subject="ivy-walker", new_email="ivy@home.example", expected_version=version
        )
        assert failed_with(failed) is Failure.STALE_VERSION

    def test_a_corrected_address_can_be_written_to_at_once(self, bench: Bench) -> None:
        bench.call("send_invitation", subject="tom-becker", kind="first")
        assert bench.record("get_invitation", subject="tom-becker")["state"] == "pending"
        self.change(bench, "tom-becker", "tom@work.example")
        assert bench.record("get_invitation", subject="tom-becker")["state"] == "failed"
        bench.call("send_invitation", subject="tom-becker", kind="resend")
        assert bench.carrier.recipients[-1] == "tom@work.example"
        assert bench.record("get_account", subject="tom-becker")["login_email"] == "tom@work.example"

    def test_it_is_told_when_the_address_was_changed(self, bench: Bench) -> None:
        assert bench.record("last_email_change", subject="tom-becker")["changed_at"] is None
        self.change(bench, "tom-becker", "tom@work.example")
        told = bench.record("last_email_change", subject="tom-becker")["changed_at"]
        assert isinstance(told, str)
        assert abs(datetime.fromisoformat(told) - bench.clock()) < timedelta(seconds=2)
        assert bench.record("last_email_change", subject="daniel-okafor")["changed_at"] is None

    def test_an_account_that_is_in_use_keeps_its_login(self, bench: Bench) -> None:
        self.change(bench, "daniel-okafor", "daniel@work.example")
        assert (
            bench.record("get_account", subject="daniel-okafor")["login_email"]
            == "daniel.okafor@post.example"
        )

    # -- suppressed addresses --------------------------------------------------------------------------

    def test_a_cleared_address_is_written_to_again(self, bench: Bench) -> None:
        bench.clock.forward(days=1)
        delivery = bench.record("clear_suppression", subject="nina-rossi", client_asked=True)
        assert (delivery["state"], delivery["masked"]) == ("unknown", "n***i@mail.example")
        assert bench.record("send_invitation", subject="nina-rossi", kind="resend")["accepted"] is True

    @pytest.mark.parametrize(
        ("subject", "asked", "expected"),
        [
            ("nina-rossi", False, Failure.POLICY_DENIED),
            ("tom-becker", True, Failure.CONFLICT),
            ("rosa-jansen", True, Failure.NOT_READY),
            ("nobody", True, Failure.NOT_FOUND),
        ],
    )
    def test_which_address_is_not_cleared(
        self, bench: Bench, subject: str, asked: bool, expected: Failure
    ) -> None:
        failed = bench.fails("clear_suppression", subject=subject, client_asked=asked)
        assert failed_with(failed) is expected

    # -- passwords -------------------------------------------------------------------------------------

    def test_a_temporary_password_opens_an_account_that_was_never_set_up(self, bench: Bench) -> None:
        credential = bench.record("set_temporary_password", subject="ivy-walker")
        assert (credential["login_email"], credential["must_change"]) == ("ivy.walker@post.example", True)
        assert credential["expires_at"] == "2026-11-24T09:30:00-05:00"
        assert len(bench.shown(credential)) >= 15
        assert bench.record("get_account", subject="ivy-walker")["state"] == "active"
        assert bench.record("get_invitation", subject="ivy-walker")["state"] != "pending"

    def test_each_is_another_one(self, bench: Bench) -> None:
        one, two = (
            bench.shown(bench.record("set_temporary_password", subject="ivy-walker")) for _ in range(2)
        )
        assert not one.same_as(two)

    def test_one_that_was_typed_is_taken_and_not_shown_again(self, bench: Bench) -> None:
        typed = bench.typed("a fine long sentence")
        credential = bench.record("set_temporary_password", subject="ivy-walker", password=typed)
        assert credential["secret"] is None

    @pytest.mark.parametrize("password", ["", "short", "x" * 257])
    def test_one_of_a_wrong_length_is_refused(self, bench: Bench, password: str) -> None:
        failed = bench.fails("set_temporary_password", subject="ivy-walker", password=bench.typed(password))
        assert failed_with(failed) is Failure.INVALID_INPUT
        assert bench.record("get_account", subject="ivy-walker")["state"] == "invited"

    def test_one_that_is_gone_is_asked_for_again(self, bench: Bench) -> None:
        gone = SecretRef("long-gone").as_value()
        failed = bench.fails("set_temporary_password", subject="ivy-walker", password=gone)
        assert failed_with(failed) is Failure.INVALID_INPUT

    def test_a_password_in_the_open_is_refused(self, bench: Bench) -> None:
        failed = bench.fails("set_temporary_password", subject="ivy-walker", password="a fine long sentence")
        assert failed_with(failed) is Failure.INVALID_INPUT
        assert "fine" not in failed.message

    def test_the_person_is_told_without_the_password(self, bench: Bench) -> None:
        credential = bench.record("set_temporary_password", subject="daniel-okafor")
        assert credential["notified"] is True
        assert bench.carrier.recipients == ["daniel.okafor@post.example"]
        assert bench.shown(credential).reveal() not in bench.carrier.sent[0][0].as_string()

    def test_the_login_address_is_told_too_where_it_is_another(self, bench: Bench) -> None:
        bench.call("set_temporary_password", subject="chloe-bennett")
        assert bench.carrier.recipients == ["chloe.bennett@post.example", "chloe.b@work.example"]

    def test_who_cannot_be_told_gets_the_password_all_the_same(self, bench: Bench) -> None:
        bench.carrier.answers["daniel.okafor@post.example"] = Unreachable("down")
        credential = bench.record("set_temporary_password", subject="daniel-okafor")
        assert credential["notified"] is False
        assert len(bench.shown(credential)) >= 15

    @pytest.mark.parametrize(
        ("subject", "expected"),
        [
            ("ana-souza", Failure.NOT_READY),
            ("tom-becker", Failure.NOT_READY),
            ("rosa-jansen", Failure.NOT_READY),
            ("olga-petrova", Failure.NOT_READY),
            ("priya-shah", Failure.NOT_READY),
            ("marek-kowal", Failure.NOT_READY),
        ],
    )
    def test_who_gets_no_password(self, bench: Bench, subject: str, expected: Failure) -> None:
        failed = bench.fails("set_temporary_password", subject=subject)
        assert failed_with(failed) is expected
        assert bench.vault.kept == {}
        assert bench.carrier.sent == []

    # -- accounts --------------------------------------------------------------------------------------

    def test_a_locked_account_is_unlocked(self, bench: Bench) -> None:
        assert bench.record("unlock_account", subject="priya-shah")["state"] == "active"
        failed = bench.fails("unlock_account", subject="priya-shah")
        assert failed_with(failed) is Failure.CONFLICT

    @pytest.mark.parametrize("action", ["unlock_account", "revoke_sessions", "reset_mfa"])
    def test_nothing_is_done_to_an_account_that_is_not_there(self, bench: Bench, action: str) -> None:
        assert failed_with(bench.fails(action, subject="tom-becker")) is Failure.NOT_READY

    def test_a_disabled_account_is_not_unlocked(self, bench: Bench) -> None:
        assert failed_with(bench.fails("unlock_account", subject="marek-kowal")) is Failure.NOT_READY

    def test_a_second_factor_is_switched_off_and_told(self, bench: Bench) -> None:
        assert bench.record("reset_mfa", subject="chloe-bennett")["mfa"] is False
        assert bench.carrier.recipients == ["chloe.bennett@post.example", "chloe.b@work.example"]
        assert failed_with(bench.fails("reset_mfa", subject="chloe-bennett")) is Failure.CONFLICT

    # -- consent ---------------------------------------------------------------------------------------

    def consent(self, bench: Bench, action: str, client: str, contact: str) -> dict[str, Value]:
        return bench.record(
            action,
            client=client,
            contact=contact,
            evidence_ref="form 7",
            expected_version=bench.consent_version(client, contact),
        )

    def test_consent_is_recorded_with_who_and_when(self, bench: Bench) -> None:
        before = bench.record("get_consent", client="mia-chen", contact="wei-chen")
        assert (before["status"], before["granted_by"], before["at"]) == ("none", None, None)
        after = self.consent(bench, "record_consent", "mia-chen", "wei-chen")
        assert (after["status"], after["granted_by"]) == ("active", "alice")
        assert after["at"] == "2026-11-23T09:30:00-05:00"
        assert after == bench.record("get_consent", client="mia-chen", contact="wei-chen")

    def test_it_is_for_one_contact_only(self, bench: Bench) -> None:
        self.consent(bench, "record_consent", "mia-chen", "wei-chen")
        assert bench.record("get_consent", client="mia-chen", contact="lihua-chen")["status"] == "none"

    def test_a_parent_of_two_gives_two(self, bench: Bench) -> None:
        self.consent(bench, "record_consent", "noah-tremblay", "julie-tremblay")
        other = bench.record("get_consent", client="emma-tremblay", contact="julie-tremblay-2")
        assert other["status"] == "none"

    def test_it_does_not_touch_the_settings(self, bench: Bench) -> None:
        version = bench.version("wei-chen")
        self.consent(bench, "record_consent", "mia-chen", "wei-chen")
        assert bench.version("wei-chen") == version

    def test_it_can_be_withdrawn_and_given_again(self, bench: Bench) -> None:
        withdrawn = self.consent(bench, "withdraw_consent", "oskar-lind", "ingrid-lind")
        assert withdrawn["status"] == "inactive"
        assert self.consent(bench, "record_consent", "oskar-lind", "ingrid-lind")["status"] == "active"

    @pytest.mark.parametrize(
        ("action", "client", "contact", "proof", "expected"),
        [
            ("record_consent", "mia-chen", "wei-chen", "  ", Failure.INVALID_INPUT),
            ("record_consent", "oskar-lind", "ingrid-lind", "form", Failure.CONFLICT),
            ("withdraw_consent", "mia-chen", "wei-chen", "form", Failure.CONFLICT),
            ("record_consent", "noah-tremblay", "marc-tremblay", "form", Failure.NOT_READY),
            ("record_consent", "mia-chen", "old-chen", "form", Failure.NOT_READY),
        ],
    )
    def test_which_consent_is_refused(
        self, bench: Bench, action: str, client: str, contact: str, proof: str, expected: Failure
    ) -> None:
        version = bench.consent_version(client, contact)
        failed = bench.fails(
            action, client=client, contact=contact, evidence_ref=proof, expected_version=version
        )
        assert failed_with(failed) is expected

    def test_it_is_not_changed_over_somebody_else_s_change(self, bench: Bench) -> None:
        args: dict[str, Value] = {"client": "mia-chen", "contact": "wei-chen", "evidence_ref": "form"}
        version = bench.consent_version("mia-chen", "wei-chen")
        bench.call("record_consent", **args, expected_version=version)
        failed = bench.fails("withdraw_consent", **args, expected_version=version)
        assert failed_with(failed) is Failure.STALE_VERSION

    @pytest.mark.parametrize(
        ("client", "contact"),
        [("mia-chen", "ingrid-lind"), ("mia-chen", "mia-chen"), ("wei-chen", "wei-chen"), ("x", "y")],
    )
    def test_the_contact_must_be_the_client_s(self, bench: Bench, client: str, contact: str) -> None:
        failed = bench.fails("get_consent", client=client, contact=contact)
        assert failed_with(failed) is Failure.NOT_FOUND

    # -- the video session -----------------------------------------------------------------------------

    def test_a_session_opens_and_is_over(self, bench: Bench) -> None:
        session = bench.record("next_video_session", subject="mia-chen")
        assert session == {
            "subject": "mia-chen",
            "client": "mia-chen",
            "state": "scheduled",
            "start": "2026-11-25T09:30:00-05:00",
            "end": "2026-11-25T10:20:00-05:00",
            "join_opens": "2026-11-25T09:20:00-05:00",
            "join_url_present": True,
            "cancelled": False,
        }
        states = []
        for minutes in (2 * 1440 - 11, 1, 59, 1, 1440 - 1, 1):
            bench.clock.forward(minutes=minutes)
            states.append(bench.record("next_video_session", subject="mia-chen")["state"])
        assert states == ["scheduled", "open", "open", "over", "over", "none"]

    def test_who_has_none_has_none(self, bench: Bench) -> None:
        session = bench.record("next_video_session", subject="ana-souza")
        assert (session["state"], session["start"], session["join_url_present"]) == ("none", None, False)

    def test_a_contact_sees_the_client_s_session_once_there_is_consent(self, bench: Bench) -> None:
        assert failed_with(bench.fails("next_video_session", subject="wei-chen")) is Failure.NOT_READY
        version = bench.consent_version("mia-chen", "wei-chen")
        args: dict[str, Value] = {"client": "mia-chen", "contact": "wei-chen", "evidence_ref": "form"}
        bench.call("record_consent", **args, expected_version=version)
        seen = bench.record("next_video_session", subject="wei-chen")
        assert seen == {**bench.record("next_video_session", subject="mia-chen"), "subject": "wei-chen"}
        assert failed_with(bench.fails("next_video_session", subject="nobody")) is Failure.NOT_FOUND

    def test_a_delivery_is_told_of_whom_it_went_to_only(self, bench: Bench) -> None:
        message = bench.record("get_invitation", subject="paul-dubois")["message_id"]
        assert bench.record("get_delivery", message=message, subject="paul-dubois")["state"] == "bounced"
        other = bench.fails("get_delivery", message=message, subject="ivy-walker")
        assert failed_with(other) is Failure.NOT_FOUND
