"""Finds and reads flow files in folders. What is in them is for the engine to say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from adapters.problems import PlainProblem
from engine import DEFAULT_LIMITS, Diagnostic, Place, Source, decode, finding

VOCABULARY = "vocabulary.yaml"
REPLAY = ".replay.yaml"
_NOT_FLOWS = (VOCABULARY, "invariants.yaml")


@dataclass(frozen=True, slots=True)
class FlowFiles:
    """The texts that make up a pack: the flow files, the vocabulary if there is one, the replay files'
    paths, and what could not be read."""

    flows: tuple[Source, ...]
    vocabulary: Source | None
    replays: tuple[Path, ...]
    findings: tuple[Diagnostic, ...]


def shipped_flows() -> Path:
    """The folder of the flows that unstuck comes with."""
    return Path(__file__).resolve().parent.parent / "flows"


def read_flows(paths: Iterable[Path]) -> FlowFiles:
    """Read every flow file in these files and folders. A later vocabulary replaces an earlier one.

    Raises PlainProblem if a path does not exist or nothing in it is a flow.
    """
    flows: list[Source] = []
    vocabulary: Source | None = None
    replays: list[Path] = []
    findings: list[Diagnostic] = []
    size = 0
    for path in _files(paths):
        if path.name.endswith(REPLAY):
            replays.append(path)
            continue
        if path.name in _NOT_FLOWS[1:]:
            continue
        source, problem = read_source(path)
        size += len(source.text) if source is not None else 0
        if problem is not None:
            findings.append(problem)
        if source is None:
            continue
        if path.name == VOCABULARY:
            vocabulary = source
        else:
            flows.append(source)
    if size > DEFAULT_LIMITS.pack_bytes and flows:
        words = f"These files have {size:,} bytes together; {DEFAULT_LIMITS.pack_bytes:,} are allowed."
        findings.append(finding("U220", Place(flows[0], 1, 1), words))
    return FlowFiles(tuple(flows), vocabulary, tuple(replays), tuple(findings))


def read_source(path: Path) -> tuple[Source | None, Diagnostic | None]:
    """The text of one file, or what is wrong with its encoding. Raises PlainProblem if it cannot be read."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PlainProblem(f"{path} cannot be read ({error.strerror}).", "Check its permissions.") from error
    return decode(shown_path(path), data)


def shown_path(path: Path) -> str:
    """The path as a person would recognise it: relative to where they are, if it is below that."""
    try:
        return str(path.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(path)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (each for each in sorted(path.rglob("*.yaml")) if each.is_file())
        elif path.exists():
            yield path
        else:
            raise PlainProblem(f"There is no file or folder {path}.", "Check the spelling of the path.")
