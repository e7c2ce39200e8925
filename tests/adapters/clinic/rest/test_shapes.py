"""What a mapping can make of answers: pages of every kind, parts of texts, addresses, passwords, versions."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from adapters.clinic.port import ActionFailed, CallContext
from adapters.clinic.rest.backend import RestClinic
from adapters.secret import Secret
from engine import Failure, Value
from tests.adapters.clinic.bench import Vault
from tests.adapters.clinic.rest.own_api import Api, call

FOUND = """actions:
  find_clients:
    get: /people
    query: {%s}
    pages: {rows: body.rows, %s, most: 5}
    save: rows
    result:
      clients:
        each: rows
        item: {id: item.no, name: item.name, first_name: {of: item.name, match: '^\\S+'}, kind: "'unknown'"}
      truncated: more
"""


def rows_from(first: int, last: int) -> list[Value]:
    return [{"no": n, "name": f"Ana {n}"} for n in range(first, last + 1)]


def by_offset(request: Request, body: bytes) -> Response:
    start = int(request.query_params["offset"])
    return JSONResponse({"rows": rows_from(start + 1, min(start + 2, 5)), "total": 5})


def by_header(request: Request, body: bytes) -> Response:
    """As json-server does it: the rows alone, and how many there are in a header."""
    start = int(request.query_params["offset"])
    return JSONResponse({"rows": rows_from(start + 1, min(start + 2, 5))}, headers={"X-Total-Count": "5"})


def by_number(request: Request, body: bytes) -> Response:
    page = int(request.query_params["page"])
    return JSONResponse({"rows": rows_from(2 * page - 1, min(2 * page, 5)), "pages": 3})


def by_link(request: Request, body: bytes) -> Response:
    """Pages as RFC 8288 names them."""
    page = int(request.query_params.get("after", "1"))
    link = f'<https://x.example/people?after={page + 1}&q=1>; rel="next"' if page < 3 else ""
    rows = rows_from(2 * page - 1, min(2 * page, 5))
    return JSONResponse({"rows": rows}, headers={"link": f'{link}, <https://x.example>; rel="last"'})


NEXT = """next: {of: headers.link, match: 'after=(\\d+)[^>]*>; rel="next"'}"""


@pytest.mark.parametrize(
    ("query", "pages", "answer"),
    [
        ("offset: seen", "more: body.total > seen", by_offset),
        ("offset: seen", "more: headers.x_total_count > seen", by_header),
        ("page: page", "more: body.pages > page", by_number),
        ("after: page", NEXT, by_link),
    ],
)
def test_every_way_of_paging_comes_to_an_end(
    query: str,
    pages: str,
    answer: Callable[[Request, bytes], Response],
    api: Api,
    opened: Callable[[str], RestClinic],
) -> None:
    api.answer = answer
    found = call(opened(FOUND % (query, pages)), "find_clients", query="ana")
    assert isinstance(found, dict)
    clients = found["clients"]
    assert isinstance(clients, list)
    assert [each["id"] for each in clients if isinstance(each, dict)] == ["1", "2", "3", "4", "5"]
    assert [each["first_name"] for each in clients if isinstance(each, dict)] == ["Ana"] * 5
    assert found["truncated"] is False
    assert len(api.asked) == 3


def test_an_id_may_be_a_number_where_the_answer_names_whom_it_is_about(
    api: Api, opened: Callable[[str], RestClinic]
) -> None:
    api.answer = lambda request, body: JSONResponse({"no": 7})
    clinic = opened(
        "actions:\n  get_invitation:\n    get: /p\n    expect: body.no == subject\n"
        "    result: {subject: subject, state: \"'none'\"}\n"
    )
    found = call(clinic, "get_invitation", subject="7")
    assert isinstance(found, dict)
    assert found["state"] == "none"
    with pytest.raises(ActionFailed) as failed:
        call(clinic, "get_invitation", subject="8")
    assert failed.value.failure is Failure.BACKEND_BUG


def test_a_list_that_says_it_goes_on_and_brings_nothing_is_left(
    api: Api, opened: Callable[[str], RestClinic]
) -> None:
    api.answer = lambda request, body: JSONResponse({"rows": [], "total": 5})
    found = call(opened(FOUND % ("offset: seen", "more: body.total > seen")), "find_clients", query="ana")
    assert found == {"clients": [], "truncated": True}
    assert len(api.asked) == 1


@pytest.mark.parametrize(
    ("value", "came"),
    [
        ("{of: body.name, match: '^(\\S+) (\\S+)$'}", "Ana"),
        ("{of: body.name, match: 'S.*'}", "Souza"),
        ("{of: body.name, match: 'Z(x)?', else: \"'none'\"}", "none"),
        ("{of: body.name, match: 'Ana(x)?', else: \"'none'\"}", "none"),
        ("{of: body.none, match: '.', else: \"'none'\"}", "none"),
    ],
)
def test_a_part_of_a_text_is_found(
    value: str, came: str, api: Api, opened: Callable[[str], RestClinic]
) -> None:
    api.answer = lambda request, body: JSONResponse({"name": "Ana Souza"})
    clinic = opened(f"actions:\n  request_help: {{post: /help, result: {{id: {value}}}}}\n")
    assert call(clinic, "request_help", topic="x") == {"id": came}


def test_an_address_is_looked_over_here(api: Api, opened: Callable[[str], RestClinic]) -> None:
    api.answer = lambda request, body: JSONResponse({"email": "lena@gmial.com", "others": 2})
    checked = "{look_over: body.email, shared_with: body.others}"
    clinic = opened(f"actions:\n  check_email: {{get: '/people/{{{{ subject }}}}', result: {checked}}}\n")
    found = call(clinic, "check_email", subject="7")
    assert isinstance(found, dict)
    assert (found["suggestion"], found["suggested_domain"]) == ("lena@gmail.com", "gmail.com")
    assert (found["masked"], found["shared_with"], found["well_formed"]) == ("l***a@gmial.com", 2, True)


PASSWORD = """actions:
  set_temporary_password:
    post: /passwords
    body: {new: {cases: [{if: password is known, value: password}], else: made_password}}
    result: {subject: subject, secret: %s, login_email: "'a@b.example'"}
"""


def test_a_password_is_made_where_the_system_wants_to_be_given_one(
    api: Api, opened: Callable[[str], RestClinic]
) -> None:
    api.answer = lambda request, body: JSONResponse({"secret": {"secret": "typed-1"}})
    clinic, vault = opened(PASSWORD % "made_password"), Vault()
    context = CallContext("k", "alice", "s", 5.0, vault)
    made = clinic.perform("set_temporary_password", {"subject": "7"}, context)
    assert isinstance(made, dict)
    password = vault.get(made["secret"]).reveal()
    assert json.loads(api.asked[0][3]) == {"new": password}
    assert len(password.split("-")) == 4
    typed = clinic.perform(
        "set_temporary_password",
        {"subject": "7", "password": vault.keep(vault.get(made["secret"]))},
        CallContext("k2", "alice", "s", 5.0, vault),
    )
    assert isinstance(typed, dict)
    assert typed["secret"] is None


def test_an_answer_cannot_name_a_secret_that_is_kept_here(
    api: Api, opened: Callable[[str], RestClinic]
) -> None:
    vault = Vault()
    theirs = vault.keep(Secret("somebody else's"))
    api.answer = lambda request, body: JSONResponse({"secret": theirs})
    clinic = opened(PASSWORD % "body.secret")
    context = CallContext("k", "alice", "s", 5.0, vault)
    found = clinic.perform("set_temporary_password", {"subject": "7"}, context)
    assert isinstance(found, dict)
    assert found["secret"] is None


VERSIONED = """actions:
  record_consent:
    calls:
      - {get: /consents/7, save: before, expect: headers.etag is known}
      - put: /consents/7
        headers: {If-Match: headers.etag}
        body: {evidence: evidence_ref}
        save: after
    result: {client: client, contact: contact, status: "'active'", version: headers.etag}
"""


def test_the_etag_of_a_read_is_the_condition_of_the_change(
    api: Api, opened: Callable[[str], RestClinic]
) -> None:
    def answer(request: Request, body: bytes) -> Response:
        if request.method == "GET":
            return JSONResponse({}, headers={"etag": 'W/"3"'})
        stale = request.headers["if-match"] != 'W/"3"'
        return JSONResponse({}, 412 if stale else 200, {"etag": 'W/"4"'})

    api.answer = answer
    args: dict[str, Value] = {"client": "7", "contact": "8", "evidence_ref": "form", "expected_version": "x"}
    found = call(opened(VERSIONED), "record_consent", **args)
    assert isinstance(found, dict)
    assert found["version"] == 'W/"4"'


@pytest.mark.parametrize(
    ("after", "seconds"), [("60", 60), ("0", 0), ("soon", 3), ("-5", 3), ("999999999999", 86_400)]
)
def test_a_number_in_a_header_of_its_own_says_how_long_to_wait(
    after: str, seconds: int, api: Api, opened: Callable[[str], RestClinic]
) -> None:
    api.answer = lambda request, body: JSONResponse({}, 429, {"x-retry-after": after, "retry-after": "3"})
    rule = "errors: [{status: 429, error: rate_limited, retry_after: headers.x_retry_after}]\n"
    clinic = opened(rule + "actions:\n  get_clinic: {get: /clinic, result: body}\n")
    with pytest.raises(ActionFailed) as failed:
        call(clinic, "get_clinic")
    assert (failed.value.failure, failed.value.retry_after) == (Failure.UNAVAILABLE, seconds)
