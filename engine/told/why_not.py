"""Why a conversation has not come to a step: which decision went elsewhere, and what would lead there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from engine.diagnostics import did_you_mean
from engine.flow import Flow
from engine.state import AtEnd, State
from engine.told.why import STAFF
from engine.told.why_not_told import AsWritten, InWords, Teller
from engine.trace import Traced
from engine.ways import Spot, Way, all_ways, distances, spot_now, spot_of

MOST_CONDITIONS = 5
"""How many of the decisions on the way there are told."""

_DECISIONS = ("answer", "branch", "outcome")
_ITEM = re.compile(r"\[[^\]/]*\]")

NOT_TOLD = "This is told to the clinic's own people only."


def why_not(flow: Flow, state: State, trace: Sequence[Traced], step: str, rules: bool = True) -> str:
    """Why the session has not come to `step` (its full id, the end of it, or its own id): what it is waiting
    for where it can still come, and which decision with which values went elsewhere. A step that does not
    exist gets the likely one. Rules are told as their authors wrote them, without `rules` in plain words."""
    if state.audience not in STAFF:
        return NOT_TOLD
    ways = all_ways(flow)
    targets = [spot for spot in ways if _is(spot, _ITEM.sub("", step))]
    if not targets:
        near = did_you_mean(step.rsplit("/", 1)[-1], {spot.path for spot in ways}) if rules else ""
        return " ".join(filter(None, [f"There is no step {step} in this conversation.", near]))
    teller: Teller = AsWritten(flow) if rules else InWords(flow, state.frames[-1].facts)
    here = spot_now(state)
    if here in targets and not isinstance(state.waiting, AtEnd):
        return f"The conversation is at {teller.name(here)} right now{teller.place(here)}."
    far = distances(ways, targets)
    lines = _been(teller, trace, targets) or _missed(teller, ways, far, here, trace)
    return "\n".join([*lines, *_onward(teller, state, ways, far, here, trace)])


def _is(spot: Spot, name: str) -> bool:
    return name in (spot.id, spot.path) or spot.id.endswith(f"/{name}")


def _been(teller: Teller, trace: Sequence[Traced], targets: Iterable[Spot]) -> list[str]:
    """That it was there before, and what came of it."""
    wanted = set(targets)
    at = [number for number, each in enumerate(trace) if each.kind == "step" and spot_of(each) in wanted]
    if not at:
        return []
    spot = spot_of(trace[at[-1]])
    words = f"The conversation was at {teller.name(spot)} before{teller.place(spot)}."
    left = next((each for each in trace[at[-1] :] if each.kind in _DECISIONS), None)
    return [words, teller.decided(left)] if left is not None else [words]


def _missed(
    teller: Teller,
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
    needed = teller.condition(spot_of(each), way)
    return [teller.decided(each), *([f"{teller.other_way} {needed}."] if needed else [])]


def _onward(
    teller: Teller,
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
        opening = [teller.asked(each) for each in trace if each.kind == "answer" and spot_of(each) in far]
        return [words, f"Going back to {opening[-1]} opens the way."] if opening else [words]
    needed, question = _way_there(teller, ways, far, here)
    if not needed:
        return ["It comes next."]
    told = "; ".join(needed[:MOST_CONDITIONS]) + ("; …" if len(needed) > MOST_CONDITIONS else "")
    asked = f" The question that leads there is {question}." if question else ""
    return [f"It can still come, when {told}.{asked}"]


def _way_there(
    teller: Teller, ways: Mapping[Spot, tuple[Way, ...]], far: Mapping[Spot, int], here: Spot
) -> tuple[list[str], str]:
    """The conditions on the shortest way, and the first question on it."""
    needed: list[str] = []
    question = ""
    spot = here
    while far[spot] > 0:
        way = min((each for each in ways[spot] if each.to in far), key=lambda each: far[each.to])
        words = teller.condition(spot, way)
        if words and (len(ways[spot]) > 1 or teller.asks(spot)):
            needed.append(words)
        if not question and teller.asks(spot):
            question = teller.name(spot)
        spot = way.to
    return needed, question
