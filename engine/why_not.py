"""Why a conversation has not come to a step: which decision went elsewhere, and what would lead there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from engine.diagnostics import did_you_mean
from engine.flow import Flow
from engine.state import AtEnd, State
from engine.steps.base import Asking, Calling
from engine.trace import DONE, EMPTY, Traced
from engine.ways import Spot, Way, all_ways, distances, spot_now, spot_of
from engine.why import STAFF, decided, rule_of

MOST_CONDITIONS = 5
"""How many of the decisions on the way there are told."""

_DECISIONS = ("answer", "branch", "outcome")
_ITEM = re.compile(r"\[[^\]/]*\]")

NOT_TOLD = "This is told to the clinic's own people only."


def why_not(flow: Flow, state: State, trace: Sequence[Traced], step: str) -> str:
    """Why the session has not come to `step` (its full id, the end of it, or its own id): what it is waiting
    for where it can still come, and which decision with which values went elsewhere. A step that does not
    exist gets the likely one."""
    if state.audience not in STAFF:
        return NOT_TOLD
    ways = all_ways(flow)
    targets = [spot for spot in ways if _is(spot, _ITEM.sub("", step))]
    if not targets:
        near = did_you_mean(step.rsplit("/", 1)[-1], {spot.path for spot in ways})
        return " ".join(filter(None, [f"There is no step {step} in this conversation.", near]))
    here = spot_now(state)
    if here in targets and not isinstance(state.waiting, AtEnd):
        return f"The conversation is at {here.id} right now{_written(flow, here)}."
    far = distances(ways, targets)
    lines = _been(flow, trace, targets) or _missed(flow, ways, far, here, trace)
    return "\n".join([*lines, *_onward(flow, state, ways, far, here, trace)])


def _is(spot: Spot, name: str) -> bool:
    return name in (spot.id, spot.path) or spot.id.endswith(f"/{name}")


def _written(flow: Flow, spot: Spot) -> str:
    found = flow.trees[spot.flow].steps.get(spot.path)
    return f" ({found.place})" if found is not None else ""


def _been(flow: Flow, trace: Sequence[Traced], targets: Iterable[Spot]) -> list[str]:
    """That it was there before, and what came of it."""
    wanted = set(targets)
    at = [number for number, each in enumerate(trace) if each.kind == "step" and spot_of(each) in wanted]
    if not at:
        return []
    spot = spot_of(trace[at[-1]])
    words = f"The conversation was at {spot.id} before{_written(flow, spot)}."
    left = next((each for each in trace[at[-1] :] if each.kind in _DECISIONS), None)
    return [words, decided(flow, left)] if left is not None else [words]


def _missed(
    flow: Flow,
    ways: Mapping[Spot, tuple[Way, ...]],
    far: Mapping[Spot, int],
    here: Spot,
    trace: Sequence[Traced],
) -> list[str]:
    """The decision that came nearest to the step and went elsewhere; the latest of several."""
    best: tuple[int, Traced, Way] | None = None
    for each in trace:
        if each.kind not in _DECISIONS or "!" in each.path:
            continue
        others = [way for way in ways.get(spot_of(each), ()) if way.label != each.way and way.to in far]
        near = min(others, key=lambda way: far[way.to], default=None)
        if near is not None and (best is None or far[near.to] <= best[0]):
            best = (far[near.to], each, near)
    if best is None or far.get(here, best[0] + 2) <= best[0] + 1:
        # What is ahead is as near as what was missed.
        return []
    _, each, way = best
    needed = _condition(flow, spot_of(each), way)
    return [decided(flow, each), *([f"For that way {needed}."] if needed else [])]


def _onward(
    flow: Flow,
    state: State,
    ways: Mapping[Spot, tuple[Way, ...]],
    far: Mapping[Spot, int],
    here: Spot,
    trace: Sequence[Traced],
) -> list[str]:
    """What would lead there from here."""
    if isinstance(state.waiting, AtEnd):
        return ["The conversation has ended."]
    if here not in far:
        words = "From here it cannot be reached."
        opening = [each.step for each in trace if each.kind == "answer" and spot_of(each) in far]
        return [words, f"Going back to {opening[-1]} opens the way."] if opening else [words]
    needed, question = _way_there(flow, ways, far, here)
    if not needed:
        return ["It comes next."]
    told = "; ".join(needed[:MOST_CONDITIONS]) + ("; …" if len(needed) > MOST_CONDITIONS else "")
    asked = f" The question that leads there is {question}." if question else ""
    return [f"It can still come, when {told}.{asked}"]


def _way_there(
    flow: Flow, ways: Mapping[Spot, tuple[Way, ...]], far: Mapping[Spot, int], here: Spot
) -> tuple[list[str], str]:
    """The conditions on the shortest way, and the first question on it."""
    needed: list[str] = []
    question = ""
    spot = here
    while far[spot] > 0:
        way = min((each for each in ways[spot] if each.to in far), key=lambda each: far[each.to])
        words = _condition(flow, spot, way)
        if words and (len(ways[spot]) > 1 or _asks(flow, spot)):
            needed.append(words)
        if not question and _asks(flow, spot):
            question = spot.id
        spot = way.to
    return needed, question


def _asks(flow: Flow, spot: Spot) -> bool:
    return isinstance(flow.trees[spot.flow].steps.get(spot.path), Asking)


def _condition(flow: Flow, spot: Spot, way: Way) -> str:
    """What has to be for this way to be taken; empty where nothing has to."""
    step = flow.trees[spot.flow].steps.get(spot.path)
    if step is None or (not way.label and not isinstance(step, Asking)):
        return ""
    at = f" ({step.place})"
    match step:
        case Asking():
            answer = f"with {way.label}" if way.label else "otherwise"
            return f"{spot.path} is answered {answer}{at}"
        case Calling():
            return "" if way.label == DONE else f"the call at {spot.path} ends in {way.label}{at}"
        case _ if way.label in ("true", "false"):
            return f"the rule {rule_of(step)} {'holds' if way.label == 'true' else 'does not hold'}{at}"
        case _ if way.label == EMPTY:
            return f"the list {rule_of(step)} is empty{at}"
        case _:
            return f"the rule {rule_of(step)} gives {way.label}{at}"
