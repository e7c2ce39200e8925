"""Who may ask what: every address, by everybody, about their own, other, ended and missing conversations."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml

from adapters.web.operations import OPERATIONS
from tests.adapters.web.served import EMBEDS, FLOWS, SECRET, UNBOUNDED, Served, Talk, identity, web

CASES = yaml.safe_load((Path(__file__).parents[2] / "cases" / "web-access.yaml").read_text(encoding="utf-8"))
ASKERS: Mapping[str, Mapping[str, str]] = {
    "visitor": {},
    "client": {"role": "client", "sub": "ivy-walker"},
    "practitioner": {"role": "practitioner", "sub": "dr-roy"},
}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("UNSTUCK_TEST_KEY", SECRET)
        with web(tmp_path_factory.mktemp("web"), EMBEDS, bounds=UNBOUNDED, flows=FLOWS) as opened:
            yield opened


@pytest.fixture(scope="module")
def ended(served: Served) -> Mapping[str, Talk]:
    """For each asker a conversation that is over."""
    over = {who: begun(served, who) for who in ASKERS}
    for talk in over.values():
        talk.says("found", "worked")
    return over


def begun(served: Served, who: str) -> Talk:
    """A conversation of the asker."""
    claims = ASKERS[who]
    signed = {"embed": "portal", "identity": identity(**claims)} if claims else {}
    return served.start("two-questions", **signed)


def asked(served: Served, ask: str, session: str, token: str, body: object = None) -> int:
    """The status of the reply; of a stream only that it begins."""
    method, _, path = ask.partition(" ")
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with served.http.stream(
        method, f"/v1/sessions/{session}{path}", headers=headers, json=body, timeout=10
    ) as reply:
        if reply.status_code >= 400:
            assert reply.headers["content-type"] == "application/problem+json"
        return reply.status_code


def test_every_address_of_a_conversation_is_in_the_table() -> None:
    bearer = {each.path.replace("{id}", "x") for each in OPERATIONS if each.bearer}
    table = {"/v1/sessions/{session}" + case["ask"].partition(" ")[2] for case in CASES["conversations"]}
    assert table == bearer


@pytest.mark.parametrize("case", CASES["conversations"], ids=lambda case: case["ask"])
@pytest.mark.parametrize("who", ASKERS)
def test_of_a_conversation(served: Served, ended: Mapping[str, Talk], who: str, case: dict[str, Any]) -> None:
    talk, other = begun(served, who), begun(served, "visitor")
    about = {"other": other.session, "missing": "aaaaaaaaaa", "own": talk.session}
    found = {
        name: asked(served, case["ask"], session, talk.token, case.get("body"))
        for name, session in about.items()
    }
    over = ended[who]
    found["ended"] = asked(served, case["ask"], over.session, over.token, case.get("body"))
    assert found == {name: case[name] for name in found}
    assert other.ask("GET").json()["turn"] == other.turn


@pytest.mark.parametrize("case", CASES["conversations"], ids=lambda case: case["ask"])
def test_of_a_conversation_without_a_token_that_counts(
    served: Served, ended: Mapping[str, Talk], case: dict[str, Any]
) -> None:
    talk, gone = begun(served, "client"), begun(served, "client")
    with closing(sqlite3.connect(served.folder / "web.db")) as db:
        db.execute("UPDATE holders SET used_at = used_at - 901 WHERE session = ?", (gone.session,))
        db.commit()
    sessions = (talk.session, gone.session, ended["client"].session, "aaaaaaaaaa")
    tokens = ("", "x" * 43, gone.token, f"{talk.token}x", talk.session)
    found = {
        asked(served, case["ask"], session, token, case.get("body"))
        for session in sessions
        for token in tokens
    }
    assert found == {case["unknown"]}
    assert talk.ask("GET").json()["turn"] == talk.turn


@pytest.mark.parametrize("case", CASES["renewals"], ids=lambda case: f"{case['who']} of {case['of']}")
def test_of_a_new_token(served: Served, case: dict[str, Any]) -> None:
    about = {"ivy-walker": "client", "visitor": "visitor"}.get(case["of"])
    session = begun(served, about).session if about else "aaaaaaaaaa"
    shown = identity(sub=case["who"], role=case.get("as", "client"))
    body = {"identity": shown, "embed": case.get("embed", "portal")}
    assert served.http.post(f"/v1/sessions/{session}/token", json=body).status_code == case["status"]


@pytest.mark.parametrize("case", CASES["beginnings"], ids=lambda case: f"{case['who']} {case['flow']}")
def test_of_a_beginning(served: Served, case: dict[str, Any]) -> None:
    body = {"flow": case["flow"], "embed": "portal"}
    if case["who"] != "visitor":
        body["identity"] = identity(role=case["who"])
    assert served.http.post("/v1/sessions", json=body).status_code == case["status"]


@pytest.mark.parametrize("case", CASES["searches"], ids=lambda case: f"{case['who']} {case['query']}")
def test_of_whom_a_practitioner_finds(served: Served, case: dict[str, Any]) -> None:
    shown = identity(role="practitioner", sub=case["who"])
    talk = served.start("email-not-received", embed="portal", identity=shown)
    turn = talk.says(case["query"])
    told = json.dumps([turn, talk.ask("GET").json()])
    assert turn["prompt"]["id"].endswith("/which" if "sees" in case else "/nobody")
    assert case.get("sees", "") in told
    assert case.get("not", "nothing of this kind") not in told


@pytest.mark.parametrize("case", CASES["open"], ids=lambda case: case["ask"])
def test_of_what_is_open_to_everybody(served: Served, case: dict[str, Any]) -> None:
    method, _, path = case["ask"].partition(" ")
    reply = served.http.request(method, path)
    assert reply.status_code == case["status"]
    if reply.status_code == 405:
        assert reply.headers["allow"]
