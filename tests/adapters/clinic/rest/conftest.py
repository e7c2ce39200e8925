"""The API of a test's own, served, and mappings opened on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.clinic.rest.backend import RestClinic
from adapters.serving import serving
from tests.adapters.clinic.rest.own_api import Api
from tests.adapters.clinic.served_bench import EGRESS


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Api, str]]:
    api = Api()
    with serving(api) as address:
        yield api, address


@pytest.fixture
def api(server: tuple[Api, str]) -> Api:
    server[0].asked.clear()
    return server[0]


@pytest.fixture
def opened(server: tuple[Api, str], tmp_path: Path) -> Callable[[str], RestClinic]:
    def opened(text: str) -> RestClinic:
        path = tmp_path / "own.rest.yaml"
        path.write_text(f"base: {server[1]}/api\n{text}", encoding="utf-8")
        return RestClinic.open(path, EGRESS)

    return opened
