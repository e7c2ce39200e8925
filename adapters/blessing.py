"""Blesses replay files: writes into them what comes now, and tells what is otherwise than it was written.

Chooses concrete parts, as `replaying` does.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from adapters.clinic.actions import CATALOG
from adapters.flowdir import read_flows, read_source, shown_path
from adapters.library import Library
from adapters.problems import PlainProblem
from adapters.replay.blessing import Edit, Healing, heal
from adapters.replay.replay_file import Replay, read_replay
from adapters.replay.rewriting import NotByLine, rewritten
from adapters.replaying import failure_text, run_text
from adapters.staging import DriverStage, people_for
from engine import Diagnostic, Source, has_errors, with_stop


class Blessed(msgspec.Struct, frozen=True):
    """What became of one file: what is otherwise now, a line each, and why nothing was written (empty: it
    was, or there was nothing to write)."""

    path: str
    changes: tuple[str, ...]
    refused: str


def bless(paths: Sequence[Path], library: Library, findings: Sequence[Diagnostic]) -> Iterator[Blessed]:
    """Bless every replay in these files and folders. `findings` are what is wrong with the flows.

    Raises PlainProblem if a path does not exist, or if anything is wrong with the flows: what a broken flow
    does is nothing to hold on to.
    """
    if findings:
        raise PlainProblem(
            f"Nothing is blessed while the flows have findings: {len(findings)}, the first at {findings[0]}",
            "Correct the flows first; `unstuck check` shows everything.",
        )
    for path in read_flows(paths).replays:
        yield bless_file(path, library)


def bless_file(path: Path, library: Library) -> Blessed:
    """Bless one replay file. It is written only if the replay passes then."""
    shown = shown_path(path)
    source, problem = read_source(path)
    if source is None:
        return Blessed(shown, (), str(problem))
    replay, wrong = read_replay(source, CATALOG)
    if replay is None:
        return Blessed(shown, (), f"It is no replay: {wrong[0]}")
    if run_text(source.text, source.path, library).passed:
        return Blessed(shown, (), "")
    healing = _healed(replay, library)
    changes = tuple(_told(each, replay) for each in healing.edits)
    if healing.open:
        return Blessed(shown, changes, f"{healing.open} Write that into the replay yourself.")
    return _written(path, source, healing.edits, changes, library)


def _healed(replay: Replay, library: Library) -> Healing:
    people, problems = people_for(replay)
    if has_errors(problems):
        return Healing((), f"The people it starts with are wrong: {with_stop(str(problems[0]))}")
    try:
        library.to_start(replay.flow, replay.audience)
    except PlainProblem as problem:
        return Healing((), f"It does not start any more: {problem.message}")
    with (
        tempfile.TemporaryDirectory(prefix="unstuck-bless-") as folder,
        closing(DriverStage(replay, people, library, Path(folder))) as stage,
    ):
        return heal(replay, stage)


def _written(
    path: Path, source: Source, edits: tuple[Edit, ...], changes: tuple[str, ...], library: Library
) -> Blessed:
    try:
        text = rewritten(source, edits)
    except NotByLine:
        advice = "Its turns do not stand on lines of their own; write one a line, each beginning with `- `."
        return Blessed(source.path, changes, advice)
    outcome = run_text(text, source.path, library)
    if not outcome.passed:
        told = failure_text(outcome).split("\n", 1)[0]
        return Blessed(source.path, changes, f"With that it would still not pass: {told}")
    _replace(path, text)
    return Blessed(source.path, changes, "")


def _replace(path: Path, text: str) -> None:
    """Put a text in the place of a file, whole or not at all. Raises PlainProblem."""
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_text(text, encoding="utf-8")
        os.chmod(beside, path.stat().st_mode)
        os.replace(beside, path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise PlainProblem(
            f"{path} cannot be written ({error.strerror}).", "Check its permissions."
        ) from error


def _told(edit: Edit, replay: Replay) -> str:
    """An edit with the line it is about."""
    turns = replay.turns
    if 0 <= edit.turn < len(turns):
        line = turns[edit.turn].place.line
    else:
        line = replay.end_place.line if edit.kind in ("end", "insert") else _held_line(edit, replay)
    return f"line {line}: {edit.words}"


def _held_line(edit: Edit, replay: Replay) -> int:
    return next((place.line for key, _, place in replay.holds if key in edit.keys), 1)
