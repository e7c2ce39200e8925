"""What makes coverage fail: too little of it, or something that changed and no conversation met."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import msgspec

from adapters.coverage.lines import owners, statements_of
from adapters.coverage.measure import Coverage, FlowMeasure
from engine import PointAt


class Unmet(msgspec.Struct, frozen=True):
    """Something of a flow that no conversation met, with the path of its file."""

    path: str
    at: PointAt


def enough(measured: Coverage, percent: float) -> bool:
    """Whether at least so many percent of everything was touched. Rounds nothing: 100 is all of it."""
    share = measured.total()
    return share.touched * 100.0 >= percent * share.of


def unmet_changes(flow: FlowMeasure, changed: Collection[int]) -> Iterator[Unmet]:
    """What is written on these lines of a flow, or belongs to what begins on another line of a step, and was
    not touched. A changed condition concerns both its sides, wherever they are written."""
    belongs = owners(flow.tree.source.text, statements_of(flow))
    lines = {belongs[line] for line in changed if line in belongs}
    steps = {
        each.at.point.path for each in flow.points if each.at.point.kind == "step" and each.at.line in lines
    }
    for at in flow.missing():
        sides = at.point.kind == "branch" and at.point.path in steps
        if at.line in lines or sides:
            yield Unmet(flow.tree.source.path, at)
