"""Replays against edited copies of the shipped flows: other words break none, another way exactly those that
go it, and the failure names the step and the line."""

from __future__ import annotations

import re
import shutil
from collections.abc import Container, Iterator
from itertools import islice
from pathlib import Path

import pytest

from adapters.clinic.actions import CATALOG
from adapters.coverage.tally import Tally
from adapters.flowdir import read_flows, shipped_flows
from adapters.library import Library
from adapters.replaying import failure_text, load_replay, run_replay
from engine import Mapping, Node, Point, Scalar, Sequence, Source, compile_pack, points_of, read

WORDS = frozenset({"ask", "say", "text", "label", "hint", "hand over", "title", "detail"})
FLOWS = ("bounced", "forgot-password", "set-password", "change-address", "video-session")
ELSEWHERE = """
  - {id: elsewhere, ask: Is this another way?, kind: yes-no}
  - {end: stopped}
"""


def library_of(folder: Path) -> Library | None:
    """The flows of a folder and no others; None if they cannot be used."""
    files = read_flows([folder])
    pack = compile_pack(files.flows, CATALOG, files.vocabulary).pack
    return Library(pack, files.vocabulary, CATALOG) if pack is not None else None


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    """A copy of the shipped flows."""
    copy = tmp_path / "flows"
    shutil.copytree(shipped_flows(), copy)
    return copy


def texts(node: Node, key: str = "") -> Iterator[Scalar]:
    """Everything in a flow that is words for people."""
    match node:
        case Scalar(value=str()) if key in WORDS or (key == "answers" and node.quoted):
            yield node
        case Mapping(entries=entries):
            for name, value in entries:
                plain = key == "answers" and isinstance(value, Scalar)
                # The keys of a map in `then` are exits, whatever words they are.
                yield from texts(value, "label" if plain else key if key == "then" else name.text)
        case Sequence(items=items):
            for item in items:
                yield from texts(item, key)
        case _:
            return


def reworded(path: Path) -> int:
    """Change every text of a flow; how many there were."""
    text = path.read_text(encoding="utf-8")
    root, _ = read(Source(str(path), text))
    assert root is not None
    lines = text.split("\n")
    found = sorted({(each.place.line, each.place.column) for each in texts(root)}, reverse=True)
    for line, column in found:
        before, words = lines[line - 1][: column - 1], lines[line - 1][column - 1 :]
        if words.startswith(("|", ">")):
            below = lines[line]
            margin = below[: len(below) - len(below.lstrip())]
            lines.insert(line, f"{margin}In other words:")
        elif words.startswith(('"', "'")):
            lines[line - 1] = f"{before}{words[0]}In other words, {words[1:]}"
        else:
            lines[line - 1] = f"{before}In other words; {words}"
    path.write_text("\n".join(lines), encoding="utf-8")
    return len(found)


def some_replays(flows: Path, every: int) -> list[Path]:
    return sorted(flows.glob("*/replays/*.replay.yaml"))[::every]


def holds_in_other_words(flows: Path, every: int) -> None:
    paths = [path for path in flows.rglob("*.yaml") if "replays" not in path.parts]
    changed = sum(reworded(path) for path in paths if path.name not in ("vocabulary.yaml", "invariants.yaml"))
    assert changed > 300
    library = library_of(flows)
    assert library is not None
    held = 0
    for path in some_replays(flows, every):
        replay, findings = load_replay(path, library)
        assert replay is not None, findings
        if not any(turn.text for turn in replay.turns):
            outcome = run_replay(path, library)
            assert outcome.passed, failure_text(outcome)
            held += 1
    assert held > 10


def test_other_words_everywhere_break_no_replay(flows: Path) -> None:
    holds_in_other_words(flows, 9)


@pytest.mark.soak
def test_other_words_everywhere_break_no_replay_at_all(flows: Path) -> None:
    holds_in_other_words(flows, 1)


def rerouted(flows: Path, name: str, touched: Container[Point]) -> Iterator[tuple[Point, Library]]:
    """Each touched answer or exit of a flow that can lead elsewhere, and the flows in which it does."""
    path = flows / name / "flow.yaml"
    text = path.read_text(encoding="utf-8")
    whole = library_of(flows)
    assert whole is not None
    lines = text.rstrip("\n").split("\n")
    points = {each.point for each in points_of(whole.pack.trees[name], whole.pack)}
    for each in points_of(whole.pack.trees[name], whole.pack):
        way = re.compile(rf"\b(then|{re.escape(each.point.way)}): {re.escape(each.to)}(?=[,}}]|$)")
        edited = [*lines]
        edited[each.line - 1], found = way.subn(r"\1: elsewhere", lines[each.line - 1])
        # A visit for each item of a list goes on by one of their exits, whichever others came.
        of_list = Point(name, each.point.path, "branch", "empty") in points
        if each.point.kind not in ("answer", "exit") or each.point not in touched or found != 1 or of_list:
            continue
        path.write_text("\n".join(edited) + ELSEWHERE, encoding="utf-8")
        library = library_of(flows)
        path.write_text(text, encoding="utf-8")
        if library is not None:
            yield each.point, library


def breaks_exactly_those(flows: Path, name: str, most: int) -> None:
    whole = library_of(flows)
    assert whole is not None
    replays = sorted((flows / name / "replays").glob("*.replay.yaml"))
    tally = Tally()
    for path in replays:
        assert run_replay(path, whole, tally.take).passed
    edits = list(islice(rerouted(flows, name, tally.points), most))
    assert edits
    for point, library in edits:
        outcomes = [run_replay(path, library) for path in replays]
        broken = {each.path for each in outcomes if not each.passed}
        assert broken == set(tally.points[point]), point
        for each in outcomes:
            if not each.passed:
                assert f"{name}/elsewhere" in (text := failure_text(each))
                assert re.search(rf"{name}/flow\.yaml:\d+", text), text
                assert re.match(rf"{re.escape(each.path)}:\d+", text), text


@pytest.mark.parametrize("name", FLOWS[:2])
def test_another_way_breaks_exactly_those_that_go_it(name: str, flows: Path) -> None:
    breaks_exactly_those(flows, name, 1)


@pytest.mark.soak
@pytest.mark.parametrize("name", FLOWS)
def test_every_other_way_breaks_exactly_those_that_go_it(name: str, flows: Path) -> None:
    breaks_exactly_those(flows, name, 1_000)
