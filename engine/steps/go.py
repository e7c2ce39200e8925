"""The step that goes on elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.schema import Field, Shape
from engine.steps.base import Blueprint, Edge, Step, StepKind

if TYPE_CHECKING:
    from engine.run import Run


class Go(Step, frozen=True):
    """Goes on at another step of the flow."""

    to: str

    def edges(self) -> Iterator[Edge]:
        """One way: there."""
        yield Edge("go", self.to, self.place)

    def enter(self, run: Run) -> str | None:
        """Go there."""
        return self.to


def _make(plan: Blueprint) -> Step | None:
    target = plan.parts.targets.get("go")
    return None if target is None else Go(plan, plan.path, plan.next, plan.link(target))


GO = StepKind(
    key="go",
    doc="""Goes on at another step.

    - go: address
    """,
    fields=(Field("go", Shape.TARGET, "the id of the step to go on with", required=True),),
    make=_make,
)
