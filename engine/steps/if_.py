"""The step that decides by a condition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from engine.expressions import Expression
from engine.knowledge import Knowledge
from engine.schema import Field, Shape
from engine.steps.base import Blueprint, Edge, Step, StepKind, Way

if TYPE_CHECKING:
    from engine.checks.checking import Checking
    from engine.flow import Tree
    from engine.run import Run


class If(Step, frozen=True):
    """Goes one way if the condition holds, and the other if not."""

    condition: Expression
    then: str
    otherwise: str

    def edges(self) -> Iterator[Edge]:
        """Two ways."""
        yield Edge("then", self.then, self.place)
        yield Edge("else", self.otherwise, self.place)

    def ways(self, trees: Mapping[str, Tree]) -> Iterator[Way]:
        """Both sides."""
        otherwise = self.plan.parts.targets.get("else")
        yield Way("branch", "true", self.plan.parts.place_of("then"), self.then)
        yield Way("branch", "false", otherwise.place if otherwise else self.place, self.otherwise)

    def enter(self, run: Run) -> str | None:
        """Decide."""
        holds = self.condition.holds(run.env)
        to = self.then if holds else self.otherwise
        run.took("branch", "true" if holds else "false", to, self.condition)
        return to

    def check(self, checking: Checking, known: Knowledge) -> None:
        """The condition must be true or false."""
        checking.condition(self.condition, known)

    def after(self, checking: Checking, known: Knowledge) -> Mapping[str, Knowledge]:
        """Each way knows what made it be taken."""
        holds, fails = checking.narrowed(self.condition, known)
        return {"then": holds, "else": fails}


def _make(plan: Blueprint) -> Step | None:
    condition = plan.parts.expressions.get("if")
    if condition is None:
        return None
    otherwise = plan.parts.targets.get("else")
    return If(
        plan,
        plan.path,
        plan.next,
        condition,
        plan.then(),
        plan.link(otherwise) if otherwise is not None else plan.next,
    )


IF = StepKind(
    key="if",
    doc="""Decides by a condition; without `else`, the next step follows if it does not hold.

    - if: portal.online_access is true
      then: address
      else: switch-on
    """,
    fields=(
        Field("if", Shape.EXPRESSION, "the condition", required=True),
        Field("then", Shape.TARGET, "where to go on if it holds", required=True),
        Field("else", Shape.TARGET, "where to go on if it does not hold"),
    ),
    make=_make,
)
