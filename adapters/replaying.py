"""Runs replay files: finds them, reads them, holds each in a fresh world, and reports what came of it."""

from __future__ import annotations

import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Literal, Protocol, TypeAlias
from xml.etree import ElementTree

import msgspec

from adapters.clinic.actions import CATALOG
from adapters.clinic.people import People
from adapters.flowdir import read_flows, read_source, shown_path
from adapters.library import Library
from adapters.problems import PlainProblem
from adapters.replay.port import Stage
from adapters.replay.replay_check import place_of, unfit
from adapters.replay.replay_file import Replay, read_replay
from adapters.replay.runner import Break, hold
from adapters.staging import DriverStage, people_for, policy_for
from engine import Diagnostic, Flow, Source, Traced, finding, has_errors, heed_remarks, with_stop

Watch: TypeAlias = Callable[[str, Flow, tuple[Traced, ...]], None]
"""Takes the path of a replay, the flow of one of its sessions, and that session's trace."""


class WatchedStage(Stage, Protocol):
    """A stage of which one can see afterwards which ways it took."""

    def walks(self) -> Iterator[tuple[Flow, tuple[Traced, ...]]]:
        """What every session of this world went through so far."""
        ...

    def close(self) -> None:
        """Let go of everything."""
        ...


class ReplayOutcome(msgspec.Struct, frozen=True):
    """What came of one replay file: it passed if there are no findings and no break. `step` names where the
    flow's step at the break is written; `seconds` is the time it took."""

    path: str
    name: str
    seconds: float
    findings: tuple[Diagnostic, ...] = ()
    broke: Break | None = None
    step: str = ""

    @property
    def passed(self) -> bool:
        """Whether everything came as expected."""
        return not self.findings and self.broke is None


class On(msgspec.Struct, frozen=True):
    """The front end that replays are held on: the engine's own driver, or one in a process of its own, with
    one's own folder of flows, if there is one; and whether the clinic is called as it is or over HTTP."""

    front: Literal["engine", "console", "json", "browser"] = "engine"
    flows: Path | None = None
    over: Literal["embedded", "rest"] = "embedded"


ENGINE = On()


def run_replays(
    paths: list[Path], library: Library, watch: Watch | None = None, on: On = ENGINE
) -> Iterator[ReplayOutcome]:
    """Run every replay in these files and folders, one after the other; see `run_replay`.

    Raises PlainProblem if a path does not exist, or there is no replay in any of them.
    """
    found = read_flows(paths).replays
    if not found:
        raise PlainProblem("There is no replay here.", "Replays are files named NAME.replay.yaml.")
    for path in found:
        yield run_replay(path, library, watch, on)


def run_replay(path: Path, library: Library, watch: Watch | None = None, on: On = ENGINE) -> ReplayOutcome:
    """Run one replay file; `watch` is told what each of its sessions went through, if everything came as
    expected."""
    began = time.perf_counter()
    replay, findings = load_replay(path, library)
    if replay is None:
        shown = shown_path(path)
        return ReplayOutcome(shown, shown, time.perf_counter() - began, findings)
    return hold_replay(replay, library, watch, on)


def run_text(text: str, path: str, library: Library, watch: Watch | None = None) -> ReplayOutcome:
    """Run a replay that is in no file yet; `path` is what its places say."""
    replay, findings = replay_from(Source(path, text), library)
    if replay is None:
        return ReplayOutcome(path, path, 0.0, findings)
    return hold_replay(replay, library, watch)


def hold_replay(
    replay: Replay, library: Library, watch: Watch | None = None, on: On = ENGINE
) -> ReplayOutcome:
    """Hold a replay that was read; see `run_replay`."""
    began = time.perf_counter()
    shown = replay.source.path
    people, problems = people_for(replay)
    if has_errors(problems):
        return ReplayOutcome(shown, replay.name, time.perf_counter() - began, problems)
    with (
        tempfile.TemporaryDirectory(prefix="unstuck-replay-") as folder,
        closing(stage_for(replay, people, library, Path(folder), on)) as stage,
    ):
        broke = hold(replay, stage)
        if watch is not None and broke is None:
            for flow, trace in stage.walks():
                watch(shown, flow, trace)
    step = _written_at(library, replay, broke.step) if broke is not None else ""
    return ReplayOutcome(shown, replay.name, time.perf_counter() - began, (), broke, step)


def stage_for(replay: Replay, people: People, library: Library, folder: Path, on: On) -> WatchedStage:
    """The front end that the replay is held on. Raises PlainProblem if something it needs is not there."""
    if on.front == "engine":
        return DriverStage(replay, people, library, folder, on.over)
    from adapters.process_stage import ProcessStage

    return ProcessStage(replay, people, library, folder, on.front, on.flows, on.over)


def load_replay(path: Path, library: Library) -> tuple[Replay | None, tuple[Diagnostic, ...]]:
    """The replay in a file, and everything wrong with it, its people and the questions it names included."""
    source, problem = read_source(path)
    if source is None:
        return None, (problem,) if problem is not None else ()
    return replay_from(source, library)


def replay_from(source: Source, library: Library) -> tuple[Replay | None, tuple[Diagnostic, ...]]:
    """The replay in a text; see `load_replay`."""
    replay, findings = read_replay(source, CATALOG)
    if replay is None:
        return None, findings
    _, of_people = people_for(replay)
    _, of_policy = policy_for(replay)
    findings = heed_remarks(source, (*findings, *of_people, *of_policy, *_unfit(replay, library)))
    return (None if has_errors(findings) else replay), findings


def _unfit(replay: Replay, library: Library) -> Iterator[Diagnostic]:
    """What of the replay does not fit the flows it begins."""
    begun = [(replay.flow, place_of(replay, "flow"))]
    begun += [(turn.name, turn.place) for turn in replay.turns if turn.kind == "start"]
    flows: list[Flow] = []
    for name, place in begun:
        try:
            flows.append(library.to_start(name, replay.audience))
        except PlainProblem as error:
            yield finding("U403", place, error.message, None, error.advice)
            return
    yield from unfit(replay, flows, library.pack)


def _written_at(library: Library, replay: Replay, prompt: str) -> str:
    """The file and line of the step with this full id."""
    flow = library.flow(replay.flow)
    step = prompt.rsplit("/", 1)[-1].split("!", 1)[0]
    names = [part for part in prompt.split("/") if part in flow.trees]
    tree = flow.trees.get(names[-1]) if names else None
    found = tree.steps.get(step) if tree is not None else None
    return str(found.place) if found is not None else ""


def junit_xml(outcomes: list[ReplayOutcome]) -> str:
    """The outcomes as a JUnit XML document, as build servers read it."""
    failed = [each for each in outcomes if not each.passed]
    suite = ElementTree.Element(
        "testsuite",
        name="unstuck",
        tests=str(len(outcomes)),
        failures=str(len(failed)),
        time=f"{sum(each.seconds for each in outcomes):.3f}",
    )
    for each in outcomes:
        case = ElementTree.SubElement(
            suite, "testcase", classname=_plain(each.path), name=_plain(each.name), time=f"{each.seconds:.3f}"
        )
        if not each.passed:
            text = failure_text(each)
            failure = ElementTree.SubElement(case, "failure", message=_plain(text.split("\n", 1)[0]))
            failure.text = _plain(text)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def failure_text(outcome: ReplayOutcome) -> str:
    """Why a replay did not pass: its line, the flow's line, what was expected, what came, and the
    conversation so far."""
    if outcome.broke is None:
        return "\n".join(str(each) for each in outcome.findings)
    broke = outcome.broke
    lines = [f"{broke.place}: expected {broke.expected}, but there came {with_stop(broke.came)}"]
    if outcome.step:
        lines.append(f"The flow stood at {broke.step} ({outcome.step}).")
    if broke.why:
        lines.append(broke.why)
    lines.append("The conversation until then:")
    return "\n".join([*lines, textwrap.indent("\n".join(broke.conversation), "  ")])


def _plain(text: str) -> str:
    """Without the characters that XML cannot hold."""
    return "".join(
        char if char in "\n\t" or ord(char) >= 32 else "\N{REPLACEMENT CHARACTER}" for char in text
    )
