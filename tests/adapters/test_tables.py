"""Tables line up, whatever stands in them."""

from __future__ import annotations

from adapters.tables import table


def test_columns_line_up() -> None:
    assert (
        table(("id", "name"), (("a", "Ana"), ("long-id", "Ben")))
        == "id       name\na        Ana\nlong-id  Ben"
    )


def test_wide_and_hidden_characters_line_up() -> None:
    assert table(("x", "y"), (("日本", "1"), ("a\u200b", "2"))).splitlines()[1:] == [
        "日本       1",
        "a⟦U+200B⟧  2",
    ]


def test_a_title_stands_above() -> None:
    assert table(("x",), (("1",),), "People") == "People\nx\n1"


def test_no_rows_leave_the_names() -> None:
    assert table(("x", "y"), ()) == "x  y"
