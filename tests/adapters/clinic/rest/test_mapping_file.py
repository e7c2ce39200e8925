"""Mapping files: what is read, and that everything wrong is found at its place with its repair."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.clinic.actions import CATALOG
from adapters.clinic.rest.auth_reader import trusted
from adapters.clinic.rest.mapping_file import read_mapping
from adapters.clinic.served.behind import EXAMPLE
from engine import CODES, Diagnostic, Source

MARK = "# <- here"
GOOD = "base: https://api.clinic.example\nactions:\n  get_clinic: {get: /clinic, result: body}\n"


def found_in(text: str) -> tuple[Diagnostic, ...]:
    return read_mapping(Source("example.rest.yaml", text))[1]


def test_the_shipped_mapping_maps_every_action() -> None:
    api, findings = read_mapping(Source(EXAMPLE.name, EXAMPLE.read_text(encoding="utf-8")))
    assert findings == ()
    assert api is not None
    assert set(api.actions) == set(CATALOG.actions)
    said = {f"{name}.{each}" for name, action in api.actions.items() for each in action.effects}
    assert said == CATALOG.side_effects


def test_the_mapping_in_the_readme_is_one() -> None:
    readme = (Path(__file__).parents[4] / "README.md").read_text(encoding="utf-8")
    blocks = [each.partition("```")[0] for each in readme.split("```yaml\n")[1:]]
    (mapping,) = (each for each in blocks if each.startswith("base: "))
    assert found_in(mapping) == ()


@pytest.mark.parametrize("code", ["U570", "U571", "U572", "U573", "U574"])
def test_every_code_is_found_in_its_example(code: str) -> None:
    example = CODES[code].example
    marked = [n for n, line in enumerate(example.splitlines(), 1) if line.endswith(MARK)]
    assert [(each.code, each.place.line) for each in found_in(example)] == [(code, marked[0])]


@pytest.mark.parametrize(
    ("added", "said"),
    [
        ("deadline: soon", "`deadline` is a number from 0.1 to 60"),
        ("auth: {bearer: my-token}", "has keys"),
        ("auth: {bearer: {token: my-token}}", "No secret stands in this file"),
        ("auth: {bearer: {env: A, file: b}}", "`token` is found in one place only"),
        ("auth: {bearer: {}}", "`env` is missing"),
        ("errors: [{if: body.error != null, error: not_found}]", "Nothing is compared with null"),
        ("auth: {basic: {user: {env: A}}}", "`password` is missing"),
        ("auth: {api_key: {key: {env: A}}}", "`header` is missing"),
        ("auth: {oauth2: {client_id: {env: A}, client_secret: {env: B}}}", "`token_url` is missing"),
        ("auth: {kerberos: {}}", "no such key in `auth`"),
        ("idempotency: 'Key: x'", "name of a header"),
        ("errors: {status: 404}", "`errors` is a list"),
        ("errors: [{status: 404, error: not_fond}]", "no error `not_fond`"),
        ("errors: [{status: 1000, error: not_found}]", "A status is a number"),
        ("errors: [{error: not_found}]", "`status` is missing"),
        ("errors: [{status: 404}]", "`error` is missing"),
        ("errors: [{if: boddy.x is known, error: not_found}]", "`boddy` is not known here"),
        ("look_back: {get: /calls, happened: body.done}\nheaders: {X: word}", "`word` is not known here"),
        ("look_back: {get: /calls}", "`happened` is missing"),
        ("surprise: 1", "`surprise`: there is no such key"),
    ],
)
def test_what_is_wrong_is_said(added: str, said: str) -> None:
    findings = found_in(f"{GOOD}{added}\n")
    assert any(said in each.message for each in findings), [each.message for each in findings]


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("get_client: {get: clients, result: body}", "A path begins with `/`"),
        ("get_client: {get: /a, post: /b, result: body}", "A request has one method; here are get and post"),
        (
            "get_client: {save: a, expect: body, query: {a: client}, calls: [{save: b}], result: body}",
            "`get` is missing",
        ),
        ("get_client: {get: '/a/{{ client', result: body}", "Each `{{` needs its `}}`"),
        ("get_client: {get: /a, result: {id: body.id, frist_name: body.x}}", "Client has no such member"),
        ("get_client: {get: /a, result: {id: body.id}}", "`name` is missing"),
        ("list_contacts: {get: /a, result: {each: body, item: {id: item.x}}}", "`client_id` is missing"),
        ("find_clients: {get: /a, result: {truncated: false, clients: [{id: body.x}]}}", "`kind` is missing"),
        (
            "get_account: {get: /a, result: {subject: subject, state: {of: body.x, words: {A: aktive}}}}",
            "`aktive` is no word for `state`",
        ),
        (
            "get_account: {get: /a, result: {subject: subject,"
            " state: {cases: [{if: body, value: \"'aktive'\"}]}}}",
            "`aktive` is no word for `state`",
        ),
        (
            "get_account: {get: /a, result: {subject: subject, state: {of: body.x, words: {A: active},"
            " else: \"'none at all'\"}}}",
            "`none at all` is no word for `state`",
        ),
        ("get_client: {calls: [{get: /a, pages: {rows: body}}], result: body}", "`next` is missing"),
        ("get_client: {get: /a, result: {id: {of: body.x}}}", "`words` is missing"),
        ("get_client: {get: /a, result: {id: {each: body}}}", "`item` is missing"),
        ("get_client: {get: /a, result: {id: {cases: [{if: body.x}]}}}", "`value` is missing"),
        (
            "get_client: {calls: [{get: /a, pages: {rows: body, next: body.x, more: body.y}}], result: body}",
            "Either `next` or `more` tells how the list goes on",
        ),
        ("get_client: {get: /a, result: {id: {of: body.x, match: '('}}}", "This pattern cannot be used"),
        ("get_client: {get: /a, result: {id: {match: x}}}", "`of` is missing"),
        ("get_client: {get: /a, result: {id: {of: body.x, match: [x]}}}", "`match` is a pattern"),
        ("check_email: {get: /a, result: {look_over: boddy.x}}", "`boddy` is not known here"),
        ("get_client: {get: /a, result: made_password}", "`made_password` is not known here"),
        ("get_client: {get: /a, save: client, result: body}", "`client` is known as something else"),
        (
            "unlock_account: {calls: [{get: /a, save: user}], result: user, look_back: {get: '/{{ user.x }}',"
            " happened: body.x}}",
            "`user` is not known here",
        ),
        (
            "set_temporary_password: {post: /a, result: body, look_back: {get: /a, happened: body.x,"
            " result: {subject: subject, secret: made_password}}}",
            "`made_password` is not known here",
        ),
        ("get_client: {get: /a, result: saved}", "`saved` is not known here"),
        ("get_client: {get: /a, body: body.x, result: body}", "`body` is not known here"),
        (
            "update_email: {put: /a, result: body, effects: [tells_old]}",
            "`tells_old`: there is no such effect of update_email",
        ),
        (
            "unlock_account: {post: /a, result: body, effects: [signs_out]}",
            "`signs_out`: there is no such effect of unlock_account",
        ),
        ("update_email: {put: /a, result: body, effects: ends_links}", "`effects` is a list"),
    ],
)
def test_what_is_wrong_with_an_action_is_said(action: str, said: str) -> None:
    findings = found_in(f"base: https://api.clinic.example\nactions:\n  {action}\n")
    assert any(said in each.message for each in findings), [each.message for each in findings]


@pytest.mark.parametrize(
    ("action", "findings"),
    [
        # One slip is found once, and read as what was meant.
        (
            "get_account: {get: /a, result: {subject: subject, state: {of: body.x, word: {A: active}}}}",
            ["`word`: there is no such key beside `of`."],
        ),
        (
            "list_contacts: {get: /a, result: {each: body, wher: item.x, item: body}}",
            ["`wher`: there is no such key beside `each`."],
        ),
        (
            "check_email: {get: /a, expct: body.id == subject, result: {look_over: body.x}}",
            ["`expct`: there is no such key in the action `check_email`."],
        ),
        (
            "unlock_account: {post: /a, result: body, look_back: {get: /b, happend: body.x}}",
            ["`happend`: there is no such key in `look_back`.", "`happened` is missing."],
        ),
        # A record may have members that are called as a form is.
        ("request_help: {post: /a, body: {of: topic, cases: 1}, result: {id: body.id}}", []),
    ],
)
def test_a_slip_is_one_finding(action: str, findings: list[str]) -> None:
    found = found_in(f"base: https://api.clinic.example\nactions:\n  {action}\n")
    assert [each.message for each in found] == findings


def test_everything_is_reported_at_once() -> None:
    text = "base: http://api.clinic.example\nactions:\n  get_clinc: {}\n  get_client: {get: '/{{ x }}'}\n"
    assert [each.code for each in found_in(text)] == ["U571", "U570", "U573", "U572"]


@pytest.mark.parametrize("text", ["", "[]", "a: [", "base: 1\nactions: 2", "actions: {get_clinic: null}"])
def test_no_text_is_too_odd(text: str) -> None:
    api, findings = read_mapping(Source("example.rest.yaml", text), Path())
    assert api is None
    assert findings


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://api.clinic.example/v1", True),
        ("http://127.0.0.1:8140", True),
        ("http://[::1]:8140/x", True),
        ("http://localhost", True),
        ("http://api.clinic.example", False),
        ("http://10.0.0.1", False),
        ("https://user@api.clinic.example", False),
        ("https://api.clinic.example/?a=1", False),
        ("ftp://api.clinic.example", False),
        ("https://", False),
        ("https://[", False),
    ],
)
def test_calls_go_only_where_nobody_listens_in(url: str, good: bool) -> None:
    assert trusted(url) is good
