"""The words of JSON Schema (draft 7) in which file formats are told to editors. Knows no format."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Protocol, TypeAlias

from engine.values import Value

Schema: TypeAlias = dict[str, Value]


class _Needed(Protocol):
    """Something with a name that may be required."""

    @property
    def name(self) -> str: ...

    @property
    def required(self) -> bool: ...


def written(*more: str) -> Schema:
    """A single value that is there, of whatever kind: texts may look like numbers. `more` are types that are
    allowed beside."""
    return {"type": ["string", "number", "boolean", *more]}


def named(pattern: re.Pattern[str]) -> Schema:
    """A name that matches the whole pattern (which has nothing in it that JSON Schema writes differently)."""
    return {"type": "string", "pattern": f"^{pattern.pattern}$"}


def mapping(names: re.Pattern[str], values: Schema) -> Schema:
    """A mapping of names to values of one kind."""
    return {"type": "object", "propertyNames": named(names), "additionalProperties": values}


def reference(name: str) -> Schema:
    """What the definition `name` says; other words may stand beside it, which a plain `$ref` would hide."""
    return {"allOf": [{"$ref": f"#/definitions/{name}"}]}


def needed(fields: Iterable[_Needed]) -> list[str]:
    """The names of the fields that must be there."""
    return [each.name for each in fields if each.required]
