"""The gate under the shipped policy: the whole table, and what evidence, approval and roles change."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from msgspec.structs import replace

from adapters.clinic.actions import CATALOG, OFFICE, STAFF
from adapters.gates.book import Entry, MemoryBook
from adapters.gates.own_clients import OF_WHOM
from adapters.gates.policy import TRUST, Permission
from adapters.gates.policy_file import shipped_policy
from adapters.gates.policy_gate import PolicyGate
from adapters.gates.port import Gate, Question
from adapters.problems import PlainProblem, Unusable
from engine import (
    Action,
    Allow,
    Audience,
    Call,
    Catalog,
    Deny,
    Effect,
    Failure,
    NeedConfirmation,
    NeedEvidence,
    NeedSecond,
    SecretRef,
    Succeeded,
    Value,
    Verdict,
)

TABLE = yaml.safe_load((Path(__file__).parents[2] / "cases" / "policy.yaml").read_text(encoding="utf-8"))
AT = "2026-11-23T09:30:00Z"
CELLS = [
    (action, Audience(column), cell.split()[-1], cell.split()[0] if " " in cell else "")
    for action, row in TABLE["actions"].items()
    for column, cell in zip(TABLE["columns"], row["cells"], strict=True)
]


def verified(*covers: str) -> MemoryBook:
    """A book that knows the identity of c-1, verified by a call-back in this conversation a moment ago."""
    book = MemoryBook()
    book.add(Entry("passed", "c-1", "callback_on_file", "kim", "session-1", AT, "k0", frozenset(covers)))
    return book


def gate(book: MemoryBook | None = None, catalog: Catalog = CATALOG) -> Gate:
    return PolicyGate(shipped_policy(), catalog, book or MemoryBook())


def question(
    action: str,
    audience: Audience,
    *,
    approved: bool = False,
    own: str = "",
    by: str = "",
    theirs: bool = False,
    **args: Value,
) -> Question:
    declared = CATALOG.actions.get(action)
    call = Call(
        key="k",
        action=action,
        args=args,
        effect=Effect.READ,
        risk=declared.risk if declared else 0,
        step="flow/step!verify" if action == CATALOG.verification else "flow/step",
        subject="c-1",
        approved=approved,
        approved_by=by,
    )
    whose = Succeeded("", {"subject": "c-1", "practitioners": ["kim"]}, AT)
    found = {OF_WHOM: whose} if theirs else {}
    return Question(call, audience, "kim", AT, frozenset({own} if own else ()), "session-1", found)


def word(verdict: Verdict) -> str:
    match verdict:
        case Allow():
            return "allow"
        case Deny():
            return "deny"
        case NeedConfirmation():
            return "confirm"
        case NeedEvidence():
            return "evidence"
        case NeedSecond():
            return "second"


@pytest.mark.parametrize(("action", "audience", "expected", "whose"), CELLS)
def test_the_table_holds(action: str, audience: Audience, expected: str, whose: str) -> None:
    risky = TABLE["actions"][action]["risk"] >= 3
    at_first = "evidence" if expected == "second" else expected
    theirs = whose == "theirs"
    about_oneself = question(action, audience, own="c-1", theirs=theirs)
    assert word(gate().decide(about_oneself)) == at_first
    # Who is found by nobody's id is left out of what is found.
    narrow = whose and CATALOG.actions[action].subject is not None
    assert word(gate().decide(question(action, audience))) == ("deny" if narrow else at_first)

    approved = question(action, audience, own="c-1", approved=True, theirs=theirs)
    assert word(gate().decide(approved)) == {"confirm": "allow"}.get(at_first, at_first)

    after_evidence = {"evidence": "confirm" if risky else "allow"}.get(expected, expected)
    assert word(gate(verified(action)).decide(about_oneself)) == after_evidence
    allowed = {"deny": "deny", "second": "second"}.get(expected, "allow")
    assert word(gate(verified(action)).decide(approved)) == allowed

    seconded = question(action, audience, own="c-1", approved=True, by="lou", theirs=theirs)
    assert word(gate(verified(action)).decide(seconded)) == ("deny" if expected == "deny" else "allow")
    assert word(gate().decide(seconded)) == {"confirm": "allow"}.get(at_first, at_first)


def test_the_table_is_about_the_actions_there_are() -> None:
    assert {name: row["risk"] for name, row in TABLE["actions"].items()} == {
        name: action.risk for name, action in CATALOG.actions.items()
    }
    assert set(TABLE["actions"]) == {name for name in shipped_policy().permissions if "." not in name}
    assert tuple(TABLE["columns"]) == TRUST


@pytest.mark.parametrize("audience", Audience)
def test_what_is_allowed_is_what_could_ever_pass(audience: Audience) -> None:
    possible = {a for a, column, expected, _ in CELLS if column == audience and expected != "deny"}
    allowed = gate().allowed(audience, set(TABLE["actions"]))
    assert {name for name in allowed if "." not in name} == possible


@pytest.mark.parametrize("audience", Audience)
def test_a_parameter_is_allowed_where_the_action_and_the_parameter_are(audience: Audience) -> None:
    parameters = {name for name in gate().allowed(audience, set(TABLE["actions"])) if "." in name}
    staff = {"set_portal_settings.online_access"} if audience in STAFF else set()
    trusted = {"set_temporary_password.password"} if audience in OFFICE else set()
    assert parameters == staff | trusted
    assert gate().allowed(audience, set()) == set()


def test_what_actions_do_besides_is_known_of_those_that_are_allowed() -> None:
    able = {"unlock_account", "reset_mfa", "reset_mfa.signs_out", "update_email.ends_links"}
    assert gate().allowed(Audience.ADMIN, able) == {"unlock_account", "reset_mfa", "reset_mfa.signs_out"}
    assert gate().allowed(Audience.AGENT, able) == {"unlock_account"}
    # No system can say what the policy says: who may type a password.
    able = {"set_temporary_password", "set_temporary_password.password", "set_temporary_password.look_back"}
    told = gate().allowed(Audience.PRACTITIONER, able)
    assert told == {"set_temporary_password"}


def test_only_what_the_backend_can_do_is_allowed() -> None:
    few = {"get_client", "send_invitation", "made_up"}
    assert gate().allowed(Audience.AGENT, few) == {"get_client", "send_invitation"}
    assert gate().allowed(Audience.AGENT, set()) == frozenset()


def without(name: str) -> Catalog:
    actions = {other: action for other, action in CATALOG.actions.items() if other != name}
    return replace(CATALOG, actions=actions)


def test_an_action_that_the_catalogue_lacks_is_denied_whatever_the_policy_says() -> None:
    lacking = gate(catalog=without("update_email"))
    for name in ("update_email", "drop_tables"):
        assert isinstance(lacking.decide(question(name, Audience.ADMIN)), Deny)
    assert "update_email" not in lacking.allowed(Audience.ADMIN, {"update_email"})


def test_an_action_that_the_policy_does_not_name_is_denied() -> None:
    new = Action("new", "", (), None, Effect.IRREVERSIBLE, 0, frozenset(Audience), frozenset())
    catalog = replace(CATALOG, actions={**CATALOG.actions, "new": new})
    verdict = gate(catalog=catalog).decide(question("new", Audience.ADMIN))
    assert verdict == Deny("An admin may not do this (new); the clinic's policy lets nobody do it here.")


def test_the_declaration_of_an_action_is_the_limit() -> None:
    narrow = replace(CATALOG.actions["find_clients"], audiences=frozenset({Audience.ADMIN}))
    catalog = replace(CATALOG, actions={**CATALOG.actions, "find_clients": narrow})
    verdict = gate(catalog=catalog).decide(question("find_clients", Audience.AGENT))
    assert verdict == Deny("An agent may not do this (find clients); an admin may.")


def test_a_refusal_says_who_may() -> None:
    assert gate().decide(question("find_clients", Audience.VISITOR)) == Deny(
        "A visitor may not do this (find clients); a practitioner, an agent or an admin may."
    )
    assert gate().decide(question("get_invitation", Audience.CLIENT)) == Deny(
        "A client may do this for themself only."
    )


def test_a_call_that_understates_its_risk_is_still_confirmed() -> None:
    asked = question("set_portal_settings", Audience.AGENT)
    understated = replace(asked, call=replace(asked.call, risk=0))
    assert gate().decide(understated) == NeedConfirmation()


class TestParameters:
    """A password that staff have thought of is another thing than a generated one."""

    @pytest.mark.parametrize(
        ("audience", "expected"), [("practitioner", "deny"), ("agent", "allow"), ("admin", "allow")]
    )
    def test_who_may_think_of_a_password(self, audience: str, expected: str) -> None:
        asked = question(
            "set_temporary_password",
            Audience(audience),
            approved=True,
            subject="c-1",
            password=SecretRef("s-1").as_value(),
        )
        assert word(gate(verified("set_temporary_password")).decide(asked)) == expected

    def test_one_that_is_left_out_is_not_given(self) -> None:
        asked = question("set_temporary_password", Audience.PRACTITIONER, approved=True, password=None)
        assert gate(verified("set_temporary_password")).decide(asked) == Allow()

    def test_the_policy_can_take_it_from_everybody(self) -> None:
        policy = shipped_policy()
        never = {**policy.permissions, "set_temporary_password.password": {}}
        strict = PolicyGate(replace(policy, permissions=never), CATALOG, verified("set_temporary_password"))
        typed = question("set_temporary_password", Audience.ADMIN, password=SecretRef("s").as_value())
        assert strict.decide(typed) == Deny("An admin may not give the password here.")


class TestEvidence:
    def test_what_is_wanted_is_said(self) -> None:
        verdict = gate().decide(question("set_temporary_password", Audience.AGENT))
        assert isinstance(verdict, NeedEvidence)
        assert [method.id for method in verdict.methods] == ["callback_on_file", "in_person", "video_id"]
        assert "{phone}" in verdict.methods[0].detail
        assert verdict.reason == (
            "Before this (set temporary password) can be done, the person's identity must be verified."
        )
        assert not verdict.second

    def test_one_call_back_serves_a_telephone_call(self) -> None:
        for name in ("update_email", "set_temporary_password", "unlock_account"):
            verdict = gate().decide(question(name, Audience.AGENT))
            assert isinstance(verdict, NeedEvidence)
            assert verdict.covers[0] == name
            assert set(verdict.covers) == {
                "update_email",
                "send_invitation",
                "send_password_reset",
                "set_temporary_password",
                "unlock_account",
            }

    def test_it_serves_only_for_what_the_audience_may_do(self) -> None:
        verdict = gate().decide(question("update_email", Audience.PRACTITIONER))
        assert isinstance(verdict, NeedEvidence)
        assert "unlock_account" not in verdict.covers

    def test_another_thing_needs_another_evidence(self) -> None:
        verdict = gate().decide(question("record_consent", Audience.AGENT))
        assert isinstance(verdict, NeedEvidence)
        assert verdict.covers == ("record_consent",)

    def test_the_policy_says_what_is_accepted(self) -> None:
        policy = replace(shipped_policy(), evidence_by=("in_person",))
        verdict = PolicyGate(policy, CATALOG, MemoryBook()).decide(question("update_email", Audience.AGENT))
        assert isinstance(verdict, NeedEvidence)
        assert [method.id for method in verdict.methods] == ["in_person"]

    def test_a_flow_cannot_say_that_somebody_was_verified(self) -> None:
        asked = question("record_verification", Audience.AGENT, outcome="passed")
        assert gate().decide(asked) == Allow()
        in_a_flow = replace(asked.call, step="flow/step")
        assert isinstance(gate().decide(replace(asked, call=in_a_flow)), Deny)
        failed = replace(in_a_flow, args={"outcome": "failed"})
        assert gate().decide(replace(asked, call=failed)) == Allow()


class TestSecondPerson:
    POLICY = replace(
        shipped_policy(),
        people={"lou": Audience.ADMIN, "pat": Audience.AGENT, "kim": Audience.ADMIN},
        everybody=Audience.VISITOR,
    )

    def ask(self, by: str) -> Verdict:
        asked = question("reset_mfa", Audience.ADMIN, approved=True, by=by)
        return PolicyGate(self.POLICY, CATALOG, verified("reset_mfa")).decide(asked)

    def test_another_person_who_may_do_it_too_will_do(self) -> None:
        assert self.ask("lou") == Allow()

    @pytest.mark.parametrize("by", ["", "kim"])
    def test_nobody_is_their_own_second_person(self, by: str) -> None:
        assert isinstance(self.ask(by), NeedSecond)

    @pytest.mark.parametrize("by", ["pat", "a stranger"])
    def test_somebody_who_may_not_do_it_cannot_approve_it(self, by: str) -> None:
        verdict = self.ask(by)
        assert isinstance(verdict, NeedSecond)
        assert verdict.reason.startswith(f"{by} may not do this themself")

    def test_it_can_be_asked_for_without_evidence(self) -> None:
        permissions = {
            **shipped_policy().permissions,
            "send_invitation": {Audience.AGENT: Permission(second_person=True)},
        }
        strict = PolicyGate(replace(shipped_policy(), permissions=permissions), CATALOG, MemoryBook())
        assert isinstance(strict.decide(question("send_invitation", Audience.AGENT)), NeedSecond)
        assert strict.decide(question("send_invitation", Audience.AGENT, by="lou")) == Allow()


def test_a_book_that_cannot_be_read_denies_what_it_matters_for() -> None:
    class Broken(MemoryBook):
        def about(self, subject: str, since: str, session: str) -> tuple[Entry, ...]:
            raise Unusable("The book is damaged.", "Put it back.")

    broken = gate(Broken())
    verdict = broken.decide(question("send_invitation", Audience.AGENT))
    assert verdict == Deny("The book is damaged. Put it back.", Failure.UNAVAILABLE)
    assert broken.decide(question("get_client", Audience.AGENT)) == Allow()
    # What is wrong with a file is nothing that a client should read.
    about_oneself = question("send_invitation", Audience.CLIENT, own="c-1")
    assert broken.decide(about_oneself) == Deny("", Failure.UNAVAILABLE)


class TestRoles:
    def test_everybody_may_take_every_role_at_the_sample_clinic_and_is_an_agent_unless_asked(self) -> None:
        assert gate().who_is("anybody") is Audience.ADMIN
        assert gate().role("anybody", None) is Audience.AGENT
        assert [gate().role("anybody", audience) for audience in Audience] == list(Audience)

    def test_a_role_may_only_be_narrowed(self) -> None:
        policy = replace(shipped_policy(), everybody=Audience.CLIENT, people={"kim": Audience.PRACTITIONER})
        gate = PolicyGate(policy, CATALOG, MemoryBook())
        assert gate.who_is("kim") is Audience.PRACTITIONER
        assert gate.role("kim", None) is Audience.PRACTITIONER
        assert gate.role("kim", Audience.VISITOR) is Audience.VISITOR
        assert gate.who_is("lou") is gate.role("lou", None) is Audience.CLIENT
        with pytest.raises(PlainProblem) as caught:
            gate.role("kim", Audience.AGENT)
        assert "kim may not hold a conversation as agent" in caught.value.message
        assert "--as practitioner" in caught.value.advice
        assert caught.value.exit_code == 2
