"""The JSON Schemas of all files that people write, by the name of the kind of file."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from adapters.clinic.actions import CATALOG
from adapters.clinic.people_schema import people_schema
from adapters.clinic.rest.mapping_schema import mapping_schema
from adapters.gates.policy_schema import policy_schema
from adapters.json_schema import Schema
from adapters.limits_file import limits_schema
from adapters.replay.replay_schema import replay_schema
from adapters.retention import retention_schema
from engine import flow_schema, vocabulary_schema

_DRAFT = "http://json-schema.org/draft-07/schema#"
"""The name of the dialect, by which editors know how to read a schema."""


def schema_of(kind: str) -> Schema:
    """The JSON Schema (draft 7) of one kind of file. Raises KeyError for a kind that is not in KINDS."""
    return {"$schema": _DRAFT, "title": f"unstuck: {kind}", **_MAKERS[kind]()}


def _embeds_schema() -> Schema:
    # What belongs to the widget is not read before it is asked for.
    from adapters.web.embeds_file import embeds_schema

    return embeds_schema()


_MAKERS: Mapping[str, Callable[[], Schema]] = {
    "flow": lambda: flow_schema(CATALOG),
    "vocabulary": vocabulary_schema,
    "replay": lambda: replay_schema(CATALOG, people_schema(), policy_schema(CATALOG)),
    "policy": lambda: policy_schema(CATALOG),
    "clinic": people_schema,
    "limits": limits_schema,
    "retention": retention_schema,
    "embeds": _embeds_schema,
    "rest": lambda: mapping_schema(CATALOG),
}
KINDS = tuple(_MAKERS)
