"""Sessions that a mapping opens: cookies and headers of the login, refusals, a second login."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adapters.clinic.port import ActionFailed
from adapters.clinic.rest.backend import Exchange, RestClinic
from adapters.clinic.rest.mapping_file import read_mapping
from engine import Failure, Source
from tests.adapters.clinic.rest.own_api import Api, call
from tests.adapters.clinic.served_bench import EGRESS

CLINIC = "actions:\n  request_help: {post: /help, body: {topic: topic}, result: {id: body.id}}\n"
LOGIN = """auth:
  login:
    post: /log-in
    form: true
    secrets: {user: {env: U}, password: {env: P}}
    headers: {Origin: "'https://portal.example'"}
    body: {user: user, password: password, at: now}
    cookies: true
    send: {X-CSRF-Token: body.csrf}
"""


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("U", "office")
    monkeypatch.setenv("P", "se&cret")


class Door:
    """Lets in with one login after the other; what was opened by an older one is closed."""

    def __init__(self) -> None:
        self.logins = 0
        self.status = 200
        self.gives = True

    def __call__(self, request: Request, body: bytes) -> Response:
        if request.url.path == "/api/log-in":
            self.logins += 1
            answer = JSONResponse({"csrf": f"csrf-{self.logins}"} if self.gives else {}, self.status)
            if self.gives:
                answer.set_cookie("sid", f"s{self.logins}", httponly=True)
                answer.set_cookie("kind", "office")
            return answer
        known = request.cookies.get("sid") == f"s{self.logins}"
        csrf = request.headers.get("x-csrf-token") == f"csrf-{self.logins}"
        return JSONResponse({"id": "1"}, 200 if known and csrf else 401)


@pytest.fixture
def door(api: Api) -> Door:
    door = Door()
    api.answer = door
    return door


def test_cookies_and_headers_of_the_login_go_with_later_requests(
    door: Door, api: Api, opened: Callable[[str], RestClinic]
) -> None:
    clinic = opened(LOGIN + CLINIC)
    for key in ("k1", "k2"):
        assert call(clinic, "request_help", key, topic="x") == {"id": "1"}
    method, path, headers, body = api.asked[0]
    assert (method, path, headers["origin"]) == ("POST", "/api/log-in", "https://portal.example")
    assert body.startswith("user=office&password=se%26cret&at=")
    assert api.asked[1][2]["cookie"] == "sid=s1; kind=office"
    assert door.logins == 1


def test_a_session_that_ended_is_opened_again_once(
    door: Door, api: Api, opened: Callable[[str], RestClinic]
) -> None:
    clinic = opened(LOGIN + CLINIC)
    call(clinic, "request_help", "k1", topic="x")
    door.logins += 1
    call(clinic, "request_help", "k2", topic="x")
    assert door.logins == 3
    assert [each[1] for each in api.asked].count("/api/help") == 3


@pytest.mark.parametrize(
    ("status", "gives", "failure", "said"),
    [
        (401, False, Failure.FORBIDDEN, "does not let unstuck in: logging in was refused (401)."),
        (403, True, Failure.FORBIDDEN, "does not let unstuck in: logging in was refused (403)."),
        (200, False, Failure.FORBIDDEN, "what logging in should give did not come"),
        (500, False, Failure.UNAVAILABLE, "logging in was answered with 500"),
        (429, False, Failure.UNAVAILABLE, "logging in was answered with 429"),
    ],
)
def test_who_is_not_let_in_does_nothing(
    status: int,
    gives: bool,
    failure: Failure,
    said: str,
    door: Door,
    api: Api,
    opened: Callable[[str], RestClinic],
) -> None:
    door.status, door.gives = status, gives
    with pytest.raises(ActionFailed) as failed:
        call(opened(LOGIN + CLINIC), "request_help", topic="x")
    assert failed.value.failure is failure
    assert said in failed.value.message
    assert [each[1] for each in api.asked] == ["/api/log-in"]


def test_nothing_of_a_session_is_shown(door: Door, api: Api, opened: Callable[[str], RestClinic]) -> None:
    seen: list[Exchange] = []
    clinic = opened(LOGIN + CLINIC)
    watched = RestClinic(clinic._api, clinic._authorisation, EGRESS, seen.append)
    call(watched, "request_help", topic="se&cret")
    (one,) = seen
    assert (one.headers["cookie"], one.headers["X-CSRF-Token"]) == ("•••", "•••")
    assert json.loads(one.body) == {"topic": "•••"}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    secrets: {user: {env: U}, password: {env: P}}\n", "", "`secrets` is missing"),
        ("{env: P}", "swordfish", "No secret stands in this file"),
        ("    cookies: true\n    send: {X-CSRF-Token: body.csrf}\n", "", "`cookies` is missing"),
        ("    post: /log-in\n", "", "`get` is missing"),
        ("password: password,", "password: passwort,", "`passwort` is not known here"),
        ("body.csrf", "boddy.csrf", "`boddy` is not known here"),
        ("form: true", "fom: true", "`fom`: there is no such key in `login`"),
    ],
)
def test_what_is_wrong_with_a_login_is_said(old: str, new: str, said: str) -> None:
    text = f"base: https://api.clinic.example\n{LOGIN.replace(old, new)}{CLINIC}"
    _, findings = read_mapping(Source("example.rest.yaml", text))
    assert any(said in each.message for each in findings), [each.message for each in findings]
    assert "swordfish" not in " ".join(each.message for each in findings)
