"""The marked nodes a file is read into: plain values that know where they stand in the text.

Nodes form a tree and never a cycle, so that the garbage collector need not see them: with it, half the
time of reading a large file would go into looking at them again and again.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as Positions
from typing import TypeAlias

import msgspec

from engine.scalars import WrittenLines
from engine.source import Place


class Scalar(msgspec.Struct, frozen=True, gc=False):
    """One value. `value` is resolved by the YAML 1.2 core rules (text if quoted or a block); `text` is the
    text it was written as. `lines` maps the value's text to the file: for each of its lines the place
    where that line begins; text that is folded or escaped in the file has `WrittenLines`, which know the
    place of every character."""

    value: bool | int | float | str | None
    text: str
    place: Place
    quoted: bool = False
    lines: Positions[Place] = ()

    def at(self, offset: int, length: int = 1) -> Place:
        """The place in the file of the character `offset` (from 0) of `text`."""
        if isinstance(self.lines, WrittenLines):
            return self.lines.spot(offset, length)
        before = self.text[:offset]
        row = before.count("\n")
        if row >= len(self.lines):
            return self.place
        start = self.lines[row]
        column = start.column + offset - (before.rfind("\n") + 1)
        return Place(start.source, start.line, column, max(length, 1))


class Sequence(msgspec.Struct, frozen=True, gc=False):
    """A list of nodes."""

    items: tuple[Node, ...]
    place: Place


class Mapping(msgspec.Struct, frozen=True, gc=False):
    """A mapping in the written order; the keys are text and unique."""

    entries: tuple[tuple[Scalar, Node], ...]
    place: Place

    def get(self, key: str) -> Node | None:
        """The value under `key`, or None."""
        return next((node for name, node in self.entries if name.text == key), None)

    def key(self, key: str) -> Scalar | None:
        """The node of the key itself, or None."""
        return next((name for name, _ in self.entries if name.text == key), None)


Node: TypeAlias = Scalar | Sequence | Mapping


def scalars(root: Node) -> Iterator[Scalar]:
    """Every single value below a node and every name, in no order."""
    waiting = [root]
    while waiting:
        match waiting.pop():
            case Mapping(entries=entries):
                for key, value in entries:
                    yield key
                    waiting.append(value)
            case Sequence(items=items):
                waiting.extend(items)
            case Scalar() as scalar:
                yield scalar
