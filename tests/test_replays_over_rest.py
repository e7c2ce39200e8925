"""The replays of the article's two flows with HTTP in between: the same conversations, the same ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.flowdir import read_flows, shipped_flows
from adapters.library import Library
from adapters.replaying import On, failure_text, run_replay
from adapters.wiring import open_library

FLOWS = ("email-not-received", "video-session")
REPLAYS = read_flows([shipped_flows() / name for name in FLOWS]).replays
AT_THE_CONSOLE = ("sample-both-off", "sample-video-session")


@pytest.fixture(scope="module")
def library() -> Library:
    return open_library(None)


@pytest.mark.parametrize("path", REPLAYS, ids=lambda path: path.name.partition(".")[0])
def test_a_replay_goes_as_written(path: Path, library: Library) -> None:
    outcome = run_replay(path, library, on=On(over="rest"))
    assert outcome.passed, failure_text(outcome)


@pytest.mark.parametrize("path", REPLAYS, ids=lambda path: path.name.partition(".")[0])
@pytest.mark.soak
def test_a_replay_goes_as_written_at_the_console(path: Path, library: Library) -> None:
    outcome = run_replay(path, library, on=On("console", over="rest"))
    assert outcome.passed, failure_text(outcome)


@pytest.mark.parametrize("name", AT_THE_CONSOLE)
def test_both_flows_go_at_the_console(name: str, library: Library) -> None:
    (path,) = (each for each in REPLAYS if each.name == f"{name}.replay.yaml")
    outcome = run_replay(path, library, on=On("console", over="rest"))
    assert outcome.passed, failure_text(outcome)
