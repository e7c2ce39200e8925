"""The shape of a flow: steps nobody reaches, missing ends, slides into branches, circles without a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.checks.checking import Checking
from engine.flow import ANYWHERE, FALL_OFF, Tree
from engine.steps.base import Broken, Step, all_targets
from engine.steps.do import Do


def check_graph(tree: Tree, checking: Checking) -> None:
    """Report what is wrong with where the steps of a flow lead."""
    reached = _reached(tree, [tree.start, *tree.on.values()], checking)
    _unreachable(tree, reached, checking)
    _falls_off(tree, reached, checking)
    _falls_in(tree, reached, checking)
    _loops(tree, reached, checking)
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
    """One finding for each first step of a stretch that cannot be reached."""
    covered = set(reached)
    for path, step in tree.steps.items():
        if path in covered:
            continue
        checking.report(
            "U210",
            step.place,
            "No way through the flow leads to this step.",
            None,
            "Let an answer, a `then` or a `go` lead here, or take it out.",
        )
        covered |= _reached(tree, [path], checking)


def _falls_off(tree: Tree, reached: frozenset[str], checking: Checking) -> None:
    for path, step in tree.steps.items():
        if path not in reached or isinstance(step, Broken):
            continue
        if step.next == FALL_OFF and any(edge.to == FALL_OFF for edge in checking.ways(step)):
            checking.report(
                "U212",
                step.place,
                "After this step the flow just stops.",
                "Every way ends in `end`, `hand over` or `return`.",
                "Add a step after it, or a `then`.",
            )


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


def _loops(tree: Tree, reached: frozenset[str], checking: Checking) -> None:
    """A circle in which no person is asked would never end."""
    silent = {path: _silent_ways(tree.steps[path], tree, checking) for path in tree.steps if path in reached}
    onward = {path: [to for to in ways if to in tree.steps] for path, ways in silent.items() if ways}
    for circle in _circles(onward):
        first = min(circle, key=list(tree.steps).index)
        words = " → ".join(f"`{path}`" for path in (*_around(circle, onward, first), first))
        checking.report(
            "U213",
            tree.steps[first].place,
            f"This goes in a circle without asking anybody: {words}.",
            None,
            "Put a question into the circle, or lead one of its ways elsewhere.",
        )


def _silent_ways(step: Step, tree: Tree, checking: Checking) -> list[str]:
    """Where a step leads without anybody having been asked. A visited flow in which somebody can be asked is
    trusted to do so."""
    if step.stops or isinstance(step, Broken) or (step.visits and _asks(step.visits, checking, frozenset())):
        return []
    own = step.on if isinstance(step, Do) else {}
    branches = [path for failure, path in tree.on.items() if failure not in own] if step.calls else []
    return [*(edge.to for edge in checking.ways(step)), *branches]


def _asks(name: str, checking: Checking, outer: frozenset[str]) -> bool:
    """Whether somebody can be asked in a flow, or in one that it visits."""
    tree = checking.trees.get(name)
    if tree is None or name in outer:
        return True
    inside = outer | {name}
    return any(
        step.stops or isinstance(step, Broken) or (step.visits and _asks(step.visits, checking, inside))
        for step in tree.steps.values()
    )


def _around(circle: frozenset[str], onward: Mapping[str, list[str]], first: str) -> list[str]:
    """The shortest way around a circle from its first step."""
    before: dict[str, str] = {}
    waiting = [first]
    for path in waiting:
        for following in onward[path]:
            if following == first:
                way = [path]
                while way[-1] != first:
                    way.append(before[way[-1]])
                return way[::-1]
            if following in circle and following not in before:
                before[following] = path
                waiting.append(following)
    return [first]


def _circles(onward: Mapping[str, list[str]]) -> list[frozenset[str]]:
    """The strongly connected parts that are circles (Tarjan's algorithm, without recursion)."""
    numbers: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: list[frozenset[str]] = []
    for root in onward:
        if root in numbers:
            continue
        work: list[tuple[str, int]] = [(root, 0)]
        while work:
            path, position = work.pop()
            if position == 0:
                numbers[path] = lowest[path] = len(numbers)
                stack.append(path)
            following = [each for each in onward[path] if each in onward]
            for number in range(position, len(following)):
                each = following[number]
                if each not in numbers:
                    work += [(path, number + 1), (each, 0)]
                    break
                if each in stack:
                    lowest[path] = min(lowest[path], numbers[each])
            else:
                if lowest[path] == numbers[path]:
                    part = frozenset(stack[stack.index(path) :])
                    del stack[stack.index(path) :]
                    if len(part) > 1 or path in onward[path]:
                        found.append(part)
                if work:
                    above = work[-1][0]
                    lowest[above] = min(lowest[above], lowest[path])
    return found
