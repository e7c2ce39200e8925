"""Checks a changed flow among the flows that it touches, and says by which codes the change is found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

from adapters.clinic.actions import CATALOG
from adapters.flowdir import FlowFiles, read_flows, shipped_flows
from engine import DEFAULT_LIMITS, Diagnostic, Source, Tree, Value, compile_pack
from engine.checks.pack import check_pack
from engine.checks.unused import check_unused
from engine.compiler import compile_tree
from engine.schema import Reading
from tests.mutations.document import Document, written
from tests.mutations.kinds import KINDS_OF_CHANGE


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change: of which kind, where, the flow's file and its changed text."""

    kind: str
    where: str
    source: Source


@dataclass(slots=True)
class Tally:
    """What became of the changes of one kind."""

    made: int = 0
    found: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    unfound: list[str] = field(default_factory=list)

    def add(self, mutant: Mutant, codes: frozenset[str]) -> None:
        """Count one more."""
        self.made += 1
        self.found += bool(codes)
        self.codes.update(codes)
        if not codes:
            self.unfound.append(f"{mutant.source.path}: {mutant.where}")

    @property
    def share(self) -> float:
        """How much of it is found."""
        return self.found / self.made if self.made else 1.0


@cache
def shipped() -> FlowFiles:
    """The flows that unstuck comes with."""
    return read_flows([shipped_flows()])


@cache
def documents() -> dict[str, Document]:
    """Those flows as data, by the names of their files."""
    return {source.path: Document(source) for source in shipped().flows}


def mutants(kinds: Iterable[str] = KINDS_OF_CHANGE) -> Iterator[Mutant]:
    """Every change of these kinds in every flow."""
    for name in kinds:
        for path, document in documents().items():
            for where, text in KINDS_OF_CHANGE[name].make(document):
                yield Mutant(name, where, Source(path, text))


def found_by(mutant: Mutant) -> frozenset[str]:
    """The codes by which a change is found: of findings that are not there without it."""
    before = _before(mutant.source.path)
    try:
        after = Counter(_told(each) for each in _findings(mutant.source))
    except Exception as error:
        raise AssertionError(
            f"the check fails for {mutant.kind} in {mutant.source.path}: {mutant.where}"
        ) from error
    return frozenset(code for code, _ in (after - before))


@cache
def _before(path: str) -> Counter[tuple[str, str]]:
    """What is found without any change, once the flow is written anew (which takes out its remarks)."""
    return Counter(_told(each) for each in _findings(Source(path, written(documents()[path].top))))


def _told(each: Diagnostic) -> tuple[str, str]:
    return each.code, each.place.source.path


def _findings(changed: Source) -> Iterator[Diagnostic]:
    """What `compile_pack` finds, without compiling anew what was not changed; labels are not looked for."""
    reading = Reading(DEFAULT_LIMITS)
    tree = compile_tree(changed, reading, CATALOG)
    others = [_tree(path) for path in _near(changed.path) if path != changed.path]
    trees = {each.name: each for each in (*others, *([tree] if tree is not None else []))}
    unread = frozenset() if tree is not None else frozenset({str(documents()[changed.path].top["flow"])})
    found = [*reading.findings, *check_pack(trees, _labels(), CATALOG, DEFAULT_LIMITS, unread)]
    yield from (*found, *check_unused(trees, {}, found))


@cache
def _tree(path: str) -> Tree:
    reading = Reading(DEFAULT_LIMITS)
    tree = compile_tree(documents()[path].source, reading, CATALOG)
    assert tree is not None
    return tree


@cache
def _labels() -> dict[str, Value]:
    made = compile_pack(shipped().flows, CATALOG, shipped().vocabulary)
    assert made.pack is not None
    return made.pack.labels


@cache
def _near(path: str) -> tuple[str, ...]:
    """The files of the flow itself, of those that visit it, and of all that these visit."""
    paths = {str(document.top["flow"]): path for path, document in documents().items()}
    visits = {
        each: [paths[name] for _, step in document.steps() if isinstance(name := step.get("visit"), str)]
        for each, document in documents().items()
    }
    found: set[str] = set()
    waiting = [path, *(each for each, visited in visits.items() if path in visited)]
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting.extend(visits[each])
    return tuple(each for each in documents() if each in found)
