"""The step that comes back from a visited flow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.knowledge import Knowledge
from engine.schema import Field, Shape
from engine.steps.base import Blueprint, Edge, Step, StepKind

if TYPE_CHECKING:
    from engine.checks.checking import Checking
    from engine.run import Run


class Return(Step, frozen=True):
    """Leaves the flow by one of its exits."""

    leaving: str

    def edges(self) -> Iterator[Edge]:
        """None inside this flow."""
        yield from ()

    def enter(self, run: Run) -> str | None:
        """Come back; a flow that was not visited ends here."""
        return run.come_back(self.leaving)

    def check(self, checking: Checking, known: Knowledge) -> None:
        """The exit must be declared, and every result set."""
        from engine.checks.visits import check_return

        check_return(checking, self.leaving, self.plan.parts.place_of("return"), known)


def _make(plan: Blueprint) -> Step | None:
    leaving = plan.parts.word("return")
    return None if leaving is None else Return(plan, plan.path, plan.next, leaving)


RETURN = StepKind(
    key="return",
    doc="""Comes back from a visited flow by one of the exits it declares.

    - return: arrived
    """,
    fields=(Field("return", Shape.WORD, "one of the flow's `exits`", required=True),),
    make=_make,
)
