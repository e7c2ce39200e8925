"""The contract of every backend, over rest: the embedded clinic served on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.clinic.bench import Bench
from tests.adapters.clinic.contract import BackendContract
from tests.adapters.clinic.served_bench import Switched, rest_bench, switched
from tests.adapters.clinic.test_embedded import bench_at


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Switched, str]]:
    with switched() as served:
        yield served


class TestContractOverRest(BackendContract):
    @pytest.fixture
    def bench(self, server: tuple[Switched, str], tmp_path: Path) -> Iterator[Bench]:
        inside = bench_at(tmp_path / "clinic.db")
        yield rest_bench(inside, *server, tmp_path)
        inside.backend.close()
