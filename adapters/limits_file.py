"""Reads `limits.yaml`: what a deployment changes of the limits. Everything wrong in it is a finding."""

from __future__ import annotations

from adapters.json_schema import Schema, closed, told, whole
from engine import (
    DEFAULT_LIMITS,
    Diagnostic,
    LimitFacts,
    Limits,
    Mapping,
    Node,
    Scalar,
    Source,
    did_you_mean,
    finding,
    in_reading_order,
    limit_facts,
    read,
)


def read_limits(source: Source) -> tuple[Limits | None, tuple[Diagnostic, ...]]:
    """The limits a file sets, over the defaults; None if anything in it is wrong."""
    node, findings = read(source)
    changes, more = _changes(node) if node is not None else ({}, [])
    found = in_reading_order((*findings, *more))
    if node is None or found:
        return None, found
    return Limits(**{name: changes.get(name, getattr(DEFAULT_LIMITS, name)) for name in limit_facts()}), found


def limits_schema() -> Schema:
    """The JSON Schema of a limits file (without the name of the dialect)."""
    return closed(
        {
            name: told(f"At most so many {each.doc}; {each.default} if it is not said", _bounds(each))
            for name, each in limit_facts().items()
        }
    )


def _bounds(facts: LimitFacts) -> Schema:
    return whole(facts.least, facts.most)


def _changes(node: Node) -> tuple[dict[str, int], list[Diagnostic]]:
    if not isinstance(node, Mapping):
        return {}, [finding("U561", node.place, "Limits are lines `name: number`.")]
    known = limit_facts()
    changes: dict[str, int] = {}
    findings: list[Diagnostic] = []
    for key, value in node.entries:
        facts = known.get(key.text)
        if facts is None:
            message, expected = f"There is no limit `{key.text}`.", f"There are: {', '.join(known)}."
            findings.append(finding("U560", key.place, message, expected, did_you_mean(key.text, known)))
        elif (number := _number(value, facts)) is not None:
            changes[key.text] = number
        else:
            message = f"`{key.text}` cannot be this."
            expected = f"Expected: a whole number from {facts.least:,} to {facts.most:,} ({facts.doc})."
            findings.append(finding("U561", value.place, message, expected))
    return changes, findings


def _number(node: Node, facts: LimitFacts) -> int | None:
    """The number that stands here, if it is within the bounds."""
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return value if facts.least <= value <= facts.most else None
