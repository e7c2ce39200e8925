"""The served clinic: its description, who is let in, keys, versions, and the faults it plays."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from adapters.clinic.actions import CAPABILITIES, CATALOG
from adapters.clinic.served.app import ServedClinic
from adapters.clinic.served.description import description
from adapters.clinic.served.faults import FAULTS
from adapters.clinic.served.routes import ROUTES, STATUS
from adapters.secret import Secret
from adapters.serving import serving
from engine import Failure
from tests.adapters.clinic.bench import Bench
from tests.adapters.clinic.test_embedded import bench_at


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return bench_at(tmp_path / "clinic.db")


@pytest.fixture
def served(bench: Bench) -> ServedClinic:
    return ServedClinic(bench.backend, Secret("let-me-in"))


@pytest.fixture
def client(served: ServedClinic) -> Iterator[httpx2.Client]:
    with (
        serving(served.application()) as address,
        httpx2.Client(base_url=address, headers={"authorization": "Bearer let-me-in"}, timeout=5) as client,
    ):
        yield client


def test_every_action_and_every_failure_has_its_place() -> None:
    assert {route.action for route in ROUTES} == set(CATALOG.actions)
    assert set(STATUS) == set(Failure)
    operations = json.dumps(description())
    assert all(f'"operationId": "{name}"' in operations for name in CATALOG.actions)


def test_every_address_is_described(served: ServedClinic) -> None:
    paths = description()["paths"]
    assert isinstance(paths, dict)
    app = served.application()
    assert isinstance(app, Starlette)
    there = {route.path.replace(":path", "") for route in app.routes if isinstance(route, Route)}
    assert there - {"/openapi.json"} == set(paths)


def test_what_it_can_do_is_told(client: httpx2.Client) -> None:
    assert client.get("/v1/capabilities").json() == {"capabilities": sorted(CAPABILITIES)}


@pytest.mark.parametrize(
    ("path", "name", "value"),
    [
        ("/v1/people/ana-souza/email", "subject", "ana-souza"),
        ("/v1/clients?query=ana", "query", "ana"),
    ],
)
def test_an_answer_says_what_it_answers(client: httpx2.Client, path: str, name: str, value: str) -> None:
    assert client.get(path).json()[name] == value


def test_nobody_is_let_in_without_the_token(client: httpx2.Client) -> None:
    refused = client.get("/v1/clinic", headers={"authorization": "Bearer guessed"})
    assert (refused.status_code, refused.json()["error"]) == (401, "forbidden")
    assert client.get("/openapi.json", headers={"authorization": ""}).status_code == 200


def test_a_version_goes_out_as_etag_and_comes_back_as_if_match(client: httpx2.Client) -> None:
    at = "/v1/people/ana-souza/settings"
    tag = client.get(at).headers["etag"]
    headers = {"if-match": tag, "idempotency-key": "k1"}
    first = client.patch(at, json={"online_access": True}, headers=headers)
    assert (first.status_code, first.json()["online_access"]) == (200, True)
    assert client.patch(at, json={"online_access": True}, headers=headers).json() == first.json()
    stale = client.patch(at, json={"online_access": False}, headers={**headers, "idempotency-key": "k2"})
    assert (stale.status_code, stale.json()["error"]) == (412, "stale_version")


def test_a_made_password_goes_out_and_is_not_stored_by_caches(client: httpx2.Client) -> None:
    made = client.post("/v1/people/ivy-walker/account/temporary-passwords", headers={"idempotency-key": "k"})
    assert made.headers["cache-control"] == "no-store"
    assert len(made.json()["secret"]) >= 15


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/v1/tickets", "[1]", 400),
        ("POST", "/v1/tickets", "{", 400),
        ("POST", "/v1/tickets", "[" * 60_000, 400),
        ("POST", "/v1/tickets", '{"a": "' + "x" * 70_000 + '"}', 413),
        ("POST", "/v1/tickets", '{"expected_version": "1"}', 422),
        ("GET", "/v1/clients?nonsense=1", "", 422),
        ("PUT", "/v1/faults", '{"fault": "nonsense"}', 422),
        ("POST", "/v1/look-backs", "{}", 422),
        ("GET", "/v1/nothing", "", 404),
    ],
)
def test_what_is_no_request_is_refused(
    client: httpx2.Client, method: str, path: str, body: str, status: int
) -> None:
    answer = client.request(method, path, content=body, headers={"idempotency-key": "k"})
    assert answer.status_code == status


def test_a_call_is_looked_for_by_its_key(client: httpx2.Client) -> None:
    args = {"topic": "I cannot log in"}
    asked = {"action": "request_help", "args": args}
    ticket = client.post("/v1/requests", json=args, headers={"idempotency-key": "k"}).json()
    assert client.post("/v1/look-backs", json=asked, headers={"idempotency-key": "k"}).json() == {
        "found": "happened",
        "result": ticket,
    }
    assert client.post("/v1/look-backs", json=asked, headers={"idempotency-key": "k/2"}).json() == {
        "found": "did_not_happen"
    }


@pytest.mark.parametrize(
    ("fault", "acts"),
    [(name, fault.acts) for name, fault in FAULTS.items() if name not in ("slow", "endless")],
)
def test_a_fault_is_played_and_the_action_done_or_not(
    client: httpx2.Client, served: ServedClinic, bench: Bench, fault: str, acts: bool
) -> None:
    client.put("/v1/faults", json={"action": "set_portal_settings", "fault": fault})
    headers = {"if-match": '"1"', "idempotency-key": "k"}
    try:
        answer = client.patch(
            "/v1/people/ana-souza/settings", json={"online_access": True}, headers=headers, timeout=0.5
        )
        said = (answer.status_code, answer.content)
    except httpx2.HTTPError:
        said = (0, b"")
    assert (bench.settings("ana-souza")[0] is True) is acts
    assert said != (200, json.dumps(bench.record("get_portal_settings", subject="ana-souza")).encode())
    client.put("/v1/faults", json={})
    assert client.get("/v1/people/ana-souza/settings").json()["online_access"] is acts
