"""What a flow shows to somebody of its audience who may not see it.

Records declare for their members which audiences may not see them. A value is followed from there through
`set`, the inputs and results of visits and the filters, to every text, label, choice and effect of a call,
and to the conditions that decide which words of a text are shown and which answers are offered: whoever sees
one of two texts knows the value that chose it. A count and a masked address show nothing; nor does whether
something is known, to somebody who may see other members of the record.

Not followed is what decides where a conversation goes (`if`, `choose`), and what `set` makes of a comparison.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from engine.actions import Audience
from engine.checks.checking import Checking
from engine.expression_tree import (
    Both,
    Compare,
    Constant,
    Either,
    Filtered,
    ListOf,
    Member,
    Name,
    Not,
    Test,
    Tree,
)
from engine.expressions import Expression
from engine.filters import FILTERS
from engine.steps.ask import Ask
from engine.steps.base import Broken, Step
from engine.steps.do import Do
from engine.steps.return_ import Return
from engine.steps.set_ import Set
from engine.steps.visit import VisitFlow
from engine.texts import conditions_of, values_shown
from engine.types import ListType, RecordType, TruthType, Type, present
from engine.typing_rules import Scope, condition_part, type_of_part

UNSEEN = frozenset({"summary"})
"""Texts that go to the people of the clinic, and not to whoever holds the conversation."""

_PLACEHOLDER = re.compile(r"\{(\w+)\}")

Origin: TypeAlias = Mapping[str, str]
"""For each audience that may not see a value: the member that it came from, as it is written."""

Facts: TypeAlias = Mapping[str, Origin]
"""The facts whose values somebody may not see."""

_OPEN: Origin = {}


def check_private(checkings: Mapping[str, Checking]) -> None:
    """Report every value that is shown to an audience that may not see it."""
    hidden = _audiences_with_something_hidden(checkings)
    looked_at = {name: each for name, each in checkings.items() if hidden & {*each.tree.audience}}
    follower = _Follower(looked_at)
    follower.settle()
    for name, checking in looked_at.items():
        for path, facts in follower.facts_at(name).items():
            step = checking.tree.steps.get(path)
            if step is not None and not isinstance(step, Broken):
                _look_at(step, facts, checking)


def _audiences_with_something_hidden(checkings: Mapping[str, Checking]) -> frozenset[str]:
    catalog = next((each.catalog for each in checkings.values()), None)
    records = catalog.records.values() if catalog is not None else ()
    return frozenset(each for record in records for _, audiences in record.hidden for each in audiences)


class _Follower:
    """Follows hidden values through flows: into visits by their inputs, and back by their results."""

    def __init__(self, checkings: Mapping[str, Checking]) -> None:
        self._checkings = checkings
        self._inputs: dict[str, Facts] = {name: {} for name in checkings}
        self._results: dict[str, Facts] = {name: {} for name in checkings}
        self._facts: dict[str, dict[str, Facts]] = {}
        self._visitors: dict[str, set[str]] = {}
        for name, checking in checkings.items():
            for visited in checking.tree.visits:
                self._visitors.setdefault(visited, set()).add(name)

    def facts_at(self, flow: str) -> Mapping[str, Facts]:
        """The hidden facts on arriving at each step of a flow."""
        return self._facts.get(flow, {})

    def settle(self) -> None:
        """Follow every flow until nothing more is found."""
        waiting = deque(self._checkings)
        while waiting:
            name = waiting.popleft()
            grown = self._followed(name, self._checkings[name])
            waiting.extend(each for each in grown if each in self._checkings and each not in waiting)

    def _followed(self, name: str, checking: Checking) -> set[str]:
        """Follow one flow; the flows that must be looked at again because of it."""
        tree = checking.tree
        at: dict[str, Facts] = {tree.start: self._inputs[name]}
        waiting = deque([tree.start])
        grown: set[str] = set()
        while waiting:
            path = waiting.popleft()
            step = tree.steps.get(path)
            if step is None or isinstance(step, Broken):
                continue
            if isinstance(step, VisitFlow):
                grown |= self._enter(step, at[path], checking)
            elif isinstance(step, Return):
                grown |= self._leave(step, at[path], checking)
            after = _of_those_here(step, self._past(step, at[path], checking), checking)
            targets = [edge.to for edge in checking.ways(step)]
            if isinstance(step, Do):
                targets += [to for _, to in checking.branches(step)]
            for to in targets:
                both = _joined(at.get(to), after)
                if both is not None:
                    at[to] = both
                    waiting.append(to)
        self._facts[name] = at
        return grown

    def _enter(self, step: VisitFlow, facts: Facts, checking: Checking) -> set[str]:
        """Hand hidden values on to the inputs of a visited flow, for those who can come along."""
        visited = step.flow.text
        known = checking.known.get(step.path)
        if visited not in self._checkings or known is None:
            return set()
        scope = checking.scope(known)
        given = {name: origin(value, value.tree, scope, facts) for name, (_, value) in step.args.items()}
        if step.items is not None:
            given[step.name] = origin(step.items, step.items.tree, scope, facts)
        both = _joined(self._inputs[visited], _of_those_here(step, given, checking))
        if both is None:
            return set()
        self._inputs[visited] = both
        return {visited}

    def _leave(self, step: Return, facts: Facts, checking: Checking) -> set[str]:
        tree = checking.tree
        here = _of_those_here(step, facts, checking)
        given = {name: each for name, each in here.items() if name in tree.results}
        both = _joined(self._results[tree.name], given)
        if both is None:
            return set()
        self._results[tree.name] = both
        return self._visitors.get(tree.name, set())

    def _past(self, step: Step, facts: Facts, checking: Checking) -> Facts:
        """The hidden facts past a step."""
        known = checking.known.get(step.path)
        match step:
            case Set(values=values) if known is not None:
                for name, (_, value) in values.items():
                    facts = _with(facts, name, origin(value, value.tree, checking.scope(known), facts))
                    kind = checking.quietly_type_of(value, known)
                    known = known.with_fact(name, kind) if kind is not None else known
                return facts
            case VisitFlow(save=save):
                results = self._results.get(step.flow.text, {})
                for name, result in save.items():
                    facts = _with(facts, name, results.get(result.text, _OPEN))
                return facts
            case _:
                for name in step.plan.sets:
                    facts = _with(facts, name, _OPEN)
                return facts


def _of_those_here(step: Step, facts: Facts, checking: Checking) -> Facts:
    """What is hidden from somebody who can be at this step at all."""
    known = checking.known.get(step.path)
    if not facts or known is None:
        return facts
    here = {each.value for each in checking.audience_at(known)}
    kept = {name: {who: of for who, of in each.items() if who in here} for name, each in facts.items()}
    return {name: each for name, each in kept.items() if each}


def _with(facts: Facts, name: str, given: Origin) -> Facts:
    """The facts after one was set to a value that these may not see."""
    if not given and name not in facts:
        return facts
    others = {each: of for each, of in facts.items() if each != name}
    return {**others, name: given} if given else others


def _joined(there: Facts | None, more: Facts) -> Facts | None:
    """What is hidden where two ways meet; None if the second adds nothing to the first."""
    if there is None:
        return more
    added = {name: each for name, each in more.items() if each.keys() - there.get(name, _OPEN).keys()}
    return (
        {**there, **{name: {**each, **there.get(name, _OPEN)} for name, each in added.items()}}
        if added
        else None
    )


def origin(expression: Expression, tree: Tree, scope: Scope, facts: Facts) -> Origin:
    """Who may not see the value of a part of an expression, and because of which member."""
    match tree:
        case Name(name=name):
            return facts.get(name, _OPEN)
        case Member(of=of, name=name):
            kind = type_of_part(expression, of, scope)
            record = present(kind) if kind is not None else None
            hidden = record.hidden_from(name) if isinstance(record, RecordType) else frozenset[str]()
            words = " ".join(expression.source.text[tree.start : tree.end].split())
            return {**origin(expression, of, scope, facts), **dict.fromkeys(hidden, words)}
        case ListOf(items=items):
            found = [origin(expression, item, scope, facts) for item in items]
            return {who: of for each in found for who, of in each.items()}
        case Filtered(of=of, name=name, args=args):
            if FILTERS[name].hides:
                return _OPEN
            inner = origin(expression, of, scope, facts)
            return {**_read_by(expression, tree, of, args, scope), **inner}
        case _:
            return _OPEN


def _deciding(expression: Expression, tree: Tree, scope: Scope) -> Iterator[tuple[Tree, Scope]]:
    """The parts of a condition that each look at a value, with what is known where it decides the whole: next
    to a part that is never true for somebody, an `and` tells them nothing."""
    match tree:
        case Both(left=left, right=right) | Either(left=left, right=right):
            for part, other in ((left, right), (right, left)):
                told = condition_part(expression, other, scope)
                inside = scope.knowing(told.when_true if isinstance(tree, Both) else told.when_false)
                yield from _deciding(expression, part, inside)
        case Not(of=of):
            yield from _deciding(expression, of, scope)
        case _:
            yield tree, scope


def _origin_of_decision(expression: Expression, tree: Tree, scope: Scope, facts: Facts) -> Origin:
    """Who may not see what decides a part of a condition, and because of which member."""
    match tree:
        case Compare(left=left, right=right):
            found = [origin(expression, each, scope, facts) for each in (left, right)]
            return {**found[1], **found[0]}
        case Test(of=Member() as member, name="known" | "unknown"):
            return _origin_of_presence(expression, member, scope, facts)
        case Test(of=of):
            return origin(expression, of, scope, facts)
        case Member() if not isinstance(type_of_part(expression, tree, scope), TruthType):
            return _origin_of_presence(expression, tree, scope, facts)
        case _:
            return origin(expression, tree, scope, facts)


def _origin_of_presence(expression: Expression, member: Member, scope: Scope, facts: Facts) -> Origin:
    """The same where it is only asked whether a member is known: whoever sees others of the record may."""
    record = _record_in(type_of_part(expression, member.of, scope))
    hidden = [record.hidden_from(name) for name in record.names] if record is not None else []
    nothing = frozenset[str].intersection(*hidden) if hidden else frozenset[str]()
    words = " ".join(expression.source.text[member.start : member.end].split())
    return {**dict.fromkeys(nothing, words), **origin(expression, member.of, scope, facts)}


def _read_by(
    expression: Expression, tree: Filtered, of: Tree, args: tuple[Constant, ...], scope: Scope
) -> Origin:
    """Who may not see what a filter reads out of a record, such as `off_in_words`."""
    given, result = (type_of_part(expression, each, scope) for each in (of, tree))
    record = _record_in(given)
    if record is None or _record_in(result) is not None:
        return _OPEN
    words = " ".join(expression.source.text[tree.start : tree.end].split())
    return {who: words for _, hidden in record.hidden for who in hidden}


def _record_in(kind: Type | None) -> RecordType | None:
    """The record that a value is, or that the items of a list are."""
    kind = present(kind) if kind is not None else None
    kind = present(kind.of) if isinstance(kind, ListType) else kind
    return kind if isinstance(kind, RecordType) else None


def _look_at(step: Step, facts: Facts, checking: Checking) -> None:
    """Report what a step shows to somebody who may not see it."""
    known = checking.known.get(step.path)
    if known is None:
        return
    checking.here = step.path
    plain = checking.scope(known)
    scopes = step.scopes(checking, known) if isinstance(step, Ask) else {}
    texts = [each for name, each in step.plan.parts.texts.items() if name not in UNSEEN]
    for text in (*texts, *(option.label for option in step.plan.parts.answers)):
        scope = checking.scope(scopes[id(text)]) if id(text) in scopes else plain
        for value, inside in values_shown(text.pieces, scope):
            _report(value, origin(value, value.tree, inside, facts), inside, checking)
        for condition, inside in conditions_of(text.pieces, scope):
            _look_at_condition(condition, "which words are shown here", inside, facts, checking)
    for option in step.plan.parts.answers:
        if option.condition is not None:
            _look_at_condition(option.condition, "whether this answer is offered", plain, facts, checking)
    for value in _told_in_effect(step, checking):
        _report(value, origin(value, value.tree, plain, facts), plain, checking)
    if isinstance(step, Ask) and step.items is not None and step.label is None:
        _names_of_items(step, step.items, plain, checking)


def _told_in_effect(step: Step, checking: Checking) -> Iterator[Expression]:
    """The arguments of a call that the words about its effect repeat."""
    action = checking.catalog.actions.get(step.calls)
    if isinstance(step, Do) and action is not None:
        told = {*_PLACEHOLDER.findall(action.sentence), *_PLACEHOLDER.findall(action.done)}
        yield from (
            value for name, (_, value) in step.args.items() if name in told and name != action.subject
        )


def _names_of_items(step: Ask, items: Expression, scope: Scope, checking: Checking) -> None:
    """Without a `label`, what can be picked is called by its name."""
    record = _record_in(type_of_part(items, items.tree, scope))
    if record is not None and record.member("name") is not None:
        _report(items, dict.fromkeys(record.hidden_from("name"), "item.name"), scope, checking)


def _look_at_condition(
    condition: Expression, what: str, scope: Scope, facts: Facts, checking: Checking
) -> None:
    """Report a condition that tells somebody of a value that they may not see."""
    for part, inside in _deciding(condition, condition.tree, scope):
        hidden = _origin_of_decision(condition, part, inside, facts)
        _report_part(condition, part, hidden, inside, checking, f"decides {what}")


def _report(value: Expression, hidden: Origin, scope: Scope, checking: Checking) -> None:
    _report_part(value, value.tree, hidden, scope, checking, "")


def _report_part(
    value: Expression, tree: Tree, hidden: Origin, scope: Scope, checking: Checking, decides: str
) -> None:
    """Report a part of an expression that is shown, or `decides` what is."""
    here = checking.audience_where(scope.known)
    shut_out = [each for each in Audience if each in here and each.value in hidden]
    if not shut_out:
        return
    words = " ".join(value.source.text[tree.start : tree.end].split())
    source = hidden[shut_out[0].value]
    shown = decides or ("is shown here" if source in words else f"`{words}` can show here")
    who = " and a ".join(each.value for each in shut_out)
    others = any(each.value not in hidden for each in here)
    where = " and ".join(f"audience != '{each.value}'" for each in shut_out)
    verb = "Ask" if decides else "Show"
    checking.report(
        "U316",
        value.place_at(tree.start, tree.end),
        f"A {who} may not see `{source}`, which {shown}"
        + checking.shown_by(lambda known: shut_out[0] in checking.audience_at(known)),
        "This flow is for them too.",
        f"{verb} it only where `{where}`, or take it out." if others else "Take it out.",
    )
