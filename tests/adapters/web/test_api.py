"""The API on a real port: conversations, who is let in, what is refused, and what is told of it."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import jsonschema
import pytest
from starlette.requests import Request
from starlette.types import Message

from adapters.serving import serving
from adapters.web.assets import WORDS
from adapters.web.bounds import Bounds
from adapters.web.limiter import Limiter
from adapters.web.operations import OPERATIONS
from adapters.web.people import VISITOR, Person
from adapters.web.reading import body_of
from adapters.web.refused import Refused
from adapters.web.tokens import Holder, TokenBook
from adapters.wiring import Options
from adapters.wiring_web import open_web
from engine import Audience
from tests.adapters.web.served import (
    EMBEDS,
    FLOWS,
    MANY,
    PORTAL,
    SECRET,
    UNBOUNDED,
    Served,
    Talk,
    identity,
    web,
)


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    monkeypatch.setenv("UNSTUCK_TEST_KEY", SECRET)
    with web(tmp_path, EMBEDS) as opened:
        yield opened


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for the tests that leave nothing behind, whom it does not bound."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("UNSTUCK_TEST_KEY", SECRET)
        with web(tmp_path_factory.mktemp("web"), EMBEDS, bounds=UNBOUNDED, flows=FLOWS) as opened:
            yield opened


def journal(served: Served) -> list[str]:
    """What the clinic did."""
    with closing(sqlite3.connect(served.folder / "clinic.db")) as connection:
        return [row[0] for row in connection.execute("SELECT action FROM journal ORDER BY n")]


def test_a_conversation_from_its_beginning_to_its_end(served: Served) -> None:
    talk = served.start()
    assert talk.turn["prompt"]["step"] == "junk"
    talk.says("missing", "missing", "ask", "Tom Becker, 416 555 0142")
    assert talk.turn["end"] == {"outcome": "escalated", "text": "Thank you. You can close this now."}
    assert journal(served) == ["request_help"]
    whole = talk.ask("GET").json()
    assert whole["title"] == "The email to set up my account has not come"
    assert whole["turn"]["end"]["outcome"] == "escalated"


def test_the_answers_until_now_are_given_back_and_can_be_changed(served: Served) -> None:
    talk = served.start()
    talk.says("missing", "missing")
    given = talk.ask("GET").json()["transcript"]
    assert [each["answer"] for each in given] == ["No", "No"]
    changed = talk.ask("POST", "/change", json={"prompt": given[0]["prompt"]}).json()
    assert changed["turn"]["prompt"]["step"] == "junk"
    talk.turn = changed["turn"]
    assert talk.says("found")["prompt"]["step"] == "open"
    assert talk.ask("POST", "/back", json={}).json()["prompt"]["step"] == "junk"
    assert talk.ask("POST", "/stop", json={}).json()["end"]["outcome"] == "abandoned"


def test_a_repeated_request_gets_the_reply_it_had_and_nothing_is_done_twice(served: Served) -> None:
    talk = served.start()
    talk.says("missing", "missing", "ask")
    body = {
        "answer": "Tom Becker, 416 555 0142",
        "prompt": talk.turn["prompt"]["id"],
        "seq": talk.turn["seq"],
    }
    key = {"Idempotency-Key": "the-same"}
    replies: list[Any] = []

    def send() -> None:
        replies.append(talk.ask("POST", "/answers", json=body, headers=key))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.text for reply in replies}) == 1
    assert journal(served) == ["request_help"]
    other = talk.ask("POST", "/answers", json={**body, "answer": "Somebody else"}, headers=key)
    assert other.status_code == 422
    assert journal(served) == ["request_help"]


def test_a_stale_answer_is_refused_with_the_turn_there_is(shared: Served) -> None:
    talk = shared.start()
    first = {"answer": "found", "prompt": talk.turn["prompt"]["id"], "seq": talk.turn["seq"]}
    talk.says("missing")
    late = talk.ask("POST", "/answers", json=first)
    assert late.status_code == 409
    assert late.headers["content-type"] == "application/problem+json"
    assert late.json()["turn"]["prompt"]["step"] == "address"


def test_going_back_twice_by_one_request_goes_back_once(shared: Served) -> None:
    talk = shared.start()
    talk.says("missing", "missing")
    body, key = {"seq": talk.turn["seq"]}, {"Idempotency-Key": "back"}
    first = talk.ask("POST", "/back", json=body, headers=key)
    again = talk.ask("POST", "/back", json=body, headers=key)
    assert first.json()["prompt"]["step"] == "address"
    assert first.content == again.content
    assert talk.ask("GET").json()["turn"]["prompt"]["step"] == "address"


@pytest.mark.parametrize(
    ("path", "body"),
    [("/back", {}), ("/stop", {}), ("/change", {"prompt": "junk"})],
    ids=["back", "stop", "change"],
)
def test_a_step_that_was_meant_for_another_turn_is_not_taken(shared: Served, path: str, body: Any) -> None:
    talk = shared.start()
    seen = talk.turn["seq"]
    talk.says("missing")
    late = talk.ask("POST", path, json={**body, "seq": seen})
    assert late.status_code == 409
    assert late.json()["turn"]["prompt"]["step"] == "address"
    assert talk.ask("GET").json()["turn"]["prompt"]["step"] == "address"


def test_whatever_is_asked_with_get_changes_nothing(served: Served) -> None:
    talk = served.start()
    talk.says("missing")
    for _ in range(2):
        kept = everything_kept(served)
        whole = talk.ask("GET").json()
        assert whole["turn"]["prompt"]["step"] == "address"
        for path in ("/openapi.json", "/v1/flows", "/readyz", "/metrics", "/help", "/widget.js"):
            assert served.http.get(path).status_code == 200
        assert everything_kept(served) == kept
        assert talk.ask("POST", "/resume", json={}).json() == whole


def everything_kept(served: Served) -> list[tuple[object, ...]]:
    """Every row of every file."""
    found: list[tuple[object, ...]] = []
    for name in ("sessions.db", "web.db", "clinic.db"):
        with closing(sqlite3.connect(served.folder / name)) as db:
            tables = db.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name"
            ).fetchall()
            for (table,) in tables:
                found += db.execute(f'SELECT * FROM "{table}"').fetchall()
    return found


def test_an_answer_that_does_not_fit_is_told_in_the_turn(shared: Served) -> None:
    talk = shared.start()
    turn = talk.says("perhaps")
    assert turn["problem"]["code"] == "not_a_choice"
    assert turn["prompt"]["step"] == "junk"


# -- who is let in ---------------------------------------------------------------------------------------


def test_a_client_is_whom_the_host_vouches_for(shared: Served) -> None:
    talk = shared.start("two-questions", embed="portal", identity=identity())
    assert talk.turn["prompt"]["step"] == "junk"
    renewed = talk.ask("POST", "/token", json={"identity": identity(), "embed": "portal"})
    assert renewed.status_code == 200
    talk.token = renewed.json()["token"]
    assert talk.says("missing")["prompt"]["step"] == "address"
    foreign = talk.ask("POST", "/token", json={"identity": identity(sub="tom-becker"), "embed": "portal"})
    assert foreign.status_code == 404


@pytest.mark.parametrize(
    "token",
    [
        pytest.param(lambda: identity(exp=int(time.time()) - 1), id="expired"),
        pytest.param(lambda: identity(exp=int(time.time()) + 3_600), id="too long"),
        pytest.param(lambda: identity(iat=int(time.time()) + 600, exp=int(time.time()) + 700), id="not yet"),
        pytest.param(lambda: identity(secret="t" * 40), id="another key"),
        pytest.param(lambda: identity(kid="k2"), id="an unknown key"),
        pytest.param(lambda: identity(secret=SECRET * 2, algorithm="HS512"), id="another algorithm"),
        pytest.param(lambda: identity(secret="", algorithm="none"), id="unsigned"),
        pytest.param(lambda: identity(aud="somebody-else"), id="for somebody else"),
        pytest.param(lambda: identity(role="admin"), id="as an admin"),
        pytest.param(lambda: identity(sub=None), id="without a person"),
        pytest.param(lambda: identity(jti=None), id="without an id"),
        pytest.param(lambda: identity(exp=None), id="without an end"),
        pytest.param(lambda: identity(sub="a\nb"), id="a line break in the id"),
        pytest.param(lambda: "x.y.z", id="no token"),
    ],
)
def test_a_token_of_the_host_that_does_not_count(shared: Served, token: Any) -> None:
    body = {"flow": "my-setup-email", "embed": "portal", "identity": token()}
    assert shared.http.post("/v1/sessions", json=body).status_code == 401


def test_a_token_of_the_host_counts_once(shared: Served) -> None:
    token = identity()
    shared.start(embed="portal", identity=token)
    body = {"flow": "my-setup-email", "embed": "portal", "identity": token}
    assert shared.http.post("/v1/sessions", json=body).status_code == 401


def test_tokens_of_the_first_format_with_people_in_clear_are_let_go(tmp_path: Path) -> None:
    path = tmp_path / "web.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE tokens (hash BLOB PRIMARY KEY, actor TEXT)")
        db.execute("INSERT INTO tokens VALUES (x'00', 'client:quill')")
        db.commit()
    with closing(TokenBook(path, bytes(64))) as book:
        holder = Holder(
            "s-1", "portal", "my-password", Person("client:pen", Audience.CLIENT, frozenset({"pen"}))
        )
        assert book.holder(book.issue(holder, 1_000), 1_001) == holder
    assert not any(word in each.read_bytes() for each in tmp_path.iterdir() for word in (b"quill", b"pen"))


def test_a_token_is_kept_as_a_hash_only(served: Served) -> None:
    talk = served.start()
    kept = b"".join(file.read_bytes() for file in served.folder.glob("web.db*"))
    assert talk.session.encode() in kept
    assert talk.token.encode() not in kept


@pytest.mark.parametrize(
    ("origin", "flow", "embed", "status"),
    [
        (PORTAL, "my-setup-email", "portal", 201),
        ("https://evil.example", "my-setup-email", "portal", 403),
        ("https://evil.example", "my-setup-email", "", 403),
        ("null", "my-setup-email", "portal", 403),
        ("https://narrow.example", "my-setup-email", "portal", 403),
        ("https://narrow.example", "my-setup-email", "narrow", 404),
        ("https://narrow.example", "my-password", "narrow", 201),
        (PORTAL, "my-password", "nowhere", 404),
        (PORTAL, "email-not-received", "portal", 404),
    ],
)
def test_pages_begin_what_their_embed_allows(
    shared: Served, origin: str, flow: str, embed: str, status: int
) -> None:
    body = {"flow": flow, "embed": embed}
    reply = shared.http.post("/v1/sessions", json=body, headers={"Origin": origin})
    assert reply.status_code == status, reply.text
    allowed = reply.headers.get("access-control-allow-origin")
    assert allowed == (None if "evil" in origin or origin == "null" else origin)


def test_known_and_unknown_people_get_the_same_reply_and_nobody_is_looked_up(served: Served) -> None:
    told = []
    for who in ("Ivy Walker, ivy.walker@post.example", "Nobody Atall, nobody@post.example"):
        talk = served.start()
        turn = talk.says("missing", "missing", "ask", who)
        told.append(json.dumps({**turn, "session": ""}))
    assert told[0] == told[1]
    with closing(sqlite3.connect(served.folder / "sessions.db")) as connection:
        calls = connection.execute("SELECT DISTINCT session, action FROM ledger").fetchall()
    assert sorted(action for _, action in calls) == ["request_help", "request_help"]
    assert list((served.folder / "mail").glob("new/*")) == []


# -- what comes in ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"[" * 50_000, "application/json", 422),
        (b"{}", "application/json", 422),
        (b'{"flow": 3}', "application/json", 422),
        (b'{"flow": "my-password", "as": "admin"}', "application/json", 422),
        (b'{"flow": "%s"}' % (b"x" * 300), "application/json", 422),
        (b'{"flow": "my-password"}', "text/plain", 415),
        (b'{"flow": "%s"}' % (b"x" * 70_000), "application/json", 413),
        (b'{"flow": "no-such"}', "application/json", 404),
    ],
)
def test_a_body_that_cannot_be_used(shared: Served, body: bytes, kind: str, status: int) -> None:
    reply = shared.http.post("/v1/sessions", content=body, headers={"Content-Type": kind})
    assert reply.status_code == status, reply.text
    assert reply.json()["status"] == status
    assert reply.json()["title"]


def test_addresses_that_are_not_there_and_ways_to_ask_that_are_not(shared: Served) -> None:
    assert shared.http.get("/v1/nothing").status_code == 404
    assert shared.http.delete("/v1/sessions").status_code == 405
    assert shared.http.get("/v1/nothing").headers["content-type"] == "application/problem+json"


def test_an_address_begins_ten_conversations_and_gives_sixty_answers_a_minute(served: Served) -> None:
    begun = [served.http.post("/v1/sessions", json={"flow": "my-password"}) for _ in range(11)]
    assert [reply.status_code for reply in begun] == [201] * 10 + [429]
    assert int(begun[-1].headers["retry-after"]) >= 1
    talk = Talk(served, begun[0].json())
    asked = [talk.ask("POST", "/answers", json={"answer": "perhaps"}).status_code for _ in range(61)]
    assert asked == [200] * 60 + [429]
    assert talk.ask("GET").status_code == 200
    form = {"flow": "my-password"}
    assert served.http.post("/help/start", data=form).status_code == 429


def test_a_person_does_not_begin_more_from_many_addresses(tmp_path: Path) -> None:
    bounds = Bounds(Limiter(10, lambda: 0.0), Limiter(60, lambda: 0.0), MANY)
    ivy = Person("client:ivy-walker", Audience.CLIENT, frozenset({"ivy-walker"}))
    for n in range(10):
        bounds.session(f"192.0.2.{n}")
        bounds.session_of(ivy)
    with pytest.raises(Refused, match="too many"):
        bounds.session_of(ivy)
    bounds.session_of(VISITOR)
    for n in range(10):
        bounds.session(f"2001:db8::{n}")
    with pytest.raises(Refused, match="too many"):
        bounds.session("2001:db8::99")
    bounds.session("2001:db8:0:1::1")


def test_within_any_minute_only_so_much(tmp_path: Path) -> None:
    at = 0.0
    limiter = Limiter(2, lambda: at)
    told = []
    for at in (0.0, 50.0, 59.0, 60.0, 61.0, 110.0, 300.0, 300.0, 300.0):
        told.append((limiter.wait("ivy"), limiter.wait("tom") if at == 59.0 else 0))
    assert [mine for mine, _ in told] == [0, 0, 1, 0, 49, 0, 0, 0, 60]
    assert [theirs for _, theirs in told] == [0] * 9


def test_a_body_that_comes_too_slowly_is_not_waited_for() -> None:
    async def never() -> Message:
        await asyncio.sleep(60)
        raise AssertionError

    async def read() -> None:
        await body_of(Request({"type": "http", "headers": []}, never), 100, seconds=0.01)

    with pytest.raises(Refused) as refused:
        asyncio.run(read())
    assert refused.value.status == 408


# -- what is told ---------------------------------------------------------------------------------------


def test_replies_are_kept_by_nobody_and_run_nothing(shared: Served) -> None:
    for path in ("/v1/flows", "/help", "/openapi.json"):
        headers = shared.http.get(path).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in shared.http.get("/help").headers


def test_health_readiness_and_metrics(served: Served) -> None:
    assert served.http.get("/healthz").json() == {"state": "alive"}
    assert served.http.get("/readyz").json() == {"state": "ready"}
    talk = served.start()
    talk.says("found", "worked")
    page = served.http.get("/metrics").text
    answers = 'unstuck_requests_total{method="POST",route="/v1/sessions/{session}/answers",status="200"} 2.0'
    assert answers in page
    assert 'unstuck_conversations_ended_total{outcome="solved"} 1.0' in page
    assert talk.session not in page


def test_what_is_counted_does_not_grow_with_what_is_sent(served: Served) -> None:
    talk = served.start()
    talk.says("found", "worked")
    for _ in range(3):
        assert talk.ask("POST", "/answers", json={"answer": "x"}).status_code == 409
        served.http.request(f"M{uuid4().hex}", f"/{uuid4().hex}")
    page = served.http.get("/metrics").text
    assert 'unstuck_conversations_ended_total{outcome="solved"} 1.0' in page
    assert 'unstuck_conversations_begun_total{flow="my-setup-email"} 1.0' in page
    assert 'unstuck_requests_total{method="other",route="-",status="404"} 3.0' in page


@pytest.mark.parametrize(
    ("origin", "status", "told"),
    [(PORTAL, 204, PORTAL), ("https://evil.example", 403, None), ("null", 403, None)],
)
def test_a_browser_that_asks_beforehand_is_told_whether_the_page_may(
    shared: Served, origin: str, status: int, told: str | None
) -> None:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    reply = shared.http.options("/v1/sessions", headers=headers)
    assert (reply.status_code, reply.headers.get("access-control-allow-origin")) == (status, told)


@contextmanager
def slow_clinic(folder: Path) -> Iterator[None]:
    """Inside, the clinic's file is in use by somebody else, so that whatever is to be done there waits."""
    # It is let go in another thread.
    db = sqlite3.connect(folder / "clinic.db", isolation_level=None, check_same_thread=False)
    with closing(db):
        db.execute("BEGIN EXCLUSIVE")
        yield
        db.execute("ROLLBACK")


def answer_later(talk: Talk) -> tuple[threading.Thread, list[Any]]:
    """Answer the question that waits, beside whatever else is done."""
    replies: list[Any] = []
    body = {"answer": "Tom Becker, 416 555 0142", "prompt": talk.turn["prompt"]["id"]}
    thread = threading.Thread(target=lambda: replies.append(talk.ask("POST", "/answers", json=body)))
    thread.start()
    return thread, replies


def test_a_server_that_ends_lets_requests_be_answered_and_ends_its_streams(tmp_path: Path) -> None:
    with web(tmp_path) as first:
        asking = first.start()
        asking.says("missing", "missing", "ask")
        listening = first.start()
    options = Options(
        clinic=f"sqlite:///{tmp_path / 'clinic.db'}",
        store=f"sqlite:///{tmp_path / 'sessions.db'}",
        mail=f"maildir:{tmp_path / 'mail'}",
    )
    with (
        open_web(options, False, False) as opened,
        serving(opened.application, grace=20, ending=opened.end) as at,
        ExitStack() as stack,
    ):
        asking.served = listening.served = Served(at, tmp_path)
        headers = {"Authorization": f"Bearer {listening.token}"}
        path = f"/v1/sessions/{listening.session}/events"
        lines = stack.enter_context(listening.served.http.stream("GET", path, headers=headers)).iter_lines()
        next(line for line in lines if line.startswith("data: "))
        held = ExitStack()
        held.enter_context(slow_clinic(tmp_path))
        thread, replies = answer_later(asking)
        wait_until_called(tmp_path)
        threading.Timer(0.5, held.close).start()
        left = stack.pop_all()
    thread.join()
    assert [reply.status_code for reply in replies] == [200]
    assert replies[0].json()["end"]["outcome"] == "escalated"
    assert left
    assert list(lines)[-1:] in ([], [""])


def wait_until_called(folder: Path) -> None:
    """Until the clinic was called."""
    with closing(sqlite3.connect(folder / "sessions.db")) as db:
        while not db.execute("SELECT 1 FROM ledger").fetchone():
            time.sleep(0.02)


def test_events_tell_that_something_is_being_done(served: Served) -> None:
    talk = served.start()
    talk.says("missing", "missing", "ask")
    headers = {"Authorization": f"Bearer {talk.token}"}
    path = f"/v1/sessions/{talk.session}/events"
    with served.http.stream("GET", path, headers=headers) as stream:
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith("event: ")) == "event: turn"
        with slow_clinic(served.folder):
            thread, replies = answer_later(talk)
            assert next(line for line in lines if line.startswith("event: ")) == "event: working"
        thread.join()
        assert [reply.status_code for reply in replies] == [200]
        told = (line for line in lines if line.startswith("data: "))
        assert next(line for line in told if "ended" in line) == 'data: {"seq":4,"ended":true}'


@pytest.mark.parametrize(
    ("bound", "path"), [("MOST_AT_ONCE", ""), ("MOST_STREAMS", "/events")], ids=["requests", "streams"]
)
def test_what_is_too_much_is_to_come_again(
    shared: Served, monkeypatch: pytest.MonkeyPatch, bound: str, path: str
) -> None:
    talk = shared.start()
    monkeypatch.setattr(f"adapters.web.app.{bound}", 0)
    refused = talk.ask("GET", path)
    assert refused.status_code == 503
    assert int(refused.headers["retry-after"]) >= 1
    assert refused.headers["content-type"] == "application/problem+json"
    assert shared.http.get("/healthz").status_code == 200


def test_events_tell_of_another_turn(shared: Served) -> None:
    talk = shared.start()
    seen: list[str] = []
    with shared.http.stream(
        "GET", f"/v1/sessions/{talk.session}/events", headers={"Authorization": f"Bearer {talk.token}"}
    ) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        answered = False
        for line in stream.iter_lines():
            if line.startswith("data: "):
                seen.append(line.removeprefix("data: "))
            if len(seen) == 1 and not answered:
                answered = True
                talk.says("missing")
            if len(seen) == 2:
                break
    assert [json.loads(each) for each in seen] == [{"seq": 1}, {"seq": 2}]


def test_the_description_names_every_address_and_its_schemas_are_sound(shared: Served) -> None:
    told = shared.http.get("/openapi.json").json()
    assert told["openapi"] == "3.1.0"
    for schema in told["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)
    assert {path for path in told["paths"] if path.startswith("/v1/sessions")} == {
        each.path for each in OPERATIONS if each.path.startswith("/v1/sessions")
    }
    assert "Idempotency-Key" in json.dumps(told["paths"]["/v1/sessions/{session}/answers"])


def test_the_widget_is_small_with_any_language(shared: Served) -> None:
    reply = shared.http.get("/widget.js")
    assert reply.headers["content-encoding"] == "gzip"
    words = [int(shared.http.get(f"/widget/{each}.json").headers["content-length"]) for each in WORDS]
    assert int(reply.headers["content-length"]) + max(words) < 12 * 1024
    assert b"\n//" not in reply.content
    again = shared.http.get("/widget.js", headers={"If-None-Match": reply.headers["etag"]})
    assert again.status_code == 304
    assert shared.http.get("/widget/xx.json").status_code == 404
