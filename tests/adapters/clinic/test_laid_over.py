"""People who are changed by hand: matched by name and order, within their client; whoever is new is added."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.clinic.database import open_database
from adapters.clinic.laid_over import lay_over
from adapters.clinic.people_file import load_people
from adapters.problems import PlainProblem
from engine import Source
from tests.adapters.clinic.bench import Bench
from tests.adapters.clinic.test_embedded import bench_at

BEFORE = """\
clients:
  - {name: Mara Lindqvist, birth_date: 1984-04-02, email: mara.l@mail.example}
  - {name: Mara Lindqvist, birth_date: 1999-11-30, email: mara99@mail.example}
  - name: Lucie Farrow
    kind: minor
    contacts: [{name: Paula Farrow, relationship: parent, email: paula@mail.example}]
  - name: Noah Farrow
    kind: minor
    contacts: [{name: Paula Farrow, relationship: parent, email: paula@mail.example}]
  - {name: Rolf Haverty, kind: adult, email: rolf@mail.example, invitation: {sent: 1 hour ago}}
"""


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    people, findings = load_people(Source("before.yaml", BEFORE))
    assert findings == ()
    bench = bench_at(tmp_path / "clinic.db", people)
    yield bench
    bench.backend.close()


def change(bench: Bench, path: Path, text: str) -> None:
    people, findings = load_people(Source("change.yaml", text))
    assert findings == ()
    with closing(open_database(path / "clinic.db")) as database, database.writing(5.0) as connection:
        lay_over(connection, people, bench.clock())


def address(bench: Bench, subject: str) -> object:
    return bench.record("check_email", subject=subject)["address"]


def test_the_second_of_one_name_is_the_second_that_is_written(bench: Bench, tmp_path: Path) -> None:
    change(
        bench, tmp_path, "clients: [{name: Mara Lindqvist}, {name: Mara Lindqvist, email: new@mail.example}]"
    )
    assert address(bench, "mara-lindqvist") == "mara.l@mail.example"
    assert address(bench, "mara-lindqvist-2") == "new@mail.example"


def test_whose_client_somebody_is_is_changed_only_where_it_is_said(bench: Bench, tmp_path: Path) -> None:
    def seen_by() -> object:
        return bench.record("list_practitioners", subject="paula-farrow")["practitioners"]

    change(bench, tmp_path, "clients: [{name: Lucie Farrow, practitioners: [dr-roy, dr-lind, dr-roy]}]")
    change(bench, tmp_path, "clients: [{name: Lucie Farrow, online_access: false}, {name: Noah Farrow}]")
    assert seen_by() == ["dr-lind", "dr-roy"]
    change(bench, tmp_path, "clients: [{name: Lucie Farrow, practitioners: [dr-lund]}]")
    assert seen_by() == ["dr-lund"]
    change(bench, tmp_path, "clients: [{name: Lucie Farrow, practitioners: []}]")
    assert seen_by() == []


@pytest.mark.parametrize("wrong", ["dr-roy", "{dr-roy: yes}", "[[dr-roy]]", "['']", "[null]", "null", "[7]"])
def test_practitioners_are_a_list_of_ids(wrong: str) -> None:
    _, findings = load_people(Source("x.yaml", f"clients: [{{name: Mara, practitioners: {wrong}}}]"))
    expected = "`practitioners` must be a list of texts (numbers in quotes), such as [a, b]."
    assert [(each.code, each.expected) for each in findings] == [("U502", expected)]


def test_a_contact_is_looked_for_at_the_client(bench: Bench, tmp_path: Path) -> None:
    change(bench, tmp_path, "clients: [{name: Noah Farrow, contacts: [{name: Paula Farrow, primary: true}]}]")
    lucie, noah = (bench.call("list_contacts", client=client) for client in ("lucie-farrow", "noah-farrow"))
    assert isinstance(lucie, list)
    assert isinstance(noah, list)
    assert [each["is_primary"] for each in lucie if isinstance(each, dict)] == [False]
    assert [each["is_primary"] for each in noah if isinstance(each, dict)] == [True]


def test_who_is_new_is_added_with_everything(bench: Bench, tmp_path: Path) -> None:
    change(
        bench,
        tmp_path,
        """\
clients:
  - {name: Ines Barrow, email: ines@mail.example, account: active, video: {starts: "in 5 minutes"}}
  - {name: Lucie Farrow, contacts: [{name: Otto Farrow, primary: true, email: otto@mail.example}]}
""",
    )
    assert bench.record("get_account", subject="ines-barrow")["state"] == "active"
    assert bench.record("next_video_session", subject="ines-barrow")["state"] == "open"
    assert address(bench, "otto-farrow") == "otto@mail.example"


def test_an_email_comes_back_later(bench: Bench, tmp_path: Path) -> None:
    message = bench.record("get_invitation", subject="rolf-haverty")["message_id"]
    assert bench.record("get_delivery", message=message)["state"] == "sent"
    bench.clock.forward(minutes=30)
    change(bench, tmp_path, "clients: [{name: Rolf Haverty, delivery: {status: 5.1.1}}]")
    told = bench.record("get_delivery", message=message)
    assert (told["state"], told["reason"]) == ("bounced", "bad_address")
    assert bench.record("clear_suppression", subject="rolf-haverty", client_asked=True)["state"] == "unknown"


def test_a_login_address_that_is_taken_is_told(bench: Bench, tmp_path: Path) -> None:
    change(bench, tmp_path, "clients: [{name: Rolf Haverty, account: active}]")
    with pytest.raises(PlainProblem, match="Rolf Haverty and Jo Haverty cannot both have"):
        change(bench, tmp_path, "clients: [{name: Jo Haverty, email: rolf@mail.example, account: active}]")
