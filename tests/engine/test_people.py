"""Whom a call is about is told by the record of that person, however others are numbered."""

from __future__ import annotations

from adapters.clinic.actions import CATALOG
from engine.people import told_of
from engine.values import Value
from tests.engine.play import Play, Works, flow_of, result_of, sample

FLOW = """
flow: a
audience: [agent]
steps:
  - {do: get_clinic, save: about}
  - {do: find_clients, with: {query: about.name}, save: found}
  - {id: who, ask: Who?, kind: one, of: found.clients, label: "{{ item.name }}", save: picked}
  - id: how
    ask: What now?
    answers: {send: {label: Send it, then: send}, leave: {label: Leave it, then: over}}
  - {id: send, do: send_invitation, with: {subject: picked.id, kind: "'first'"}, then: over}
  - {id: over, end: stopped}
"""


def test_a_clinic_with_the_number_of_a_client_does_not_lend_the_client_its_name() -> None:
    found = sample(CATALOG.records["ClientRef"])
    assert isinstance(found, dict)
    clients: list[Value] = [{**found, "id": "7", "name": "Ana Souza"}]
    script = {
        "get_clinic": [Works(result_of("get_clinic", id="7", name="Maple Leaf"))],
        "find_clients": [Works({"clients": clients, "truncated": False})],
    }
    play = Play(flow_of(FLOW), script)
    play.answer("7")
    assert "Ana Souza" in play.prompt.choices[0].effect
    play.answer("send")
    assert "Ana Souza" in play.here.calls[-1].text


def test_it_does_not_matter_in_which_order_the_facts_came() -> None:
    records: dict[str, Value] = {"b": {"id": "1", "name": "Old"}, "a": {"id": "1", "name": "New"}, "c": "1"}
    turned = dict(reversed(records.items()))
    told = {told_of(facts, "1", "name", CATALOG) for facts in (records, turned)}
    assert told == {"New"}


def test_a_record_may_stand_in_a_list_of_another() -> None:
    facts: dict[str, Value] = {
        "found": {"clients": [{"id": "1", "name": ""}, {"id": "2", "name": "Rui", "phone": None}]}
    }
    assert told_of(facts, "2", "name", CATALOG) == "Rui"
    assert told_of(facts, "2", "phone", CATALOG) == ""
    assert told_of(facts, "3", "name", CATALOG) == ""
