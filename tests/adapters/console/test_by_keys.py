"""The whole program by keys alone: every command and every key, on a real pseudo-terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.console.real_screen import RealScreen, real_screen

ESCAPE, F1, F2, F3, F4, F5, F6 = "\x1b", "\x1bOP", "\x1bOQ", "\x1bOR", "\x1bOS", "\x1b[15~", "\x1b[17~"
DOWN, UP, PAGE_DOWN, HOME, END, CTRL_C, CTRL_P, CTRL_U = (
    *("\x1b[B", "\x1b[A", "\x1b[6~", "\x1b[H", "\x1b[F"),
    *("\x03", "\x10", "\x15"),
)


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[RealScreen]:
    """A conversation about Ana Souza at its first question with choices."""
    with real_screen(tmp_path, 80, 40, "email-not-received", "--as", "agent") as screen:
        screen.shows("Who is the client?")
        screen.press("souza\r")
        screen.shows("Is it this client?")
        screen.press("1\r")
        screen.shows("Leave it as it is")
        yield screen


def toolbar(screen: RealScreen) -> str:
    return screen.lines()[-1].strip()


def test_help_is_leafed_through_and_searched_and_left(screen: RealScreen) -> None:
    screen.resize(80, 20)
    screen.press(F1)
    screen.shows("Lines 1 to 17 of")
    screen.press(END)
    screen.shows("the conversation is kept.")
    screen.press(HOME)
    screen.shows("Lines 1 to 17 of")
    screen.press("restart\r")
    screen.shows("stop this conversation and begin it anew")
    screen.press(ESCAPE)
    screen.shows("Shall I switch it on?")
    assert "what can be typed" not in "".join(screen.lines())


def test_the_toolbar_tells_client_flow_step_and_keys(screen: RealScreen) -> None:
    assert toolbar(screen) == "Ana Souza · email-not-received · switch-on   F1 help · F2 why · F3 back"


def test_reasons_the_map_notes_and_a_summary_leave_the_question_where_it_is(screen: RealScreen) -> None:
    screen.press(F2)
    screen.shows("Online access: off. Email notifications: off.")
    screen.shows("It belongs to “Online access and email notifications”, about Ana Souza.")
    screen.press("/why-not send\r")
    screen.shows("It can still come, when")
    screen.press("/notes\r")
    screen.shows("There are no notes yet.")
    screen.press("/note she calls again at three\r")
    screen.shows("Noted.")
    screen.press("/notes\r")
    screen.shows("1. she calls again at three")
    screen.press(F5)
    screen.shows("About: Ana Souza (ana-souza)")
    screen.press(F6)
    screen.shows("Page Up and Page Down leaf")
    assert any(re.match(r"› +\d+ +\S", line) for line in screen.lines())
    screen.press(PAGE_DOWN)
    screen.press(ESCAPE)
    screen.misses("Page Up and Page Down leaf")
    screen.shows("Leave it as it is")
    assert toolbar(screen).startswith("Ana Souza")


def test_commands_complete_and_come_back_but_answers_do_not(screen: RealScreen, tmp_path: Path) -> None:
    screen.press("/su\t")
    screen.shows("› /summary")
    screen.press("\r")
    screen.shows("About: Ana Souza")
    screen.press(CTRL_P)
    screen.shows("› /summary")
    screen.press(CTRL_U + "4\r")
    screen.shows("› Leave it as it is")
    (kept,) = (tmp_path / "state" / "unstuck").glob("*history*")
    assert kept.read_text(encoding="utf-8") == "/summary\n"


def test_an_answer_is_changed_and_a_question_gone_back_to(screen: RealScreen) -> None:
    screen.press(F4)
    screen.shows("Which answer do you want to change?")
    assert toolbar(screen).endswith("Esc back")
    screen.press(ESCAPE)
    screen.shows("Shall I switch it on?")
    screen.press(F4)
    screen.shows("Which answer do you want to change?")
    screen.press("1\r")
    screen.shows("A part of it is enough.")
    screen.press("keller\r")
    screen.shows("Bruno Keller")
    screen.press("1\r")
    screen.shows("Bruno Keller is an adult")
    screen.press(F3)
    screen.shows("Is it this client?")


def test_escape_takes_back_what_was_typed_and_pointed_at(screen: RealScreen) -> None:
    screen.press("leave")
    screen.shows("› 4 Leave it as it is")
    screen.press(ESCAPE)
    screen.misses("› leave")
    screen.press(UP)
    screen.shows("› 4 Leave it as it is")
    screen.press(ESCAPE)
    screen.misses("› 4")


def test_an_enter_too_many_is_answered_at_the_question(screen: RealScreen) -> None:
    screen.press("\r")
    screen.shows("! Please choose: type a number from 1 to 4")
    screen.press("\r\r")
    screen.press("2")
    screen.misses("Please choose")
    screen.press("\x7f\r")
    screen.shows("! Please choose")
    assert "".join(screen.lines()).count("Please choose") == 1


@pytest.mark.parametrize("command", ["/restart", "/stop", "/handover she has to leave"])
def test_what_ends_a_conversation_asks_first(screen: RealScreen, command: str) -> None:
    screen.press(f"{command}\r")
    screen.shows("No, go on")
    screen.press(ESCAPE)
    screen.shows("Leave it as it is")
    screen.press(f"{command}\r")
    screen.shows("No, go on")
    screen.press("1\r")
    words = {"/restart": "Who is the client?", "/stop": "Not solved."}.get(command, "Handed over.")
    screen.shows(words)


def test_quitting_and_ctrl_c_twice_tell_how_to_go_on(screen: RealScreen) -> None:
    screen.press(CTRL_C)
    screen.shows("Press Ctrl-C again to leave; the conversation is kept.")
    screen.press("/quit\r")
    screen.shows("Go on with it: unstuck chat --resume")
