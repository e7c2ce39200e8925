"""The step that says something."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from engine.schema import Field, Shape
from engine.steps.base import THEN, Blueprint, Edge, Step, StepKind
from engine.texts import Template

if TYPE_CHECKING:
    from engine.run import Run


class Say(Step, frozen=True):
    """Shows a text and goes on."""

    text: Template
    then: str

    def edges(self) -> Iterator[Edge]:
        """One way: on."""
        yield Edge("", self.then, self.place)

    def enter(self, run: Run) -> str | None:
        """Say it."""
        run.say(self.text.render(run.env))
        return self.then


def _make(plan: Blueprint) -> Step | None:
    text = plan.parts.texts.get("say")
    return None if text is None else Say(plan, plan.path, plan.next, text, plan.then())


SAY = StepKind(
    key="say",
    doc="""Says something and goes on.

    - say: |
        Please open the client's chart:

        [[labels.client_chart → labels.edit_profile]]
    """,
    fields=(Field("say", Shape.TEXT, "what is said", required=True), THEN),
    make=_make,
)
