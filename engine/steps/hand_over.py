"""The step that hands the case over to people, with a record of what was tried."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.schema import Field, Shape
from engine.steps.base import Blueprint, Edge, Step, StepKind
from engine.texts import Template

if TYPE_CHECKING:
    from engine.checks.checking import Checking
    from engine.knowledge import Knowledge
    from engine.run import Run


class HandOver(Step, frozen=True):
    """Says so, opens the clinic's ticket, and ends the session as escalated."""

    text: Template
    summary: Template | None

    def edges(self) -> Iterator[Edge]:
        """None."""
        yield from ()

    def enter(self, run: Run) -> str | None:
        """Hand over."""
        run.say(self.text.render(run.env))
        run.hand_over(self.path, self.summary.render(run.env).text if self.summary is not None else "")
        return None

    def check(self, checking: Checking, known: Knowledge) -> None:
        """Everybody here must be allowed to open the ticket."""
        from engine.checks.audiences import check_hand_over

        check_hand_over(checking, self.plan.parts.place_of("hand over"), known)


def _make(plan: Blueprint) -> Step | None:
    text = plan.parts.texts.get("hand over")
    if text is None:
        return None
    return HandOver(plan, plan.path, plan.next, text, plan.parts.texts.get("summary"))


HAND_OVER = StepKind(
    key="hand over",
    doc="""Hands the case over: says the text, opens a ticket with the trail of what was tried, and ends the
    session as escalated. Nothing personal goes into the ticket but what `summary` says.

    - id: give-up
      hand over: I have written to {{ clinic.support_email }} for you.
      summary: "Delivery status {{ status }}"
    """,
    fields=(
        Field("hand over", Shape.TEXT, "what is said", required=True),
        Field("summary", Shape.TEXT, "what the ticket says beside the trail"),
    ),
    make=_make,
    needs_id=True,
)
