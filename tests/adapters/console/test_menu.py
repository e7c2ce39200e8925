"""A list of choices while somebody types and moves."""

from __future__ import annotations

from adapters.console.layout import Row
from adapters.console.menu import Menu
from adapters.console.replies import Answer, Order, Puzzle
from adapters.console.theme import UNICODE
from engine import Choice
from tests.adapters.console.scripted import JUNK, SWITCH, prompt

MANY = prompt("one", "Who?", *(Choice(f"c-{n}", f"Person {n:02}") for n in range(1, 31)))
SEVERAL = prompt("several", "Who?", Choice("a", "Ana"), Choice("b", "Ben"), Choice("c", "Cleo"))


def text_of(rows: list[Row]) -> str:
    return "\n".join("".join(text for _, text in (*row.first, *row.text)) for row in rows)


def test_enter_alone_answers_nothing() -> None:
    assert isinstance(Menu(SWITCH).enter(""), Puzzle)


def test_arrows_go_round_the_ends() -> None:
    menu = Menu(JUNK)
    menu.move(-1, "")
    assert menu.enter("") == Answer("missing", "No")
    menu.move(1, "")
    assert menu.enter("") == Answer("found", "Yes")


def test_what_enter_would_take_is_pointed_at_while_typing() -> None:
    menu = Menu(SWITCH)
    assert menu.pointed("on") == SWITCH.choices[1]
    assert menu.pointed("zzz") is None
    assert "›" in text_of(menu.rows("on", UNICODE, 20))


def test_typing_overrides_the_arrow() -> None:
    menu = Menu(JUNK)
    menu.move(1, "")
    menu.typing()
    assert menu.enter("2") == Answer("missing", "No")


def test_the_arrow_overrides_what_was_typed_and_starts_there() -> None:
    menu = Menu(SWITCH)
    menu.move(1, "2")
    assert menu.pointed("2") == SWITCH.choices[2]
    assert menu.enter("2") == Answer("by-hand", "I'll do it by hand")


def test_an_effect_stands_under_its_choice() -> None:
    shown = text_of(Menu(SWITCH).rows("", UNICODE, 20)).splitlines()
    assert shown[1].strip() == "↳ Switches online access on for Ana Souza."


def test_a_long_list_is_narrowed_and_keeps_its_numbers() -> None:
    menu = Menu(MANY)
    shown = text_of(menu.rows("person 2", UNICODE, 20))
    assert shown.count("Person") == 10
    assert "20  Person 20" in shown
    assert menu.enter("20") == Answer("c-20", "Person 20")


def test_a_long_list_shows_a_part_and_says_how_much_more() -> None:
    menu = Menu(MANY)
    rows = menu.rows("", UNICODE, 8)
    assert len(rows) <= 10
    assert "more" in text_of(rows)
    for _ in range(20):
        menu.move(1, "")
    shown = text_of(menu.rows("", UNICODE, 8))
    assert "Person 20" in shown
    assert "before" in shown


def test_space_ticks_and_enter_takes_all_ticked() -> None:
    menu = Menu(SEVERAL)
    menu.move(1, "")
    assert menu.tick("")
    menu.move(1, "")
    menu.move(1, "")
    assert menu.tick("")
    assert menu.enter("") == Answer(["a", "c"], "Ana, Cleo")


def test_a_tick_is_taken_back() -> None:
    menu = Menu(SEVERAL)
    menu.move(1, "")
    menu.tick("")
    menu.tick("")
    menu.typing()
    assert isinstance(menu.enter(""), Puzzle)


def test_ticked_and_typed_go_together() -> None:
    menu = Menu(SEVERAL)
    menu.move(1, "")
    menu.tick("")
    menu.typing()
    assert menu.enter("3") == Answer(["a", "c"], "Ana, Cleo")


def test_nothing_is_ticked_where_one_is_asked_for() -> None:
    menu = Menu(JUNK)
    menu.move(1, "")
    assert not menu.tick("")


def test_a_command_is_a_command_at_a_menu() -> None:
    assert Menu(JUNK).enter("/why") == Order("/why")
