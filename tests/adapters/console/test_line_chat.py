"""Whole conversations line by line, as over a pipe or with a screen reader."""

from __future__ import annotations

import io

import pytest
from msgspec.structs import replace

from adapters.console.chat import LEAVING, Chat, Left
from adapters.console.line_asker import LineAsker
from adapters.console.screen import PlainScreen
from adapters.console.transcript import Heading
from adapters.view import View
from engine import Outcome, Value
from tests.adapters.console.scripted import (
    DONE,
    EMPTY,
    FAILED,
    JUNK,
    PATH,
    SWITCH,
    UNKNOWN,
    Scripted,
    asking,
    ending,
    prompt,
)

HEADING = Heading("A client did not receive the email", ("agent", "session s-1"))


def talk(typed: str, *turns: View, ascii: bool = False, width: int = 80) -> tuple[str, Scripted]:
    """The transcript of a conversation in which `typed` comes from a pipe; the first turn is shown."""
    out = io.StringIO()
    screen = PlainScreen(out, ascii=ascii, width=width)
    driver = Scripted(*turns)
    chat = Chat(driver, screen, LineAsker(screen, io.StringIO(typed)), lambda: turns[0])
    try:
        chat.run(HEADING, turns[0])
    except Left as left:
        return f"{out.getvalue()}LEFT {left.session}", driver
    return out.getvalue(), driver


def test_a_conversation_reads_well_from_top_to_bottom() -> None:
    shown, driver = talk(
        "2\nboth\n",
        asking(JUNK, "Let us look where the email is."),
        asking(SWITCH, PATH),
        replace(ending(), did=(DONE, FAILED, UNKNOWN)),
    )
    assert driver.answers == ["missing", "both"]
    assert shown == EXPECTED


EXPECTED = """
A client did not receive the email
agent · session s-1
────────────────────────────────────────────────────────────────────────────────

│ Let us look where the email is.

  Is the email in Ana's junk folder?
   1  Yes
   2  No
  › No

│ Do it by hand:
│
│   ▸ Client Chart Modal → Edit Profile → Clinic Settings

  Online access is off. Shall I switch it on?
   1  Switch both on
      ↳ Switches online access on for Ana Souza.
   2  Online access only
      ↳ Switches online access on for Ana Souza.
   3  I'll do it by hand
   4  Leave it as it is
  › Switch both on

✓ Switched online access on for Ana Souza
✗ Send invitation: It was done too recently or too often.
? It is not known whether the email was sent

✓ Solved.
  Ana can log in.

"""


def test_forty_columns_are_enough() -> None:
    shown, _ = talk("1\n", asking(SWITCH, PATH), ending(), width=40)
    assert max(map(len, shown.splitlines())) <= 40
    assert "│   ▸ Client Chart Modal → Edit" in shown


def test_ascii_uses_no_other_character() -> None:
    shown, _ = talk("1\n", asking(SWITCH, PATH), replace(ending(), did=(DONE,)), ascii=True)
    assert shown.isascii()
    assert "[ok] Switched" in shown


def test_the_end_of_input_leaves_and_names_the_session() -> None:
    shown, _ = talk("", asking(JUNK), ending())
    assert shown.endswith("LEFT s-1")


def test_quit_leaves() -> None:
    assert talk("quit\n", asking(JUNK), ending())[0].endswith("LEFT s-1")


def test_what_is_not_understood_is_said_and_asked_again() -> None:
    shown, driver = talk("maybe\n1\n", asking(JUNK), ending())
    assert "! “maybe” is none of the choices" in shown
    assert driver.answers == ["found"]


def test_an_answer_the_engine_refuses_is_asked_again() -> None:
    name = prompt("text", "What is the name?")
    shown, driver = talk("refuse me\nAna\n", asking(name), asking(name), ending())
    assert "! This is not an answer." in shown
    assert driver.answers[0] == "refuse me"


def test_the_commands_do_what_they_say() -> None:
    shown, driver = talk("why\n/note call at 3\n/help\nback\n1\n", asking(JUNK), asking(JUNK), ending())
    assert [call for call, _ in driver.calls] == ["why", "note", "back", "answer"]
    assert ("note", "call at 3") in driver.calls
    assert "Because junk folders swallow emails." in shown
    assert "Noted." in shown
    assert "/skip" in shown


def test_restart_stops_and_begins_anew() -> None:
    shown, driver = talk("/restart\nyes\n1\n", asking(JUNK), ending())
    assert [call for call, _ in driver.calls] == ["stop", "answer"]
    assert shown.count("Is the email in Ana's junk folder?") == 2


def test_stop_ends_for_good() -> None:
    assert "Stopped." in talk("/stop\nyes\n", asking(JUNK), ending())[0]


def test_a_secret_from_a_pipe_is_not_shown() -> None:
    shown, driver = talk("hunter2\n", asking(prompt("secret", "Password?")), ending())
    assert driver.answers == ["hunter2"]
    assert "hunter2" not in shown


def test_an_optional_question_says_it_was_skipped() -> None:
    shown, driver = talk("\n", asking(prompt("text", "Anything else?", optional=True)), ending())
    values: list[Value] = [None]
    assert driver.answers == values
    assert "(skipped)" in shown


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_has_its_words(outcome: Outcome) -> None:
    shown, _ = talk("", replace(ending(outcome, "The end."), prompt=None))
    assert "The end." in shown


def test_a_last_line_without_an_end_counts() -> None:
    assert talk("1", asking(JUNK), ending())[1].answers == ["found"]


class Interrupting(io.StringIO):
    """Input on which Ctrl-C is pressed where a line says so."""

    def readline(self, size: int | None = -1, /) -> str:
        line = super().readline()
        if line == "^C\n":
            raise KeyboardInterrupt
        return line


def interrupted(typed: str, *turns: View) -> tuple[str, bool]:
    """The transcript, and whether the person left."""
    out = io.StringIO()
    screen = PlainScreen(out)
    chat = Chat(Scripted(*turns), screen, LineAsker(screen, Interrupting(typed)), lambda: EMPTY)
    try:
        chat.run(HEADING, turns[0])
    except Left:
        return out.getvalue(), True
    return out.getvalue(), False


def test_the_first_ctrl_c_says_how_to_leave_and_the_second_leaves() -> None:
    shown, left = interrupted("^C\n^C\n", asking(JUNK), ending())
    assert left
    assert shown.count(LEAVING) == 1


def test_an_answer_in_between_forgets_the_first_ctrl_c() -> None:
    shown, left = interrupted("^C\n1\n^C\n1\n", asking(JUNK), asking(JUNK), ending())
    assert not left
    assert shown.count(LEAVING) == 2
