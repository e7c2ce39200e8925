"""Practitioners reach their own clients where the policy says so, and nobody else, not even their names."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from adapters.clinic.actions import CATALOG
from adapters.gates.book import MemoryBook
from adapters.gates.own_clients import OF_WHOM
from adapters.gates.policy import Policy
from adapters.gates.policy_file import read_policy, shipped_policy
from adapters.gates.policy_gate import PolicyGate
from adapters.gates.port import Question
from engine import Allow, Audience, Call, Deny, Effect, Event, Failed, Failure, Source, Succeeded, Value

AT = "2026-11-23T09:30:00Z"


def gate(policy: Policy | None = None) -> PolicyGate:
    return PolicyGate(policy or shipped_policy(), CATALOG, MemoryBook())


def question(action: str, subject: str = "", actor: str = "practitioner:dr-roy", **found: Event) -> Question:
    call = Call("k", action, {}, Effect.READ, 1, "flow/step", subject)
    return Question(call, Audience.PRACTITIONER, actor, AT, session="s", looked_up=found)


def of(*practitioners: str) -> Event:
    return Succeeded("", {"subject": "c-1", "practitioners": list(practitioners)}, AT)


def policy_of(text: str) -> Policy:
    policy, findings = read_policy(Source("policy.yaml", text), shipped_policy(), CATALOG)
    assert policy is not None, findings
    return policy


@pytest.mark.parametrize("actor", ["practitioner:dr-roy", "dr-roy"])
def test_a_client_of_theirs_is_reached_over_the_web_and_at_the_console(actor: str) -> None:
    asked = question("get_client", "c-1", actor, list_practitioners=of("dr-lind", "dr-roy"))
    assert gate().looks_up(asked) == (OF_WHOM,)
    assert gate().decide(asked) == Allow()


@pytest.mark.parametrize(
    "found",
    [
        of(),
        of("dr-lind"),
        of("dr-roy-2", "roy", "DR-ROY", "practitioner:dr-roy"),
        Succeeded("", {"subject": "c-1"}, AT),
        Succeeded("", None, AT),
        Failed("", Failure.NOT_FOUND, AT, "no such person"),
    ],
)
def test_nobody_else_is_reached_and_who_is_not_there_is_not_told_apart(found: Event) -> None:
    verdict = gate().decide(question("get_client", "c-1", list_practitioners=found))
    assert verdict == Deny("A practitioner may do this for their own clients only.")


def test_where_it_cannot_be_found_out_nobody_is_reached() -> None:
    broken = gate().decide(
        question("get_client", "c-1", list_practitioners=Failed("", Failure.UNAVAILABLE, AT))
    )
    assert isinstance(broken, Deny)
    assert broken.failure is Failure.UNAVAILABLE
    lacking = gate().decide(question("get_client", "c-1"))
    assert isinstance(lacking, Deny)
    assert lacking.failure is Failure.UNSUPPORTED


def row(name: str, *practitioners: str) -> dict[str, Value]:
    return {"id": name, "name": name, "practitioners": list(practitioners)}


def test_who_is_not_theirs_is_left_out_of_what_is_found() -> None:
    rows: list[Value] = [
        row("ana", "dr-roy"),
        row("bo", "dr-lind"),
        row("cy"),
        row("di", "dr-lind", "dr-roy"),
    ]
    found = Succeeded("k", {"clients": rows, "truncated": True}, AT)
    seen = gate().seen(question("find_clients"), found)
    assert seen == Succeeded("k", {"clients": [rows[0], rows[3]], "truncated": True}, AT)


@pytest.mark.parametrize("whose", [{}, {"practitioners": None}, {"practitioners": "dr-roy"}])
def test_rows_that_do_not_say_whose_they_are_are_not_shown(whose: dict[str, Value]) -> None:
    found = Succeeded("k", {"clients": [row("ana", "dr-roy"), {"id": "bo", **whose}]}, AT)
    seen = gate().seen(question("find_clients"), found)
    assert isinstance(seen, Failed)
    assert seen.failure is Failure.UNSUPPORTED
    assert seen.result is None


def test_what_a_failed_search_brings_along_is_not_shown() -> None:
    failed = Failed("k", Failure.AMBIGUOUS, AT, "several", {"clients": [row("bo", "dr-lind")]})
    assert gate().seen(question("find_clients"), failed) == replace(failed, result=None)


def test_whoever_reaches_everybody_sees_everybody() -> None:
    found = Succeeded("k", {"clients": [row("bo", "dr-lind")], "truncated": False}, AT)
    free = gate(policy_of("actions: {find_clients: {practitioner: yes}, get_client: {practitioner: yes}}"))
    assert free.seen(question("find_clients"), found) == found
    assert free.decide(question("get_client", "c-1")) == Allow()
    assert free.looks_up(question("get_client", "c-1")) == ()
    office = replace(question("find_clients"), audience=Audience.AGENT)
    assert gate().seen(office, found) == found


def test_a_clinic_can_ask_it_for_what_changes_something_too() -> None:
    narrow = gate(policy_of("actions: {send_invitation: {practitioner: own clients}}"))
    asked = question("send_invitation", "c-1")
    assert narrow.looks_up(asked) == (OF_WHOM, "last_email_change")
    never = Succeeded("", {"subject": "c-1", "changed_at": None}, AT)
    theirs = {"list_practitioners": of("dr-roy"), "last_email_change": never}
    assert narrow.decide(replace(asked, looked_up=theirs)) == Allow()
    others = {**theirs, "list_practitioners": of("dr-lind")}
    assert isinstance(narrow.decide(replace(asked, looked_up=others)), Deny)


def test_only_practitioners_have_clients_of_their_own() -> None:
    text = "actions: {get_client: {agent: own clients}}"
    policy, findings = read_policy(Source("policy.yaml", text), shipped_policy(), CATALOG)
    assert policy is None
    assert [(each.code, each.message) for each in findings] == [("U553", "agent has no own clients.")]
