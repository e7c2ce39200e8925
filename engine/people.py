"""What the facts tell of the person with an id: their name, the number on record.

A backend may number clients and clinics alike: a record counts only where its kind is one that actions are
about.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.actions import Catalog
from engine.types import IdType
from engine.values import Value


def told_of(facts: Mapping[str, Value], id: str, member: str, catalog: Catalog) -> str:
    """The text `member` of the record about the person with this id, looked for in the facts, by name, and in
    the lists they hold; "" if none tells it."""
    for name in sorted(facts):
        for record in records_in(facts[name]):
            told = record.get(member) if record.get("id") == id else None
            if isinstance(told, str) and told and _is_of_a_person(record, catalog):
                return told
    return ""


def records_in(value: Value) -> Iterable[dict[str, Value]]:
    """The record that a value is, and those in the lists that it holds."""
    if isinstance(value, dict):
        lists = (inner for inner in value.values() if isinstance(inner, list))
        return (value, *(record for inner in lists for record in records_in(inner)))
    if isinstance(value, list):
        return (item for item in value if isinstance(item, dict))
    return ()


def _is_of_a_person(record: Mapping[str, Value], catalog: Catalog) -> bool:
    """Whether actions can be about such a record; one of a kind that is not declared may be."""
    kinds = [each for each in catalog.records.values() if record.keys() == set(each.names)]
    ids = [kind for each in kinds if isinstance(kind := each.member("id"), IdType)]
    return not ids or any(kind.of & _subjects(catalog) for kind in ids)


def _subjects(catalog: Catalog) -> frozenset[str]:
    """The kinds of ids that say whom an action is about."""
    params = (action.param(action.subject) for action in catalog.actions.values() if action.subject)
    kinds = (param.type for param in params if param is not None)
    return frozenset[str]().union(*(kind.of for kind in kinds if isinstance(kind, IdType)))
