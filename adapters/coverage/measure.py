"""How much of which flow was touched: the points there are, held against the points of a tally."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import msgspec

from adapters.coverage.tally import Tally
from engine import Pack, Point, PointAt, PointKind, Tree, declared_outcomes, points_of

COLUMNS: tuple[tuple[str, tuple[PointKind, ...]], ...] = (
    ("steps", ("step",)),
    ("answers", ("answer",)),
    ("branches", ("branch", "exit")),
    ("outcomes", ("outcome",)),
)
"""What is counted together under which name."""


class Share(msgspec.Struct, frozen=True):
    """`touched` of `of`."""

    touched: int
    of: int

    @property
    def percent(self) -> float:
        """From 0 to 100; of nothing, everything was touched."""
        return 100.0 if self.of == 0 else 100.0 * self.touched / self.of


class Measured(msgspec.Struct, frozen=True):
    """One point of a flow, and the names of the conversations that touched it."""

    at: PointAt
    by: tuple[str, ...]


class FlowMeasure(msgspec.Struct, frozen=True):
    """One flow: everything in it that can be touched, in written order."""

    tree: Tree
    points: tuple[Measured, ...]

    def missing(self) -> tuple[PointAt, ...]:
        """What nobody touched, in the order of the lines."""
        return tuple(sorted((each.at for each in self.points if not each.by), key=lambda at: at.line))

    def share(self, *kinds: PointKind) -> Share:
        """How much of these kinds was touched; of all kinds, if none is named."""
        return _share(each for each in self.points if not kinds or each.at.point.kind in kinds)


class ActionMeasure(msgspec.Struct, frozen=True):
    """One way in which the calls of an action can end, and the conversations in which one did."""

    action: str
    way: str
    by: tuple[str, ...]


class Coverage(msgspec.Struct, frozen=True):
    """All flows that are looked at, and all outcomes of the actions they call."""

    flows: tuple[FlowMeasure, ...]
    actions: tuple[ActionMeasure, ...]

    def total(self, *kinds: PointKind) -> Share:
        """How much of all flows was touched, of these kinds if any are named."""
        shares = [flow.share(*kinds) for flow in self.flows]
        return Share(sum(each.touched for each in shares), sum(each.of for each in shares))

    def uncovered_outcomes(self) -> tuple[tuple[str, str], ...]:
        """The declared ways an action can end in which no call ended."""
        return tuple((each.action, each.way) for each in self.actions if not each.by)


def measure(pack: Pack, tally: Tally, names: Collection[str] | None = None) -> Coverage:
    """How much of these flows (all of a pack, if none are named) the conversations of `tally` touched."""
    trees = [tree for name, tree in sorted(pack.trees.items()) if names is None or name in names]
    flows = tuple(FlowMeasure(tree, tuple(_measured(pack, tree, tally))) for tree in trees)
    actions = tuple(
        ActionMeasure(action, way, tuple(tally.outcomes.get((action, way), ())))
        for action, way in declared_outcomes(trees, pack.catalog)
    )
    return Coverage(flows, actions)


def walked(tally: Tally) -> frozenset[str]:
    """The names of the flows that any conversation touched."""
    return frozenset(point.flow for point in tally.points)


def _measured(pack: Pack, tree: Tree, tally: Tally) -> Iterator[Measured]:
    for at in points_of(tree, pack):
        yield Measured(at, tuple(tally.points.get(at.point, ())))


def _share(points: Iterable[Measured]) -> Share:
    counted = [bool(each.by) for each in points]
    return Share(sum(counted), len(counted))


def in_words(point: Point) -> str:
    """What was not touched, as a person would say it."""
    where = f"`{point.path}`" if point.path else "the flow's own `on`"
    match point.kind:
        case "step":
            return f"the step {where}"
        case "answer":
            return f"the answer `{point.way}` to {where}"
        case "exit":
            return f"the exit `{point.way}` of the visit {where}"
        case "outcome":
            return f"the outcome `{point.way}` of {where}"
        case "branch" if point.way == "true":
            return f"that {where} holds"
        case "branch" if point.way == "false":
            return f"that {where} does not hold"
        case "branch" if point.way == "empty":
            return f"that there is nothing to visit {where} for"
        case "branch":
            return f"the case `{point.way}` of {where}"
