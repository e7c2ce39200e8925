"""A text that is longer than the screen: leafed through and searched."""

from __future__ import annotations

from adapters.console.layout import Line
from adapters.console.reading import Reading

TEXT: list[Line] = [(("", f"  line {number}"),) for number in range(1, 41)]
ROOM = 10


def shown(reading: Reading) -> list[str]:
    return ["".join(text for _, text in line).strip() for line in reading.window(ROOM)]


def test_it_begins_at_the_top_and_ends_at_the_end() -> None:
    reading = Reading(TEXT)
    assert shown(reading)[0] == "line 1"
    reading.move(-3)
    assert shown(reading)[0] == "line 1"
    reading.move(9)
    assert shown(reading)[0] == "line 10"
    reading.move(100)
    assert shown(reading)[-1] == "line 40"
    reading.move(-1)
    assert shown(reading)[-1] == "line 39"
    reading.to_start()
    assert shown(reading)[0] == "line 1"
    reading.to_end()
    assert shown(reading)[-1] == "line 40"


def test_it_can_begin_around_a_line() -> None:
    assert "line 21" in shown(Reading(TEXT, 20))[4:6]


def test_what_is_searched_for_stands_out_and_the_next_one_follows() -> None:
    reading = Reading(TEXT)
    assert reading.find("LINE 2")
    assert shown(reading)[1] == "line 2"
    assert [line for line in reading.window(ROOM) if line[-1][0] == "chosen"] == [
        (("", "  "), ("chosen", "line 2"))
    ]
    assert reading.find("line 2")
    assert "line 20" in shown(reading)
    for _ in range(9):
        assert reading.find("line 2")
    assert reading.find("line 2")
    assert shown(reading)[1] == "line 2"


def test_what_is_not_there_moves_nothing() -> None:
    reading = Reading(TEXT, 20)
    before = shown(reading)
    assert not reading.find("nowhere")
    assert shown(reading) == before


def test_in_another_width_one_stays_about_where_one_was() -> None:
    reading = Reading(TEXT)
    reading.move(20)
    assert shown(reading)[0] == "line 21"
    reading.laid([line for line in TEXT for _ in range(2)])
    assert shown(reading)[0] == "line 21"


def test_where_one_is_is_told() -> None:
    reading = Reading(TEXT)
    reading.move(5)
    reading.window(ROOM)
    assert reading.place(ROOM) == "Lines 6 to 15 of 40"
