"""Every way a flow can take through the flows it visits, as far as its shape tells: no values, no session.

A spot is a step together with the visits that lead to it, so that a flow visited twice is there twice.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple

from engine.flow import FALL_OFF, Flow
from engine.state import State
from engine.steps.base import Calling, Step, Visiting
from engine.steps.if_ import If
from engine.steps.return_ import Return
from engine.steps.visit import VisitFlow
from engine.trace import DONE, EMPTY, Traced

MOST_SPOTS = 20_000
"""A flow with more spots than this is looked at only as far as that."""

_SIDES = {"then": "true", "else": "false"}


class Spot(NamedTuple):
    """The step at `path` of `flow`; `via` are the flow and path of each visit around it, outermost first."""

    via: tuple[tuple[str, str], ...]
    flow: str
    path: str

    @property
    def id(self) -> str:
        """The step's full id, without the items of lists."""
        names = [*self.via, (self.flow, self.path)]
        return "/".join(f"{flow}/{path}" for flow, path in names)


class Way(NamedTuple):
    """One way out of a spot. `label` is the way as a trace tells it; empty where nothing is decided."""

    label: str
    to: Spot


def spot_of(each: Traced) -> Spot:
    """Where something in a trace happened."""
    return Spot(each.via, each.flow, each.path.partition("!")[0])


def spot_now(state: State) -> Spot:
    """Where a session stands."""
    *around, here = state.frames
    return Spot(tuple((frame.flow, frame.at) for frame in around), here.flow, here.at)


def all_ways(flow: Flow) -> dict[Spot, tuple[Way, ...]]:
    """Every spot that can be reached from the start, with its ways."""
    start = Spot((), flow.name, flow.tree.start)
    found: dict[Spot, tuple[Way, ...]] = {}
    waiting = deque([start])
    while waiting and len(found) < MOST_SPOTS:
        spot = waiting.popleft()
        if spot in found:
            continue
        found[spot] = tuple(_ways(flow, spot))
        waiting.extend(way.to for way in found[spot] if way.to not in found)
    return found


def distances(ways: Mapping[Spot, tuple[Way, ...]], targets: Collection[Spot]) -> dict[Spot, int]:
    """How many ways it takes at least from a spot to one of the targets; those that never lead there are
    left out."""
    before: dict[Spot, list[Spot]] = {}
    for spot, following in ways.items():
        for way in following:
            before.setdefault(way.to, []).append(spot)
    found = dict.fromkeys(targets, 0)
    waiting = deque(targets)
    while waiting:
        spot = waiting.popleft()
        for earlier in before.get(spot, ()):
            if earlier not in found:
                found[earlier] = found[spot] + 1
                waiting.append(earlier)
    return found


def _ways(flow: Flow, spot: Spot) -> Iterator[Way]:
    if spot.path == FALL_OFF:
        yield from _back(flow, spot, "")
        return
    step = flow.trees[spot.flow].steps[spot.path]
    match step:
        case Visiting():
            yield from _in(flow, spot, step)
        case Return(leaving=leaving):
            yield from _back(flow, spot, leaving)
        case _:
            for label, to in _edges(flow, spot, step).items():
                yield Way(label, spot._replace(path=to))


def _edges(flow: Flow, spot: Spot, step: Step) -> dict[str, str]:
    edges = {edge.label: edge.to for edge in step.edges()}
    if isinstance(step, Calling):
        of_flow = {failure.value: to for failure, to in flow.trees[spot.flow].on.items()}
        edges = {DONE: edges.pop(""), **of_flow, **edges}
    elif isinstance(step, If):
        edges = {_SIDES[label]: to for label, to in edges.items()}
    return edges


def _in(flow: Flow, spot: Spot, step: Visiting) -> Iterator[Way]:
    inside = (*spot.via, (spot.flow, spot.path))
    yield Way("", Spot(inside, step.visits, flow.trees[step.visits].start))
    if isinstance(step, VisitFlow) and step.items is not None:
        yield Way(EMPTY, spot._replace(path=step.then))


def _back(flow: Flow, spot: Spot, leaving: str) -> Iterator[Way]:
    """Back into the flow that visited, or on with the next item of its list."""
    if not spot.via:
        return
    *around, (name, path) = spot.via
    step = flow.trees[name].steps[path]
    routes = {edge.label: edge.to for edge in step.edges()}
    yield Way("", Spot(tuple(around), name, routes.get(leaving, routes[""])))
    if isinstance(step, VisitFlow) and step.items is not None:
        yield Way("", Spot(spot.via, spot.flow, flow.trees[spot.flow].start))
        for to in sorted(set(routes.values()) - {routes.get(leaving, routes[""])}):
            yield Way("", Spot(tuple(around), name, to))
