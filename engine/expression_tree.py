"""What an expression is made of: the closed set of nodes that an author may write.

`start` and `end` are offsets (from 0, end exclusive) into the text of the scalar the expression stands in.
Knows neither Jinja2 nor types nor values.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

import msgspec

Operator = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in"]
TestName = Literal["true", "false", "known", "unknown", "empty"]

TESTS: tuple[TestName, ...] = ("true", "false", "known", "unknown", "empty")


class Constant(msgspec.Struct, frozen=True):
    """A literal: text, a number, true, false or null."""

    value: bool | int | float | str | None
    start: int
    end: int


class Name(msgspec.Struct, frozen=True):
    """A fact, by its name."""

    name: str
    start: int
    end: int


class Member(msgspec.Struct, frozen=True):
    """`of.name`; the member's own name begins at `at`."""

    of: Tree
    name: str
    at: int
    start: int
    end: int


class ListOf(msgspec.Struct, frozen=True):
    """`[a, b]`."""

    items: tuple[Tree, ...]
    start: int
    end: int


class Not(msgspec.Struct, frozen=True):
    """`not x`."""

    of: Tree
    start: int
    end: int


class Both(msgspec.Struct, frozen=True):
    """`x and y`."""

    left: Tree
    right: Tree
    start: int
    end: int


class Either(msgspec.Struct, frozen=True):
    """`x or y`."""

    left: Tree
    right: Tree
    start: int
    end: int


class Compare(msgspec.Struct, frozen=True):
    """`x == y` and its kin."""

    operator: Operator
    left: Tree
    right: Tree
    start: int
    end: int


class Test(msgspec.Struct, frozen=True):
    """`x is known`; the test's name begins at `at`. `is not` is a `Not` around it."""

    of: Tree
    name: TestName
    at: int
    start: int
    end: int


class Filtered(msgspec.Struct, frozen=True):
    """`x | name(args)`; the filter's name begins at `at`."""

    of: Tree
    name: str
    args: tuple[Constant, ...]
    at: int
    start: int
    end: int


class Can(msgspec.Struct, frozen=True):
    """`can('action')`; the literal begins at `at`."""

    action: str
    at: int
    start: int
    end: int


Tree: TypeAlias = Constant | Name | Member | ListOf | Not | Both | Either | Compare | Test | Filtered | Can


def children(tree: Tree) -> tuple[Tree, ...]:
    """The direct parts of a tree, from left to right."""
    match tree:
        case Constant() | Name() | Can():
            return ()
        case ListOf(items=items):
            return items
        case Both(left=left, right=right) | Either(left=left, right=right) | Compare(left=left, right=right):
            return (left, right)
        case Member(of=of) | Not(of=of) | Test(of=of) | Filtered(of=of):
            return (of,)


def parts(tree: Tree) -> Iterator[Tree]:
    """The tree itself and everything in it."""
    waiting = [tree]
    while waiting:
        each = waiting.pop()
        yield each
        waiting.extend(children(each))


def path(tree: Tree) -> str | None:
    """`a.b.c` if the tree is a name or a chain of members of one, else None."""
    names: list[str] = []
    while isinstance(tree, Member):
        names.append(tree.name)
        tree = tree.of
    if not isinstance(tree, Name):
        return None
    return ".".join([tree.name, *reversed(names)])
