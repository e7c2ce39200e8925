"""The contract kit itself, over the embedded clinic, over rest, and over a system that can do little."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from adapters.clinic.contract import ClinicContract, UnderTest
from adapters.clinic.contract_table import contract_table
from adapters.clinic.port import Backend, CallContext
from adapters.clinic.rest.backend import RestClinic
from engine import Value
from tests.adapters.clinic.bench import Bench
from tests.adapters.clinic.contract import GOOD_ARGS, BackendContract
from tests.adapters.clinic.served_bench import Switched, rest_bench, switched
from tests.adapters.clinic.test_embedded import bench_at


def example(bench: Bench, action: str) -> Callable[[Backend], Mapping[str, Value]]:
    return lambda _: BackendContract().good_args(bench, action)


def under_test(bench: Bench) -> UnderTest:
    return UnderTest(bench.backend, {action: example(bench, action) for action in GOOD_ARGS})


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Switched, str]]:
    with switched() as served:
        yield served


class TestEmbedded(ClinicContract):
    @pytest.fixture
    def clinic(self, tmp_path: Path) -> Iterator[UnderTest]:
        bench = bench_at(tmp_path / "clinic.db")
        yield under_test(bench)
        bench.backend.close()


class TestRest(ClinicContract):
    @pytest.fixture
    def clinic(self, server: tuple[Switched, str], tmp_path: Path) -> Iterator[UnderTest]:
        bench = bench_at(tmp_path / "clinic.db")
        yield under_test(rest_bench(bench, *server, tmp_path))
        bench.backend.close()


class TestRestOfLittle(ClinicContract):
    """A mapping of two actions only."""

    @pytest.fixture
    def clinic(self, server: tuple[Switched, str], tmp_path: Path) -> Iterator[UnderTest]:
        bench = bench_at(tmp_path / "clinic.db")
        rest_bench(bench, *server, tmp_path)
        path = tmp_path / "little.rest.yaml"
        path.write_text(
            f"base: {server[1]}\nactions:\n  get_clinic: {{get: /v1/clinic, result: body}}\n"
            "  get_client: {get: '/v1/clients/{{ client }}', result: body}\n"
        )
        yield UnderTest(RestClinic.open(path), {"get_clinic": {}, "get_client": {"client": "ana-souza"}})
        bench.backend.close()


def test_the_table_says_what_is_supported_what_holds_and_what_does_not() -> None:
    told = [
        ("TestA|get_client|supported|result", "passed"),
        ("TestA|get_client|supported|nobody", "failed"),
        ("TestA|get_account|unsupported|result", "passed"),
    ]
    said = contract_table(told)
    assert "holds" in said
    assert "DOES NOT" in said
    assert "unsupported" in said


def test_a_promise_that_is_broken_is_found() -> None:
    class Broken:
        def capabilities(self) -> frozenset[str]:
            return frozenset({"get_client"})

        def perform(self, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
            return {"id": "somebody"}

    clinic = UnderTest(Broken(), {"get_client": {"client": "ana"}})
    for broken in (
        ClinicContract().test_result,
        ClinicContract().test_arguments,
        ClinicContract().test_nobody,
    ):
        with pytest.raises(AssertionError):
            broken(clinic, "get_client")
