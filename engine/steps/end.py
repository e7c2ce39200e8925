"""The step that ends the session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.effects import Outcome
from engine.rich import NO_TEXT
from engine.schema import Field, Shape
from engine.steps.base import Blueprint, Edge, Step, StepKind
from engine.texts import Template

if TYPE_CHECKING:
    from engine.run import Run


class End(Step, frozen=True):
    """Ends the whole session, also from within a visited flow."""

    outcome: Outcome
    text: Template | None

    def edges(self) -> Iterator[Edge]:
        """None."""
        yield from ()

    def enter(self, run: Run) -> str | None:
        """End it."""
        run.finish(self.outcome, self.text.render(run.env) if self.text is not None else NO_TEXT)
        return None


def _make(plan: Blueprint) -> Step | None:
    outcome = plan.parts.word("end")
    if outcome is None:
        return None
    return End(plan, plan.path, plan.next, Outcome(outcome), plan.parts.texts.get("text"))


END = StepKind(
    key="end",
    doc="""Ends the whole session.

    - end: solved
      text: Glad that the email has arrived.
    """,
    fields=(
        Field("end", Shape.WORD, "how it ended", required=True, words=tuple(each.value for each in Outcome)),
        Field("text", Shape.TEXT, "the last words"),
    ),
    make=_make,
)
