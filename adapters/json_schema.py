"""The words of JSON Schema (draft 7) in which deployment and replay files are told to editors."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias

from engine import Value

Schema: TypeAlias = dict[str, Value]


def told(description: str, schema: Schema) -> Schema:
    """A schema with a word on what it is for."""
    return {"description": description, **schema}


def closed(properties: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    """A mapping with these keys and no others."""
    return {
        "type": "object",
        "properties": {**properties},
        "required": [*required],
        "additionalProperties": False,
    }


def one_of(words: Collection[str]) -> Schema:
    """One word of a closed list."""
    return {"enum": [*words]}


def list_of(item: Schema) -> Schema:
    """A list."""
    return {"type": "array", "items": item}


def text() -> Schema:
    """A text that is more than blanks."""
    return {"type": "string", "pattern": r"\S"}


def written() -> Schema:
    """A single value that is there, of whatever kind: texts may look like numbers."""
    return {"type": ["string", "number", "boolean"]}


def whole(least: int, most: int) -> Schema:
    """A whole number within bounds."""
    return {"type": "integer", "minimum": least, "maximum": most}


def truth() -> Schema:
    """True or false."""
    return {"type": "boolean"}


def or_null(schema: Schema) -> Schema:
    """The same, or null for "there is none" or "not known"."""
    return {"anyOf": [schema, {"type": "null"}]}
