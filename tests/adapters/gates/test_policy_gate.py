"""The gate under the shipped policy: the whole table, and what evidence, approval and roles change."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from msgspec.structs import replace

from adapters.clinic.actions import CATALOG
from adapters.gates.policy import TRUST
from adapters.gates.policy_file import shipped_policy
from adapters.gates.policy_gate import PolicyGate
from adapters.gates.port import EmptyBook, EvidenceBook, Gate, Question
from adapters.problems import PlainProblem
from engine import (
    Action,
    Allow,
    Audience,
    Call,
    Catalog,
    Deny,
    Effect,
    NeedConfirmation,
    NeedEvidence,
    Verdict,
)

TABLE = yaml.safe_load((Path(__file__).parents[2] / "cases" / "policy.yaml").read_text(encoding="utf-8"))
AT = "2026-11-23T09:30:00Z"


def future(name: str, risk: int) -> Action:
    """An action that the shipped policy names before any backend declares it."""
    return Action(name, "", (), None, Effect.IRREVERSIBLE, risk, frozenset(Audience), frozenset(), "subject")


FUTURE = {name: future(name, row["risk"]) for name, row in TABLE["actions"].items()}
EVERYTHING = Catalog({**FUTURE, **CATALOG.actions}, CATALOG.records, CATALOG.hand_over)
CELLS = [
    (action, Audience(column), *cell.removeprefix("own ").split(), cell.startswith("own "))
    for action, row in TABLE["actions"].items()
    for column, cell in zip(TABLE["columns"], row["cells"], strict=True)
]


@dataclass
class Book:
    """Holds evidence about one subject, and remembers what it was asked."""

    subject: str

    def __post_init__(self) -> None:
        self.asked: list[tuple[str, str, str, str]] = []

    def find(self, subject: str, action: str, actor: str, at: str) -> bool:
        self.asked.append((subject, action, actor, at))
        return subject == self.subject


def gate(book: EvidenceBook | None = None, catalog: Catalog = EVERYTHING) -> Gate:
    return PolicyGate(shipped_policy(), catalog, book or EmptyBook())


def question(action: str, audience: Audience, *, approved: bool = False, own: str = "") -> Question:
    declared = EVERYTHING.actions.get(action)
    call = Call(
        key="k",
        action=action,
        args={},
        effect=Effect.READ,
        risk=declared.risk if declared else 0,
        step="flow/step",
        subject="c-1",
        approved=approved,
    )
    return Question(call, audience, "kim", AT, frozenset({own} if own else ()))


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


@pytest.mark.parametrize(("action", "audience", "expected", "own"), CELLS)
def test_the_table_holds(action: str, audience: Audience, expected: str, own: bool) -> None:
    risky = TABLE["actions"][action]["risk"] >= 3
    about_oneself = question(action, audience, own="c-1")
    assert word(gate().decide(about_oneself)) == expected
    assert word(gate().decide(question(action, audience))) == ("deny" if own else expected)

    approved = question(action, audience, own="c-1", approved=True)
    assert word(gate().decide(approved)) == {"confirm": "allow"}.get(expected, expected)

    verified = gate(Book("c-1"))
    after_evidence = {"evidence": "confirm" if risky else "allow"}.get(expected, expected)
    assert word(verified.decide(about_oneself)) == after_evidence
    assert word(verified.decide(approved)) == ("deny" if expected == "deny" else "allow")


def test_the_table_is_about_the_actions_there_are() -> None:
    assert set(CATALOG.actions) <= set(TABLE["actions"])
    for name, action in CATALOG.actions.items():
        assert TABLE["actions"][name]["risk"] == action.risk
    assert set(TABLE["actions"]) == set(shipped_policy().permissions)
    assert tuple(TABLE["columns"]) == TRUST


@pytest.mark.parametrize("audience", Audience)
def test_what_is_allowed_is_what_could_ever_pass(audience: Audience) -> None:
    possible = {a for a, column, expected, _ in CELLS if column == audience and expected != "deny"}
    assert gate().allowed(audience, set(TABLE["actions"])) == possible


def test_only_what_the_backend_can_do_is_allowed() -> None:
    few = {"get_client", "send_invitation", "made_up"}
    assert gate().allowed(Audience.AGENT, few) == {"get_client", "send_invitation"}
    assert gate().allowed(Audience.AGENT, set()) == frozenset()


def test_an_action_that_the_catalogue_lacks_is_denied_whatever_the_policy_says() -> None:
    for name in ("reset_mfa", "drop_tables"):
        assert isinstance(gate(catalog=CATALOG).decide(question(name, Audience.ADMIN)), Deny)
    assert "update_email" not in gate(catalog=CATALOG).allowed(Audience.ADMIN, {"update_email"})


def test_an_action_that_the_policy_does_not_name_is_denied() -> None:
    catalog = replace(EVERYTHING, actions={**EVERYTHING.actions, "new": future("new", 0)})
    verdict = gate(catalog=catalog).decide(question("new", Audience.ADMIN))
    assert verdict == Deny("An admin may not do this (new); the clinic's policy lets nobody do it here.")


def test_the_declaration_of_an_action_is_the_limit() -> None:
    narrow = replace(EVERYTHING.actions["find_clients"], audiences=frozenset({Audience.ADMIN}))
    catalog = replace(EVERYTHING, actions={**EVERYTHING.actions, "find_clients": narrow})
    verdict = gate(catalog=catalog).decide(question("find_clients", Audience.AGENT))
    assert verdict == Deny("An agent may not do this (find clients); an admin may.")


def test_a_refusal_says_who_may() -> None:
    assert gate().decide(question("find_clients", Audience.VISITOR)) == Deny(
        "A visitor may not do this (find clients); a practitioner, an agent or an admin may."
    )
    assert gate().decide(question("get_invitation", Audience.CLIENT)) == Deny(
        "A client may do this for themself only."
    )


def test_a_second_person_is_asked_for_in_words() -> None:
    verdict = gate(Book("c-1")).decide(question("reset_mfa", Audience.ADMIN, approved=True))
    assert isinstance(verdict, Deny)
    assert "second person" in verdict.reason


def test_evidence_is_looked_up_for_this_subject_action_actor_and_moment() -> None:
    book = Book("somebody-else")
    verdict = gate(book).decide(question("set_temporary_password", Audience.AGENT))
    assert verdict == NeedEvidence(
        ("callback_on_file", "in_person", "video_id"),
        "Before this (set temporary password) can be done, the person's identity must be verified.",
    )
    assert book.asked == [("c-1", "set_temporary_password", "kim", AT)]


def test_a_call_that_understates_its_risk_is_still_confirmed() -> None:
    asked = question("set_portal_settings", Audience.AGENT)
    understated = replace(asked, call=replace_risk(asked.call, 0))
    assert gate().decide(understated) == NeedConfirmation()


def replace_risk(call: Call, risk: int) -> Call:
    return Call(call.key, call.action, call.args, call.effect, risk, call.step, call.subject)


class TestRoles:
    def test_everybody_may_take_every_role_at_the_sample_clinic_and_is_an_agent_unless_asked(self) -> None:
        assert gate().who_is("anybody") is Audience.ADMIN
        assert gate().role("anybody", None) is Audience.AGENT
        assert [gate().role("anybody", audience) for audience in Audience] == list(Audience)

    def test_a_role_may_only_be_narrowed(self) -> None:
        policy = replace(shipped_policy(), everybody=Audience.CLIENT, people={"kim": Audience.PRACTITIONER})
        gate = PolicyGate(policy, CATALOG, EmptyBook())
        assert gate.who_is("kim") is Audience.PRACTITIONER
        assert gate.role("kim", None) is Audience.PRACTITIONER
        assert gate.role("kim", Audience.VISITOR) is Audience.VISITOR
        assert gate.who_is("lou") is gate.role("lou", None) is Audience.CLIENT
        with pytest.raises(PlainProblem) as caught:
            gate.role("kim", Audience.AGENT)
        assert "kim may not hold a conversation as agent" in caught.value.message
        assert "--as practitioner" in caught.value.advice
        assert caught.value.exit_code == 2
