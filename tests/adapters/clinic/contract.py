"""What every backend of a clinic must do. A backend's own tests subclass `BackendContract` and make a bench.

The people are those of `contract.people.yaml`. Everything is seen through the port and the mails alone.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread

import pytest

from adapters.clinic.actions import CAPABILITIES, CATALOG
from adapters.clinic.people import People
from adapters.clinic.port import ActionFailed, OutcomeLost
from adapters.letters import Refused, Uncertain, Unreachable
from engine import CannotTell, DidNotHappen, Effect, Failure, Happened, Value
from tests.adapters.clinic.bench import Bench, failed_with
from tests.adapters.clinic.fits import misfits
from tests.adapters.clinic.guarded_contract import GuardedContract

MakeBench = Callable[[People], Bench]

SUBJECT_ACTIONS = (
    "list_practitioners",
    "get_portal_settings",
    "check_email",
    "last_email_change",
    "get_account",
    "get_invitation",
)
GUARDED = ("set_temporary_password", "unlock_account", "revoke_sessions", "reset_mfa")
GOOD_ARGS: dict[str, dict[str, Value]] = {
    "get_clinic": {},
    "find_clients": {"query": "souza"},
    "get_client": {"client": "ana-souza"},
    "list_contacts": {"client": "mia-chen"},
    "list_practitioners": {"subject": "wei-chen"},
    "get_portal_settings": {"subject": "wei-chen"},
    "check_email": {"subject": "ana-souza"},
    "last_email_change": {"subject": "ana-souza"},
    "get_account": {"subject": "daniel-okafor"},
    "get_invitation": {"subject": "ivy-walker"},
    "get_delivery": {"message": "of paul-dubois"},
    "set_portal_settings": {"subject": "ana-souza", "online_access": True, "expected_version": "now"},
    "send_invitation": {"subject": "tom-becker", "kind": "first"},
    "send_password_reset": {"subject": "daniel-okafor"},
    "open_ticket": {
        "topic": "setup email",
        "summary": "it never comes",
        "trail": ["sent again"],
        "subject": "ana-souza",
    },
    "request_help": {"topic": "I cannot log in", "contact": "ana"},
    "get_consent": {"client": "mia-chen", "contact": "wei-chen"},
    "next_video_session": {"subject": "mia-chen"},
    "record_verification": {
        "subject": "ana-souza",
        "method": "callback_on_file",
        "outcome": "passed",
        "covers": ["update_email"],
    },
    "update_email": {
        "subject": "ana-souza",
        "new_email": "ana@work.example",
        "expected_version": "now",
    },
    "set_temporary_password": {"subject": "ivy-walker"},
    "clear_suppression": {"subject": "paul-dubois", "client_asked": True},
    "unlock_account": {"subject": "priya-shah"},
    "revoke_sessions": {"subject": "daniel-okafor"},
    "reset_mfa": {"subject": "chloe-bennett"},
    "record_consent": {
        "client": "mia-chen",
        "contact": "wei-chen",
        "evidence_ref": "form of 23 November, binder 4",
        "expected_version": "of the consent",
    },
    "withdraw_consent": {
        "client": "oskar-lind",
        "contact": "ingrid-lind",
        "evidence_ref": "letter of 23 November",
        "expected_version": "of the consent",
    },
}


class BackendContract(GuardedContract):
    """Subclasses provide the fixture `bench`, at the clinic of the contract's people."""

    # -- the catalogue ---------------------------------------------------------------------------------

    def test_every_capability_is_declared(self, bench: Bench) -> None:
        assert bench.backend.capabilities() == CAPABILITIES

    @pytest.mark.parametrize("action", sorted(GOOD_ARGS))
    def test_a_result_has_its_declared_type(self, bench: Bench, action: str) -> None:
        result = bench.call(action, **self.good_args(bench, action))
        assert misfits(result, CATALOG.actions[action].result) == []

    @pytest.mark.parametrize("action", sorted(GOOD_ARGS))
    def test_an_unknown_argument_is_refused(self, bench: Bench, action: str) -> None:
        args = self.good_args(bench, action)
        assert failed_with(bench.fails(action, **args, nonsense=1)) is Failure.INVALID_INPUT

    @pytest.mark.parametrize(
        ("action", "missing"),
        [(a.name, p.name) for a in CATALOG.actions.values() for p in a.params if p.required],
    )
    def test_a_missing_argument_is_refused(self, bench: Bench, action: str, missing: str) -> None:
        args = {name: value for name, value in self.good_args(bench, action).items() if name != missing}
        assert failed_with(bench.fails(action, **args)) is Failure.INVALID_INPUT

    def test_an_unknown_action_is_unsupported(self, bench: Bench) -> None:
        assert failed_with(bench.fails("brew_coffee")) is Failure.UNSUPPORTED

    @pytest.mark.parametrize("action", [*SUBJECT_ACTIONS, "send_password_reset", *GUARDED])
    def test_an_unknown_person_is_not_found(self, bench: Bench, action: str) -> None:
        assert failed_with(bench.fails(action, subject="nobody")) is Failure.NOT_FOUND

    def test_it_is_told_whose_clients_they_are(self, bench: Bench) -> None:
        for subject in ("mia-chen", "wei-chen"):
            told = bench.record("list_practitioners", subject=subject)
            assert told == {"subject": subject, "practitioners": ["dr-lind", "dr-roy"]}
        assert bench.record("list_practitioners", subject="tom-becker")["practitioners"] == []
        found = bench.record("find_clients", query="chen")["clients"]
        assert isinstance(found, list)
        assert [each["practitioners"] for each in found if isinstance(each, dict)] == [["dr-lind", "dr-roy"]]

    def test_a_contact_is_not_a_client(self, bench: Bench) -> None:
        assert failed_with(bench.fails("get_client", client="wei-chen")) is Failure.NOT_FOUND
        assert failed_with(bench.fails("list_contacts", client="wei-chen")) is Failure.NOT_FOUND

    def test_an_unknown_message_is_not_found(self, bench: Bench) -> None:
        assert failed_with(bench.fails("get_delivery", message="nothing@nowhere")) is Failure.NOT_FOUND

    # -- finding ---------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("ana souza", ["ana-souza"]),
            ("SOUZA", ["ana-souza"]),
            ("ana.souza@post", ["ana-souza"]),
            ("zoe muller", ["zoe-muller"]),
            ("Zoë", ["zoe-muller"]),
            ("maria garcia", ["maria-garcia", "maria-garcia-2"]),
            ("wei chen", ["mia-chen"]),
            ("mia-chen", ["mia-chen"]),
            ("%", []),
            ("nobody at all", []),
        ],
    )
    def test_people_are_found(self, bench: Bench, query: str, expected: list[str]) -> None:
        assert self.found(bench, query) == expected

    def test_a_birth_date_tells_people_of_one_name_apart(self, bench: Bench) -> None:
        assert self.found(bench, "maria garcia", birth_date="1998-10-02") == ["maria-garcia-2"]

    def test_an_empty_query_is_refused(self, bench: Bench) -> None:
        assert failed_with(bench.fails("find_clients", query="  ")) is Failure.INVALID_INPUT

    def test_a_found_person_is_shown_masked(self, bench: Bench) -> None:
        (client,) = self.clients(bench, "ana souza")
        assert client["email_masked"] == "a***a@post.example"
        assert client["birth_year"] == 1990
        assert "email" not in client

    # -- kinds -----------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("client", "kind"),
        [
            ("ana-souza", "adult"),
            ("mia-chen", "minor"),
            ("oskar-lind", "adult_with_guardian"),
            ("kim-park", "unknown"),
        ],
    )
    def test_the_kind_follows_from_the_birth_date(self, bench: Bench, client: str, kind: str) -> None:
        assert bench.record("get_client", client=client)["kind"] == kind

    def test_a_minor_comes_of_age_at_midnight_at_the_clinic(self, bench: Bench) -> None:
        # Lou Adams turns 18 on 24 November 2026; in Toronto that day begins at 05:00 UTC.
        assert bench.record("get_client", client="lou-adams")["kind"] == "minor"
        bench.clock.forward(hours=14, minutes=29)
        assert bench.record("get_client", client="lou-adams")["kind"] == "minor"
        bench.clock.forward(minutes=1)
        assert bench.record("get_client", client="lou-adams")["kind"] == "adult"

    def test_contacts_come_in_the_order_of_the_clinic(self, bench: Bench) -> None:
        contacts = bench.call("list_contacts", client="mia-chen")
        assert isinstance(contacts, list)
        told = [(c["id"], c["is_primary"], c["email"]) for c in contacts if isinstance(c, dict)]
        assert told == [("wei-chen", True, "wei.chen@post.example"), ("lihua-chen", True, None)]

    # -- settings --------------------------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("switches", "expected"),
        [
            ({"online_access": True}, (True, False)),
            ({"email_notifications": True}, (False, True)),
            ({"online_access": True, "email_notifications": True}, (True, True)),
        ],
    )
    def test_only_what_is_said_is_switched(
        self, bench: Bench, switches: dict[str, Value], expected: tuple[bool, bool]
    ) -> None:
        before = bench.version("ana-souza")
        result = bench.switch("ana-souza", **switches)
        assert (result["online_access"], result["email_notifications"]) == expected
        assert bench.settings("ana-souza") == expected
        assert result["version"] == bench.version("ana-souza") != before

    def test_who_switched_off_is_forgotten_when_all_is_on(self, bench: Bench) -> None:
        assert bench.record("get_portal_settings", subject="ana-souza")["switched_off_by"] == "client"
        assert bench.switch("ana-souza", online_access=True)["switched_off_by"] == "client"
        assert bench.switch("ana-souza", email_notifications=True)["switched_off_by"] is None
        assert bench.switch("ana-souza", email_notifications=False)["switched_off_by"] == "staff"

    def test_an_old_version_changes_nothing(self, bench: Bench) -> None:
        version = bench.version("ana-souza")
        bench.switch("ana-souza", online_access=True)
        failed = bench.fails(
            "set_portal_settings", subject="ana-souza", online_access=False, expected_version=version
        )
        assert failed_with(failed) is Failure.STALE_VERSION
        assert bench.settings("ana-souza") == (True, False)

    @pytest.mark.parametrize("switch", ["online_access", "email_notifications"])
    def test_nothing_is_switched_on_without_an_address(self, bench: Bench, switch: str) -> None:
        version = bench.version("rosa-jansen")
        args: dict[str, Value] = {"subject": "rosa-jansen", switch: True, "expected_version": version}
        assert failed_with(bench.fails("set_portal_settings", **args)) is Failure.NOT_READY
        assert bench.settings("rosa-jansen") == (False, False)

    def test_switching_nothing_is_refused(self, bench: Bench) -> None:
        failed = bench.fails("set_portal_settings", subject="ana-souza", expected_version="1")
        assert failed_with(failed) is Failure.INVALID_INPUT

    def test_an_archived_record_is_not_changed(self, bench: Bench) -> None:
        version = bench.version("olga-petrova")
        failed = bench.fails(
            "set_portal_settings", subject="olga-petrova", online_access=False, expected_version=version
        )
        assert failed_with(failed) is Failure.NOT_READY

    # -- keys ------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("action", [a.name for a in CATALOG.actions.values() if a.keyed])
    def test_one_key_acts_once(self, bench: Bench, action: str) -> None:
        args = self.good_args(bench, action)
        first = bench.call(action, "the-key", **args)
        mails = len(bench.carrier.sent)
        assert bench.call(action, "the-key", **args) == first
        assert len(bench.carrier.sent) == mails
        assert bench.look_back(action, "the-key", args) == Happened(first)

    @pytest.mark.parametrize("action", [a.name for a in CATALOG.actions.values() if a.keyed])
    def test_a_key_is_for_one_call_only(self, bench: Bench, action: str) -> None:
        bench.call("request_help", "the-key", topic="something else")
        failed = bench.fails(action, "the-key", **self.good_args(bench, action))
        assert failed_with(failed) in (Failure.INVALID_INPUT, Failure.BACKEND_BUG)

    @pytest.mark.parametrize("action", [a.name for a in CATALOG.actions.values() if a.keyed])
    def test_a_call_that_never_came_did_not_happen(self, bench: Bench, action: str) -> None:
        assert bench.look_back(action, "never", self.good_args(bench, action)) == DidNotHappen()

    def test_a_refused_call_did_not_happen_and_may_be_made_again(self, bench: Bench) -> None:
        args: dict[str, Value] = {"subject": "ivy-walker", "kind": "resend"}
        bench.switch("ivy-walker", online_access=False)
        assert failed_with(bench.fails("send_invitation", "k", **args)) is Failure.NOT_READY
        assert bench.look_back("send_invitation", "k", args) == DidNotHappen()
        bench.switch("ivy-walker", online_access=True)
        assert bench.record("send_invitation", "another", **args)["accepted"] is True

    def test_looking_back_never_raises(self, bench: Bench) -> None:
        assert bench.look_back("no_such_action", "k", {}) == DidNotHappen()
        assert bench.look_back("send_invitation", "k", {"nonsense": 1}) in (CannotTell(), DidNotHappen())

    # -- the setup email -------------------------------------------------------------------------------

    def test_the_first_invitation_makes_an_account(self, bench: Bench) -> None:
        receipt = bench.record("send_invitation", subject="tom-becker", kind="first")
        assert receipt["accepted"] is True
        assert receipt["account_created"] is True
        assert receipt["masked"] == "t***r@mail.example"
        assert bench.record("get_account", subject="tom-becker")["state"] == "invited"
        invitation = bench.record("get_invitation", subject="tom-becker")
        assert invitation["state"] == "pending"
        assert invitation["message_id"] == receipt["message_id"]
        assert invitation["expires_at"] == "2026-11-25T09:30:00-05:00"
        assert bench.carrier.recipients == ["tom.becker@mail.example"]

    def test_sent_is_not_delivered(self, bench: Bench) -> None:
        receipt = bench.record("send_invitation", subject="tom-becker", kind="first")
        delivery = bench.record("get_delivery", message=receipt["message_id"])
        assert delivery["state"] == "sent"
        assert delivery["reason"] == "sent_unknown"

    def test_an_invitation_expires(self, bench: Bench) -> None:
        bench.call("send_invitation", subject="tom-becker", kind="first")
        bench.clock.forward(hours=48, seconds=-1)
        assert bench.record("get_invitation", subject="tom-becker")["state"] == "pending"
        bench.clock.forward(seconds=1)
        found = bench.record("get_invitation", subject="tom-becker")
        assert (found["state"], found["sent_minutes_ago"]) == ("expired", 2880)

    @pytest.mark.parametrize(
        ("subject", "kind", "expected"),
        [
            ("daniel-okafor", "resend", Failure.CONFLICT),
            ("ivy-walker", "first", Failure.CONFLICT),
            ("tom-becker", "resend", Failure.NOT_READY),
            ("ana-souza", "first", Failure.NOT_READY),
            ("rosa-jansen", "first", Failure.NOT_READY),
            ("olga-petrova", "first", Failure.NOT_READY),
            ("samir-haddad", "first", Failure.CONFLICT),
            ("nobody", "first", Failure.NOT_FOUND),
        ],
    )
    def test_who_gets_no_setup_email(self, bench: Bench, subject: str, kind: str, expected: Failure) -> None:
        failed = bench.fails("send_invitation", subject=subject, kind=kind)
        assert failed_with(failed) is expected
        assert bench.carrier.sent == []

    def test_notifications_may_stay_off(self, bench: Bench) -> None:
        bench.switch("ana-souza", online_access=True)
        assert bench.record("send_invitation", subject="ana-souza", kind="first")["accepted"] is True

    def test_the_next_one_must_wait(self, bench: Bench) -> None:
        bench.call("send_invitation", subject="tom-becker", kind="first")
        bench.clock.forward(minutes=3, seconds=30)
        failed = bench.fails("send_invitation", subject="tom-becker", kind="resend")
        assert (failed_with(failed), failed.retry_after) == (Failure.RATE_LIMITED, 90)
        bench.clock.forward(seconds=90)
        bench.call("send_invitation", subject="tom-becker", kind="resend")
        assert bench.carrier.recipients == ["tom.becker@mail.example"] * 2

    def test_a_clock_set_back_makes_nobody_wait_longer(self, bench: Bench) -> None:
        bench.call("send_invitation", subject="tom-becker", kind="first")
        bench.clock.forward(days=-3)
        failed = bench.fails("send_invitation", subject="tom-becker", kind="resend")
        assert failed.retry_after == 300

    def test_a_parent_of_two_clients_has_one_account(self, bench: Bench) -> None:
        first = bench.record("send_invitation", subject="julie-tremblay", kind="first")
        assert bench.record("get_account", subject="julie-tremblay-2")["state"] == "none"
        second = bench.record("send_invitation", subject="julie-tremblay-2", kind="first")
        assert (first["account_created"], second["account_created"]) == (True, False)
        assert bench.record("get_account", subject="julie-tremblay-2")["state"] == "invited"

    # -- what the mail system says ---------------------------------------------------------------------

    @pytest.mark.parametrize(
        ("status", "state", "reason"),
        [
            ("5.1.1", "bounced", "bad_address"),
            ("5.1.10", "bounced", "bad_address"),
            ("5.1.2", "bounced", "bad_domain"),
            ("5.4.4", "bounced", "bad_domain"),
            ("5.2.1", "bounced", "mailbox_disabled"),
            ("4.2.1", "deferred", "mailbox_disabled"),
            ("4.2.2", "deferred", "mailbox_full"),
            ("5.2.2", "bounced", "mailbox_full"),
            ("4.7.1", "deferred", "deferred"),
            ("4.0.0", "deferred", "deferred"),
            ("5.7.1", "bounced", "sender_policy"),
            ("5.7.26", "bounced", "sender_policy"),
            ("5.0.0", "bounced", None),
        ],
    )
    def test_a_refusal_becomes_the_delivery_state(
        self, bench: Bench, status: str, state: str, reason: str | None
    ) -> None:
        bench.carrier.answers["ivy.walker@post.example"] = Refused(status, "no")
        failed = bench.fails("send_invitation", subject="ivy-walker", kind="resend")
        assert failed_with(failed) is Failure.UNDELIVERABLE
        invitation = bench.record("get_invitation", subject="ivy-walker")
        assert invitation["state"] == "failed"
        delivery = bench.record("get_delivery", message=invitation["message_id"])
        assert (delivery["state"], delivery["status"], delivery["reason"]) == (state, status, reason)

    def test_an_account_made_for_a_refused_mail_is_told(self, bench: Bench) -> None:
        bench.carrier.answers["tom.becker@mail.example"] = Refused("5.1.1", "no such user")
        args: dict[str, Value] = {"subject": "tom-becker", "kind": "first"}
        failed = bench.fails("send_invitation", "k", **args)
        assert failed_with(failed) is Failure.PARTIAL
        assert isinstance(failed.result, dict)
        assert (failed.result["accepted"], failed.result["account_created"]) == (False, True)
        assert "5.1.1" in failed.message
        assert bench.record("get_account", subject="tom-becker")["state"] == "invited"
        again = bench.fails("send_invitation", "k", **args)
        assert (again.failure, again.message, again.result) == (failed.failure, failed.message, failed.result)
        assert bench.look_back("send_invitation", "k", args) == CannotTell()

    def test_a_bounced_address_is_not_written_to_again(self, bench: Bench) -> None:
        bench.clock.forward(days=1)
        failed = bench.fails("send_invitation", subject="paul-dubois", kind="resend")
        assert failed_with(failed) is Failure.UNDELIVERABLE
        assert "5.1.1" in failed.message
        assert isinstance(failed.result, dict)
        delivery = bench.record("get_delivery", message=failed.result["message_id"])
        assert (delivery["state"], delivery["reason"]) == ("suppressed", "bad_address")
        assert bench.carrier.sent == []

    def test_a_full_mailbox_is_tried_again(self, bench: Bench) -> None:
        bench.carrier.answers["ivy.walker@post.example"] = Refused("4.2.2", "full")
        bench.fails("send_invitation", subject="ivy-walker", kind="resend")
        bench.carrier.answers.clear()
        assert bench.record("send_invitation", subject="ivy-walker", kind="resend")["accepted"] is True

    def test_an_unreachable_mail_system_leaves_nothing_behind(self, bench: Bench) -> None:
        bench.carrier.answers["tom.becker@mail.example"] = Unreachable("down")
        args: dict[str, Value] = {"subject": "tom-becker", "kind": "first"}
        assert failed_with(bench.fails("send_invitation", "k", **args)) is Failure.UNAVAILABLE
        assert bench.record("get_account", subject="tom-becker")["state"] == "none"
        assert bench.record("get_invitation", subject="tom-becker")["state"] == "none"
        assert bench.look_back("send_invitation", "k", args) == DidNotHappen()
        bench.carrier.answers.clear()
        assert bench.record("send_invitation", "another", **args)["account_created"] is True

    def test_a_mail_that_may_have_gone_is_unknown_and_not_repeated(self, bench: Bench) -> None:
        bench.carrier.answers["tom.becker@mail.example"] = Uncertain("broke")
        args: dict[str, Value] = {"subject": "tom-becker", "kind": "first"}
        with pytest.raises(OutcomeLost):
            bench.call("send_invitation", "k", **args)
        bench.carrier.answers.clear()
        with pytest.raises(OutcomeLost):
            bench.call("send_invitation", "k", **args)
        assert bench.carrier.sent == []
        assert bench.look_back("send_invitation", "k", args) == CannotTell()

    # -- passwords, tickets, requests ------------------------------------------------------------------

    @pytest.mark.parametrize("subject", ["tom-becker", "ivy-walker", "priya-shah"])
    def test_who_gets_no_password_reset(self, bench: Bench, subject: str) -> None:
        assert failed_with(bench.fails("send_password_reset", subject=subject)) is Failure.NOT_READY

    def test_a_password_reset_goes_to_the_address_on_record(self, bench: Bench) -> None:
        receipt = bench.record("send_password_reset", subject="daniel-okafor")
        assert (receipt["accepted"], receipt["account_created"]) == (True, False)
        assert bench.carrier.recipients == ["daniel.okafor@post.example"]
        assert (
            failed_with(bench.fails("send_password_reset", subject="daniel-okafor")) is Failure.RATE_LIMITED
        )

    def test_a_ticket_is_mailed_to_the_support_address_without_addresses(self, bench: Bench) -> None:
        ticket = bench.record(
            "open_ticket",
            topic="the email of ana.souza@post.example",
            summary="Sent to ana.souza@post.example twice.",
            trail=["asked ana.souza@post.example"],
            subject="ana-souza",
        )
        assert ticket["mailed"] is True
        message, _, recipient = bench.carrier.sent[0]
        assert recipient == "support@mapleleaf.example"
        assert str(ticket["number"]) in str(message["Subject"])
        assert "ana.souza@" not in message.as_string()
        assert "a***a@post.example" in message.as_string()

    @pytest.mark.parametrize("answer", [Refused("5.1.1", "no"), Unreachable("down"), Uncertain("broke")])
    def test_a_ticket_is_kept_when_its_mail_is_not_taken(
        self, bench: Bench, answer: Refused | Unreachable | Uncertain
    ) -> None:
        bench.carrier.answers["support@mapleleaf.example"] = answer
        args: dict[str, Value] = {"topic": "x", "summary": "y", "trail": []}
        ticket = bench.record("open_ticket", "k", **args)
        assert ticket["mailed"] is False
        assert bench.look_back("open_ticket", "k", args) == Happened(ticket)

    def test_a_ticket_about_nobody_is_refused(self, bench: Bench) -> None:
        failed = bench.fails("open_ticket", topic="x", summary="y", trail=[], subject="nobody")
        assert failed_with(failed) is Failure.NOT_FOUND

    # -- threads ---------------------------------------------------------------------------------------

    def test_of_many_calls_under_one_key_one_acts(self, bench: Bench) -> None:
        ends = self.race(bench, [("send_invitation", "k", {"subject": "tom-becker", "kind": "first"})] * 6)
        assert len(bench.carrier.sent) == 1
        assert sum(isinstance(end, dict) for end in ends) >= 1
        assert all(isinstance(end, dict | OutcomeLost) for end in ends)

    def test_of_many_writes_to_one_version_one_wins(self, bench: Bench) -> None:
        version = bench.version("ana-souza")
        args: dict[str, Value] = {"subject": "ana-souza", "online_access": True, "expected_version": version}
        ends = self.race(bench, [("set_portal_settings", f"k{n}", args) for n in range(6)])
        assert sum(isinstance(end, dict) for end in ends) == 1
        lost = [end.failure for end in ends if isinstance(end, ActionFailed)]
        assert lost == [Failure.STALE_VERSION] * 5

    def test_of_many_first_invitations_one_is_sent(self, bench: Bench) -> None:
        args: dict[str, Value] = {"subject": "tom-becker", "kind": "first"}
        ends = self.race(bench, [("send_invitation", f"k{n}", args) for n in range(6)])
        assert len(bench.carrier.sent) == 1
        assert sum(isinstance(end, dict) for end in ends) == 1

    # -- helpers ---------------------------------------------------------------------------------------

    def good_args(self, bench: Bench, action: str) -> dict[str, Value]:
        args = dict(GOOD_ARGS[action])
        if args.get("expected_version") == "now":
            args["expected_version"] = bench.version("ana-souza")
        if args.get("expected_version") == "of the consent":
            args["expected_version"] = bench.consent_version(str(args["client"]), str(args["contact"]))
        if action == "get_delivery":
            args["message"] = bench.record("get_invitation", subject="paul-dubois")["message_id"]
        return args

    def clients(self, bench: Bench, query: str, **more: Value) -> list[dict[str, Value]]:
        found = bench.record("find_clients", query=query, **more)["clients"]
        assert isinstance(found, list)
        return [client for client in found if isinstance(client, dict)]

    def found(self, bench: Bench, query: str, **more: Value) -> list[Value]:
        return [client["id"] for client in self.clients(bench, query, **more)]

    def race(self, bench: Bench, calls: list[tuple[str, str, dict[str, Value]]]) -> list[object]:
        """Make all calls at once, each in a thread of its own; how each ended."""
        ends: list[object] = [None] * len(calls)
        start = Barrier(len(calls))

        def run(n: int) -> None:
            action, key, args = calls[n]
            start.wait()
            try:
                ends[n] = bench.call(action, key, **args)
            except (ActionFailed, OutcomeLost) as end:
                ends[n] = end

        threads = [Thread(target=run, args=(n,)) for n in range(len(calls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return ends


assert set(GOOD_ARGS) == set(CATALOG.actions), "every action has a good call in this contract"
assert all(
    CATALOG.actions[name].keyed for name in GOOD_ARGS if CATALOG.actions[name].effect is not Effect.READ
)
