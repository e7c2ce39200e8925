"""Ends as solved that nobody can vouch for, followed through the flows that are visited.

Something vouches for the outcome: a choice that a person made, an `expect` that held, or a decision by what
was read back. A change that was sent counts for nothing by itself, and takes away what was said before it:
"sent" is not "delivered". Typed answers (a name, a number) say nothing of the outcome.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias

import msgspec

from engine.actions import FAILURES, Effect, Failure
from engine.checks.checking import Checking
from engine.checks.shortest import MOST_STOPS, named
from engine.effects import Outcome
from engine.steps.ask import PICKED, SKIPPED, Ask
from engine.steps.base import Broken, Edge, Step
from engine.steps.choose import Choose
from engine.steps.do import Do
from engine.steps.end import End
from engine.steps.if_ import If
from engine.steps.return_ import Return
from engine.steps.set_ import Set
from engine.steps.visit import VisitFlow

MOST_SPOTS = 40
"""A flow is followed in at most so many ways for each of its steps; beyond that nothing more is found."""
DEEPEST = 30
"""Visits are followed so deep."""

_NOTHING: frozenset[str] = frozenset()


class Standing(NamedTuple):
    """What is known of the outcome: whether something vouches for it, whether something was changed since the
    flow was entered, and, as long as nothing vouches, which facts were read since the last change."""

    vouched: bool
    wrote: bool
    fresh: frozenset[str]


class Stop(NamedTuple):
    """One step of a way, and the label of the edge that is taken."""

    flow: str
    path: str
    label: str


Way: TypeAlias = tuple[Stop, ...]
Spot: TypeAlias = tuple[str, Standing]


class Passage(msgspec.Struct):
    """What can come of a flow that is entered: how it is left, and where it ends as solved without anything
    that vouches for it; each with the shortest way."""

    exits: dict[tuple[str, Standing], Way] = {}
    ends: dict[tuple[str, str], Way] = {}


def check_solved(checkings: Mapping[str, Checking]) -> None:
    """Report every end as solved that can be reached without anything that vouches for it."""
    if not any(_solves(step) for each in checkings.values() for step in each.tree.steps.values()):
        return
    search = _Search(checkings)
    visited = {name for each in checkings.values() for name in each.tree.visits}
    found: dict[tuple[str, str], Way] = {}
    for name, checking in checkings.items():
        if checking.tree.card.alone or name not in visited:
            start = Standing(False, False, frozenset(checking.tree.inputs))
            for end, way in search.passage(name, start, 0).ends.items():
                if end not in found or len(way) < len(found[end]):
                    found[end] = way
    for (flow, path), way in found.items():
        _report(checkings, flow, path, way)


def _report(checkings: Mapping[str, Checking], flow: str, path: str, way: Way) -> None:
    checking = checkings[flow]
    change = next((stop for stop in reversed(way) if _changes(stop, checkings)), None)
    since = ""
    if change is not None:
        tree = checkings[change.flow].tree
        since = f" since {_name(change, flow, checkings)} called `{tree.steps[change.path].calls}`"
    told = [f"{_name(stop, flow, checkings)} ({stop.label})" for stop in way if stop.label]
    if len(told) > MOST_STOPS:
        told = [*told[: MOST_STOPS // 2], "…", *told[-MOST_STOPS // 2 :]]
    words = f"; the shortest way that shows it: {' → '.join(told)} → here." if told else "."
    checking.report(
        "U224",
        checking.tree.steps[path].place,
        f"This ends as solved, but{since} nobody has said so and nothing was checked{words}",
        None,
        "Ask whether it works now, give the call an `expect`, or decide by what is read back; if it is only"
        " advice, end with `stopped`.",
    )


def _name(stop: Stop, flow: str, checkings: Mapping[str, Checking]) -> str:
    name = named(stop.path, checkings[stop.flow].tree)
    return name if stop.flow == flow else f"{name} of `{stop.flow}`"


def _changes(stop: Stop, checkings: Mapping[str, Checking]) -> bool:
    checking = checkings[stop.flow]
    return _is_change(checking.tree.steps[stop.path], checking)


def _is_change(step: Step, checking: Checking) -> bool:
    action = checking.catalog.actions.get(step.calls)
    return action is not None and action.effect is not Effect.READ


def _solves(step: Step) -> bool:
    return isinstance(step, End) and step.outcome is Outcome.SOLVED


class _Search:
    """Follows flows, each once for every standing it is entered with."""

    def __init__(self, checkings: Mapping[str, Checking]) -> None:
        self._checkings = checkings
        self._known: dict[tuple[str, Standing], Passage] = {}

    def passage(self, name: str, standing: Standing, depth: int) -> Passage:
        """What can come of entering a flow; nothing of one that is not there, or that is being followed."""
        key = (name, standing)
        if key not in self._known:
            if depth >= DEEPEST:
                return Passage()
            self._known[key] = Passage()
            if name in self._checkings:
                self._known[key] = self._followed(self._checkings[name], standing, depth)
        return self._known[key]

    def _followed(self, checking: Checking, standing: Standing, depth: int) -> Passage:
        tree = checking.tree
        passage = Passage({}, {})
        start: Spot = (tree.start, standing)
        before: dict[Spot, tuple[Spot, Way] | None] = {start: None}
        waiting = deque(before)
        room = MOST_SPOTS * (len(tree.steps) + 1)
        while waiting and room:
            room -= 1
            spot = waiting.popleft()
            step = tree.steps.get(spot[0])
            if step is None or isinstance(step, Broken):
                continue
            if isinstance(step, Return):
                left = spot[1]._replace(fresh=spot[1].fresh.intersection(tree.results))
                passage.exits.setdefault((step.leaving, left), _way_to(spot, before))
            elif _solves(step) and not spot[1].vouched:
                passage.ends.setdefault((tree.name, step.path), _way_to(spot, before))
            elif isinstance(step, VisitFlow):
                self._inside(step, spot, before, passage, depth)
            for to, after, hop in self._onward(step, spot[1], checking, depth):
                following = (to, after)
                if following not in before:
                    before[following] = (spot, hop)
                    waiting.append(following)
        return passage

    def _inside(
        self,
        step: VisitFlow,
        spot: Spot,
        before: Mapping[Spot, tuple[Spot, Way] | None],
        passage: Passage,
        depth: int,
    ) -> None:
        """The ends that are reached inside a visited flow."""
        for entered in self._rounds(step, spot[1], depth):
            for end, way in self.passage(step.flow.text, entered, depth + 1).ends.items():
                passage.ends.setdefault(end, (*_way_to(spot, before), *way))

    def _onward(
        self, step: Step, now: Standing, checking: Checking, depth: int
    ) -> Iterator[tuple[str, Standing, Way]]:
        flow = checking.tree.name
        if isinstance(step, VisitFlow):
            yield from self._past_visit(step, now, flow, depth)
            return
        for edge in checking.ways(step):
            yield edge.to, _after(step, edge, now, checking), (Stop(flow, step.path, edge.label),)
        if isinstance(step, Do):
            for failure, path in checking.branches(step):
                after = _after(step, Edge(failure.value, path, step.place), now, checking)
                yield path, after, (Stop(flow, step.path, failure.value),)

    def _past_visit(
        self, step: VisitFlow, now: Standing, flow: str, depth: int
    ) -> Iterator[tuple[str, Standing, Way]]:
        for entered in self._rounds(step, now, depth):
            passage = self.passage(step.flow.text, entered, depth + 1)
            for (leaving, left), way in passage.exits.items():
                saved = {fact for fact, result in step.save.items() if result.text in left.fresh}
                kept = _NOTHING if left.wrote else now.fresh.difference(step.save)
                fresh = _NOTHING if left.vouched else frozenset(saved | kept)
                after = Standing(left.vouched, now.wrote or left.wrote, fresh)
                yield step.routes.get(leaving, step.then), after, (*way, Stop(flow, step.path, leaving))
        if step.items is not None:
            yield step.then, now._replace(fresh=now.fresh.difference(step.save)), ()

    def _rounds(self, step: VisitFlow, now: Standing, depth: int) -> list[Standing]:
        """Every standing with which the visited flow can be entered; with a list, also after other items."""
        read = {name for name, (_, value) in step.args.items() if value.reads & now.fresh}
        if step.items is not None and step.items.reads & now.fresh:
            read.add(step.name)
        rounds = [Standing(now.vouched, False, frozenset(read))]
        if step.items is None:
            return rounds
        for entered in rounds:
            for _, left in self.passage(step.flow.text, entered, depth + 1).exits:
                fresh = _NOTHING if left.vouched or left.wrote else entered.fresh
                again = Standing(left.vouched, False, fresh)
                if again not in rounds:
                    rounds.append(again)
        return rounds


def _way_to(spot: Spot, before: Mapping[Spot, tuple[Spot, Way] | None]) -> Way:
    hops: list[Way] = []
    step = before[spot]
    while step is not None:
        hops.append(step[1])
        step = before[step[0]]
    return tuple(stop for hop in reversed(hops) for stop in hop)


def _after(step: Step, edge: Edge, now: Standing, checking: Checking) -> Standing:
    """What is known of the outcome past a step, by one of its edges."""
    match step:
        case Ask():
            return _vouched(now) if _vouches(step, edge, checking) else _without(now, step.save)
        case If(condition=decides) | Choose(value=decides) if decides.reads & now.fresh:
            return _vouched(now)
        case Set(values=values):
            for name, (_, value) in values.items():
                known = now.fresh - {name}
                now = now._replace(fresh=known | {name} if value.reads & now.fresh else known)
            return now
        case Do():
            return _after_call(step, edge.label, now, checking)
        case _:
            return now


def _vouches(step: Ask, edge: Edge, checking: Checking) -> bool:
    """Whether an answer can say something of the outcome. One that leads straight to a change approves it,
    and what is typed or picked says nothing."""
    following = checking.tree.steps.get(edge.to)
    if following is not None and _is_change(following, checking):
        return False
    return step.kind in ("choice", "yes-no") or edge.label not in ("", PICKED, SKIPPED)


def _after_call(step: Do, label: str, now: Standing, checking: Checking) -> Standing:
    changes = _is_change(step, checking)
    if label:
        # A failure that does not exist is reported where the step itself is checked.
        named = label in _FAILURES
        happened = changes and named and FAILURES[Failure(label)].may_have_happened
        return Standing(False, True, _NOTHING) if happened else now
    if step.expect is not None:
        return Standing(True, now.wrote or changes, _NOTHING)
    saved = frozenset({step.save} if step.save else ())
    if changes:
        return Standing(False, True, saved)
    return now if now.vouched else now._replace(fresh=now.fresh | saved)


_FAILURES = frozenset(each.value for each in Failure)


def _vouched(now: Standing) -> Standing:
    return Standing(True, now.wrote, _NOTHING)


def _without(now: Standing, fact: str) -> Standing:
    return now._replace(fresh=now.fresh - {fact}) if fact in now.fresh else now
