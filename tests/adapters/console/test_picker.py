"""How a flow is found at the beginning."""

from __future__ import annotations

import io
import re

import pytest

from adapters.console.line_asker import LineAsker
from adapters.console.picker import IS_IT, NONE_FITS, QUESTION, SEVERAL, Offer, going_on, pick
from adapters.console.screen import PlainScreen
from adapters.finder import Match
from adapters.onlooker import OpenSession

OFFERS = (
    Offer("email-not-received", "A client did not receive the setup email"),
    Offer("video-session", "A video session does not start"),
    Offer("set-password", "A client cannot set a password"),
)
FOUND = {
    "email": (Match("email-not-received", True),),
    "help": (Match("set-password", False),),
    "she cannot": (Match("video-session", False), Match("set-password", False)),
}


def picked(typed: str, said: str = "") -> tuple[str, str]:
    """The name picked, and what was shown."""
    out = io.StringIO()
    screen = PlainScreen(out)
    asker = LineAsker(screen, io.StringIO(typed))
    return pick(OFFERS, lambda words: FOUND.get(words, ()), screen, asker, said=said).name, out.getvalue()


def test_one_is_picked_by_its_number() -> None:
    name, shown = picked("2\n")
    assert name == "video-session"
    assert QUESTION in shown


def test_words_that_fit_one_flow_start_it() -> None:
    assert picked("", said="email")[0] == "email-not-received"


def test_words_that_fit_several_narrow_the_list() -> None:
    name, shown = picked("2\n", said="she cannot")
    assert name == "set-password"
    assert SEVERAL in shown
    assert "setup email" not in shown


def test_a_weak_match_is_asked_about() -> None:
    name, shown = picked("1\n", said="help")
    assert name == "set-password"
    assert IS_IT in shown


def test_words_that_fit_nothing_show_the_whole_list() -> None:
    name, shown = picked("1\n", said="bananas")
    assert name == "email-not-received"
    assert NONE_FITS in shown


def test_words_typed_at_the_list_are_searched() -> None:
    assert picked("she cannot\n1\n")[0] == "video-session"


def test_commands_at_the_list_are_answered() -> None:
    name, shown = picked("/help\n/nonsense\n\n3\n")
    assert name == "set-password"
    assert "type what the caller says" in shown


@pytest.mark.parametrize("typed", ["", "/quit\n", "quit\n"])
def test_leaving_starts_nothing(typed: str) -> None:
    with pytest.raises(EOFError):
        picked(typed)


def test_a_conversation_to_go_on_with_stands_below_the_flows() -> None:
    out = io.StringIO()
    screen = PlainScreen(out)
    open_one = going_on(
        OpenSession("s7", "A client did not receive it", "Ana Souza", "Is it there?", "2026-11-24T10:02:11Z")
    )
    unknown = going_on(OpenSession("s8", "A video session does not start", "", "", "nonsense"))
    offers = (*OFFERS, open_one, unknown)
    found = pick(offers, lambda words: (), screen, LineAsker(screen, io.StringIO("ana\n")))
    assert (found.name, found.open) == ("s7", True)
    shown = " ".join(out.getvalue().split())
    assert re.search(
        r"4 Go on: Ana Souza, A client did not receive it "
        r"asked: Is it there\? \(2. Nov ..:.2\)",
        shown,
    )
    assert unknown.title == "Go on: A video session does not start"
    assert unknown.detail == "waits"
