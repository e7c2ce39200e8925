"""Rules and steps in the words of people who read no flows."""

from __future__ import annotations

import re

import pytest

from adapters.clinic.actions import CATALOG
from engine.expressions import parse_expression
from engine.told.spoken import as_sentence, condition_words, findings, value_words
from engine.told.step_words import in_short, step_in_words, way_in_words
from engine.values import Value
from tests.engine.language import scalar
from tests.engine.play import shipped


@pytest.mark.parametrize(
    ("written", "holds", "fails"),
    [
        ("portal.online_access is true", "online access: on", "online access: not on"),
        ("portal.online_access is not true", "online access: not on", "online access: on"),
        ("email.address is unknown", "email address: not known", "email address: known"),
        ("account.state == 'none'", "account state: none", "account state: not none"),
        (
            "delivery.state in ['bounced', 'deferred']",
            "delivery state: one of bounced or deferred",
            "delivery state: none of bounced or deferred",
        ),
        ("primary | count < 2", "number of primary: less than 2", "number of primary: at least 2"),
        ("found.clients is empty", "found clients: none", "found clients: some"),
        ("address_sure", "address sure", "not address sure"),
        ("not can('send_invitation')", "not allowed to send invitation", "allowed to send invitation"),
        (
            "a and (b or not c)",
            "a and (b or not c)",
            "not a or (not b and c)",
        ),
    ],
)
def test_a_condition_is_told_as_it_holds_and_as_it_fails(written: str, holds: str, fails: str) -> None:
    rule, _ = parse_expression(scalar(written))
    assert rule is not None
    assert (condition_words(rule.tree, CATALOG), condition_words(rule.tree, CATALOG, False)) == (holds, fails)


def test_what_a_rule_read_is_told_without_ids_and_without_the_insides_of_records() -> None:
    read: dict[str, Value] = {
        "recipient.id": "c1",
        "invitation.message_id": "m1",
        "portal.online_access": False,
        "account.login_email": None,
        "found.clients": [{"id": "c1", "name": "Ana"}, {"id": "c2", "name": "Ben"}],
        "client": {"id": "c1", "name": "Ana", "email": "ana@mail.example"},
        "portal.version": "7",
        "can('reset_mfa')": False,
    }
    assert as_sentence(findings(read, CATALOG)) == (
        "Online access: off. Address to log in with: not known."
        " Found clients: Ana, Ben. Client: Ana. Allowed to reset mfa: no."
    )


def test_long_lists_and_values_are_cut() -> None:
    assert value_words([{"name": name} for name in "abcde"]) == "a, b, c, 2 more"
    assert value_words([{"id": "x"}]) == "1 found"
    assert value_words([]) == "none"
    assert len(value_words("x " * 100)) == 60


def test_a_text_in_short_names_what_is_known() -> None:
    facts: dict[str, Value] = {"who": {"name": "Ana"}}
    assert in_short("Is {{ who.name }} there?", facts) == "Is Ana there?"
    assert in_short("Is {{ who.first }} {{ other }} there?", facts) == "Is … … there?"


def test_no_step_or_way_of_the_shipped_flows_is_told_in_the_language_of_authors() -> None:
    pack = shipped()
    for name in pack.versions:
        flow = pack.flow(name)
        for step in flow.tree.steps.values():
            told = [step_in_words(flow, step, {})]
            told += [way_in_words(flow, step, edge.label, {}) for edge in step.edges()]
            for words in told:
                assert not re.search(r"[_{}`|]|\w\.\w| is true|can\(", words), (step.place, words)
