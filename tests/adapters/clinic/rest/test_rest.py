"""What a mapping can say, tried against an API made for it: who calls, pages, several requests, errors."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adapters.clinic.port import ActionFailed, CallContext, OutcomeLost
from adapters.clinic.rest.backend import RestClinic
from adapters.problems import PlainProblem, Unusable
from engine import CannotTell, DidNotHappen, Failure, Happened, Value
from tests.adapters.clinic.rest.own_api import Api, call

CLIENT = {
    "id": "7",
    "kind": "adult",
    "name": "Ana Souza",
    "first_name": "Ana",
    "status": "active",
    "version": "1",
}
GET_CLIENT = "actions:\n  get_client: {get: '/clients/{{ client }}', result: body}\n"


@pytest.mark.parametrize(
    ("auth", "header", "expected"),
    [
        ("{bearer: {env: T}}", "authorization", "Bearer se:cret"),
        (
            "{basic: {user: {env: U}, password: {env: T}}}",
            "authorization",
            "Basic " + base64.b64encode(b"unstuck:se:cret").decode(),
        ),
        ("{api_key: {key: {file: key.txt}, header: X-Key}}", "x-key", "from-a-file"),
    ],
)
def test_a_call_proves_who_makes_it(
    auth: str,
    header: str,
    expected: str,
    api: Api,
    opened: Callable[[str], RestClinic],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("T", "se:cret")
    monkeypatch.setenv("U", "unstuck")
    (tmp_path / "key.txt").write_text("from-a-file\n")
    api.answer = lambda request, body: JSONResponse(CLIENT)
    call(opened(f"auth: {auth}\n{GET_CLIENT}"), "get_client", client="7")
    assert api.asked[0][2][header] == expected


def test_a_key_goes_in_the_query(
    api: Api, opened: Callable[[str], RestClinic], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("T", "a b&c")
    api.answer = lambda request, body: JSONResponse(CLIENT)
    call(
        opened(f"auth: {{api_key: {{key: {{env: T}}, query: key}}}}\n{GET_CLIENT}"), "get_client", client="7"
    )
    assert api.asked[0][1] == "/api/clients/7?key=a+b%26c"


def test_a_token_is_fetched_once_and_again_where_it_is_refused(
    server: tuple[Api, str], api: Api, opened: Callable[[str], RestClinic], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("I", "id")
    monkeypatch.setenv("S", "secret")
    given: list[str] = []

    def answer(request: Request, body: bytes) -> Response:
        if request.url.path == "/token":
            given.append(f"token-{len(given) + 1}")
            return JSONResponse({"access_token": given[-1], "expires_in": 3600})
        good = request.headers["authorization"] == f"Bearer {given[-1]}" and len(given) != 1
        return JSONResponse(CLIENT) if good else JSONResponse({}, 401)

    api.answer = answer
    oauth = (
        f"{{oauth2: {{token_url: '{server[1]}/token', client_id: {{env: I}}, client_secret: {{env: S}}}}}}"
    )
    clinic = opened(f"auth: {oauth}\n{GET_CLIENT}")
    call(clinic, "get_client", client="7")
    call(clinic, "get_client", client="7")
    assert given == ["token-1", "token-2"]
    assert api.asked[0][3] == "grant_type=client_credentials"


def test_a_secret_that_is_missing_is_said_when_it_is_opened(opened: Callable[[str], RestClinic]) -> None:
    with pytest.raises(Unusable, match="NOT_THERE"):
        opened(f"auth: {{bearer: {{env: NOT_THERE}}}}\n{GET_CLIENT}")
    with pytest.raises(Unusable, match=r"no\.txt"):
        opened(f"auth: {{bearer: {{file: no.txt}}}}\n{GET_CLIENT}")
    with pytest.raises(PlainProblem, match="findings"):
        opened("actions: {get_clint: {}}\n")


@pytest.mark.parametrize("id", ["a/b", "a?b#c", "é", "..", " "])
def test_an_id_stays_one_part_of_the_path(id: str, api: Api, opened: Callable[[str], RestClinic]) -> None:
    api.answer = lambda request, body: JSONResponse({**CLIENT, "id": id})
    clinic = opened(GET_CLIENT)
    if id == "..":
        with pytest.raises(ActionFailed) as refused:
            call(clinic, "get_client", client=id)
        assert refused.value.failure is Failure.INVALID_INPUT
    else:
        call(clinic, "get_client", client=id)
        assert api.asked[0][1].removeprefix("/api/clients/").count("/") == 0


SEARCH = """actions:
  find_clients:
    get: /people
    query: {q: query, cursor: page}
    pages: {rows: body.rows, next: body.next, most: 3}
    save: rows
    result:
      clients:
        each: rows
        where: item.active is true
        item:
          id: item.no
          name: {template: "{{ item.first }} {{ item.last }}"}
          first_name: item.first
          kind: {of: item.type, words: {A: adult, M: minor}, else: "'unknown'"}
          city: {cases: [{if: item.city is known, value: item.city}], else: "'nowhere'"}
          email_masked: item.mail | masked
      truncated: more
"""


@pytest.mark.parametrize(("pages", "truncated"), [(2, False), (9, True)])
def test_pages_are_turned_and_rows_sorted_out(
    pages: int, truncated: bool, api: Api, opened: Callable[[str], RestClinic]
) -> None:
    def answer(request: Request, body: bytes) -> Response:
        n = int(request.query_params.get("cursor", "1"))
        row = {
            "no": n,
            "first": "Ana",
            "last": f"Souza {n}",
            "mail": "ana@x.example",
            "type": "A",
            "active": True,
        }
        return JSONResponse({"rows": [row, {"active": False}], "next": n + 1 if n < pages else None})

    api.answer = answer
    found = call(opened(SEARCH), "find_clients", query="ana")
    assert isinstance(found, dict)
    clients = found["clients"]
    assert isinstance(clients, list)
    assert len(clients) == min(pages, 3)
    assert found["truncated"] is truncated
    assert clients[0] == {
        "id": "1",
        "name": "Ana Souza 1",
        "first_name": "Ana",
        "kind": "adult",
        "birth_year": None,
        "city": "nowhere",
        "email_masked": "a***a@x.example",
        "practitioners": None,
    }


SEVERAL = """errors:
  - {status: 200, if: "body.code == 'E17'", error: not_ready, message: body.text}
  - {status: [400, 409], if: "body.code == 'TAKEN'", error: conflict}
idempotency: X-Once
actions:
  unlock_account:
    calls:
      - {get: "/people/{{ subject }}", save: person, expect: person.id == subject}
      - {post: "/users/{{ person.user }}/unlock", body: {by: actor}, if: person.locked is true}
      - {get: "/users/{{ person.user }}", save: user}
    result: {subject: subject, state: {of: user.locked, words: {"true": locked, "false": active}}}
    look_back:
      get: /people/{{ subject }}
      happened: body.locked is false
      did_not_happen: body.locked is true
      result: {subject: subject, state: "'active'"}
"""


@contextmanager
def steps(
    api: Api, unlock: Response, person: dict[str, Value] | None = None, user: int = 200
) -> Iterator[None]:
    def answer(request: Request, body: bytes) -> Response:
        if request.method == "POST":
            return unlock
        if "/people/" in request.url.path:
            return JSONResponse({"id": "7", "user": "u7", "locked": True} if person is None else person)
        return JSONResponse({"locked": False}, user)

    api.answer = answer
    yield


def test_several_requests_make_one_action(api: Api, opened: Callable[[str], RestClinic]) -> None:
    with steps(api, Response(status_code=204)):
        found = call(opened(SEVERAL), "unlock_account", subject="7")
    assert found == {"subject": "7", "login_email": None, "state": "active", "mfa": None, "last_login": None}
    assert [(each[0], each[1]) for each in api.asked] == [
        ("GET", "/api/people/7"),
        ("POST", "/api/users/u7/unlock"),
        ("GET", "/api/users/u7"),
    ]
    assert json.loads(api.asked[1][3]) == {"by": "alice"}
    assert [each[2].get("x-once") for each in api.asked] == [None, "k", None]


@pytest.mark.parametrize(
    ("unlock", "expected"),
    [
        (JSONResponse({"code": "E17", "text": "first verify"}), Failure.NOT_READY),
        (JSONResponse({"code": "TAKEN"}, 400), Failure.CONFLICT),
        (JSONResponse({"code": "ELSE"}, 400), Failure.INVALID_INPUT),
        (JSONResponse({}, 403), Failure.FORBIDDEN),
        (JSONResponse({}, 429, {"retry-after": "7"}), Failure.UNAVAILABLE),
        (JSONResponse({}, 404), Failure.NOT_FOUND),
    ],
)
def test_an_error_is_known_by_status_and_body(
    unlock: Response, expected: Failure, api: Api, opened: Callable[[str], RestClinic]
) -> None:
    clinic = opened(SEVERAL)
    with steps(api, unlock), pytest.raises(ActionFailed) as failed:
        call(clinic, "unlock_account", subject="7")
    assert failed.value.failure is expected
    assert failed.value.message.endswith(".")
    if unlock.status_code == 429:
        assert failed.value.retry_after == 7


def test_an_answer_about_somebody_else_is_not_believed(api: Api, opened: Callable[[str], RestClinic]) -> None:
    other: dict[str, Value] = {"id": "8", "user": "u8", "locked": True}
    with steps(api, Response(status_code=204), other), pytest.raises(ActionFailed) as failed:
        call(opened(SEVERAL), "unlock_account", subject="7")
    assert failed.value.failure is Failure.BACKEND_BUG
    assert [each[0] for each in api.asked] == ["GET"]


@pytest.mark.parametrize("locked", [True, False, None])
def test_what_fails_after_a_change_is_looked_for_and_not_repeated(
    locked: bool | None, api: Api, opened: Callable[[str], RestClinic]
) -> None:
    clinic = opened(SEVERAL)
    context = CallContext("k", "alice", "s", 5.0)
    with steps(api, Response(status_code=204), user=500):
        for _ in range(2):
            with pytest.raises(OutcomeLost):
                clinic.perform("unlock_account", {"subject": "7"}, context)
    assert [each[0] for each in api.asked].count("POST") == 1
    with steps(api, Response(status_code=204), {"id": "7", "locked": locked}):
        found = clinic.check_back("unlock_account", {"subject": "7"}, context)
    expected = {True: DidNotHappen, False: Happened, None: CannotTell}[locked]
    assert isinstance(found, expected)


def test_without_a_way_to_look_back_nobody_can_tell(opened: Callable[[str], RestClinic]) -> None:
    clinic = opened("actions: {request_help: {post: /help, result: body}}\n")
    context = CallContext("k", "alice", "s", 5.0)
    assert clinic.check_back("request_help", {"topic": "x"}, context) == CannotTell()
    assert clinic.capabilities() == {"request_help"}
    with pytest.raises(ActionFailed) as failed:
        call(clinic, "get_clinic")
    assert failed.value.failure is Failure.UNSUPPORTED


def test_what_a_mapping_does_not_say_is_no_capability(opened: Callable[[str], RestClinic]) -> None:
    look = "{get: /log, happened: body.done}"
    clinic = opened(
        "actions:\n  update_email: {put: /email, result: body, effects: [ends_links]}\n"
        f"  unlock_account: {{post: /unlock, result: body, look_back: {look}}}\n"
        "  set_temporary_password: {post: /password, result: body}\n"
    )
    assert clinic.capabilities() == {
        "update_email",
        "update_email.ends_links",
        "unlock_account",
        "unlock_account.look_back",
        "set_temporary_password",
    }


def test_all_requests_of_an_action_share_one_deadline(api: Api, opened: Callable[[str], RestClinic]) -> None:
    """Each of them would be in time; together they are not."""

    def slow(request: Request, body: bytes) -> Response:
        sleep(0.4)
        return JSONResponse(CLIENT)

    api.answer = slow
    calls = "[{get: /a, save: a}, {get: /b, save: b}, {get: /c, save: c}]"
    clinic = opened(f"deadline: 0.7\nactions: {{get_client: {{calls: {calls}, result: c}}}}\n")
    with pytest.raises(ActionFailed) as failed:
        call(clinic, "get_client", client="7")
    assert failed.value.failure is Failure.UNAVAILABLE
    assert "/api/c" not in [each[1] for each in api.asked]
