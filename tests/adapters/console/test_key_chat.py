"""Conversations by keys, through a pipe that stands for a keyboard."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.output.vt100 import Vt100_Output

from adapters.console.chat import LEAVING, Chat, Left
from adapters.console.key_asker import KeyAsker
from adapters.console.screen import TerminalScreen
from adapters.console.transcript import Heading
from adapters.view import View
from engine import Choice
from tests.adapters.console.scripted import JUNK, SWITCH, Scripted, asking, ending, prompt

UP, DOWN, F2, F3, CTRL_C, CTRL_D = "\x1b[A", "\x1b[B", "\x1bOQ", "\x1bOR", "\x03", "\x04"
PAGE_DOWN, CTRL_U = "\x1b[6~", "\x15"
PEOPLE = prompt("several", "Who?", Choice("a", "Ana"), Choice("b", "Ben"), Choice("c", "Cleo"))
MANY = prompt("one", "Who?", *(Choice(f"c-{n}", f"Person {n:02}") for n in range(1, 31)))


@pytest.fixture
def keyboard() -> Iterator[PipeInput]:
    with create_pipe_input() as pipe:
        yield pipe


def talk(keyboard: PipeInput, keys: str, *turns: View) -> tuple[str, Scripted]:
    """What went to the terminal, and the driver, for these keys."""
    out = io.StringIO()
    output = Vt100_Output(out, lambda: Size(24, 80), term="xterm", enable_cpr=False)
    screen = TerminalScreen(output, ColorDepth.DEPTH_4_BIT)
    driver = Scripted(*turns)
    chat = Chat(driver, screen, KeyAsker(screen, keyboard), lambda: turns[0])
    keyboard.send_text(keys)
    try:
        chat.run(Heading("A flow"), turns[0])
    except Left:
        driver.calls.append(("left", None))
    return out.getvalue(), driver


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        ("1\r", "both"),
        (DOWN + DOWN + "\r", "access"),
        (UP + "\r", "leave"),
        ("by\r", "by-hand"),
        ("\r" + "3\r", "by-hand"),
        (DOWN + "4\r", "leave"),
        ("zzz\r" + "1\r", "both"),
        ("online access\r", "access"),
        ("1\x7f2\r", "access"),
    ],
)
def test_a_choice_is_taken_by(keyboard: PipeInput, keys: str, answer: str) -> None:
    assert talk(keyboard, keys, asking(SWITCH), ending())[1].answers == [answer]


@pytest.mark.parametrize(
    ("keys", "answer"),
    [
        (DOWN + " " + DOWN + DOWN + " \r", ["a", "c"]),
        ("1,3\r", ["a", "c"]),
        ("ben \r", ["b"]),
        ("ben\r", ["b"]),
        ("ben " + "3\r", ["b", "c"]),
    ],
)
def test_several_are_taken_by(keyboard: PipeInput, keys: str, answer: list[str]) -> None:
    assert talk(keyboard, keys, asking(PEOPLE), ending())[1].answers == [answer]


def test_a_long_list_is_searched_by_typing(keyboard: PipeInput) -> None:
    shown, driver = talk(keyboard, "person 2" + DOWN + DOWN + "\r", asking(MANY), ending())
    assert driver.answers == ["c-21"]
    assert "… 12 more" in shown


def test_yes_and_no_take_one_letter(keyboard: PipeInput) -> None:
    arrived = prompt("yes-no", "Has it arrived?")
    _, driver = talk(keyboard, "n\ry\r", asking(arrived), asking(arrived), ending())
    assert driver.answers == [False, True]


def test_text_is_typed_on_a_line(keyboard: PipeInput) -> None:
    assert talk(keyboard, "Ana Souza\r", asking(prompt("text", "Name?")), ending())[1].answers == [
        "Ana Souza"
    ]


def test_function_keys_are_commands_at_every_kind(keyboard: PipeInput) -> None:
    name = prompt("text", "Name?")
    _, driver = talk(keyboard, F2 + F3 + F2 + "Ana\r", asking(JUNK), asking(name), ending())
    assert [call for call, _ in driver.calls] == ["why", "back", "why", "answer"]


def test_no_answer_comes_back_from_a_history(keyboard: PipeInput) -> None:
    name = prompt("text", "Name?")
    _, driver = talk(keyboard, "Ana\r" + UP + "Ben\r", asking(name), asking(name), ending())
    assert driver.answers == ["Ana", "Ben"]


def test_a_secret_is_neither_shown_nor_kept(keyboard: PipeInput) -> None:
    secret, name = prompt("secret", "Password?"), prompt("text", "Name?")
    shown, driver = talk(keyboard, "hunter2\r" + UP + "\x19" + "x\r", asking(secret), asking(name), ending())
    assert driver.answers == ["hunter2", "x"]
    assert "hunter" not in shown


def test_commands_are_no_commands_at_a_secret(keyboard: PipeInput) -> None:
    assert talk(keyboard, "/quit\r", asking(prompt("secret", "Password?")), ending())[1].answers == ["/quit"]


def test_ctrl_c_twice_leaves(keyboard: PipeInput) -> None:
    shown, driver = talk(keyboard, CTRL_C + CTRL_C, asking(JUNK), ending())
    assert driver.calls == [("left", None)]
    assert shown.count(LEAVING) == 1


def test_ctrl_c_once_stays(keyboard: PipeInput) -> None:
    assert talk(keyboard, "x" + CTRL_C + "1\r", asking(JUNK), ending())[1].answers == ["found"]


def test_ctrl_d_leaves_at_once(keyboard: PipeInput) -> None:
    assert talk(keyboard, CTRL_D, asking(JUNK), ending())[1].calls == [("left", None)]


def test_without_colours_none_are_sent(keyboard: PipeInput) -> None:
    out = io.StringIO()
    output = Vt100_Output(out, lambda: Size(24, 80), term="xterm", enable_cpr=False)
    screen = TerminalScreen(output, ColorDepth.DEPTH_1_BIT)
    keyboard.send_text("1\r")
    Chat(Scripted(asking(SWITCH), ending()), screen, KeyAsker(screen, keyboard), lambda: ending()).run(
        Heading("A flow"), asking(SWITCH)
    )
    assert not [code for code in ("[31m", "[32m", "[35m", "[36m", ";36", ";31") if code in out.getvalue()]


def test_a_question_of_the_consoles_own_can_be_quit(keyboard: PipeInput) -> None:
    assert talk(keyboard, "/change\r/quit\r", asking(JUNK), ending())[1].calls == [("left", None)]


def test_a_long_text_is_leafed_through_searched_and_leaves_nothing_behind(keyboard: PipeInput) -> None:
    keys = "/help\r" + PAGE_DOWN + "handover\r" + "nowhere\r" + CTRL_U + "\r" + "1\r"
    shown, driver = talk(keyboard, keys, asking(JUNK), ending())
    assert driver.answers == ["found"]
    assert "give this conversation up for good" in shown
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", shown)
    assert plain.rpartition("Is the email in Ana's junk folder?")[2].strip().startswith("› Yes")
