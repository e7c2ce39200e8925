"""Expressions made ready to run: each tree becomes one closure over the facts.

The closures are total: whatever the facts hold they give a value and never raise, because a backend that
breaks its word must not stop a conversation. A member of an unknown value is unknown, and a comparison with
an unknown value is false. Knows no types; the checker has seen to those.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final, TypeAlias, assert_never

from engine.expression_tree import (
    Both,
    Can,
    Compare,
    Constant,
    Either,
    Filtered,
    ListOf,
    Member,
    Name,
    Not,
    Operator,
    Test,
    Tree,
)
from engine.filters import FILTERS
from engine.values import Value

ALLOWED: Final = "$allowed"
"""Under this name the facts hold the names of the actions for which `can()` is true."""

_WHOLE: Final = re.compile(r"0|-?[1-9][0-9]{0,17}")

Facts: TypeAlias = Mapping[str, Value | frozenset[str]]
Evaluate: TypeAlias = Callable[[Facts], Value]
Holds: TypeAlias = Callable[[Facts], bool]


def compiled(tree: Tree) -> Evaluate:
    """The value of the tree, as a function of the facts."""
    match tree:
        case Constant(value=value):
            return lambda facts: value
        case Name() | Member():
            return _path(tree)
        case ListOf(items=items):
            each = [compiled(item) for item in items]
            return lambda facts: [item(facts) for item in each]
        case Filtered():
            return _filtered(tree)
        case Not() | Both() | Either() | Compare() | Test() | Can():
            return condition(tree)
        case _:
            assert_never(tree)


def condition(tree: Tree) -> Holds:
    """Whether the tree holds: true, or known where it is no truth."""
    match tree:
        case Not(of=of):
            inner = condition(of)
            return lambda facts: not inner(facts)
        case Both(left=left, right=right):
            return _both(condition(left), condition(right))
        case Either(left=left, right=right):
            return _either(condition(left), condition(right))
        case Compare():
            return _compare(tree)
        case Test():
            return _test(tree)
        case Can(action=action):
            return _can(action)
        case Constant() | Name() | Member() | ListOf() | Filtered():
            value = compiled(tree)
            return lambda facts: _holds(value(facts))
        case _:
            assert_never(tree)


def _holds(value: Value) -> bool:
    return value is not None and value is not False


def _both(left: Holds, right: Holds) -> Holds:
    return lambda facts: left(facts) and right(facts)


def _either(left: Holds, right: Holds) -> Holds:
    return lambda facts: left(facts) or right(facts)


def _can(action: str) -> Holds:
    def can(facts: Facts) -> bool:
        allowed = facts.get(ALLOWED)
        return isinstance(allowed, frozenset | list | dict) and action in allowed

    return can


def _path(tree: Name | Member) -> Evaluate:
    """A fact, or a member of one; the two commonest lengths have closures of their own."""
    match tree:
        case Name(name=name):
            return _fact(name)
        case Member(of=Name(name=first), name=second):
            return _fact_member(first, second)
        case Member(of=of, name=name):
            return _member(compiled(of), name)


def _fact(name: str) -> Evaluate:
    def fact(facts: Facts) -> Value:
        value = facts.get(name)
        return None if isinstance(value, frozenset) else value

    return fact


def _fact_member(first: str, second: str) -> Evaluate:
    def member(facts: Facts) -> Value:
        value = facts.get(first)
        return value.get(second) if isinstance(value, dict) else None

    return member


def _member(of: Evaluate, name: str) -> Evaluate:
    def member(facts: Facts) -> Value:
        value = of(facts)
        return value.get(name) if isinstance(value, dict) else None

    return member


def _filtered(tree: Filtered) -> Evaluate:
    of = compiled(tree.of)
    found = FILTERS[tree.name]
    apply = found.apply
    args = tuple(arg.value for arg in tree.args)
    if found.takes_unknown:
        return lambda facts: apply(of(facts), args)

    def filtered(facts: Facts) -> Value:
        value = of(facts)
        return None if value is None else apply(value, args)

    return filtered


def _test(tree: Test) -> Holds:
    of = compiled(tree.of)
    match tree.name:
        case "true":
            return lambda facts: of(facts) is True
        case "false":
            return lambda facts: of(facts) is False
        case "known":
            return lambda facts: of(facts) is not None
        case "unknown":
            return lambda facts: of(facts) is None
        case "empty":
            return lambda facts: _is_empty(of(facts))
        case _:
            assert_never(tree.name)


def _is_empty(value: Value) -> bool:
    return value is None or (isinstance(value, str | list | dict) and not value)


def _compare(tree: Compare) -> Holds:
    left = compiled(tree.left)
    if (
        isinstance(tree.right, Constant)
        and isinstance(tree.right.value, str)
        and tree.operator in ("==", "!=")
    ):
        return _compare_with_text(left, tree.right.value, tree.operator == "==")
    right = compiled(tree.right)
    compare = _COMPARISONS[tree.operator]

    def compared(facts: Facts) -> bool:
        one, other = left(facts), right(facts)
        return one is not None and other is not None and compare(one, other)

    return compared


def _compare_with_text(left: Evaluate, text: str, wanted: bool) -> Holds:
    """The commonest comparison: a choice with one of its values."""
    if wanted and _moment(text) is None and _number(text) is None:
        return lambda facts: left(facts) == text

    def compared(facts: Facts) -> bool:
        value = left(facts)
        return value is not None and _same(value, text) is wanted

    return compared


def _same(one: Value, other: Value) -> bool:
    """Equality without surprises: true is not 1, and the same moment in two time zones is the same.

    A number is the same as a text that says it: an API may give as `7` the id that is known here as "7". In
    flows, whose values are typed, the two never meet.
    """
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, str) and isinstance(other, int | float):
        return _number(one) == other
    if isinstance(one, int | float) and isinstance(other, str):
        return one == _number(other)
    if isinstance(one, str) and isinstance(other, str):
        return one == other or _order(one, other) == 0
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[name], other[name]) for name in one)
    return one == other


def _order(one: Value, other: Value) -> int | None:
    """-1, 0 or 1 for two numbers (one of which a text may say, as headers do), two dates or two moments; None
    for anything else."""
    if isinstance(one, bool) or isinstance(other, bool):
        return None
    if isinstance(one, str) and isinstance(other, int | float):
        one = _number(one)
    elif isinstance(one, int | float) and isinstance(other, str):
        other = _number(other)
    if isinstance(one, int | float) and isinstance(other, int | float):
        return (one > other) - (one < other) if one == one and other == other else None
    if isinstance(one, str) and isinstance(other, str):
        first, second = _moment(one), _moment(other)
        if first is None or second is None or (first.tzinfo is None) is not (second.tzinfo is None):
            return None
        return (first > second) - (first < second)
    return None


def _number(text: str) -> int | None:
    """The whole number that a text says, in the one way in which an API writes it ("7", not "07")."""
    return int(text) if _WHOLE.fullmatch(text) is not None else None


def _moment(text: str) -> datetime | None:
    """A date (as its first instant) or a moment; None for a text that is neither."""
    if len(text) < 10 or text[4:5] != "-":
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _contains(one: Value, other: Value) -> bool:
    if isinstance(other, list):
        return any(_same(one, item) for item in other)
    return isinstance(one, str) and isinstance(other, str) and one in other


def _excludes(one: Value, other: Value) -> bool:
    return isinstance(other, list | str) and not _contains(one, other)


_COMPARISONS: Final[Mapping[Operator, Callable[[Value, Value], bool]]] = {
    "==": _same,
    "!=": lambda one, other: not _same(one, other),
    "<": lambda one, other: _order(one, other) == -1,
    "<=": lambda one, other: _order(one, other) in (-1, 0),
    ">": lambda one, other: _order(one, other) == 1,
    ">=": lambda one, other: _order(one, other) in (0, 1),
    "in": _contains,
    "not in": _excludes,
}
