"""What of a flow a conversation can touch: every step, and every way out of it that an author wrote.

Each kind of step says itself which ways it has. Knows nothing of replays, files and reports.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal, TypeAlias

import msgspec

from engine.actions import Catalog
from engine.approval import VERIFYING
from engine.flow import Flow, Pack, Tree
from engine.run import HANDING_OVER
from engine.trace import DONE, Traced

PointKind: TypeAlias = Literal["step", "answer", "branch", "exit", "outcome"]


class Point(msgspec.Struct, frozen=True):
    """One thing of the flow `flow` that a conversation can touch: the step at `path`, or a way out of it.

    By `kind` the `way` is empty (step), an answer's id (answer; `picked` and `skipped` where it is no
    choice), `true`, `false`, a case, `else`, or `empty` for a visit without items (branch), an exit of the
    visited flow (exit), `confirmed` or a failure that has a branch (outcome). A flow's own `on` has the path
    ``""``.
    """

    flow: str
    path: str
    kind: PointKind
    way: str = ""


class PointAt(msgspec.Struct, frozen=True):
    """A point and where it is written: its line, and the path its way leads to (empty: none, or unknown)."""

    point: Point
    line: int
    to: str = ""


def points_of(tree: Tree, pack: Pack) -> Iterator[PointAt]:
    """Everything of a flow that can be touched, steps in written order, each followed by its ways."""
    for path, step in tree.steps.items():
        yield PointAt(Point(tree.name, path, "step"), step.place.line)
        for way in step.ways(pack.trees):
            yield PointAt(Point(tree.name, path, way.kind, way.name), way.place.line, way.to)
    for failure, to in tree.on.items():
        place = tree.on_places[failure]
        yield PointAt(Point(tree.name, "", "outcome", failure.value), place.line, to)


def touched(flow: Flow, trace: Iterable[Traced]) -> Iterator[Point]:
    """The points that a conversation in `flow` touched, each as often as it did."""
    for each in trace:
        point = _point(flow, each)
        if point is not None:
            yield point


def _point(flow: Flow, traced: Traced) -> Point | None:
    path = traced.path
    match traced.kind:
        case _ if "!" in path:
            # The engine's own questions and calls are nothing an author wrote.
            return None
        case "step" | "answer" | "branch" | "exit":
            return Point(traced.flow, path, traced.kind, traced.way)
        case "outcome":
            return Point(traced.flow, path, "outcome", DONE) if traced.way == DONE else None
        case "error":
            step = flow.trees[traced.flow].steps[path]
            own = any(way.kind == "outcome" and way.name == traced.way for way in step.ways(flow.trees))
            return Point(traced.flow, path if own else "", "outcome", traced.way)


def outcomes_of(flow: Flow, trace: Iterable[Traced]) -> Iterator[tuple[str, str]]:
    """How the calls of a conversation ended: the action, and `confirmed` or the failure."""
    for each in trace:
        if each.kind == "outcome":
            yield _action(flow, each), each.way


def _action(flow: Flow, traced: Traced) -> str:
    if traced.path.endswith(HANDING_OVER):
        return flow.catalog.hand_over or ""
    if traced.path.endswith(VERIFYING):
        return flow.catalog.verification or ""
    return flow.trees[traced.flow].steps[traced.path].calls


def declared_outcomes(trees: Iterable[Tree], catalog: Catalog) -> Iterator[tuple[str, str]]:
    """How the calls of these flows can end: every action they call, with `confirmed` and each failure that it
    declares beside those that every call can end in."""
    names = {step.calls for tree in trees for step in tree.steps.values()} - {""}
    for name in sorted(names & set(catalog.actions)):
        yield name, DONE
        for failure in sorted(catalog.actions[name].failures):
            yield name, failure.value
