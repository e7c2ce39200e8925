"""The shipped replays, each a test of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.flowdir import read_flows, shipped_flows
from adapters.library import Library
from adapters.replaying import failure_text, run_replay
from adapters.wiring import check_paths, open_library

REPLAYS = read_flows([shipped_flows()]).replays


@pytest.fixture(scope="module")
def library() -> Library:
    return open_library(None)


@pytest.mark.parametrize("path", REPLAYS, ids=lambda path: path.name.partition(".")[0])
def test_a_replay_goes_as_written(path: Path, library: Library) -> None:
    outcome = run_replay(path, library)
    assert outcome.passed, failure_text(outcome)


def test_nothing_is_wrong_with_the_shipped_flows_and_replays() -> None:
    assert check_paths([shipped_flows()]) == ()
