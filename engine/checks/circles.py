"""Circles in which no person is asked, followed into the flows that are visited: they would never end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from engine.checks.checking import Checking
from engine.checks.shortest import named, shortest
from engine.checks.visited_first import visited_first
from engine.steps.base import Broken, Step
from engine.steps.do import Do
from engine.steps.return_ import Return
from engine.steps.visit import VisitFlow

Onward: TypeAlias = Mapping[str, Sequence[str]]


class Silence:
    """How the flows of a pack can be passed through without anybody being asked; `checkings` are their
    checks, by name, once it is known what every step is reached with."""

    def __init__(self, checkings: Mapping[str, Checking]) -> None:
        self._checkings = checkings
        self._exits: dict[str, Mapping[str, tuple[str, ...]]] = {}
        for name in visited_first({name: each.tree for name, each in checkings.items()}):
            self.exits(name)

    def ways(self, step: Step, checking: Checking) -> Iterator[tuple[str, str]]:
        """Where a step leads without anybody being asked, each with the exit of the flow it visits for it."""
        if step.stops or isinstance(step, Broken):
            return
        if isinstance(step, VisitFlow):
            for leaving in self.exits(step.flow.text):
                yield leaving, step.routes.get(leaving, step.then)
            if step.items is not None:
                yield "", step.then
            return
        yield from (("", edge.to) for edge in checking.ways(step))
        if isinstance(step, Do):
            yield from (("", path) for _, path in checking.branches(step))

    def exits(self, name: str) -> Mapping[str, tuple[str, ...]]:
        """The exits by which a flow can be left without anybody being asked, each with the steps passed on
        the shortest such way. A flow that visits itself, or is not there, has none."""
        if name not in self._exits:
            self._exits[name] = {}
            checking = self._checkings.get(name)
            if checking is not None:
                self._exits[name] = self._silent_exits(checking)
        return self._exits[name]

    def inside(self, step: Step, checking: Checking, to: str) -> tuple[str, ...]:
        """The steps of the visited flow that are passed on the way from a visit to the step `to`."""
        found = (
            self.exits(step.visits)[leaving]
            for leaving, path in self.ways(step, checking)
            if path == to and leaving
        )
        return min(found, key=len, default=())

    def _silent_exits(self, checking: Checking) -> dict[str, tuple[str, ...]]:
        steps = checking.tree.steps

        def following(path: str) -> Iterable[tuple[str, str]]:
            return self.ways(steps[path], checking) if path in steps else ()

        found: dict[str, tuple[str, ...]] = {}
        for leaving in checking.tree.exits:
            last = {
                path for path, step in steps.items() if isinstance(step, Return) and step.leaving == leaving
            }
            way = shortest([checking.tree.start], following, last.__contains__) if last else None
            if way is not None:
                found[leaving] = tuple(path for path, _ in way)
        return found


def check_circles(checking: Checking, reached: frozenset[str], silence: Silence) -> None:
    """Report every circle of a flow in which nobody is asked."""
    tree = checking.tree
    order = {path: number for number, path in enumerate(tree.steps)}
    onward = {
        path: [to for _, to in silence.ways(tree.steps[path], checking) if to in tree.steps]
        for path in tree.steps
        if path in reached
    }
    for circle in circles_in({path: ways for path, ways in onward.items() if ways}):
        first = min(circle, key=order.__getitem__)
        around = _around(circle, onward, first)
        words = " → ".join(_told([*around, first], checking, silence))
        checking.report(
            "U213",
            tree.steps[first].place,
            f"This goes in a circle without asking anybody: {words}.",
            None,
            "Put a question into the circle, or lead one of its ways elsewhere.",
        )


def _told(way: Sequence[str], checking: Checking, silence: Silence) -> Iterator[str]:
    """The steps of a way, and those of the flows visited on it that have an id, in words."""
    for number, path in enumerate(way):
        yield named(path, checking.tree)
        step = checking.tree.steps[path]
        if step.visits and number + 1 < len(way):
            passed = silence.inside(step, checking, way[number + 1])
            yield from (f"`{path}/{inner}`" for inner in passed if not inner[0].isdigit())


def _around(circle: frozenset[str], onward: Onward, first: str) -> list[str]:
    """The shortest way around a circle from its first step."""
    starts = {to: first for to in onward[first] if to in circle}
    if first in starts:
        return [first]

    def following(path: str) -> Iterable[tuple[str, str]]:
        return (("", to) for to in onward[path] if to in circle)

    way = shortest(starts, following, lambda path: path == first)
    return [first, *(path for path, _ in way or ())]


def circles_in(onward: Onward) -> list[frozenset[str]]:
    """The strongly connected parts that are circles (Tarjan's algorithm, without recursion)."""
    numbers: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: dict[str, None] = {}
    found: list[frozenset[str]] = []
    for root in onward:
        if root in numbers:
            continue
        work: list[tuple[str, int]] = [(root, 0)]
        while work:
            path, position = work.pop()
            if position == 0:
                numbers[path] = lowest[path] = len(numbers)
                stack[path] = None
            following = onward[path]
            for number in range(position, len(following)):
                each = following[number]
                if each not in onward:
                    continue
                if each not in numbers:
                    work += [(path, number + 1), (each, 0)]
                    break
                if each in stack:
                    lowest[path] = min(lowest[path], numbers[each])
            else:
                if lowest[path] == numbers[path]:
                    part = _popped(stack, path)
                    if len(part) > 1 or path in following:
                        found.append(part)
                if work:
                    above = work[-1][0]
                    lowest[above] = min(lowest[above], lowest[path])
    return found


def _popped(stack: dict[str, None], last: str) -> frozenset[str]:
    """Everything on the stack down to `last`, taken off it."""
    part: set[str] = set()
    while last not in part:
        part.add(stack.popitem()[0])
    return frozenset(part)
