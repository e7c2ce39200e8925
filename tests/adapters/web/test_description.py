"""The API is as its description says, whatever it is asked: requests are made from the description, each of
them leads to the next, and a real server answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from schemathesis import Case, Response
from schemathesis.checks import (
    allow_header_conformance,
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from tests.adapters.web.served import UNBOUNDED, Served, web

CHECKS = [
    allow_header_conformance,
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
]
SAMPLE = 6


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with web(tmp_path_factory.mktemp("web"), bounds=UNBOUNDED) as opened:
        yield opened


def machine(served: Served, met: Counter[tuple[str, int]]) -> Any:
    """What asks one thing after another, as the description's links lead, with the tokens it was given; it
    counts what it `met`."""
    schema = schemathesis.openapi.from_url(f"{served.at}/openapi.json").exclude(path_regex="/events$")
    tokens: dict[str, str] = {}

    class Asking(schema.as_state_machine()):
        def get_call_kwargs(self, case: Case) -> dict[str, Any]:
            session = str((case.path_parameters or {}).get("session", ""))
            headers = {"Authorization": f"Bearer {tokens[session]}"} if session in tokens else {}
            return {"headers": headers, "timeout": 20}

        def before_call(self, case: Case) -> None:
            flow = case.body.get("flow") if isinstance(case.body, dict) else None
            if isinstance(flow, str):
                # A name made at random is never one of a flow.
                case.body["flow"] = "my-setup-email" if len(flow) % 2 else "my-password"
                case.body.pop("embed", None)

        def after_call(self, response: Response, case: Case) -> None:
            met[case.operation.definition.raw["operationId"], response.status_code] += 1
            if response.status_code == 201:
                begun = response.json()
                tokens[begun["session"]] = begun["token"]

        def validate_response(self, response: Response, case: Case, **more: Any) -> None:
            case.validate_response(response, checks=CHECKS)

    return Asking


def hold(served: Served, examples: int) -> Counter[tuple[str, int]]:
    """Hold so many conversations; how often each operation had each status."""
    met: Counter[tuple[str, int]] = Counter()
    quiet = settings(
        max_examples=examples,
        stateful_step_count=8,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    run_state_machine_as_test(machine(served, met), settings=quiet)
    return met


def test_a_few_requests_are_answered_as_the_description_says(served: Served) -> None:
    met = hold(served, SAMPLE)
    assert met["start", 201]


@pytest.mark.soak
def test_whatever_is_asked_is_answered_as_the_description_says(served: Served) -> None:
    met = hold(served, settings.default.max_examples)
    done = {name for name, status in met if status < 300}
    assert done >= {"start", "show", "answer", "back", "change", "stop", "resume"}
