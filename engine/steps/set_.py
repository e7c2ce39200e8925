"""The step that sets facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from engine.expressions import Expression
from engine.knowledge import Knowledge
from engine.nodes import Scalar
from engine.schema import Field, Shape
from engine.steps.base import THEN, Blueprint, Edge, Step, StepKind

if TYPE_CHECKING:
    from engine.checks.checking import Checking
    from engine.run import Run


class Set(Step, frozen=True):
    """Sets one or several facts, in the written order."""

    values: Mapping[str, tuple[Scalar, Expression]]
    then: str

    def edges(self) -> Iterator[Edge]:
        """One way: on."""
        yield Edge("", self.then, self.place)

    def enter(self, run: Run) -> str | None:
        """Set them."""
        for name, (_, expression) in self.values.items():
            run.set_fact(name, expression.evaluate(run.env))
        return self.then

    def check(self, checking: Checking, known: Knowledge) -> None:
        """Every value must have a type, and every name must be free to set."""
        for name, (key, expression) in self.values.items():
            checking.fact_name(name, key.place)
            kind = checking.type_of(expression, known)
            if kind is not None:
                known = known.with_fact(name, kind)

    def after(self, checking: Checking, known: Knowledge) -> Mapping[str, Knowledge]:
        """The facts are set."""
        for name, (_, expression) in self.values.items():
            kind = checking.quietly_type_of(expression, known)
            if kind is not None:
                known = known.with_fact(name, kind)
        return {"": known}


def _make(plan: Blueprint) -> Step | None:
    values = plan.parts.values.get("set")
    return None if values is None else Set(plan, plan.path, plan.next, values, plan.then())


SET = StepKind(
    key="set",
    doc="""Sets facts.

    - set: {recipients: "[client]"}
    """,
    fields=(Field("set", Shape.VALUES, "the facts and their values", required=True), THEN),
    make=_make,
)
