"""The pytest plugin: every NAME.replay.yaml that pytest comes across is a test of its own.

Loaded wherever unstuck is installed, so that nothing but pytest is imported before a replay is found.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from adapters.library import Library
    from adapters.replay.replay_file import Replay
    from adapters.replaying import ReplayOutcome

SUFFIX = ".replay.yaml"


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of this plugin, each beside a line in the configuration file."""
    group = parser.getgroup("unstuck", "written conversations (*.replay.yaml)")
    words = "your own folder of flows, beside the shipped ones"
    group.addoption("--unstuck-flows", metavar="DIR", help=words)
    parser.addini("unstuck_flows", f"{words} (relative to this file)", default="")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ReplayFile | None:
    """Take what is a replay."""
    return ReplayFile.from_parent(parent, path=file_path) if file_path.name.endswith(SUFFIX) else None


class ReplayFile(pytest.File):
    """One replay file."""

    def collect(self) -> Iterable[ReplayItem]:
        """The conversation in it. What is wrong with the file is said here, before anything is held."""
        from adapters.problems import PlainProblem
        from adapters.replaying import load_replay

        try:
            replay, findings = load_replay(self.path, library_of(self.config))
        except PlainProblem as problem:
            raise self.CollectError("\n".join(filter(None, (problem.message, problem.advice)))) from None
        if replay is None:
            raise self.CollectError("\n".join(str(each) for each in findings))
        yield ReplayItem.from_parent(self, name=replay.name, replay=replay)


class ReplayItem(pytest.Item):
    """One conversation, held in a world of its own."""

    def __init__(self, name: str, parent: ReplayFile, replay: Replay) -> None:
        super().__init__(name, parent)
        self._replay = replay
        self.user_properties.append(("flow", replay.flow))

    def runtest(self) -> None:
        """Hold it. Raises Parted if it goes otherwise than written."""
        from adapters.replaying import hold_replay

        outcome = hold_replay(self._replay, library_of(self.config))
        if not outcome.passed:
            raise Parted(outcome)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: str | None = None) -> str:
        """The line of the replay, the line of the flow, what was expected, what came, and the conversation
        until then."""
        if isinstance(excinfo.value, Parted):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where it is written, and its name."""
        return self.path, 0, f"replay: {self.name}"


class Parted(Exception):
    """A conversation that went otherwise than written."""

    def __init__(self, outcome: ReplayOutcome) -> None:
        from adapters.replaying import failure_text

        self.outcome = outcome
        super().__init__(failure_text(outcome))


_LIBRARY = pytest.StashKey["Library"]()


def library_of(config: pytest.Config) -> Library:
    """The flows of this run, read once. Raises PlainProblem if any of them cannot be used."""
    if _LIBRARY not in config.stash:
        from adapters.wiring import open_library

        config.stash[_LIBRARY] = open_library(_own_flows(config))
    return config.stash[_LIBRARY]


def _own_flows(config: pytest.Config) -> Path | None:
    named = config.getoption("--unstuck-flows")
    if named:
        return Path(config.invocation_params.dir, named)
    written = config.getini("unstuck_flows")
    return Path(config.rootpath, str(written)) if written else None
