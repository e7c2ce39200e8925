"""The shape of a flow: steps nobody reaches, missing ends, slides into branches."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from engine.checks.checking import Checking
from engine.checks.circles import Silence, check_circles
from engine.flow import ANYWHERE, FALL_OFF, Tree
from engine.source import Place
from engine.steps.ask import Ask
from engine.steps.base import Broken, Edge, Step, all_targets
from engine.steps.if_ import If
from engine.steps.visit import VisitFlow


def check_graph(tree: Tree, checking: Checking, silence: Silence) -> None:
    """Report what is wrong with where the steps of a flow lead."""
    reached = _reached(tree, [tree.start, *tree.on.values()], checking)
    _unreachable(tree, reached, checking)
    _falls_off(tree, reached, checking)
    _falls_in(tree, reached, checking)
    check_circles(checking, reached, silence)
    for step in tree.steps.values():
        step.review(checking)


def _reached(tree: Tree, starts: Iterable[str], checking: Checking) -> frozenset[str]:
    found: set[str] = set()
    waiting = list(starts)
    while waiting:
        path = waiting.pop()
        if path in found or path not in tree.steps:
            continue
        found.add(path)
        ways = [edge.to for edge in checking.ways(tree.steps[path])]
        waiting.extend([*ways, tree.steps[path].next] if ANYWHERE in ways else ways)
    return frozenset(found)


def _unreachable(tree: Tree, reached: frozenset[str], checking: Checking) -> None:
    """One finding for each first step of a stretch that cannot be reached. Where ways lead to steps that do
    not exist, so many steps with an id may be what was meant, and are left alone."""
    covered = set(reached)
    meant = _lost_ways(tree, reached, checking)
    for path, step in tree.steps.items():
        if path in covered:
            continue
        if meant and "id" in step.plan.parts.words:
            meant -= 1
            covered |= _reached(tree, [path], checking)
            continue
        checking.report(
            "U210",
            step.place,
            "No way through the flow leads to this step.",
            None,
            "Let an answer, a `then` or a `go` lead here, or take it out.",
        )
        covered |= _reached(tree, [path], checking)


def _lost_ways(tree: Tree, reached: frozenset[str], checking: Checking) -> int:
    """How many ways lead to a step that does not exist and is like no other, but those that lead on; and how
    many may be written where nothing could be read."""
    ways = [edge.to for path in reached for edge in checking.ways(tree.steps[path]) if edge.label]
    unread = sum(_unread_ways(tree.steps[path], len(tree.steps)) for path in reached)
    return [*ways, *tree.on.values()].count(ANYWHERE) + unread


def _unread_ways(step: Step, all_steps: int) -> int:
    """How many ways a step may have whose answers, or whose `then`, have a shape that cannot be read."""
    parts = step.plan.parts
    if "answers" in parts.written and not parts.answers:
        return all_steps
    return int("then" in parts.written and not {"then"} & {*parts.routes, *parts.targets})


def _falls_off(tree: Tree, reached: frozenset[str], checking: Checking) -> None:
    """A step, or an answer, after which nothing comes. Where every answer of a question leads nowhere, it is
    the question that has no way on."""
    for path, step in tree.steps.items():
        if path not in reached or isinstance(step, Broken) or step.next != FALL_OFF:
            continue
        ways = checking.ways(step)
        lost = [edge for edge in ways if edge.to == FALL_OFF]
        if lost and isinstance(step, Ask) and len(lost) < len(ways):
            _answers_fall_off(step, checking)
        elif lost:
            _nothing_follows(step.place, _where_it_stops(step, ways, checking), "step after it", checking)


def _where_it_stops(step: Step, ways: Sequence[Edge], checking: Checking) -> str:
    """A sentence that says on which of its ways the flow just stops."""
    going_on = any(edge.to != FALL_OFF for edge in ways)
    if isinstance(step, VisitFlow) and step.visits in checking.trees and going_on:
        exits = [each for each in checking.trees[step.visits].exits if each not in step.routes]
        names = " or ".join(f"`{each}`" for each in exits)
        if names:
            return f"After the exit {names} of `{step.visits}` the flow just stops."
    if isinstance(step, If) and going_on:
        holds = (
            "holds" if any(edge.to == FALL_OFF and edge.label == "then" for edge in ways) else "does not hold"
        )
        return f"Where the condition {holds}, the flow just stops."
    return "After this step the flow just stops."


def _answers_fall_off(step: Ask, checking: Checking) -> None:
    for way in step.ways(checking.trees):
        if way.to == FALL_OFF:
            message = f"After the answer `{way.name}` the flow just stops."
            _nothing_follows(way.place, message, "step after the question", checking)


def _nothing_follows(place: Place, message: str, what: str, checking: Checking) -> None:
    expected = "Every way ends in `end`, `hand over` or `return`."
    checking.report("U212", place, message, expected, f"Add a {what}, or a `then`.")


def _falls_in(tree: Tree, reached: frozenset[str], checking: Checking) -> None:
    """A step in which a branch begins must not be slid into from the step above it."""
    jumped: dict[str, int] = {}
    order = {path: number for number, path in enumerate(tree.steps)}
    for path, step in tree.steps.items():
        for name in _named(step):
            if order.get(name, -1) > order[path]:
                jumped.setdefault(name, order[path])
    for path, step in tree.steps.items():
        following = step.next
        if path not in reached or following not in jumped or following in _named(step):
            continue
        if isinstance(step, Broken):
            continue
        if jumped[following] < order[path] and any(edge.to == following for edge in checking.ways(step)):
            checking.report(
                "U211",
                step.place,
                f"This step slides into `{following}`, where a branch from further up begins.",
                None,
                f"If that is meant, write `then: {following}`; if not, end this branch.",
            )


def _named(step: Step) -> frozenset[str]:
    return frozenset(target.name for _, target in all_targets(step.plan.parts) if target.name is not None)
