"""What is known of a number or a day by comparisons before decides others exactly where it must."""

from __future__ import annotations

import operator
from datetime import date, timedelta
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.bounds import COUNT, Comparison, between, bound_notes, measured

COMPARE: Final = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
COMPARISONS: Final[tuple[Comparison, ...]] = ("==", "!=", "<", "<=", ">", ">=")
TRIED: Final = [number / 2 for number in range(-12, 13)]
"""Between and beside all the whole numbers that are compared with."""

comparisons = st.tuples(st.sampled_from(COMPARISONS), st.integers(-5, 5), st.booleans())


@given(st.lists(comparisons, max_size=4), st.sampled_from(COMPARISONS), st.integers(-5, 5))
def test_a_comparison_is_decided_just_where_all_values_that_are_left_agree(
    before: list[tuple[Comparison, int, bool]], comparison: Comparison, value: int
) -> None:
    known: set[str] = set()
    left = TRIED
    for each, than, holds in before:
        known |= bound_notes("x", each, than)[0 if holds else 1]
        # What is not equal has no bounds.
        if (each, holds) not in (("!=", True), ("==", False)):
            left = [number for number in left if COMPARE[each](number, than) is holds]
    there = between("x", known | {"y > 100", "x.y > 100", "x != word", "can:x"})
    assert there.is_empty() == (not left)
    if left:
        answers = {COMPARE[comparison](number, value) for number in left}
        assert there.answers(comparison, value) == (answers.pop() if len(answers) == 1 else None)


@given(st.integers(0, 400), st.sampled_from(COMPARISONS))
def test_days_are_compared_as_days(days: int, comparison: Comparison) -> None:
    day = date(2026, 1, 1) + timedelta(days)
    there = between("day", bound_notes("day", "==", day.isoformat())[0])
    other = measured("2026-07-01")
    assert other is not None
    assert there.answers(comparison, other) is COMPARE[comparison](day, other)
    assert there.in_words() == day.isoformat()


@pytest.mark.parametrize(
    ("notes", "words"),
    [
        (["x > 5", "x <= 7.5"], "more than 5 and at most 7.5"),
        (["x < 3", "x < 2"], "less than 2"),
        (["x >= 4", "x <= 4"], "4"),
        (["x > 2026-01-31"], "after 2026-01-31"),
        (["x >= 2026-11-23T09:30:00Z"], "not before 2026-11-23T09:30:00Z"),
    ],
)
def test_where_a_value_lies_is_told_in_words(notes: list[str], words: str) -> None:
    assert between("x", set(notes)).in_words() == words


def test_a_list_never_has_fewer_than_no_items() -> None:
    there = between("clients" + COUNT, set())
    assert (there.answers(">=", 0), there.answers("<", 0), there.answers(">", 0)) == (True, False, None)


@pytest.mark.parametrize("value", [True, None, "word", "2026-13-41", "2026-11-23T09:30:00"])
def test_what_has_no_order_is_no_measure(value: object) -> None:
    assert measured(value) is None
