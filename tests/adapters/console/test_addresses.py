"""Addresses that are not what they look like are told beside the question that shows them."""

from __future__ import annotations

import io

import pytest

from adapters.console.addresses import warnings_in
from adapters.console.line_asker import LineAsker
from adapters.console.screen import PlainScreen
from adapters.console.toolbar import Status
from engine import Choice
from tests.adapters.console.scripted import prompt


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Is zoe@p\u043est.example right?", "mixes alphabets"),
        ("Is **zoe@p\u043est.example** right?", "mixes alphabets"),
        ("It goes to (a@xn--pst-sed.example).", "coded name"),
        ("Write to \u0430\u0440\u0440\u04cf\u0435@post.example.", "looks like"),
        ("Write to a\u200b@post.example", "in it"),
        ("Write to \uff41@post.example", "unusual forms"),
    ],
)
def test_an_odd_address_is_told(text: str, words: str) -> None:
    (warning,) = warnings_in([text])
    assert words in warning


@pytest.mark.parametrize(
    "text",
    [
        "Is zoë.müller@post.example right?",
        "z***\u0435@post.example",
        "no address \u043et all",
        "@ \u043e",
        "a@b@c",
        "@" * 5_000,
        "x" * 5_000 + "@",
    ],
)
def test_nothing_else_is(text: str) -> None:
    assert warnings_in([text]) == ()


def test_a_warning_is_told_once() -> None:
    text = "zoe@p\u043est.example, and again: zoe@p\u043est.example"
    assert len(warnings_in([text, text])) == 1


@pytest.mark.parametrize("place", ["question", "effect", "label"])
def test_the_question_carries_it(place: str) -> None:
    odd = "zoe@p\u043est.example"
    choice = Choice("yes", odd if place == "label" else "Yes", odd if place == "effect" else "")
    asked = prompt("choice", odd if place == "question" else "Is it right?", choice)
    out = io.StringIO()
    LineAsker(PlainScreen(out), io.StringIO("1\n")).ask(asked, True, Status())
    assert "! “p\u043est” mixes alphabets" in out.getvalue()
