"""The pytest plugin: every NAME.replay.yaml that pytest comes across is a test of its own.

With `--unstuck-coverage` it says at the end what of the flows the conversations touched, also where they ran
in several processes; with `--unstuck-random N` there is one more test for each flow, of N random ones.

Loaded wherever unstuck is installed, so that nothing but pytest is imported before a replay is found.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from adapters.coverage.tally import Tally
    from adapters.library import Library
    from adapters.measuring import Verdict, Wanted
    from adapters.replay.replay_file import Replay
    from adapters.replaying import ReplayOutcome

SUFFIX = ".replay.yaml"
REPORTS = ("html", "lcov", "cobertura", "json")
_CONTRACT = "unstuck_contract"
"""Under which name a test of the backend contract tells what it is about (`contract.PROPERTY`)."""

_SENT = "unstuck_tally"
"""Under which name a process of pytest-xdist hands over what its conversations touched."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of this plugin; what a project always wants can stand in its configuration file."""
    group = parser.getgroup("unstuck", "written conversations (*.replay.yaml)")
    words = "your own folder of flows, beside the shipped ones"
    group.addoption("--unstuck-flows", metavar="DIR", help=words)
    parser.addini("unstuck_flows", f"{words} (relative to this file)", default="")
    group.addoption(
        "--unstuck-coverage", action="store_true", help="say what of the flows no conversation touched"
    )
    group.addoption(
        "--unstuck-coverage-report",
        action="append",
        default=[],
        metavar="KIND:PATH",
        help=f"write that as {', '.join(REPORTS)}; may be given several times",
    )
    group.addoption(
        "--unstuck-fail-under", type=float, metavar="P", help="fail where less than P %% is covered"
    )
    group.addoption(
        "--unstuck-random", type=int, default=0, metavar="N", help="N random conversations in each flow"
    )
    group.addoption("--unstuck-seed", type=int, default=0, metavar="S", help="which ones")


def pytest_configure(config: pytest.Config) -> None:
    """Say at once what is wrong with the options."""
    for report in config.getoption("--unstuck-coverage-report"):
        kind, _, path = report.partition(":")
        if kind not in REPORTS or not path:
            words = f"Write one of {', '.join(REPORTS)}, a colon and a path."
            raise pytest.UsageError(f"--unstuck-coverage-report cannot be {report!r}. {words}")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> ReplayFile | None:
    """Take what is a replay."""
    return ReplayFile.from_parent(parent, path=file_path) if file_path.name.endswith(SUFFIX) else None


def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Add the random conversations that were asked for."""
    number = config.getoption("--unstuck-random")
    if number > 0:
        for flow in library_of(config).flows:
            name = f"random conversations in {flow}"
            items.append(RandomItem.from_parent(session, name=name, flow=flow, number=number))


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

        watch = tally_of_run(self.config).take if measured(self.config) else None
        outcome = hold_replay(self._replay, library_of(self.config), watch)
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


class RandomItem(pytest.Item):
    """Random conversations in one flow; the shortest one in which something does not hold is saved."""

    def __init__(self, name: str, parent: pytest.Session, flow: str, number: int) -> None:
        super().__init__(name, parent)
        self._flow = flow
        self._number = number

    def runtest(self) -> None:
        """Hold them. Raises NotHeld."""
        from adapters.wandering import saved, wander

        seed = self.config.getoption("--unstuck-seed")
        found = wander(library_of(self.config), self._number, seed, (self._flow,))
        if found.broken:
            path = saved(found, seed)
            raise NotHeld("\n".join((*found.broken, f"The shortest conversation found is in {path}.")))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: str | None = None) -> str:
        """What did not hold, and where the conversation is saved."""
        if isinstance(excinfo.value, NotHeld):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Its name; it is written nowhere."""
        return self.config.rootpath, 0, self.name


class Parted(Exception):
    """A conversation that went otherwise than written."""

    def __init__(self, outcome: ReplayOutcome) -> None:
        from adapters.replaying import failure_text

        self.outcome = outcome
        super().__init__(failure_text(outcome))


class NotHeld(Exception):
    """A random conversation in which something did not hold that always must."""


_LIBRARY: pytest.StashKey[Library] = pytest.StashKey()
_TALLY: pytest.StashKey[Tally] = pytest.StashKey()
_VERDICT: pytest.StashKey[Verdict] = pytest.StashKey()


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


# -- coverage -----------------------------------------------------------------------------------------


def measured(config: pytest.Config) -> bool:
    """Whether anything is wanted of coverage."""
    asked = config.getoption("--unstuck-coverage") or config.getoption("--unstuck-coverage-report")
    return bool(asked) or config.getoption("--unstuck-fail-under") is not None


def tally_of_run(config: pytest.Config) -> Tally:
    """What the conversations of this process touched, and of those that have handed it over."""
    if _TALLY not in config.stash:
        from adapters.coverage.tally import Tally

        config.stash[_TALLY] = Tally()
    return config.stash[_TALLY]


class Worker:
    """Gathers what other processes hand over, where pytest-xdist runs tests in several."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object, error: object) -> None:
        """Add what a process that has ended handed over."""
        from adapters.coverage.tally import tally_of

        text = getattr(node, "workeroutput", {}).get(_SENT)
        if isinstance(text, str):
            tally_of_run(self._config).add(tally_of(text))


def pytest_sessionstart(session: pytest.Session) -> None:
    """Be ready for what other processes hand over."""
    if measured(session.config):
        session.config.pluginmanager.register(Worker(session.config))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand over what was touched, or say what it amounts to. Too little of it fails a run that passed."""
    config = session.config
    if not measured(config):
        return
    handed_over = getattr(config, "workeroutput", None)
    if isinstance(handed_over, dict):
        handed_over[_SENT] = tally_of_run(config).kept()
        return
    from adapters.measuring import verdict_on

    paths = [own] if (own := _own_flows(config)) is not None else []
    verdict = verdict_on(tally_of_run(config), library_of(config).pack, paths, _wanted(config))
    config.stash[_VERDICT] = verdict
    if verdict.complaints and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Show the coverage of the flows, and what the tests of a clinic's system told."""
    _tell_contract(terminalreporter)
    verdict = config.stash.get(_VERDICT, None)
    if verdict is not None:
        terminalreporter.section("coverage of the flows")
        terminalreporter.write_line("\n\n".join((verdict.text, *verdict.complaints)))


def _tell_contract(terminalreporter: pytest.TerminalReporter) -> None:
    """The table of the backend contract (`adapters.clinic.contract`), where tests of it were run."""
    told = [
        (str(value), ended)
        for ended, reports in terminalreporter.stats.items()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == _CONTRACT and ended in ("passed", "failed", "error")
    ]
    if told:
        from adapters.clinic.contract_table import contract_table

        terminalreporter.section("the contract of a clinic's system")
        terminalreporter.write_line(contract_table(told))


def _wanted(config: pytest.Config) -> Wanted:
    from adapters.measuring import Wanted

    named = [each.partition(":") for each in config.getoption("--unstuck-coverage-report")]
    paths = {kind: Path(config.invocation_params.dir, path) for kind, _, path in named}
    return Wanted(
        paths.get("html"),
        paths.get("lcov"),
        paths.get("cobertura"),
        paths.get("json"),
        config.getoption("--unstuck-fail-under"),
    )
