"""An expression an author wrote: read once, ready to be checked and to be evaluated.

`parse_expression` is for `if`, `expect`, `valid` and their like; `value_expression` for `with` and `set`,
where numbers, true, false and null stand for themselves. What an expression may contain is decided in
`engine.expression_parser`; its types in `engine.typing_rules`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from engine.diagnostics import Diagnostic
from engine.evaluation import Facts, compiled, condition
from engine.expression_parser import read_expression, spot
from engine.expression_tree import Can, Compare, Constant, Name, Tree, parts
from engine.limits import DEFAULT_LIMITS, Limits
from engine.nodes import Scalar
from engine.source import Place
from engine.values import Value


class Expression(msgspec.Struct, frozen=True, eq=False):
    """One expression.

    `reads` are the names of the facts it reads, `actions` the actions it asks `can()` about. `evaluate`
    gives its value, `holds` whether it is true (or, where it is no truth, known). Both are total: missing
    facts are null, nothing raises. The facts also hold `today`, `audience`, `me`, `labels` and, under
    `engine.evaluation.ALLOWED`, the names of the actions for which `can()` is true.
    """

    source: Scalar
    tree: Tree
    reads: frozenset[str]
    actions: frozenset[str]
    evaluate: Callable[[Facts], Value]
    holds: Callable[[Facts], bool]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Expression) and self._told == other._told

    def __hash__(self) -> int:
        return hash(self._told)

    def __repr__(self) -> str:
        return f"Expression({self.source.text!r})"

    @property
    def _told(self) -> tuple[object, ...]:
        return (self.source, self.tree, self.reads, self.actions)

    def place_of(self, name: str) -> Place:
        """Where the fact or the action `name` is first named; the whole expression's place if nowhere."""
        spots = [
            (each.start, each.end)
            for each in parts(self.tree)
            if (isinstance(each, Name) and each.name == name)
            or (isinstance(each, Can) and each.action == name)
        ]
        return self.place_at(*min(spots)) if spots else self.source.place

    def compared_with_null(self) -> Iterator[Place]:
        """Where something is compared with null, which is never true."""
        for each in parts(self.tree):
            sides = (each.left, each.right) if isinstance(each, Compare) else ()
            if any(isinstance(side, Constant) and side.value is None for side in sides):
                yield self.place_at(each.start, each.end)

    def place_at(self, start: int, end: int) -> Place:
        """The place of the characters from `start` to `end` of the scalar's text."""
        return spot(self.source, start, end)


def parse_expression(
    node: Scalar, limits: Limits = DEFAULT_LIMITS
) -> tuple[Expression | None, tuple[Diagnostic, ...]]:
    """The expression written in a scalar, or None and everything that is wrong with it."""
    return expression_between(node, 0, len(node.text), limits)


def value_expression(
    node: Scalar, limits: Limits = DEFAULT_LIMITS
) -> tuple[Expression | None, tuple[Diagnostic, ...]]:
    """The same where a value is expected: what YAML reads as a number, true, false or null is itself."""
    if isinstance(node.value, str):
        return parse_expression(node, limits)
    return made(node, Constant(node.value, 0, len(node.text))), ()


def expression_between(
    node: Scalar, start: int, end: int, limits: Limits
) -> tuple[Expression | None, tuple[Diagnostic, ...]]:
    """The expression between two offsets of a scalar's text."""
    tree, findings = read_expression(node, start, end, limits)
    return (None if tree is None or findings else made(node, tree)), findings


def made(node: Scalar, tree: Tree) -> Expression:
    """The expression of a tree."""
    every = tuple(parts(tree))
    return Expression(
        source=node,
        tree=tree,
        reads=frozenset(each.name for each in every if isinstance(each, Name)),
        actions=frozenset(each.action for each in every if isinstance(each, Can)),
        evaluate=compiled(tree),
        holds=condition(tree),
    )
