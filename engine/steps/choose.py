"""The step that decides by a word out of a closed list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from engine.diagnostics import did_you_mean
from engine.expressions import Expression
from engine.knowledge import Knowledge
from engine.ruled_out import notes, remaining, words_of
from engine.schema import Field, Routes, Shape
from engine.steps.base import Blueprint, Edge, Step, StepKind, Way
from engine.types import ChoiceType, OptionalType, in_words, present

if TYPE_CHECKING:
    from engine.checks.checking import Checking
    from engine.flow import Tree
    from engine.run import Run


class Choose(Step, frozen=True):
    """Goes one way for each value of a choice."""

    value: Expression
    routes: Routes
    cases: Mapping[str, str]
    otherwise: str

    def edges(self) -> Iterator[Edge]:
        """One way for each case, and one for the rest."""
        for word, path in self.cases.items():
            yield Edge(word, path, self.routes.each[word][0].place)
        yield Edge("else", self.otherwise, self.place)

    def ways(self, trees: Mapping[str, Tree]) -> Iterator[Way]:
        """Every case, and the rest where the author wrote that there is one: without an `else` there is a
        case for every value."""
        for word, path in self.cases.items():
            yield Way("branch", word, self.plan.place_of_route(word, "cases"), path)
        otherwise = self.plan.parts.targets.get("else")
        if otherwise is not None:
            yield Way("branch", "else", otherwise.place, self.otherwise)

    def enter(self, run: Run) -> str | None:
        """Decide."""
        value = self.value.evaluate(run.env)
        case = value if isinstance(value, str) and value in self.cases else None
        to = self.otherwise if case is None else self.cases[case]
        run.took("branch", case or "else", to, self.value)
        return to

    def check(self, checking: Checking, known: Knowledge) -> None:
        """Every case must be a value it can have, and without `else` every value needs a case."""
        kind = checking.type_of(self.value, known)
        if kind is None:
            return
        choice = present(kind)
        if not isinstance(choice, ChoiceType):
            checking.report(
                "U313",
                self.value.source.place,
                f"`choose` needs a choice, and this is {in_words(kind)}.",
                "Expected: a value out of a closed list.",
                "Use `if` for other comparisons.",
            )
            return
        path = checking.path_of(self.value) or ""
        left = remaining(path, choice.options, known.known)
        for word, (key, _) in self.routes.each.items():
            if word not in choice.options:
                checking.report(
                    "U313",
                    key.place,
                    f"It can never be `{word}`.",
                    f"It is one of {', '.join(choice.options)}.",
                    did_you_mean(word, choice.options),
                )
            elif left and word not in left:
                checking.report(
                    "U130",
                    key.place,
                    f"This case never comes: `{path}` can only be {' or '.join(left)} here.",
                    None,
                    "Take it out, or look at the questions before it: they have decided this already.",
                )
        otherwise = self.plan.parts.targets.get("else")
        if otherwise is not None and left and set(left) <= set(self.cases) and kind == choice:
            checking.report(
                "U130",
                otherwise.place,
                f"This `else` never comes: there is a case for {', '.join(left)}, and nothing else can be.",
                None,
                "Take it out, or the case that it was meant for.",
            )
        missing = [word for word in left if word not in self.cases]
        if self.plan.parts.targets.get("else") is None and (missing or isinstance(kind, OptionalType)):
            what = ", ".join(missing) or "an unknown value"
            checking.report(
                "U313", self.place, f"There is no case for {what}.", None, "Add the cases, or an `else`."
            )

    def after(self, checking: Checking, known: Knowledge) -> Mapping[str, Knowledge]:
        """Where a case is taken, the value is there and is this word; for the rest it is none of them."""
        path = checking.path_of(self.value)
        kind = checking.quietly_type_of(self.value, known)
        if path is None or kind is None:
            return {}
        words = words_of(kind) if isinstance(present(kind), ChoiceType) else ()
        there = known.knowing(frozenset({path}))
        ways = {
            word: there.knowing(notes(path, [each for each in words if each != word])) for word in self.cases
        }
        return {**ways, "else": known.knowing(notes(path, [each for each in self.cases if each in words]))}


def _make(plan: Blueprint) -> Step | None:
    value = plan.parts.expressions.get("choose")
    routes = plan.parts.routes.get("cases")
    if value is None or routes is None:
        return None
    otherwise = plan.parts.targets.get("else")
    return Choose(
        plan,
        plan.path,
        plan.next,
        value,
        routes,
        plan.routed("cases"),
        plan.link(otherwise) if otherwise is not None else plan.next,
    )


CHOOSE = StepKind(
    key="choose",
    doc="""Decides by a word out of a closed list.

    - choose: account.state
      cases:
        active: already-active
        locked: locked
      else: flags
    """,
    fields=(
        Field("choose", Shape.EXPRESSION, "the value to decide by", required=True),
        Field("cases", Shape.CASES, "where to go on for each value", required=True),
        Field("else", Shape.TARGET, "where to go on for every other value"),
    ),
    make=_make,
)
