"""One worker for all tests of the folder: it takes a second until one has loaded unstuck."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest

from tests.durability.many import workers


@pytest.fixture(scope="session")
def pool() -> Iterator[ProcessPoolExecutor]:
    """A process in which conversations are forked and watched."""
    with workers(1) as pool:
        yield pool
