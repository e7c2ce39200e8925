"""What the commands do that are typed at a question, line by line."""

from __future__ import annotations

import io

import pytest

from adapters.console.chat import Chat, Left
from adapters.console.line_asker import LineAsker
from adapters.console.orders import (
    BEGUN_ANEW,
    COPIED,
    NOT_COPIED,
    NOTHING_ANSWERED,
    SURE_TO_HAND_OVER,
    WHICH_ANSWER,
    WHICH_STEP,
)
from adapters.console.replies import COMMANDS
from adapters.console.screen import PlainScreen
from adapters.console.transcript import Heading
from engine import Outline, OutlineLine
from tests.adapters.console.scripted import JUNK, Scripted, asking, ending


def talk(typed: str, copied: list[str] | None = None, rules: bool = False) -> tuple[str, Scripted]:
    """The transcript, and the driver; what is copied is kept in `copied`, if there is a clipboard. `rules` is
    for authors."""
    out = io.StringIO()
    screen = PlainScreen(out)
    driver = Scripted(asking(JUNK), ending())

    def copy(text: str) -> bool:
        if copied is not None:
            copied.append(text)
        return copied is not None

    asker = LineAsker(screen, io.StringIO(typed))
    chat = Chat(driver, screen, asker, lambda: asking(JUNK), copy, rules=rules)
    try:
        chat.run(Heading("A flow"), driver.turns[0])
    except Left:
        driver.calls.append(("left", None))
    return out.getvalue(), driver


def test_the_summary_is_shown_where_there_is_no_clipboard() -> None:
    shown, _ = talk("/summary\n")
    assert "About: Ana Souza" in shown
    assert NOT_COPIED in shown


def test_the_summary_goes_to_the_clipboard_and_is_shown() -> None:
    copied: list[str] = []
    shown, _ = talk("/summary\n", copied)
    assert copied == ["A client did not receive the email\nAbout: Ana Souza"]
    assert "About: Ana Souza" in shown
    assert COPIED in shown


def test_the_map_marks_where_we_are_and_what_was_answered() -> None:
    lines = talk("/map\n")[0].splitlines()
    assert "✓     1  Who is the client?" in lines
    assert "›     2  Is the email in …'s junk folder?" in lines
    assert "           found → 3 say: Move it to the inbox" in lines
    assert "             → end" in lines


def test_authors_are_shown_the_names_of_steps_and_the_rules() -> None:
    shown = talk("/map\n/why\n/why-not\nresc\n", rules=True)[0]
    lines = shown.splitlines()
    assert "✓    who  Who is the client?" in lines
    assert "›    junk  Is the email in …'s junk folder?" in lines
    assert "           found → rescue" in lines
    assert "The rule `x` holds." in shown
    assert " 2  junk  Is the email in …'s junk folder?" in shown
    assert "Because rescue comes later." in shown
    assert "The rule" not in talk("/why\n")[0]


def test_notes_are_written_and_listed() -> None:
    shown, driver = talk("/notes\n/note she calls again at three\n/notes\n")
    assert "There are no notes yet." in shown
    assert "1. she calls again at three" in shown
    assert driver.calls == [("note", "she calls again at three"), ("left", None)]


def test_handing_over_asks_first_and_takes_the_words_along() -> None:
    shown, driver = talk("/handover she has to leave\nyes\n")
    assert SURE_TO_HAND_OVER in shown
    assert driver.calls == [("hand over", "she has to leave")]
    assert "Handed over." in shown


@pytest.mark.parametrize("command", ["/handover", "/stop", "/restart"])
@pytest.mark.parametrize("sure", ["no\n", "/back\n", "what\nno\n"])
def test_nothing_ends_that_was_not_meant_to(command: str, sure: str) -> None:
    shown, driver = talk(f"{command}\n{sure}1\n")
    assert driver.answers == ["found"]
    assert [call for call, _ in driver.calls] == ["answer"]
    assert shown.count("Is the email in Ana's junk folder?") == 2


def test_a_conversation_that_is_begun_anew_tells_its_session() -> None:
    shown, driver = talk("/restart\nyes\n1\n")
    assert f"{BEGUN_ANEW} {asking(JUNK).session}." in shown
    assert driver.calls[0] == ("stop", None)


def test_the_beginning_of_a_command_is_enough_where_it_is_clear() -> None:
    assert "About: Ana Souza" in talk("/sum\n")[0]
    assert "It may be /stop or" not in talk("/sto\nno\n")[0]
    assert "There is no command /s." in talk("/s\n")[0]


def test_help_tells_every_command() -> None:
    shown = talk("/help\n")[0]
    assert [command for command in COMMANDS if command not in shown] == []


def test_where_lines_are_read_no_keys_are_told() -> None:
    shown = talk("/help\n")[0]
    assert not [key for key in ("F1", "arrows", "Page Up", "Escape") if key in shown]
    assert "An empty line shows more of a long list" in " ".join(shown.split())


def test_why_a_step_was_not_come_to_is_told() -> None:
    shown, driver = talk("/why-not rescue\n1\n")
    assert "Because rescue comes later." in shown
    assert driver.calls == [("why-not", "rescue"), ("answer", "found")]


def test_without_a_step_it_is_picked_from_those_of_the_flow() -> None:
    shown, driver = talk("/why-not\ninbox\n")
    assert WHICH_STEP in shown
    assert " 2  Is the email in …'s junk folder?" in shown
    assert driver.calls == [("why-not", "rescue"), ("left", None)]


def test_the_words_behind_it_pick_the_step_they_fit() -> None:
    assert talk("/why-not inbox\n")[1].calls == [("why-not", "rescue"), ("left", None)]
    assert talk("/why-not who\n")[1].calls == [("why-not", "who"), ("left", None)]
    assert talk("/why-not elsewhere\n")[1].calls == [("why-not", "elsewhere"), ("left", None)]
    shown, driver = talk("/why-not the\n3\n")
    assert WHICH_STEP in shown
    assert driver.calls == [("why-not", "rescue"), ("left", None)]


def test_steps_that_are_called_the_same_are_told_apart_by_their_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    twice = (OutlineLine(0, "first-look", "Look"), OutlineLine(0, "second-look", "Look"))
    monkeypatch.setattr(Scripted, "outline", lambda *_: Outline(("A flow",), twice))
    shown, driver = talk("/why-not\n2\n")
    assert " 2  Look  second look" in shown
    assert driver.calls == [("why-not", "second-look"), ("left", None)]


@pytest.mark.parametrize("command", ["/why-not", "/change"])
def test_picking_none_leaves_everything_as_it_is(command: str) -> None:
    shown, driver = talk(f"{command}\nnonsense\n/back\n1\n")
    assert "none of the choices" in shown
    assert driver.calls == [("answer", "found")]


def test_an_answer_is_picked_and_changed() -> None:
    shown, driver = talk("/change\n1\n")
    assert WHICH_ANSWER in shown
    assert " 1  Is it in the junk folder?  No" in shown
    assert driver.calls == [("change", "email-not-received/q 1")]


def test_before_the_first_answer_there_is_nothing_to_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Scripted, "answered", lambda *_: ())
    shown, driver = talk("/change\n1\n")
    assert NOTHING_ANSWERED in shown
    assert driver.calls == [("answer", "found")]
