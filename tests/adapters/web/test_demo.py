"""The demo page: who one can be there, and the mailbox beside the widget."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.clinic.portal_users import portal_users
from adapters.web.letterbox import letters
from tests.adapters.web.served import Served, web


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with web(tmp_path_factory.mktemp("demo"), demo=True) as served:
        yield served


def vouched(served: Served, said: object, **headers: str) -> tuple[int, object]:
    reply = served.http.post("/demo/identity", json=said, headers=headers)
    return reply.status_code, reply.json()["identity"]


def test_whoever_is_chosen_is_signed_in_as_themself(demo: Served) -> None:
    status, token = vouched(demo, {"as": "client", "who": "sophie-martin"})
    assert status == 200
    talk = demo.start(embed="demo", identity=str(token))
    assert talk.turn["prompt"]["id"] == "my-setup-email/mine/my-own-emails/look"
    assert "s***n@mail.example" in talk.turn["prompt"]["text"]


@pytest.mark.parametrize(
    ("said", "headers"),
    [
        ({"as": "client", "who": "nobody"}, {}),
        ({"as": "client", "who": "mia-chen"}, {}),
        ({"as": "practitioner", "who": "ivy-walker"}, {}),
        ({"as": "admin", "who": "ivy-walker"}, {}),
        ({"as": "visitor", "who": ""}, {}),
        (["client"], {}),
        ({"as": "client", "who": "ivy-walker"}, {"sec-fetch-site": "cross-site"}),
    ],
)
def test_nobody_else_is_vouched_for(demo: Served, said: object, headers: dict[str, str]) -> None:
    assert vouched(demo, said, **headers) == (403, None)


def test_the_page_offers_whom_one_can_be_and_what_each_of_them_can_begin(demo: Served) -> None:
    visitor, client, practitioner = (
        demo.http.get(f"/?as={role}").text for role in ("visitor", "client", "practitioner")
    )
    assert "Ivy Walker" not in visitor
    assert "Ivy Walker (setup link has expired)" in client
    assert "Anne Roy (contact of Liam Roy; account in use)" in client
    assert "Mia Chen" not in client.replace("contact of Mia Chen", "")
    assert "Dr. Elaine Roy (sees 22 clients)" in practitioner
    assert "flow=email-not-received" in practitioner
    assert "flow=email-not-received" not in client
    assert demo.http.get("/?as=admin&who=%3Cscript%3E&flow=nonsense").text == visitor


def test_how_people_stand_is_what_would_be_in_the_way(demo: Served) -> None:
    users = {
        each.id: each.stands for each in portal_users(demo.folder / "clinic.db", lambda: datetime.now(UTC))
    }
    assert users["priya-shah"] == "account locked"
    assert users["carla-nunes"] == "online access is off"
    assert users["bruno-keller"] == "email notifications are off"
    assert users["rosa-jansen"] == "no email address"
    assert users["paul-dubois"] == "last email came back"
    assert users["tom-becker"] == "never invited"
    assert "olga-petrova" not in users  # archived
    assert "jun-chen" not in users  # no primary contact


def test_the_mailbox_shows_the_newest_first_and_passes_over_what_is_no_email(tmp_path: Path) -> None:
    assert letters(None) == letters(tmp_path / "none") == []
    for part in ("new", "cur", "tmp"):
        (tmp_path / "mail" / part).mkdir(parents=True)
    assert letters(tmp_path / "mail") == []
    (tmp_path / "mail" / "new" / "1").write_bytes(
        b"To: a@b.example\nSubject: =?utf-8?q?F=C3=BCr?= you\n\nHello\n"
    )
    (tmp_path / "mail" / "new" / "2").write_bytes(
        b"Subject: odd\nContent-Type: text/plain; charset=nonsense\n\n\xff\xfe\n"
    )
    (tmp_path / "mail" / "new" / "3").mkdir()
    found = [each for each in letters(tmp_path / "mail") if isinstance(each, dict)]
    assert {str(each["subject"]) for each in found} >= {"Für you"}
    assert next(each for each in found if each["to"])["text"] == "Hello\n"


@pytest.mark.parametrize(
    "headers",
    [{"Host": "help.practice.example"}, {"X-Forwarded-For": "192.0.2.7"}, {"Forwarded": "for=192.0.2.7"}],
)
def test_the_demo_is_not_there_for_other_machines(demo: Served, headers: dict[str, str]) -> None:
    said = {"as": "client", "who": "sophie-martin"}
    assert demo.http.post("/demo/identity", json=said, headers=headers).status_code == 404
    assert demo.http.get("/demo/mail", headers=headers).status_code == 404
    assert demo.http.get("/", headers=headers).status_code == 404


def test_a_clinic_that_cannot_be_read_is_for_a_later_try(demo: Served) -> None:
    clinic, away = demo.folder / "clinic.db", demo.folder / "away.db"
    clinic.rename(away)
    try:
        reply = demo.http.get("/?as=client")
    finally:
        away.rename(clinic)
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "2")
    assert reply.text == "This cannot be done right now. Try again in a while."
    assert demo.http.get("/?as=client").status_code == 200
