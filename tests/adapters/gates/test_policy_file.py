"""A clinic's policy file: what it changes, and what is found wrong in it, all at once and in its place."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.clinic.actions import CATALOG
from adapters.gates import policy_file
from adapters.gates.policy import DENIED, Permission, Policy
from adapters.gates.policy_file import read_policy, shipped_policy
from adapters.problems import Unusable
from engine import CODES, Audience, Diagnostic, Source

BASE = shipped_policy()
MINE = {name: code for name, code in CODES.items() if code.file == "policy.yaml"}


def reading(text: str) -> tuple[Policy | None, tuple[Diagnostic, ...]]:
    return read_policy(Source("policy.yaml", text), BASE, CATALOG)


def policy_of(text: str) -> Policy:
    policy, findings = reading(text)
    assert findings == ()
    assert policy is not None
    return policy


def test_what_is_not_mentioned_stays() -> None:
    policy = policy_of("actions:\n  send_invitation: {practitioner: never}\n")
    assert policy.permission("send_invitation", Audience.PRACTITIONER) == DENIED
    assert policy.permission("send_invitation", Audience.AGENT) == Permission()
    assert policy.permission("send_invitation", Audience.VISITOR) == DENIED
    assert policy.permission("get_client", Audience.AGENT) == Permission()
    assert (policy.everybody, policy.usual, policy.confirm_from_risk) == (Audience.ADMIN, Audience.AGENT, 3)
    assert policy.sends_a_day == 5


def test_never_takes_an_action_from_everybody() -> None:
    policy = policy_of("actions:\n  send_invitation: never\n")
    assert {policy.permission("send_invitation", audience) for audience in Audience} == {DENIED}


def test_conditions_are_combined() -> None:
    policy = policy_of("actions:\n  send_invitation: {agent: [evidence, second person], admin: evidence}\n")
    assert policy.permission("send_invitation", Audience.AGENT) == Permission(
        evidence=True, second_person=True
    )
    assert policy.permission("send_invitation", Audience.ADMIN) == Permission(evidence=True)


def test_actions_that_only_the_shipped_policy_knows_can_be_tightened() -> None:
    assert policy_of("actions:\n  reset_mfa: never\n").permission("reset_mfa", Audience.ADMIN) == DENIED


def test_roles_and_thresholds_can_be_set() -> None:
    policy = policy_of(
        "roles:\n  everybody: client\n  usual: practitioner\n  people: {kim: admin, '1000': agent}\n"
        "confirm_from_risk: 2\nevidence_by: in_person\n"
    )
    assert (policy.everybody, policy.usual, policy.confirm_from_risk) == (
        Audience.CLIENT,
        Audience.PRACTITIONER,
        2,
    )
    assert policy.people == {"kim": Audience.ADMIN, "1000": Audience.AGENT}
    assert policy.evidence_by == ("in_person",)


def test_everything_wrong_is_found_in_one_reading() -> None:
    policy, findings = reading(
        "rolls: {}\n"
        "confirm_from_risk: 5\n"
        "evidence_by: [in_person, date_of_birth]\n"
        "roles:\n"
        "  everyone: admin\n"
        "  usual: agnet\n"
        "  people: [kim]\n"
        "actions:\n"
        "  unlock_accounts: {agent: yes}\n"
        "  unlock_account: {agents: yes, agent: maybe, admin: [yes, evidence], client: yes}\n"
        "  get_client: yes\n"
        "  list_contacts: {agent: {never: yes}, admin: []}\n"
    )
    assert policy is None
    assert [(found.code, found.place.line, found.place.column) for found in findings] == [
        ("U550", 1, 1),
        ("U555", 2, 20),
        ("U555", 3, 26),
        ("U550", 5, 3),
        ("U552", 6, 10),
        ("U555", 7, 11),
        ("U551", 9, 3),
        ("U552", 10, 20),
        ("U553", 10, 40),
        ("U553", 10, 54),
        ("U554", 10, 79),
        ("U555", 11, 15),
        ("U553", 12, 26),
        ("U553", 12, 47),
    ]
    repairs = {(found.code, found.repair) for found in findings}
    assert ("U550", "Did you mean `roles`?") in repairs
    assert ("U551", "Did you mean `unlock_account`?") in repairs
    assert ("U552", "Did you mean `agent`?") in repairs
    assert ("U554", "Write `never`; made for it: agent, admin.") in repairs
    assert all(found.message.endswith(".") for found in findings)


@pytest.mark.parametrize("value", ["0", "4", "yes", "true", "2.5", "[1]", "{}", ""])
def test_a_policy_cannot_ask_for_fewer_confirmations(value: str) -> None:
    policy, findings = reading(f"confirm_from_risk: {value}\n")
    assert policy is None
    assert [found.code for found in findings] == ["U555"]


@pytest.mark.parametrize("value", ["0", "51", "many", "1.5", "true", "[]"])
def test_how_many_mails_is_a_number_that_somebody_can_mean(value: str) -> None:
    policy, findings = reading(f"sends_a_day: {value}\n")
    assert policy is None
    assert [found.code for found in findings] == ["U555"]
    assert policy_of("sends_a_day: 12\n").sends_a_day == 12


def test_who_may_think_of_a_password_can_be_said() -> None:
    policy = policy_of("actions:\n  set_temporary_password.password: {agent: never}\n")
    assert not policy.parameter("set_temporary_password", "password", Audience.AGENT).allowed
    assert policy.parameter("set_temporary_password", "password", Audience.ADMIN).allowed
    assert policy.parameter("set_temporary_password", "subject", Audience.AGENT).evidence
    _, findings = reading("actions:\n  set_temporary_password.pasword: never\n")
    assert [found.code for found in findings] == ["U551"]


@pytest.mark.parametrize("text", ["- a\n", "just words\n", "roles: [agent]\n", "actions: everything\n"])
def test_a_policy_of_another_shape_is_said_plainly(text: str) -> None:
    policy, findings = reading(text)
    assert policy is None
    assert [found.code for found in findings] == ["U555"]


@pytest.mark.parametrize("text", ["a: [", "actions: &x {}\n", "roles: {}\nroles: {}\n", ""])
def test_what_the_reader_refuses_is_passed_on(text: str) -> None:
    policy, findings = reading(text)
    assert policy is None
    assert findings


@pytest.mark.parametrize("name", MINE)
def test_every_example_of_a_code_shows_it(name: str) -> None:
    _, findings = reading(MINE[name].example)
    lines = MINE[name].example.splitlines()
    marked = next(number for number, line in enumerate(lines, start=1) if line.endswith("# <- here"))
    assert [(found.code, found.place.line) for found in findings] == [(name, marked)]


def test_there_are_examples() -> None:
    assert set(MINE) == {"U550", "U551", "U552", "U553", "U554", "U555"}


@given(
    text=st.lists(
        st.sampled_from(
            [
                "actions:",
                "roles:",
                "  people:",
                "  get_client:",
                " {agent: yes}",
                " never",
                "\n",
                ": ",
                "[",
                "]",
            ]
        ),
        max_size=12,
    ).map("".join)
)
def test_no_text_makes_the_reading_raise_and_errors_leave_no_policy(text: str) -> None:
    policy, findings = reading(text)
    assert (policy is None) == bool(findings)


def test_the_shipped_file_grants_nothing_beyond_the_declarations() -> None:
    text = policy_file.SHIPPED.read_text(encoding="utf-8")
    assert policy_of(text) == BASE


def test_a_damaged_installation_is_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(policy_file, "SHIPPED", tmp_path / "policy.yaml")
    with pytest.raises(Unusable, match="Install unstuck again"):
        shipped_policy()
    (tmp_path / "policy.yaml").write_text("actions: nothing\n", encoding="utf-8")
    with pytest.raises(Unusable, match="Install unstuck again"):
        shipped_policy()
