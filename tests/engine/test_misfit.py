"""Whether a value from outside fits its declared type."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.misfit import misfit, trimmed
from engine.types import (
    DATE,
    MOMENT,
    NOTHING,
    NUMBER,
    SECRET,
    TEXT,
    TRUTH,
    ChoiceType,
    IdType,
    ListType,
    OptionalType,
    Type,
    optional,
    record,
)
from engine.values import SecretRef, Value

KIND = ChoiceType(("adult", "minor"))
CLIENT = record(
    "Client",
    {
        "id": IdType(frozenset({"client"})),
        "name": TEXT,
        "kind": KIND,
        "email": optional(TEXT),
        "birth_date": optional(DATE),
    },
)
FOUND = record("FoundClients", {"clients": ListType(CLIENT), "truncated": TRUTH})
ANA: dict[str, Value] = {
    "id": "c-1",
    "name": "Ana",
    "kind": "adult",
    "email": None,
    "birth_date": "1990-02-03",
}


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("", TEXT), ("日本", TEXT), (0, NUMBER), (-1.5, NUMBER), (2**53 - 1, NUMBER), (True, TRUTH),
        ("2024-02-29", DATE), ("2026-11-23T09:30:00Z", MOMENT), ("2026-11-23T09:30:00.25-05:00", MOMENT),
        ("2026-11-23T09:30+13:45", MOMENT), ("c-1", IdType(frozenset({"client"}))), ("adult", KIND),
        (SecretRef("s-1").as_value(), SECRET), (None, NOTHING), (None, OptionalType(TEXT)),
        ("x", OptionalType(TEXT)),
        ([], ListType(CLIENT)), (ANA, CLIENT), ({"clients": [ANA, ANA], "truncated": False}, FOUND),
        ({**ANA, "more": [1]}, CLIENT), ({"id": "c-1", "name": "Ana", "kind": "minor"}, CLIENT),
    ],
)  # fmt: skip
def test_a_fitting_value_is_left_alone(value: Value, kind: Type) -> None:
    assert misfit(value, kind) is None


@pytest.mark.parametrize(
    ("value", "kind", "words"),
    [
        (None, TEXT, "The value should be text, but is unknown."),
        (1, TEXT, "should be text, but is a number"),
        ("\ud800", TEXT, "half a character"),
        (True, NUMBER, "but is true or false"),
        (math.nan, NUMBER, "a number that cannot be kept"),
        (-math.inf, NUMBER, "a number that cannot be kept"),
        (2**53, NUMBER, "a number that cannot be kept"),
        ("1", NUMBER, "but is text"),
        (1, TRUTH, "should be true or false, but is a number"),
        ("2026-02-30", DATE, "text of another form"),
        ("20260203", DATE, "text of another form"),
        ("2026-11-23", MOMENT, "text of another form"),
        ("2026-11-23T09:30:00", MOMENT, "text of another form"),
        ("2026-11-23T25:30:00Z", MOMENT, "text of another form"),
        ("", IdType(frozenset({"client"})), "should be an id of a client, but is empty text"),
        ("senior", KIND, "should be one of adult, minor, but is another word"),
        ("hunter2", SECRET, "should be a secret, but is text"),
        ({"$secret": 3}, SECRET, "but is a record"),
        ("x", NOTHING, "but is text"),
        ({}, ListType(TEXT), "should be a list of text, but is a record"),
        ([], CLIENT, "should be a Client, but is a list"),
        (["a", "b", 3], ListType(TEXT), "`[2]` should be text"),
        ({}, CLIENT, "`id` is missing."),
        ({**ANA, "birth_date": "soon"}, CLIENT, "`birth_date` should be a date"),
        ({"clients": [ANA, {**ANA, "name": 4}], "truncated": 1}, FOUND, "`clients[1].name` should be text"),
        (
            {"clients": [ANA], "truncated": None},
            FOUND,
            "`truncated` should be true or false, but is unknown.",
        ),
    ],
)
def test_the_first_misfit_is_named_with_its_member(value: Value, kind: Type, words: str) -> None:
    assert words in (misfit(value, kind) or "")


def test_only_declared_members_are_kept() -> None:
    value: Value = {"truncated": False, "clients": [{**ANA, "ssn": "1"}], "took_ms": 3}
    assert trimmed(value, FOUND) == {"clients": [ANA], "truncated": False}
    assert trimmed({"$secret": "s", "checks": [], "plain": "x"}, SECRET) == {"$secret": "s", "checks": []}
    assert trimmed(None, optional(CLIENT)) is None


def test_what_is_not_known_is_unknown_once_trimmed() -> None:
    value: Value = {"id": "c-1", "name": "Ana", "kind": "minor"}
    assert trimmed(value, CLIENT) == {**value, "email": None, "birth_date": None}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["adult", "c-1"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "name", "kind", "email", "clients", "$secret", "x"]), inner)
    ),
    max_leaves=8,
)
kinds: st.SearchStrategy[Type] = st.recursive(
    st.sampled_from([TEXT, NUMBER, TRUTH, DATE, MOMENT, SECRET, NOTHING, KIND, CLIENT, FOUND]),
    lambda inner: inner.map(ListType) | inner.map(optional),
    max_leaves=3,
)


@given(json_values, kinds)
def test_any_value_is_judged_and_trimming_keeps_the_judgement(value: Value, kind: Type) -> None:
    words = misfit(value, kind)
    kept = trimmed(value, kind)
    if words is None:
        assert misfit(kept, kind) is None
    assert trimmed(kept, kind) == kept or value != value


@given(st.text(min_size=6), kinds)
def test_the_words_never_show_the_value(value: str, kind: Type) -> None:
    words = misfit(f"⟪{value}⟫", kind)
    assert "⟪" not in (words or "")
