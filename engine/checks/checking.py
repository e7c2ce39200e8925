"""What a step may ask while it is checked: types of expressions, actions, other flows; and where findings go.

One `Checking` serves one flow. While types are still being worked out it reports nothing (`quiet`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from engine.actions import Audience, Catalog, Failure
from engine.calls import PROBLEM_TYPE
from engine.checks.shortest import in_words as way_in_words
from engine.checks.shortest import way_to
from engine.diagnostics import Diagnostic
from engine.expression_tree import path
from engine.expressions import Expression
from engine.finding import finding
from engine.knowledge import Knowledge
from engine.limits import DEFAULT_LIMITS, Limits
from engine.ruled_out import is_ruled_out, left_of, remaining
from engine.schema import RESERVED
from engine.source import Place
from engine.steps.base import Edge, Step
from engine.steps.choose import Choose
from engine.steps.do import Do
from engine.steps.visit import VisitFlow
from engine.types import ChoiceType, RecordType, Type, fits, in_words, present
from engine.typing_rules import (
    Scope,
    allowed_path,
    check_condition,
    check_expression,
    facts_everywhere,
)

if TYPE_CHECKING:
    from engine.flow import Tree

MOST_WAYS = 20
"""For so many findings of a flow the shortest way is looked for; each search takes a walk through it."""


class Checking:
    """Checks the steps of `tree`; `trees` are all flows of the pack, `unread` names those that are there and
    could not be read.

    `known` is what is known on arriving at each step, as soon as it is worked out. `here` is the path of the
    step that is being looked at. `lost` names facts whose type is open because of a mistake that is reported
    where they are set: nothing is said about them again.
    """

    problem_type: RecordType = PROBLEM_TYPE

    def __init__(
        self,
        tree: Tree,
        trees: Mapping[str, Tree],
        labels: Mapping[str, object],
        catalog: Catalog,
        unread: frozenset[str] = frozenset(),
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self.tree = tree
        self.trees = trees
        self.catalog = catalog
        self.findings: list[Diagnostic] = []
        self.known: dict[str, Knowledge] = {}
        self.here = tree.start
        self.lost: frozenset[str] = tree.untyped
        self.unread = unread
        self.limits = limits
        self._ways_told = 0
        self._everywhere = facts_everywhere(labels)
        self._actions = catalog.askable

    def report(
        self,
        code: str,
        place: Place,
        message: str,
        expected: str | None = None,
        repair: str | None = None,
    ) -> None:
        """Remember one finding."""
        self.findings.append(finding(code, place, message, expected, repair))

    def add(self, findings: Iterable[Diagnostic], unseen: frozenset[str] = frozenset()) -> None:
        """Remember findings; none that says of a lost fact, or one of `unseen`, that it does not exist."""
        lost = self.lost | unseen
        self.findings.extend(
            each for each in findings if each.code != "U103" or _word_at(each.place) not in lost
        )

    # -- expressions ------------------------------------------------------------------------------

    def scope(self, known: Knowledge) -> Scope:
        """What an expression can see where `known` holds; facts set on some ways only are seen as well, since
        they are reported on their own."""
        maybe = {
            name: present(kind)
            for name, kind in known.maybe.items()
            if name not in known.facts and name not in known.clashes
        }
        facts = {**self._everywhere, **maybe, **known.facts}
        return Scope(facts, known.known, self._actions, frozenset(maybe))

    def type_of(self, expression: Expression, known: Knowledge, wanted: Type | None = None) -> Type | None:
        """The type of an expression; everything wrong with it is reported."""
        self._report_unset(expression.reads, expression, known)
        checked = check_expression(expression, self.scope(known), wanted)
        self.add(checked.findings)
        return checked.type

    def quietly_type_of(self, expression: Expression, known: Knowledge) -> Type | None:
        """The type of an expression, if it has one."""
        return check_expression(expression, self.scope(known)).type

    def condition(self, expression: Expression, known: Knowledge) -> None:
        """Report what is wrong with a condition."""
        self._report_unset(expression.reads, expression, known)
        self.add(check_condition(expression, self.scope(known)).findings)

    def narrowed(self, expression: Expression, known: Knowledge) -> tuple[Knowledge, Knowledge]:
        """What is known where a condition holds, and where it does not."""
        checked = check_condition(expression, self.scope(known))
        return known.knowing(checked.when_true), known.knowing(checked.when_false)

    def path_of(self, expression: Expression) -> str | None:
        """The dotted path an expression names, if it is one."""
        return path(expression.tree)

    def value_for(self, expression: Expression, known: Knowledge, wanted: Type, what: str) -> None:
        """Report what is wrong with a value that must have the type `wanted`."""
        given = self.type_of(expression, known, wanted)
        if given is not None and not fits(self._as_known(expression, given, known), wanted):
            self.report(
                "U301",
                expression.source.place,
                f"{what} gets {in_words(given)}.",
                f"Expected: {in_words(wanted)}.",
                "Ask first whether it is known." if fits(present(given), wanted) else None,
            )

    def _as_known(self, expression: Expression, given: Type, known: Knowledge) -> Type:
        of = path(expression.tree)
        return left_of(present(given) if of in known.known else given, of, known.known)

    def _report_unset(self, reads: frozenset[str], expression: Expression, known: Knowledge) -> None:
        for name in sorted(reads):
            if name in known.maybe and name not in known.facts:
                self.unset(name, expression.place_of(name), known)

    def unset(self, name: str, place: Place, known: Knowledge) -> None:
        """Report a fact that some ways here do not set, or set to another kind of value."""
        if name in self.lost:
            return
        if name in known.clashes:
            one, other = known.clashes[name]
            words = f"`{name}` is {in_words(one)} on some of the ways that lead here, and {in_words(other)}"
            self.report("U317", place, f"{words} on others.", None, "Keep them under two names.")
            # What it is cannot be known, so that nothing more is said about it.
            self.lost |= {name}
            return
        self.report(
            "U300",
            place,
            f"`{name}` is not set on every way that leads here"
            + self.shown_by(lambda known: name not in known.facts),
            None,
            "Set it on every way, or ask for it only where it is set.",
        )

    def shown_by(self, holds: Callable[[Knowledge], bool]) -> str:
        """The end of a sentence that says which way to the step at hand shows it."""
        if self._ways_told >= MOST_WAYS:
            return "."
        self._ways_told += 1
        way = way_to(self.here, self.tree, self, holds)
        words = way_in_words(way, self.tree) if way else ""
        return f"; the shortest that shows it: {words} → here." if words else "."

    # -- names ------------------------------------------------------------------------------------

    def fact_name(self, name: str, place: Place) -> None:
        """Report a name that cannot be set."""
        if name in RESERVED:
            self.report("U311", place, f"`{name}` has a meaning of its own and cannot be set.")

    def audience_at(self, known: Knowledge) -> frozenset[Audience]:
        """Who can hold the conversation where `known` holds: the flow's audience, but those that a comparison
        of `audience` has ruled out, and those that may not call an action for which `can()` said yes."""
        return self.audience_where(known.known)

    def audience_where(self, notes: frozenset[str]) -> frozenset[Audience]:
        """The same where these paths and notes are known."""
        allowed = [each for each in self.catalog.actions.values() if allowed_path(each.name) in notes]
        return frozenset(
            each
            for each in self.tree.audience
            if not is_ruled_out("audience", each.value, notes)
            and all(each in action.audiences for action in allowed)
        )

    def ways(self, step: Step) -> list[Edge]:
        """The ways out of a step. A visit whose every exit is routed never goes on past it, nor one of a flow
        that has no exits; one for each item of a list does when the list is empty."""
        edges = list(step.edges())
        if isinstance(step, Choose) and self._has_all_cases(step):
            return [edge for edge in edges if edge.label != "else" or "else" in step.cases]
        if not isinstance(step, VisitFlow) or step.items is not None:
            return edges
        tree = self.trees.get(step.flow.text)
        if tree is None or any(name not in step.routes for name in tree.exits):
            return edges
        return [edge for edge in edges if edge.label]

    def branches(self, step: Do) -> list[tuple[Failure, str]]:
        """The failures of a call that its flow's own `on` leads on from, each with where it leads."""
        action = self.catalog.actions.get(step.calls)
        possible = frozenset(Failure) if action is None else step.failures(action)
        on = self.tree.on.items()
        return [(failure, path) for failure, path in on if failure in possible and failure not in step.on]

    def _has_all_cases(self, step: Choose) -> bool:
        """Whether a `choose` without `else` has a case for each value, so that nothing slides past it."""
        known = self.known.get(step.path)
        if known is None or step.plan.parts.targets.get("else") is not None:
            return False
        kind = self.quietly_type_of(step.value, known)
        if not isinstance(kind, ChoiceType):
            return False
        left = remaining(path(step.value.tree) or "", kind.options, known.known)
        return all(word in step.cases for word in left)

    # -- other flows --------------------------------------------------------------------------------

    def results_of(self, flow: str) -> Mapping[str, Type]:
        """The declared results of another flow."""
        tree = self.trees.get(flow)
        return {} if tree is None else tree.results


def _word_at(place: Place) -> str:
    return place.source.line(place.line)[place.column - 1 : place.column - 1 + place.length]
