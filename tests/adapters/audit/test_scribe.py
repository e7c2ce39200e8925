"""What is written down of a deed: nobody's name, no value that tells about a person, one line of JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.audit.port import Deed, Doer
from adapters.audit.scribe import Scribe, canonical
from adapters.clinic.actions import CATALOG
from engine import Value

AT = "2026-11-23T09:30:00Z"
AGENT = Doer("ana", "agent", "s1", "email-not-received", "abc")


def entry(scribe: Scribe, action: str, params: Mapping[str, Value]) -> dict[str, Value]:
    told = json.loads(scribe.entry(Deed("intent", AT, AGENT, action, params=params, subject="c-17")))
    assert isinstance(told, dict)
    return told


@pytest.fixture
def scribe() -> Scribe:
    return Scribe(b"s" * 32, CATALOG)


def test_words_of_closed_lists_and_truths_stand_as_they_are(scribe: Scribe) -> None:
    params: dict[str, Value] = {"subject": "c-17", "online_access": True, "expected_version": "3"}
    told = entry(scribe, "set_portal_settings", params)
    assert told["params"] == {
        "subject": scribe.pseudonym("c-17"),
        "online_access": True,
        "expected_version": scribe.digest("3"),
    }
    assert told["subject"] == scribe.pseudonym("c-17")
    assert told["by"] == {
        "actor": "ana",
        "audience": "agent",
        "session": "s1",
        "flow": "email-not-received",
        "version": "abc",
    }


def test_a_client_whom_a_host_vouches_for_is_a_pseudonym(scribe: Scribe) -> None:
    told = json.loads(scribe.entry(Deed("held", AT, Doer("client:c-17", "client", "s1"), "began")))
    assert told["by"]["actor"] == f"client:{scribe.pseudonym('c-17')}"
    told = json.loads(
        scribe.entry(Deed("held", AT, Doer("practitioner:dr-roy", "practitioner", "s1"), "began"))
    )
    assert told["by"]["actor"] == "practitioner:dr-roy"


def test_how_and_for_what_an_identity_was_verified_can_be_read(scribe: Scribe) -> None:
    params: dict[str, Value] = {"method": "call_back", "outcome": "passed", "covers": ["update_email"]}
    assert entry(scribe, "record_verification", params)["params"] == params


@pytest.mark.parametrize(
    ("action", "params"),
    [
        ("update_email", {"subject": "c-17", "new_email": "maria.neves@clinic.example"}),
        ("find_clients", {"query": "Maria Neves", "birth_date": "1990-02-03"}),
        ("open_ticket", {"topic": "Maria Neves", "summary": "Maria Neves wrote", "trail": ["Maria Neves"]}),
        ("set_temporary_password", {"subject": "c-17", "password": {"secret": "Maria Neves"}}),
        ("not_an_action", {"anything": {"deep": ["Maria Neves", 1990]}, "more": "maria.neves"}),
        ("send_invitation", {"kind": "Maria Neves", "recipient": ["Maria Neves"]}),
        ("set_portal_settings", {"online_access": "Maria Neves"}),
    ],
)
def test_nothing_personal_is_written(scribe: Scribe, action: str, params: dict[str, Value]) -> None:
    written = json.dumps(entry(scribe, action, params)).lower()
    for told in ("maria", "neves", "1990", "c-17"):
        assert told not in written


def test_one_person_has_one_pseudonym_under_one_key() -> None:
    one, same, other = Scribe(b"1" * 32, CATALOG), Scribe(b"1" * 32, CATALOG), Scribe(b"2" * 32, CATALOG)
    assert one.pseudonym("c-17") == same.pseudonym("c-17") != other.pseudonym("c-17")
    assert one.pseudonym("c-17") != one.pseudonym("c-18")
    assert one.digest("c-17").removeprefix("h-") not in one.pseudonym("c-17")


@given(st.text(), st.text())
def test_one_entry_is_one_line_of_plain_json(name: str, value: str) -> None:
    deed = Deed("outcome", AT, Doer(name), name, subject=value, params={name: value}, error=value)
    written = Scribe(b"s" * 32, CATALOG).entry(deed)
    assert all(0x20 <= each < 0x7F for each in written)
    assert json.loads(written).get("by", {}).get("actor", "") == name


def test_the_same_deed_is_always_written_the_same(scribe: Scribe) -> None:
    one = Deed("intent", AT, AGENT, "x", params={"a": "1", "b": "2"})
    two = Deed("intent", AT, AGENT, "x", params={"b": "2", "a": "1"})
    assert scribe.entry(one) == scribe.entry(two)
    assert canonical({"b": [1, None], "a": "é"}) == b'{"a":"\\u00e9","b":[1,null]}'
    with pytest.raises(ValueError, match="JSON"):
        canonical(float("nan"))


def test_a_step_that_is_run_for_a_person_does_not_name_them(scribe: Scribe) -> None:
    step = "email-not-received/recipients[ana-souza]/one-recipient/send"
    told = json.loads(scribe.entry(Deed("intent", AT, AGENT, "x", step=step, key=f"s1:{step}:1")))
    stands = step.replace("ana-souza", scribe.pseudonym("ana-souza"))
    assert (told["step"], told["key"]) == (stands, f"s1:{stands}:1")
