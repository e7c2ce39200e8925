"""The shortest way through a flow on which something holds, and how an author is told of it.

Knows steps and what is known past them; what is looked for is the caller's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, TypeVar

from engine.flow import ANYWHERE, FALL_OFF
from engine.knowledge import Knowledge
from engine.steps.ask import Ask
from engine.steps.base import Broken, Step
from engine.steps.do import Do

if TYPE_CHECKING:
    from engine.checks.checking import Checking
    from engine.flow import Tree

SEEN_EVERYWHERE = frozenset({"today", "audience", "me", "labels"})
MOST_STOPS = 8
"""So many steps of a way are told at most."""

Spot = TypeVar("Spot", bound=Hashable)


def onward(tree: Tree, step: Step, checking: Checking, known: Knowledge) -> list[tuple[str, str, Knowledge]]:
    """Each way on from a step: its label, where it leads, and what is known on arriving there."""
    if isinstance(step, Broken):
        return []
    after = step.after(checking, known)
    ways = [(edge.label, edge.to, after.get(edge.label, known)) for edge in checking.ways(step)]
    if isinstance(step, Do):
        trouble = step.in_trouble(checking, known)
        ways += [(each.value, path, trouble(each)) for each, path in checking.branches(step)]
    return [
        (label, to, unshadowed(arriving)) for label, to, arriving in ways if to not in (FALL_OFF, ANYWHERE)
    ]


def unshadowed(known: Knowledge) -> Knowledge:
    """The same without facts that hide what every flow sees: that they were set is reported there."""
    if known.facts.keys().isdisjoint(SEEN_EVERYWHERE):
        return known
    facts = {name: kind for name, kind in known.facts.items() if name not in SEEN_EVERYWHERE}
    maybe = {name: kind for name, kind in known.maybe.items() if name not in SEEN_EVERYWHERE}
    return Knowledge(facts, maybe, known.known, known.clashes)


def way_to(
    goal: str, tree: Tree, checking: Checking, holds: Callable[[Knowledge], bool]
) -> list[tuple[str, str]] | None:
    """The shortest way to the step `goal` on which `holds` is true of everything known: the steps before it,
    each with the label of the edge that is taken. None if there is none."""

    def following(path: str) -> Iterable[tuple[str, str]]:
        known = checking.known.get(path)
        if path not in tree.steps or known is None:
            return ()
        ways = onward(tree, tree.steps[path], checking, known)
        return ((label, to) for label, to, arriving in ways if holds(arriving))

    return shortest([tree.start], following, lambda path: path == goal)


def shortest(
    starts: Iterable[Spot],
    following: Callable[[Spot], Iterable[tuple[str, Spot]]],
    wanted: Callable[[Spot], bool],
) -> list[tuple[Spot, str]] | None:
    """The shortest way from one of the `starts` to a spot that is wanted: every spot before it, each with the
    label of the edge that leads on. None if no way leads to one."""
    before: dict[Spot, tuple[Spot, str] | None] = dict.fromkeys(starts)
    waiting = deque(before)
    while waiting:
        spot = waiting.popleft()
        if wanted(spot):
            way: list[tuple[Spot, str]] = []
            step = before[spot]
            while step is not None:
                way.append(step)
                step = before[step[0]]
            return way[::-1]
        for label, to in following(spot):
            if to not in before:
                before[to] = (spot, label)
                waiting.append(to)
    return None


def in_words(way: Sequence[tuple[str, str]], tree: Tree) -> str:
    """A way as its author would follow it: the decisions on it, in order; empty where there is none."""
    labelled = ((path, label or _answers_that_go_on(tree.steps[path])) for path, label in way)
    told = [f"{named(path, tree)} ({label})" for path, label in labelled if label]
    if len(told) > MOST_STOPS:
        told = [*told[: MOST_STOPS // 2], "…", *told[-MOST_STOPS // 2 :]]
    return " → ".join(told)


def _answers_that_go_on(step: Step) -> str:
    """The answers of a question that go on with the next step, where others lead elsewhere."""
    if not isinstance(step, Ask) or not step.routes:
        return ""
    return " or ".join(name for name in step.answer_ids() if name not in step.routes)


def named(path: str, tree: Tree) -> str:
    """What an author calls a step: its id, or its line."""
    step = tree.steps[path]
    return f"`{path}`" if "id" in step.plan.parts.words else f"line {step.place.line}"
