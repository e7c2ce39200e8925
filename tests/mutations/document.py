"""A flow file as plain data that can be changed and written again, and the places in it that say something.

Remarks and the layout of the file are lost on the way; what it means is not.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from engine import Mapping, Node, Scalar, Source, read
from engine.schema import Field, Shape
from engine.steps.kinds import KINDS

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"
Step: TypeAlias = dict[str, Plain]
Path: TypeAlias = tuple[str | int, ...]

_CODE: Final = re.compile(r"\{\{(.*?)\}\}|\{%-?\s*(?:el)?if\b(.*?)%\}|\[\[(.*?)\]\]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Spot:
    """A value of a flow: the way to it, and what stands there."""

    path: Path
    value: str

    def named(self) -> str:
        """The way to it, for a person."""
        return ".".join(str(each) for each in self.path)


class Document:
    """A flow as plain data."""

    def __init__(self, source: Source) -> None:
        node, findings = read(source)
        assert findings == (), [str(each) for each in findings]
        top = plain(node) if node is not None else None
        assert isinstance(top, dict)
        self.source = source
        self.top = top

    def changed(self, path: Path, value: Plain) -> str:
        """The file with another value at `path`."""
        made = copy.deepcopy(self.top)
        _put(made, path, value)
        return written(made)

    def without(self, path: Path) -> str:
        """The file without the entry or item at `path`."""
        made = copy.deepcopy(self.top)
        holder = _at(made, path[:-1])
        match holder, path[-1]:
            case dict(), str(key):
                del holder[key]
            case list(), int(number):
                del holder[number]
        return written(made)

    def at(self, path: Path) -> Plain:
        """The value at `path`."""
        return _at(self.top, path)

    def renamed(self, path: Path, name: str) -> str:
        """The file with another key at `path`, in the same place of the mapping."""
        holder = _at(self.top, path[:-1])
        assert isinstance(holder, dict)
        entries = {(name if key == path[-1] else key): value for key, value in holder.items()}
        return self.changed(path[:-1], entries) if path[:-1] else written(entries)

    def lists(self) -> Iterator[tuple[Path, list[Plain]]]:
        """Every list of steps, inline ones included."""
        yield from _lists(self.top, ())

    def steps(self) -> Iterator[tuple[Path, Step]]:
        """Every step."""
        for path, items in self.lists():
            for number, item in enumerate(items):
                if isinstance(item, dict):
                    yield (*path, number), item

    def ids(self) -> list[str]:
        """The ids of all steps."""
        return [each for _, step in self.steps() if isinstance(each := step.get("id"), str)]

    def targets(self) -> Iterator[Spot]:
        """Every target that names a step."""
        for path, step in self.steps():
            for field in fields_of(step):
                if field.shape in (Shape.TARGET, Shape.ROUTES, Shape.CASES):
                    yield from _targets((*path, field.name), step.get(field.name))
            answers = step.get("answers")
            for name, answer in answers.items() if isinstance(answers, dict) else ():
                if isinstance(answer, dict):
                    yield from _targets((*path, "answers", name, "then"), answer.get("then"))
        yield from _targets(("on",), self.top.get("on"))

    def texts(self) -> Iterator[Spot]:
        """Every text for people."""
        for path, step in self.steps():
            for field in fields_of(step):
                value = step.get(field.name)
                if field.shape is Shape.TEXT and isinstance(value, str):
                    yield Spot((*path, field.name), value)
            answers = step.get("answers")
            for name, answer in answers.items() if isinstance(answers, dict) else ():
                label = answer.get("label") if isinstance(answer, dict) else answer
                way = ("answers", name, "label") if isinstance(answer, dict) else ("answers", name)
                if isinstance(label, str):
                    yield Spot((*path, *way), label)

    def expressions(self) -> Iterator[Spot]:
        """Every expression outside of texts."""
        for path, step in self.steps():
            for field in fields_of(step):
                value = step.get(field.name)
                if field.shape is Shape.EXPRESSION and isinstance(value, str):
                    yield Spot((*path, field.name), value)
                if field.shape is Shape.VALUES and isinstance(value, dict):
                    for name, each in value.items():
                        if isinstance(each, str):
                            yield Spot((*path, field.name, name), each)
            answers = step.get("answers")
            for name, answer in answers.items() if isinstance(answers, dict) else ():
                when = answer.get("if") if isinstance(answer, dict) else None
                if isinstance(when, str):
                    yield Spot((*path, "answers", name, "if"), when)

    def code(self) -> Iterator[tuple[Spot, int, int]]:
        """Every piece of text that is an expression, also within texts: the spot, its beginning and end."""
        for spot in self.expressions():
            yield spot, 0, len(spot.value)
        for spot in self.texts():
            for found in _CODE.finditer(spot.value):
                group = next(number for number in (1, 2, 3) if found.group(number) is not None)
                yield spot, found.start(group), found.end(group)


def fields_of(step: Step) -> tuple[Field, ...]:
    """The declared fields of a step."""
    kind = next((KINDS[key] for key in step if key in KINDS), None)
    return () if kind is None else kind.all_fields


def kind_of(step: Step) -> str:
    """The key that names a step's kind."""
    return next((key for key in step if key in KINDS), "")


def plain(node: Node) -> Plain:
    """The plain data of a node."""
    match node:
        case Scalar():
            return node.value
        case Mapping():
            return {key.text: plain(value) for key, value in node.entries}
        case _:
            return [plain(item) for item in node.items]


def written(data: Plain) -> str:
    """Plain data as a file: JSON is YAML."""
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _lists(data: Plain, path: Path) -> Iterator[tuple[Path, list[Plain]]]:
    match data:
        case list():
            if any(isinstance(each, dict) and kind_of(each) for each in data):
                yield path, data
            for number, each in enumerate(data):
                yield from _lists(each, (*path, number))
        case dict():
            for key, each in data.items():
                yield from _lists(each, (*path, key))


def _targets(path: Path, value: Plain) -> Iterator[Spot]:
    match value:
        case str():
            yield Spot(path, value)
        case dict():
            for key, each in value.items():
                if isinstance(each, str):
                    yield Spot((*path, key), each)


def _at(data: Plain, path: Path) -> Plain:
    for key in path:
        match data, key:
            case dict(), str():
                data = data[key]
            case list(), int():
                data = data[key]
            case _:
                raise KeyError(path)
    return data


def _put(data: Plain, path: Path, value: Plain) -> None:
    holder = _at(data, path[:-1])
    match holder, path[-1]:
        case dict(), str(key):
            holder[key] = value
        case list(), int(number):
            holder[number] = value
