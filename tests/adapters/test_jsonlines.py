"""A conversation as JSON lines: what comes in, what goes out, and what is wrong with a line."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from adapters.jsonlines import LONGEST_LINE, converse
from adapters.problems import Unusable
from adapters.view import View
from engine import Choice, Did, Problem, Prompt, Value, plain
from tests.adapters.console.scripted import JUNK, NAUGHTY, SWITCH, Scripted, asking, ending


def talk(lines: str, *turns: View) -> tuple[list[dict[str, Value]], Scripted, View]:
    """The turns that went out, the driver, and the last view."""
    out = io.StringIO()
    driver = Scripted(*turns)
    last = converse(driver, turns[0], io.StringIO(lines), out)
    return [json.loads(line) for line in out.getvalue().splitlines()], driver, last


def test_a_conversation_goes_from_turn_to_turn() -> None:
    turns, driver, last = talk(
        '{"answer": "missing", "prompt": "email-not-received/q", "seq": 1}\n\n'
        '{"answer": "both"}\n{"answer": 1}\n',
        asking(JUNK, "Let us look."),
        asking(SWITCH),
        ending(),
    )
    assert driver.answers == ["missing", "both"]
    assert [turn["prompt"] is None for turn in turns] == [False, False, True]
    assert turns[0]["say"] == [
        {"text": "Let us look.", "rich": [{"kind": "paragraph", "spans": [{"text": "Let us look."}]}]}
    ]
    assert turns[2]["end"] == {"outcome": "solved", "text": "Ana can log in."}
    assert last.end is not None


def test_the_end_of_input_leaves_the_session_open() -> None:
    turns, _, last = talk("", asking(JUNK), ending())
    assert len(turns) == 1
    assert last.end is None


def test_the_other_requests_reach_the_driver() -> None:
    lines = '{"why": true}\n{"why": "switch-on"}\n{"note": "she calls at 3"}\n{"back": true}\n'
    turns, driver, _ = talk(lines, asking(JUNK), asking(JUNK), ending())
    assert driver.calls == [
        ("why", None),
        ("why-not", "switch-on"),
        ("note", "she calls at 3"),
        ("back", None),
    ]
    assert turns[1]["info"] == "Because junk folders swallow emails. The rule `x` holds."
    assert turns[2]["info"] == "Because switch-on comes later."


def test_an_earlier_answer_is_listed_and_changed() -> None:
    lines = '{"answered": true}\n{"change": "q"}\n{"change": "email-not-received/q", "seq": 1}\n'
    turns, driver, _ = talk(lines, asking(JUNK, "Let us look."), asking(SWITCH), asking(JUNK))
    assert turns[1]["answered"] == [
        {"prompt": "email-not-received/q", "seq": 1, "question": "Is it in the junk folder?", "answer": "No"}
    ]
    assert (turns[1]["say"], turns[1]["prompt"]) == ([], turns[0]["prompt"])
    assert "answered" not in turns[2]
    assert driver.calls == [("change", "q"), ("change", "email-not-received/q 1")]


WRONG = {
    "not json": "bad-json",
    '{"answer": "yes"': "bad-json",
    '{"answer": 1, "answer": 2}': "bad-json",
    '{"answer": NaN}': "bad-json",
    '{"answer": 1e999}': "bad-json",
    '{"answer": ' + "9" * 30 + "}": "bad-json",
    '{"answer": "\\ud800"}': "bad-json",
    "[" * 60_000: "bad-json",
    "[]": "bad-request",
    '"yes"': "bad-request",
    "{}": "bad-request",
    '{"seq": 1}': "bad-request",
    '{"answer": 1, "back": true}': "bad-request",
    '{"back": true, "seq": 1}': "bad-request",
    '{"change": "q", "prompt": "q"}': "bad-request",
    '{"change": true}': "bad-request",
    '{"change": "q", "seq": "1"}': "bad-request",
    '{"answered": "q"}': "bad-request",
    '{"back": false}': "bad-request",
    '{"why": 1}': "bad-request",
    '{"note": ""}': "bad-request",
    '{"note": 7}': "bad-request",
    '{"answer": 1, "prompt": 2}': "bad-request",
    '{"answer": 1, "seq": "1"}': "bad-request",
    '{"answer": 1, "seq": true}': "bad-request",
    '{"anwser": 1}': "unknown-key",
    '{"answer": 1, "who": "me"}': "unknown-key",
    '{"reveal": "r-1"}': "nothing_to_reveal",
    '{"answer": "' + "x" * LONGEST_LINE + '"}': "too-long",
}


@pytest.mark.parametrize(("line", "code"), WRONG.items(), ids=[line[:30] for line in WRONG])
def test_a_wrong_line_is_told_and_the_conversation_goes_on(line: str, code: str) -> None:
    turns, driver, _ = talk(line + '\n{"answer": "missing"}\n', asking(JUNK, "Let us look."), ending())
    problem = turns[1]["problem"]
    assert isinstance(problem, dict)
    assert problem["code"] == code
    assert turns[1]["prompt"] == turns[0]["prompt"]
    assert turns[1]["say"] == []
    assert driver.answers == ["missing"]


@pytest.mark.parametrize("text", NAUGHTY)
def test_no_raw_control_goes_out(text: str) -> None:
    question = Prompt("f/q", "q", 1, "choice", plain(text), (Choice("a", text, text, text),), hint=text)
    view = replace(
        asking(question, text, did=(Did(text, "confirmed", text=text),)), problem=Problem("p", text)
    )
    out = io.StringIO()
    converse(Scripted(view, ending()), view, io.StringIO(""), out)
    line = out.getvalue()
    assert line.endswith("}\n")
    assert all(" " <= char <= "~" for char in line[:-1])
    if "\ud800" not in text:
        said = json.loads(line)["prompt"]["choices"][0]["label"]
        assert said == text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=5,
)


@given(st.one_of(st.text(max_size=30), json_values.map(json.dumps)))
def test_no_line_is_too_odd(line: str) -> None:
    turns, _, _ = talk(line.replace("\n", " ") + "\n", asking(JUNK), ending())
    assert turns


SECRET = Prompt("set-password/word", "word", 1, "secret", plain("The new password?"))


def test_a_secret_comes_from_elsewhere_as_long_as_there_is_one() -> None:
    turns = (asking(JUNK), asking(SECRET), asking(SECRET), asking(SECRET), ending())
    out = io.StringIO()
    driver = Scripted(*turns)
    source = io.StringIO('{"answer": "missing"}\n{"answer": "third"}\n')
    last = converse(driver, turns[0], source, out, io.StringIO("first\nsecond"))
    assert driver.answers == ["missing", "first", "second", "third"]
    assert last.end is not None
    assert "first" not in out.getvalue()


class TroubledDriver(Scripted):
    """Cannot keep the first answers, so many as it is told."""

    def __init__(self, times: int, *turns: View) -> None:
        super().__init__(*turns)
        self._times = times

    def answer(
        self, session: str, value: Value, *, prompt: str | None = None, seq: int | None = None
    ) -> View:
        if self._times:
            self._times -= 1
            raise Unusable("The disk is full.", "Make room.")
        return super().answer(session, value, prompt=prompt, seq=seq)


def test_trouble_with_the_store_is_told_and_the_conversation_goes_on() -> None:
    out = io.StringIO()
    lines = '{"answer": "missing"}\n{"answer": "missing", "seq": 1}\n{"answer": "missing", "seq": 1}\n'
    driver = TroubledDriver(2, asking(JUNK, "Let us look."), ending())
    last = converse(driver, asking(JUNK, "Let us look."), io.StringIO(lines), out)
    turns = [json.loads(line) for line in out.getvalue().splitlines()]
    assert turns[1]["problem"] == turns[2]["problem"]
    assert turns[1]["problem"]["code"] == "unusable"
    assert "The disk is full. Make room." in turns[1]["problem"]["text"]
    assert (turns[1]["say"], turns[1]["prompt"]) == ([], turns[0]["prompt"])
    assert last.end is not None


def test_after_trouble_an_answer_must_say_which_question_it_is_for() -> None:
    out = io.StringIO()
    lines = '{"answer": "missing"}\n{"answer": "both"}\n{"answer": "both"}\n{"answer": "missing", "seq": 1}\n'
    driver = TroubledDriver(1, asking(JUNK), asking(SWITCH), ending())
    converse(driver, driver.turns[0], io.StringIO(lines), out)
    turns = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [(turn.get("problem") or {}).get("code") for turn in turns] == [
        None,
        "unusable",
        "say-which",
        "say-which",
        None,
    ]
    assert 'add "seq": 1' in turns[2]["problem"]["text"]
    assert driver.answers == ["missing"]


@pytest.mark.parametrize("between", ["not json", '{"note": "she calls again"}', '{"why": true}'])
def test_what_comes_between_trouble_and_an_answer_does_not_make_it_certain(between: str) -> None:
    out = io.StringIO()
    lines = f'{{"answer": "missing"}}\n{between}\n{{"answer": "both"}}\n{{"answer": "missing", "seq": 1}}\n'
    driver = TroubledDriver(1, asking(JUNK), ending())
    converse(driver, driver.turns[0], io.StringIO(lines), out)
    problems = [(json.loads(line).get("problem") or {}).get("code") for line in out.getvalue().splitlines()]
    assert problems[-2] == "say-which"
    assert driver.answers == ["missing"]


def test_where_the_input_ends_in_trouble_that_is_how_it_ends() -> None:
    driver = TroubledDriver(1, asking(JUNK), ending())
    with pytest.raises(Unusable, match="The disk is full"):
        converse(driver, asking(JUNK), io.StringIO('{"answer": "missing"}\n'), io.StringIO())
