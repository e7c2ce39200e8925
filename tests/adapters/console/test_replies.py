"""What typed words mean at each kind of question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.console.replies import Answer, Order, Puzzle, understand
from engine import Choice, Prompt, PromptKind, Value
from tests.adapters.console.scripted import JUNK, SWITCH, prompt

PEOPLE = (
    Choice("c-71", "Ana Souza", detail="born 1990, Toronto"),
    Choice("c-72", "Ana Souza", detail="born 1984, Ottawa"),
    Choice("c-73", "Ben Okafor", detail="born 2001, Toronto"),
)
ONE = prompt("one", "Who is it?", *PEOPLE)
SEVERAL = prompt("several", "Who are they?", *PEOPLE)
YES_NO = prompt("yes-no", "Has it arrived?")
TEXT = prompt("text", "What is the name?")
OPTIONAL = prompt("text", "Anything else?", optional=True)
NUMBER = prompt("number", "How many?")
BACK_PAIN = prompt("choice", "What hurts?", Choice("spine", "Back"), Choice("knee", "Knee"))

ANSWERED: list[tuple[Prompt, str, Value]] = [
    (JUNK, "1", "found"),
    (JUNK, " 2 ", "missing"),
    (JUNK, "missing", "missing"),
    (JUNK, "n", "missing"),
    (JUNK, "YES", "found"),
    (SWITCH, "by", "by-hand"),
    (SWITCH, "switch", "both"),
    (SWITCH, "only", "access"),
    (SWITCH, "leave it", "leave"),
    (SWITCH, "as it", "leave"),
    (YES_NO, "y", True),
    (YES_NO, "No", False),
    (YES_NO, "2", False),
    (ONE, "2", "c-72"),
    (ONE, "ben", "c-73"),
    (ONE, "c-71", "c-71"),
    (ONE, "ana ottawa", "c-72"),
    (SEVERAL, "1,3", ["c-71", "c-73"]),
    (SEVERAL, "3 1", ["c-73", "c-71"]),
    (SEVERAL, "ben", ["c-73"]),
    (SEVERAL, "2, 2; ben", ["c-72", "c-73"]),
    (TEXT, "  Ana Souza ", "Ana Souza"),
    (TEXT, "back", "back"),
    (TEXT, "//etc", "/etc"),
    (TEXT, "1", "1"),
    (OPTIONAL, "", None),
    (OPTIONAL, "/skip", None),
    (NUMBER, "12", 12),
    (NUMBER, "1.5", 1.5),
    (NUMBER, "1,5", "1,5"),
    (NUMBER, "9" * 40, "9" * 40),
    (BACK_PAIN, "back", "spine"),
    (prompt("secret", "Password?"), " /back ", " /back "),
    (TEXT, "half \ud800", "half ?"),
]

ORDERED = [
    (JUNK, "/back", Order("/back")),
    (JUNK, "back", Order("/back")),
    (JUNK, "WHY", Order("/why")),
    (SEVERAL, "help", Order("/help")),
    (TEXT, "/why", Order("/why")),
    (TEXT, "/note  she will call ", Order("/note", "she will call")),
    (BACK_PAIN, "/back", Order("/back")),
]

PUZZLING = [
    (JUNK, "", "Please choose"),
    (JUNK, "0", "none of the choices"),
    (JUNK, "3", "none of the choices"),
    (JUNK, "²", "none of the choices"),
    (JUNK, "maybe", "type a number from 1 to 2"),
    (JUNK, "/nonsense", "/help"),
    (JUNK, "/note", "Write the note"),
    (JUNK, "/skip", "Please choose"),
    (ONE, "ana", "1 Ana Souza; 2 Ana Souza"),
    (ONE, "c-7", "none of the choices"),
    (SEVERAL, "1, ana", "fits 1 Ana Souza"),
    (SEVERAL, "1, 9", "“9” is none"),
    (SEVERAL, ",", "Please choose"),
    (TEXT, "  ", "cannot be skipped"),
    (prompt("secret", "Password?"), "", "cannot be skipped"),
]


@pytest.mark.parametrize(("question", "typed", "value"), ANSWERED)
def test_an_answer_is_understood(question: Prompt, typed: str, value: Value) -> None:
    reply = understand(question, typed)
    assert isinstance(reply, Answer)
    assert reply.value == value
    assert type(reply.value) is type(value)


@pytest.mark.parametrize(("question", "typed", "order"), ORDERED)
def test_a_command_is_understood(question: Prompt, typed: str, order: Order) -> None:
    assert understand(question, typed) == order


@pytest.mark.parametrize(("question", "typed", "why"), PUZZLING)
def test_what_is_not_understood_is_said_with_what_to_type(question: Prompt, typed: str, why: str) -> None:
    reply = understand(question, typed)
    assert isinstance(reply, Puzzle)
    assert why in reply.why


def test_a_secret_is_not_echoed() -> None:
    reply = understand(prompt("secret", "Password?"), "hunter2")
    assert isinstance(reply, Answer)
    assert "hunter2" not in reply.echo


KINDS: list[PromptKind] = ["choice", "yes-no", "text", "number", "one", "several", "secret", "date", "email"]


@given(st.sampled_from(KINDS), st.text(st.characters(exclude_categories=()), max_size=20), st.booleans())
def test_no_typing_is_too_odd(kind: PromptKind, typed: str, optional: bool) -> None:
    assert understand(prompt(kind, "?", *PEOPLE, optional=optional), typed) is not None
