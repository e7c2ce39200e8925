"""The step that calls an action of the clinic's system."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

from engine.actions import ALWAYS_POSSIBLE, Action, Effect, Failure
from engine.diagnostics import closest, did_you_mean
from engine.effects import Call
from engine.expressions import Expression
from engine.knowledge import Knowledge
from engine.nodes import Scalar
from engine.schema import Field, Shape
from engine.steps.base import THEN, Blueprint, Calling, Edge, Step, StepKind, Way
from engine.trace import DONE
from engine.types import in_words, optional
from engine.values import Value

if TYPE_CHECKING:
    from engine.checks.checking import Checking
    from engine.flow import Tree
    from engine.run import Run


class Do(Calling, frozen=True):
    """Calls `action` with `args`, keeps the result as `save`, and checks what is expected of it."""

    action: Scalar
    args: Mapping[str, tuple[Scalar, Expression]]
    then: str
    save: str
    expect: Expression | None
    on: Mapping[str, str]

    @property
    def calls(self) -> str:
        """The name of the action."""
        return self.action.text

    @property
    def expected(self) -> tuple[Expression, ...]:
        """The `expect` of the step."""
        return () if self.expect is None else (self.expect,)

    def edges(self) -> Iterator[Edge]:
        """On, and one way for each failure that has a branch."""
        yield Edge("", self.then, self.place)
        for failure, path in self.on.items():
            yield Edge(failure, path, self.place)

    def ways(self, trees: Mapping[str, Tree]) -> Iterator[Way]:
        """That it worked, and each failure that has a branch here."""
        yield Way("outcome", DONE, self.place, self.then)
        for failure, path in self.on.items():
            yield Way("outcome", failure, self.plan.place_of_route(failure, "on"), path)

    def enter(self, run: Run) -> str | None:
        """Ask for the call; one that may have taken effect already is asked about before it is repeated."""
        run.request(self.prepared(run, run.new_key(self.path)))
        return None

    def prepared(self, run: Run, key: str) -> Call:
        """The call as it would be made now; approved if the last answer was given under this very effect."""
        action = run.flow.catalog.actions[self.action.text]
        args = {name: expression.evaluate(run.env) for name, (_, expression) in self.args.items()}
        return run.prepare(action, args, self.path, key)

    def effect(self, run: Run) -> str:
        """The exact effect of the call as it would be made now, in words."""
        return self.prepared(run, "").sentence

    def reads(self, fact: str) -> bool:
        """Whether an argument of the call depends on this fact."""
        return any(fact in expression.reads for _, expression in self.args.values())

    def succeeded(self, run: Run, call: Call, result: Value) -> str | Failure:
        """Keep the result, and see whether it is what was expected."""
        self.keep(run, result)
        if self.expect is not None and not self.expect.holds(run.env):
            return Failure.NOT_CONFIRMED
        return self.then

    def failed(self, run: Run, failure: Failure) -> str | None:
        """The branch of this step, or of its flow."""
        own = self.on.get(failure.value)
        return own if own is not None else run.tree.on.get(failure)

    def keep(self, run: Run, result: Value) -> None:
        """Keep a result as the saved fact."""
        if self.save:
            run.set_fact(self.save, result)

    def works_without_result(self) -> bool:
        """Only where nothing is saved."""
        return not self.save

    def next_without_result(self) -> str:
        """The same as with a result."""
        return self.then

    def check(self, checking: Checking, known: Knowledge) -> None:
        """The action must be known and allowed, and get what it needs."""
        from engine.checks.audiences import action_called

        if self.save:
            checking.fact_name(self.save, self.plan.parts.place_of("save"))
        action = action_called(checking, self.action, known)
        if action is None:
            return
        self._check_arguments(checking, known, action)
        self._check_failures(checking, action)
        if self.save and action.result is None:
            checking.report("U301", self.place, f"`{action.name}` gives nothing that could be saved.")
        if self.expect is not None:
            checking.condition(self.expect, self._done(checking, known, action))

    def scopes_of_expect(self, checking: Checking, known: Knowledge) -> Knowledge:
        """What is known when the expectation is looked at."""
        action = checking.catalog.actions.get(self.action.text)
        return known if action is None else self._done(checking, known, action)

    def after(self, checking: Checking, known: Knowledge) -> Mapping[str, Knowledge]:
        """The result is saved, or there is a problem to read about."""
        trouble = self.in_trouble(checking, known)
        ways = {name: trouble(name) for name in self.on}
        action = checking.catalog.actions.get(self.action.text)
        if action is None:
            return ways
        done = self._done(checking, known, action)
        # Somebody who has done it by hand goes on here too, and nothing was looked at then.
        by_hand = action.effect is not Effect.READ and self.works_without_result()
        if self.expect is not None and not by_hand:
            done = checking.narrowed(self.expect, done)[0]
        return {**ways, "": done}

    def in_trouble(self, checking: Checking, known: Knowledge) -> Callable[[str], Knowledge]:
        """What is known after each failure: there is a problem to read about, and of a call that was made in
        part, or not confirmed, its result."""
        trouble = known.with_fact("problem", checking.problem_type)
        action = checking.catalog.actions.get(self.action.text)
        kept = {Failure.NOT_CONFIRMED.value: trouble, Failure.PARTIAL.value: trouble}
        if action is not None and self.save and action.result is not None:
            kept[Failure.NOT_CONFIRMED.value] = trouble.with_fact(self.save, action.result)
            kept[Failure.PARTIAL.value] = trouble.with_fact(self.save, optional(action.result))
        return lambda failure: kept.get(failure, trouble)

    def _done(self, checking: Checking, known: Knowledge, action: Action) -> Knowledge:
        return known.with_fact(self.save, action.result) if self.save and action.result else known

    def _check_arguments(self, checking: Checking, known: Knowledge, action: Action) -> None:
        names = [param.name for param in action.params]
        meant = {closest(name, names) for name in self.args if name not in names}
        for name, (key, expression) in self.args.items():
            param = action.param(name)
            if param is None:
                checking.report(
                    "U303",
                    key.place,
                    f"`{action.name}` has no parameter `{name}`.",
                    f"It takes {', '.join(names) or 'nothing'}.",
                    did_you_mean(name, names),
                )
                continue
            checking.value_for(expression, known, param.type, f"`{name}`")
        for param in action.params:
            given = f"with.{param.name}" in self.plan.parts.written or param.name in meant
            if param.required and not given:
                checking.report(
                    "U302",
                    self.place,
                    f"`{action.name}` needs `{param.name}` ({in_words(param.type)}).",
                    None,
                    f"Add it under `with`: `{param.name}: …`.",
                )

    def failures(self, action: Action) -> frozenset[Failure]:
        """Every way in which this call can fail."""
        more: set[Failure] = set()
        if action.effect is not Effect.READ:
            more.add(Failure.OUTCOME_UNKNOWN)
        if "expect" in self.plan.parts.written:
            more.add(Failure.NOT_CONFIRMED)
        return action.failures | ALWAYS_POSSIBLE | more

    def _check_failures(self, checking: Checking, action: Action) -> None:
        possible = {each.value for each in self.failures(action)}
        routes = self.plan.parts.routes.get("on")
        for name, (key, _) in routes.each.items() if routes is not None else ():
            if name not in possible:
                checking.report(
                    "U312",
                    key.place,
                    f"`{action.name}` never ends in `{name}`"
                    + (" without an `expect`." if name == Failure.NOT_CONFIRMED.value else "."),
                    f"It can end in {', '.join(sorted(possible))}.",
                    did_you_mean(name, possible),
                )


def _make(plan: Blueprint) -> Step | None:
    action = plan.parts.words.get("do")
    if action is None:
        return None
    return Do(
        plan,
        plan.path,
        plan.next,
        action,
        plan.parts.values.get("with", {}),
        plan.then(),
        plan.parts.word("save") or "",
        plan.parts.expressions.get("expect"),
        plan.routed("on"),
    )


DO = StepKind(
    key="do",
    doc="""Calls an action of the clinic's system.

    - id: enable-both
      do: set_portal_settings
      with:
        subject: recipient.id
        online_access: true
        expected_version: portal.version
      save: portal
      expect: portal.online_access is true
      on: {stale_version: flags}
      then: address
    """,
    fields=(
        Field("do", Shape.WORD, "the action", required=True),
        Field("with", Shape.VALUES, "its arguments"),
        Field("save", Shape.FACT, "the fact its result is kept as"),
        Field("expect", Shape.EXPRESSION, "what must hold afterwards"),
        Field("on", Shape.CASES, "where to go on after each kind of failure"),
        THEN,
    ),
    make=_make,
)
