"""Rows become lines that fit, hide nothing and lose nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.console.layout import BLANK, NARROWEST, Line, Row, columns, lines, row
from adapters.sanitise import shown

any_text = st.text(st.characters(exclude_categories=()), max_size=60)


def text_of(line: Line) -> str:
    return "".join(text for _, text in line)


@given(st.lists(any_text, max_size=3), st.integers(NARROWEST, 100))
def test_no_line_is_wider_than_asked_for(texts: list[str], width: int) -> None:
    laid = lines([Row(tuple(("x", text) for text in texts), (("rule", "│ "),))], width)
    assert all(columns(text_of(line)) <= width for line in laid)


@given(any_text, st.integers(NARROWEST, 100))
def test_no_character_but_spaces_gets_lost(text: str, width: int) -> None:
    laid = "".join(text_of(line) for line in lines([row(text)], width))
    assert laid.replace(" ", "") == shown(text).replace(" ", "")


def test_words_stay_whole_where_they_fit() -> None:
    laid = lines([row("The quick brown fox jumps over the lazy dog")], 20)
    assert [text_of(line) for line in laid] == ["The quick brown fox", "jumps over the lazy", "dog"]


def test_a_word_too_long_is_broken() -> None:
    assert [text_of(line) for line in lines([row("x" * 45)], 20)] == ["x" * 20, "x" * 20, "x" * 5]


def test_wide_characters_count_twice() -> None:
    assert [text_of(line) for line in lines([row("日" * 12)], 20)] == ["日" * 10, "日" * 2]


def test_a_family_counts_for_what_terminals_take_that_draw_its_members_side_by_side() -> None:
    assert columns("👩\u200d👩\u200d👧") == 6


def test_a_path_longer_than_a_line_breaks_behind_its_strokes() -> None:
    laid = lines([row("flows/common/check-address.yaml", "", "  ")], 20)
    assert [text for line in laid for _, text in line] == ["  flows/common/", "  check-address.yaml"]


def test_chinese_and_japanese_break_anywhere_but_before_a_full_stop() -> None:
    laid = lines([row("born 1990, 東京都千代田区丸の内。駅")], 20)
    assert ["".join(text for _, text in line) for line in laid] == ["born 1990, 東京都千", "代田区丸の内。駅"]
    assert ["".join(text for _, text in line) for line in lines([row("東京都千代田区丸の内。駅")], 20)] == [
        "東京都千代田区丸の",
        "内。駅",
    ]


def test_other_lines_are_indented_as_deep_as_the_first() -> None:
    laid = lines([row("one two three four five six", first="  1  ")], 20)
    assert [text_of(line) for line in laid] == ["  1  one two three", "     four five six"]


def test_a_rule_stands_left_of_every_line() -> None:
    rule = (("rule", "│ "),)
    laid = lines([Row((("", "one two three four five six"),), rule, rule)], 20)
    assert [text_of(line)[:2] for line in laid] == ["│ ", "│ "]


def test_spaces_inside_are_kept() -> None:
    assert text_of(lines([row("a   b")], 40)[0]) == "a   b"


def test_an_empty_row_is_one_empty_line() -> None:
    assert lines([BLANK], 40) == [()]


@pytest.mark.parametrize("text", ["José → 日本", "\x1b[2J"])
def test_ascii_is_ascii(text: str) -> None:
    assert text_of(lines([row(text)], 80, ascii=True)[0]).isascii()
