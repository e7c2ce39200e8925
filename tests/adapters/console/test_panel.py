"""What stands above the input line: what fits, what is left out, and what the commands look like."""

from __future__ import annotations

import pytest

from adapters.console.layout import Line, Row, lines
from adapters.console.palette import Palette
from adapters.console.panel import Panel
from adapters.console.replies import Answer, Order, Puzzle
from adapters.console.theme import UNICODE
from engine import Choice, Prompt
from tests.adapters.console.scripted import JUNK, SWITCH, prompt

LONG = "\n".join([*(f"Line {number} of what has to be known." for number in range(30)), "Shall I send it?"])


def lay(rows: list[Row]) -> list[Line]:
    return lines(rows, 60)


def shown(panel: Panel, typed: str = "", room: int = 20) -> list[str]:
    return ["".join(text for _, text in line) for line in panel.lines(typed, lay, UNICODE, room)]


def test_question_and_choices_are_in_view() -> None:
    assert shown(Panel(JUNK)) == ["", "  Is the email in Ana's junk folder?", "   1  Yes", "   2  No"]


def test_of_a_question_that_is_too_long_its_last_words_are_in_view() -> None:
    panel = Panel(prompt("choice", LONG, Choice("a", "Yes"), Choice("b", "No")))
    assert not panel.fits(lay, UNICODE, 20)
    assert shown(panel) == ["", "  Shall I send it?", "   1  Yes", "   2  No"]


@pytest.mark.parametrize("room", range(5, 40))
@pytest.mark.parametrize("typed", ["", "/", "/re", "2"])
def test_it_never_takes_more_lines_than_there_are(room: int, typed: str) -> None:
    many = prompt("one", LONG, *(Choice(f"c-{n}", f"Person {n} " + "x" * 70) for n in range(50)))
    assert len(shown(Panel(many), typed, room)) <= room


def test_a_stroke_shows_the_commands() -> None:
    assert any("/summary" in line for line in shown(Panel(SWITCH), "/"))
    assert not any("Switch both on" in line for line in shown(Panel(SWITCH), "/"))


def test_what_is_typed_narrows_the_commands() -> None:
    assert Palette(JUNK).visible("/ma") == ("/map",)
    assert Palette(JUNK).visible("/note") == ("/note", "/notes")
    assert Palette(JUNK).visible("/smr") == ("/summary",)
    assert Palette(JUNK).visible("/xyz") == ()


def test_tab_writes_the_command_out() -> None:
    assert Palette(JUNK).completed("/no") == "/note "
    assert Palette(JUNK).completed("/su") == "/summary"
    assert Palette(JUNK).completed("/note wait") == "/note wait"


def test_arrows_move_through_the_commands() -> None:
    palette = Palette(JUNK)
    palette.move(1, "/")
    assert palette.pointed("/") == "/back"
    palette.move(-1, "/")
    assert palette.pointed("/") == "/quit"
    palette.typing()
    assert palette.pointed("/") is None


def test_enter_takes_the_command_that_is_pointed_at() -> None:
    assert Palette(JUNK).enter("/su") == Order("/summary")
    assert Palette(JUNK).enter("/note wait") == Order("/note", "wait")
    assert isinstance(Palette(JUNK).enter("/note"), Puzzle)
    assert isinstance(Palette(JUNK).enter("/xyz"), Puzzle)


def test_a_secret_knows_no_commands() -> None:
    secret = Prompt("f/q", "q", 1, "secret", JUNK.text)
    assert not Panel(secret).commanding("/quit")
    assert Panel(secret).enter("/quit") == Answer("/quit", "(not shown)")
