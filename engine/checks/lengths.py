"""Stretches of a flow so long that a conversation would be stopped in them as one that goes in circles.

What is counted are the steps between two stops, as a turn counts them: a question and a call are stops. A
flow that is visited for each item of a list is counted once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.checks.checking import Checking
from engine.checks.visited_first import visited_first
from engine.limits import Limits
from engine.steps.base import Broken, Step
from engine.steps.do import Do
from engine.steps.return_ import Return
from engine.steps.visit import VisitFlow


def check_lengths(checkings: Mapping[str, Checking], limits: Limits) -> None:
    """Report the longest stretch of each flow that has too long a one."""
    passages: dict[str, Mapping[str, int]] = {}
    for name in visited_first({name: each.tree for name, each in checkings.items()}):
        checking = checkings[name]
        tree = checking.tree
        lengths = _lengths(checking, passages)
        taken = {step.leaving for step in tree.steps.values() if isinstance(step, Return)}
        passages[name] = {
            leaving: _lengths(checking, passages, leaving).get(tree.start, 0) for leaving in taken
        }
        longest = max(tree.steps, key=lambda path: lengths.get(path, 0), default="")
        if lengths.get(longest, 0) > limits.steps_a_turn:
            checking.report(
                "U220",
                tree.steps[longest].place,
                f"From here on {lengths[longest]} steps follow each other without a question or a call;"
                f" {limits.steps_a_turn} are allowed.",
                None,
                "Put a question between them, or take some out.",
            )


def _lengths(
    checking: Checking, passages: Mapping[str, Mapping[str, int]], leaving: str | None = None
) -> Mapping[str, int]:
    """How many steps are taken at most from each step to the next stop, both counted; where `leaving` is
    given, to the return by this exit, and 0 where none is reached. Circles are reported on their own."""
    steps = checking.tree.steps
    found: dict[str, int] = {}
    for first in steps:
        waiting = [first]
        while waiting:
            path = waiting[-1]
            ways = [way for way in _onward(steps[path], checking, passages) if way[1] in steps]
            open_ones = [to for _, to in ways if to not in found and to != path]
            if path not in found and open_ones:
                # Until it is known, a way back to it leads nowhere.
                found[path] = 0
                waiting += open_ones
                continue
            waiting.pop()
            if not found.get(path):
                further = [inside + found[to] for inside, to in ways if found.get(to)]
                found[path] = _length(steps[path], further, leaving)
    return found


def _length(step: Step, ways: list[int], leaving: str | None) -> int:
    if ways:
        return 1 + max(ways)
    ends = leaving is None or (isinstance(step, Return) and step.leaving == leaving)
    return 1 if ends else 0


def _onward(
    step: Step, checking: Checking, passages: Mapping[str, Mapping[str, int]]
) -> Iterator[tuple[int, str]]:
    """Where a step leads in the same turn, each with the steps of the visited flow that are taken for it."""
    if step.stops or isinstance(step, Do | Broken):
        return
    if isinstance(step, VisitFlow):
        for leaving, length in passages.get(step.visits, {}).items():
            if length:
                yield length, step.routes.get(leaving, step.then)
        if step.items is not None:
            yield 0, step.then
        return
    yield from ((0, edge.to) for edge in checking.ways(step))
