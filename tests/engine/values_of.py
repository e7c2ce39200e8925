"""Values that fit a type, for hypothesis: what a backend could answer with."""

from __future__ import annotations

from typing import assert_never

from hypothesis import strategies as st

from engine.types import (
    ChoiceType,
    DateType,
    IdType,
    ListType,
    MomentType,
    NothingType,
    NumberType,
    OptionalType,
    RecordType,
    SecretType,
    TextType,
    TruthType,
    Type,
)
from engine.values import Value

IDS = st.sampled_from(["c1", "c2", "p1", "none", "picked", "1", "a/b[c]", "é"])
TEXTS = st.sampled_from(
    [
        "",
        "Ana",
        "Ana Souza",
        "**bold** [x](http://x)",
        "{{ client }}",
        "ana@clinic.example",
        "\u202eabc",
        "\x1b[31m",
    ]
) | st.text(st.characters(codec="utf-8"), max_size=12)
JSON: st.SearchStrategy[Value] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
"""Anything, also what JSON cannot hold: endless numbers, half characters."""


def values_of(kind: Type) -> st.SearchStrategy[Value]:
    """Values of a type, as a backend that keeps its word may return them."""
    match kind:
        case TextType():
            return TEXTS
        case NumberType():
            return st.integers(0, 100_000) | st.floats(-10, 10)
        case TruthType():
            return st.booleans()
        case DateType():
            return st.dates().map(lambda day: day.isoformat())
        case MomentType():
            return st.sampled_from(
                ["2026-11-23T09:00:00Z", "2026-11-23T10:00:00+01:00", "2020-01-01T00:00:00Z"]
            )
        case IdType():
            return IDS
        case ChoiceType(options=options):
            return st.sampled_from(options)
        case SecretType():
            return st.just({"$secret": "v1", "checks": []})
        case NothingType():
            return st.none()
        case ListType(of=item):
            return st.lists(values_of(item), max_size=3).map(list)
        case OptionalType(of=inner):
            return st.none() | values_of(inner)
        case RecordType(members=members):
            return st.fixed_dictionaries({name: values_of(of) for name, of in members}).map(dict)
        case _:
            assert_never(kind)
