"""Filters: what each does to values, that none raises, and that the table is complete."""

from __future__ import annotations

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.filters import FILTERS, LONGEST_TEXT, SPELLED_CHARACTERS, Literal, Misuse, literal_type, showable
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
    Type,
    optional,
    record,
)
from engine.values import Value
from tests.engine.language import CLIENT, CONTACT, PORTAL


def applied(name: str, value: Value, *args: Literal) -> Value:
    return FILTERS[name].apply(value, args)


@pytest.mark.parametrize(
    ("name", "value", "args", "gives"),
    [
        ("lower", "ÉCOLE", (), "école"),
        ("upper", "straße", (), "STRASSE"),
        ("count", [], (), 0),
        ("count", [1, None], (), 2),
        ("first", [], (), None),
        ("first", [None, 1], (), None),
        ("last", ["a", "b"], (), "b"),
        ("join", ["a", 2, True, None, 1.0], (), "a, 2, yes, not known, 1"),
        ("join", [], (), ""),
        ("only", [{"p": True, "n": 1}, {"p": False}, {"p": None}, {}], ("p",), [{"p": True, "n": 1}]),
        ("without", [{"p": True}, {"p": False}, {"p": None}, {}], ("p",), [{"p": False}, {"p": None}, {}]),
        ("masked", "ana@clinic.example", (), "a***a@clinic.example"),
        ("masked", "an@clinic.example", (), "a***@clinic.example"),
        ("masked", "a@clinic.example", (), "a***@clinic.example"),
        ("masked", "@clinic.example", (), "***@clinic.example"),
        ("masked", '"a@b"@clinic.example', (), '"***"@clinic.example'),
        ("masked", "no address", (), "n***"),
        ("masked", "", (), "***"),
        (
            "spelled",
            "l1I0O",
            (),
            "l (small letter L) - 1 (one) - I (capital letter i) - 0 (zero) - O (capital letter o)",
        ),
        ("spelled", "a@b.ca", (), "a - (at sign) - b - (dot) - c - a"),
        ("spelled", "_-+ B", (), "(underscore) - (dash) - (plus sign) - (space) - B (capital)"),
        ("spelled", "а", (), "а (cyrillic small letter a)"),
        ("spelled", "\u200b\u202e", (), "(zero width space) - (right-to-left override)"),
        ("spelled", "", (), ""),
        (
            "off_in_words",
            {"online_access": False, "email_notifications": False},
            (),
            "email notifications and online access",
        ),
        ("off_in_words", {"a": False, "b_c": False, "d": False, "e": None, "n": 0}, (), "a, b c and d"),
        ("off_in_words", {"a": True}, (), "nothing"),
        ("on_in_words", {"a": True, "b": 1}, (), "a"),
        ("date", "2026-02-03", (), "3 February 2026"),
        ("date", "2026-02-03T23:30:00Z", (), "3 February 2026"),
        ("date", "no date", (), "no date"),
        ("moment", "2026-12-31T00:05:00-05:00", (), "31 December 2026, 00:05"),
        ("moment", "whenever", (), "whenever"),
        ("default", None, ("none",), "none"),
        ("default", "x", ("none",), "x"),
        ("default", 3, ("none",), "3"),
        ("default", 3, (0,), 3),
        ("default", True, ("none",), "yes"),
        ("default", ["a", "b"], ("none",), "a, b"),
        ("default", False, (True,), False),
    ],
)
def test_what_a_filter_does(name: str, value: Value, args: tuple[Literal, ...], gives: Value) -> None:
    given_back = applied(name, value, *args)
    assert given_back == gives
    assert type(given_back) is type(gives)


TAKEN: Final[dict[str, tuple[Type, ...]]] = {
    "lower": (TEXT, ChoiceType(("A",)), IdType(frozenset({"client"}))),
    "upper": (TEXT,),
    "count": (ListType(CLIENT), ListType(NOTHING)),
    "first": (ListType(TEXT),),
    "last": (ListType(TEXT),),
    "join": (ListType(TEXT), ListType(NUMBER), ListType(NOTHING)),
    "only": (ListType(CONTACT),),
    "without": (ListType(CONTACT),),
    "masked": (TEXT,),
    "spelled": (TEXT,),
    "off_in_words": (PORTAL, CONTACT),
    "on_in_words": (PORTAL,),
    "date": (DATE, MOMENT),
    "moment": (MOMENT,),
    "default": (TEXT, NUMBER, TRUTH, optional(DATE), NOTHING, ListType(TEXT)),
}
ARGUMENTS: Final[dict[str, tuple[Literal, ...]]] = {
    "only": ("is_primary",),
    "without": ("is_primary",),
    "default": ("x",),
}
KINDS: Final[tuple[Type, ...]] = (
    TEXT,
    NUMBER,
    TRUTH,
    DATE,
    MOMENT,
    SECRET,
    ChoiceType(("A",)),
    IdType(frozenset({"client"})),
    CLIENT,
    CONTACT,
    record("Bare", {"name": TEXT}),
    ListType(TEXT),
    ListType(CLIENT),
    ListType(ListType(TEXT)),
)


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_takes_what_it_says_and_nothing_else(name: str) -> None:
    args = ARGUMENTS.get(name, ())
    for kind in TAKEN[name]:
        assert not isinstance(FILTERS[name].check(kind, args), Misuse), kind
    refused = [kind for kind in KINDS if isinstance(FILTERS[name].check(kind, args), Misuse)]
    assert SECRET in refused
    assert len(refused) >= 3


def test_the_table_of_this_test_knows_every_filter() -> None:
    assert set(TAKEN) == set(FILTERS)
    assert all(each.doc and each.name == name for name, each in FILTERS.items())


def test_an_unknown_date_of_a_default_is_shown_as_text() -> None:
    assert FILTERS["default"].check(DATE, ("none",)) == TEXT
    assert FILTERS["default"].check(ChoiceType(("a",)), ("b",)) == ChoiceType(("a", "b"))


def test_long_texts_are_not_spelled_to_the_end() -> None:
    spelled = applied("spelled", "ab" * 10_000)
    assert isinstance(spelled, str)
    assert spelled.endswith("a - b - …")
    assert spelled.count(" - ") == SPELLED_CHARACTERS


@pytest.mark.parametrize(("name", "args"), [("join", ()), ("join", ("",)), ("default", ("none",))])
def test_a_text_that_is_made_of_itself_again_and_again_does_not_fill_the_memory(
    name: str, args: tuple[Literal, ...]
) -> None:
    text: Value = "x"
    for _ in range(50):
        text = applied(name, [text] * 10, *args)
    assert isinstance(text, str)
    assert len(text) == LONGEST_TEXT
    assert text.endswith("…")
    just = "x" * (LONGEST_TEXT - 3)
    assert applied(name, [just, "y"], *args) == just + (args[0] if args == ("",) else ", ") + "y"


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
LITERALS: Final = st.lists(st.none() | st.booleans() | st.integers() | st.text(max_size=4), max_size=2)


@given(st.sampled_from(sorted(FILTERS)), JSON, LITERALS)
def test_no_filter_raises_for_any_value(name: str, value: Value, args: list[Literal]) -> None:
    found = FILTERS[name]
    result = found.apply(value, tuple(args))
    if value is None and not found.takes_unknown:
        assert result is None


@given(st.text(max_size=30))
def test_a_spelled_text_stays_on_one_line(text: str) -> None:
    spelled = applied("spelled", text)
    assert isinstance(spelled, str)
    assert len(spelled.splitlines()) <= 1
    assert spelled.isprintable()


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        (TEXT, True),
        (NUMBER, True),
        (TRUTH, True),
        (DATE, True),
        (ListType(TEXT), True),
        (SECRET, False),
        (CLIENT, False),
        (ListType(CLIENT), False),
        (optional(TEXT), False),
        (ListType(ListType(TEXT)), False),
        (NOTHING, False),
        (ListType(NOTHING), True),
    ],
)
def test_what_a_text_can_show(kind: Type, shown: bool) -> None:
    assert showable(kind) is shown


def test_a_literal_text_is_the_choice_of_itself() -> None:
    assert literal_type("a") == ChoiceType(("a",))
    assert (literal_type(1), literal_type(True), literal_type(None)) == (NUMBER, TRUTH, NOTHING)
