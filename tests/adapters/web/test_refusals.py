"""What somebody on the web reads when something is wrong with the server: that it is, and nothing of what."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from adapters.problems import NothingThere, PlainProblem, Unusable
from adapters.web.refused import Refused, refusal_of
from tests.adapters.web.served import web

OPERATORS = (".db", "/tmp", "sqlite", "no such table", "unstuck sessions", "--as", "policy", "Traceback")


def words_of(refused: Refused) -> str:
    return f"{refused.title} {refused.detail}"


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Unusable("The store at /tmp/sessions.db is damaged.", "`unstuck sessions recover`"), 503),
        (PlainProblem("It does not run with this unstuck.", "See `unstuck sessions show`."), 409),
        (PlainProblem("Not for the role client.", "Choose another with `--as`."), 409),
        (NothingThere("No such session in /tmp/sessions.db.", "`unstuck sessions list`"), 404),
    ],
)
def test_what_is_for_operators_is_logged_and_not_shown(
    error: PlainProblem, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[str] = []
    monkeypatch.setattr("adapters.web.refused.log", lambda *_, told: logged.append(told))
    refused = refusal_of(error)
    assert refused.status == status
    assert not [word for word in OPERATORS if word in words_of(refused)]
    if status != 404:
        assert [error.message in each for each in logged] == [True]


def test_what_is_for_the_asker_stays_as_it_is() -> None:
    refused = Refused(422, "The body is not as it should be.", "Expected `int`.")
    assert refusal_of(refused) is refused


def test_tokens_that_cannot_be_read_are_for_a_later_try(tmp_path: Path) -> None:
    with web(tmp_path) as served:
        talk = served.start()
        with closing(sqlite3.connect(tmp_path / "web.db")) as db:
            db.execute("ALTER TABLE holders RENAME TO gone")
            body = {"answer": "missing", "prompt": talk.turn["prompt"]["id"], "seq": talk.turn["seq"]}
            form = {"session": talk.session, "token": talk.token, "do": "answer", "answer": "missing"}
            replies = [
                talk.ask("GET"),
                talk.ask("POST", "/answers", json=body),
                talk.ask("GET", "/events"),
                served.http.post("/help/turn", data=form),
            ]
            db.execute("ALTER TABLE gone RENAME TO holders")
        assert [reply.status_code for reply in replies] == [503] * 4
        assert [reply.headers["retry-after"] for reply in replies[:3]] == ["2"] * 3
        for reply in replies:
            assert "This cannot be done right now." in reply.text
            assert not [word for word in OPERATORS if word in reply.text]
        assert talk.says("missing")["prompt"]["id"] == "my-setup-email/address"
