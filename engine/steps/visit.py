"""The step that visits another flow, once or for each item of a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from engine.expressions import Expression
from engine.knowledge import Knowledge
from engine.nodes import Scalar
from engine.schema import Field, Shape
from engine.state import Frame as Visit
from engine.state import Round
from engine.steps.ask import item_id
from engine.steps.base import ROUTED, Blueprint, Edge, Step, StepKind, Visiting, Way
from engine.trace import EMPTY
from engine.types import ListType, Type, in_words
from engine.values import Value

if TYPE_CHECKING:
    from engine.checks.checking import Checking
    from engine.flow import Tree
    from engine.run import Run

EACH_DONE = ""


class VisitFlow(Visiting, frozen=True):
    """Runs another flow, with its declared inputs, and takes over its results."""

    flow: Scalar
    args: Mapping[str, tuple[Scalar, Expression]]
    save: Mapping[str, Scalar]
    items: Expression | None
    name: str
    routes: Mapping[str, str]
    then: str

    @property
    def visits(self) -> str:
        """The name of the flow."""
        return self.flow.text

    def edges(self) -> Iterator[Edge]:
        """One way for each routed exit, and one for the others."""
        for leaving, path in self.routes.items():
            yield Edge(leaving, path, self.place)
        yield Edge("", self.then, self.place)

    def ways(self, trees: Mapping[str, Tree]) -> Iterator[Way]:
        """Every exit of the flow it visits, and that there is nothing to visit it for."""
        for leaving in trees[self.flow.text].exits:
            to = self.routes.get(leaving, self.then)
            yield Way("exit", leaving, self.plan.place_of_route(leaving), to)
        if self.items is not None:
            yield Way("branch", EMPTY, self.items.source.place, self.then)

    def enter(self, run: Run) -> str | None:
        """Go in; an empty list passes on."""
        if self.items is None:
            return run.visit(self.path, self.flow.text, self._inputs(run), None, "")
        items = self.items.evaluate(run.env)
        if not isinstance(items, list) or not items:
            for fact in self.save:
                run.set_fact(fact, [])
            run.took("branch", EMPTY, self.then, self.items)
            return self.then
        return self._enter_item(run, Round(items, 0, (), ()))

    def returned(self, run: Run, left: Visit, leaving: str) -> str | None:
        """Take over the results; with a list, go on with the next item."""
        tree = run.flow.trees[self.flow.text]
        results = {name: left.facts.get(name) for name in tree.results}
        if left.round is None:
            for fact, result in self.save.items():
                run.set_fact(fact, results.get(result.text))
            return self.routes.get(leaving, self.then)
        done = Round(
            left.round.items,
            left.round.index + 1,
            (*left.round.exits, leaving),
            (*left.round.results, results),
        )
        if done.index < len(done.items):
            return self._enter_item(run, done)
        for fact, result in self.save.items():
            run.set_fact(fact, [each.get(result.text) for each in done.results])
        worst = max(done.exits, key=lambda name: tree.exits.index(name) if name in tree.exits else -1)
        return self.routes.get(worst, self.then)

    def _inputs(self, run: Run) -> dict[str, Value]:
        inputs: dict[str, Value] = dict.fromkeys(run.flow.trees[self.flow.text].inputs)
        inputs.update({name: value.evaluate(run.env) for name, (_, value) in self.args.items()})
        return inputs

    def _enter_item(self, run: Run, now: Round) -> str:
        item = now.items[now.index]
        inputs = {**self._inputs(run), self.name: item}
        return run.visit(self.path, self.flow.text, inputs, now, item_id(item, now.index))

    def check(self, checking: Checking, known: Knowledge) -> None:
        """The flow must exist, get its inputs, and give the results that are saved."""
        from engine.checks.visits import check_visit

        for fact in self.save:
            checking.fact_name(fact, self.place)
        check_visit(checking, self, known)

    def item_type(self, checking: Checking, known: Knowledge) -> Type | None:
        """The type of the items it runs for, or None."""
        kind = checking.quietly_type_of(self.items, known) if self.items is not None else None
        return kind.of if isinstance(kind, ListType) else None

    def check_each(self, checking: Checking, known: Knowledge) -> None:
        """`each` needs a list, and a name for its items."""
        if self.items is None:
            if self.name and "each" not in self.plan.parts.written:
                checking.report("U202", self.place, "`each` is missing: the list whose items `as` names.")
            return
        kind = checking.quietly_type_of(self.items, known)
        if kind is not None and not isinstance(kind, ListType):
            checking.report(
                "U314", self.items.source.place, f"`each` needs a list, and this is {in_words(kind)}."
            )
        if not self.name:
            checking.report("U202", self.place, "`as` is missing: the input that gets each item.")

    def after(self, checking: Checking, known: Knowledge) -> Mapping[str, Knowledge]:
        """The saved results are set."""
        results = checking.results_of(self.flow.text)
        for fact, result in self.save.items():
            kind = results.get(result.text)
            if kind is not None:
                known = known.with_fact(fact, ListType(kind) if self.items is not None else kind)
        return {"": known, **dict.fromkeys(self.routes, known)}


def _make(plan: Blueprint) -> Step | None:
    flow = plan.parts.words.get("visit")
    if flow is None:
        return None
    return VisitFlow(
        plan,
        plan.path,
        plan.next,
        flow,
        plan.parts.values.get("with", {}),
        plan.parts.saves.get("save", {}),
        plan.parts.expressions.get("each"),
        plan.parts.word("as") or "",
        plan.routed(),
        plan.then(),
    )


VISIT = StepKind(
    key="visit",
    doc="""Visits another flow: once, or for each item of a list. It sees only its inputs.

    - visit: one-recipient
      with: {clinic: clinic}
      each: recipients
      as: recipient
      then: {arrived: done, still-missing: by-hand}

    With `each` the exit that counts is the worst that occurred: the last of the visited flow's `exits`.
    """,
    fields=(
        Field("visit", Shape.WORD, "the flow to visit", required=True),
        Field("with", Shape.VALUES, "its inputs"),
        Field("save", Shape.SAVES, "facts, and the results they are set to"),
        Field("each", Shape.EXPRESSION, "a list: the flow runs once for each item"),
        Field("as", Shape.FACT, "the input that gets the item"),
        ROUTED,
    ),
    make=_make,
)
