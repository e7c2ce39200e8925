"""The shipped replays, each a test of its own. They meet everything but what is listed with a reason."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import yaml

from adapters.coverage.measure import Coverage, in_words, measure
from adapters.coverage.tally import Tally
from adapters.flowdir import read_flows, shipped_flows
from adapters.library import Library
from adapters.replaying import ReplayOutcome, failure_text, run_replay
from adapters.wiring import check_paths, open_library

REPLAYS = read_flows([shipped_flows()]).replays
LISTED = Path(__file__).parent / "cases" / "uncovered.yaml"


@dataclass
class Holding:
    """Holds replays, each once, and counts what they meet."""

    library: Library
    tally: Tally = field(default_factory=Tally)
    held: dict[Path, ReplayOutcome] = field(default_factory=dict)

    def outcome(self, path: Path) -> ReplayOutcome:
        if path not in self.held:
            self.held[path] = run_replay(path, self.library, self.tally.take)
        return self.held[path]


@pytest.fixture(scope="module")
def holding() -> Holding:
    return Holding(open_library(None))


@pytest.fixture(scope="module")
def covered(holding: Holding) -> Coverage:
    for path in REPLAYS:
        holding.outcome(path)
    return measure(holding.library.pack, holding.tally)


@pytest.mark.parametrize("path", REPLAYS, ids=lambda path: f"{path.parts[-3]}-{path.name.partition('.')[0]}")
def test_a_replay_goes_as_written(path: Path, holding: Holding) -> None:
    outcome = holding.outcome(path)
    assert outcome.passed, failure_text(outcome)


def test_the_replays_meet_every_step_and_every_answer(covered: Coverage) -> None:
    assert not [
        f"{flow.tree.name}: {in_words(at.point)}"
        for flow in covered.flows
        for at in flow.missing()
        if at.point.kind in ("step", "answer")
    ]


def test_the_replays_meet_every_branch_and_outcome_but_for_those_that_are_listed(covered: Coverage) -> None:
    missing = {(flow.tree.name, in_words(at.point)) for flow in covered.flows for at in flow.missing()}
    assert missing == set(_listed())


def test_the_replays_meet_every_way_in_which_an_action_can_end(covered: Coverage) -> None:
    assert covered.uncovered_outcomes() == ()


def _listed() -> Iterator[tuple[str, str]]:
    """What is listed as met by no replay; each has a reason, and stands there once."""
    for flow, entries in yaml.safe_load(LISTED.read_text(encoding="utf-8")).items():
        for entry in entries:
            assert entry["why"].endswith(".")
            yield from ((flow, what) for what in entry["what"])


def test_nothing_is_wrong_with_the_shipped_flows_and_replays() -> None:
    assert check_paths([shipped_flows()]) == ()
