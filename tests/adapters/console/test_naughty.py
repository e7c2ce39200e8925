"""Hostile text in every place of every screen: shown literally, and no terminal sequence but our own."""

from __future__ import annotations

import io
import re
import unicodedata

import pytest
from msgspec.structs import replace
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.output.vt100 import Vt100_Output

from adapters.console.chat import Chat
from adapters.console.key_asker import KeyAsker
from adapters.console.line_asker import LineAsker
from adapters.console.screen import PlainScreen, TerminalScreen, say
from adapters.console.transcript import Heading
from adapters.sanitise import shown
from adapters.view import View
from engine import Block, Choice, Did, Finish, Outcome, Problem, Prompt, Reveal, RichText, Span
from tests.adapters.console.scripted import EMPTY, NAUGHTY, Scripted

OURS = re.compile(
    r"\x1b\[[\d;]*[mABCDJKGHh]|\x1b\[\?\d+[hl]|\x1b\[\?\d+;\d+[a-z]|\x1b\[\d+ q|\r|\n|\x1b\[[02345]?[KJ]"
)
FORBIDDEN = {"Cc", "Cs", "Co", "Zl", "Zp"}


def everywhere(text: str) -> tuple[View, View]:
    """A turn that asks, and one that ends, with `text` in every place there is."""
    rich = RichText(
        text, (Block("paragraph", (Span(text, "data"),)), Block("path", (Span(text), Span(text))))
    )
    items = RichText(
        text, (Block("item", (Span(text, "code"),)), Block("number", (Span(text, "link", href=text),)))
    )
    choices = (Choice("a", text, text, text), Choice(text, text))
    question = Prompt("f/q", "q", 1, "choice", rich, choices, hint=text)
    first = replace(
        EMPTY,
        say=(rich, items),
        did=(Did(text, "confirmed"), Did("x", "rejected", text=text)),
        prompt=question,
        reveal=Reveal("r", text),
        info=text,
        problem=Problem("p", text),
    )
    return first, replace(EMPTY, end=Finish(Outcome.ESCALATED, rich))


def harmless(output: str) -> bool:
    """Whether nothing but line ends is left that a terminal would obey or a reader would miss."""
    return not {unicodedata.category(char) for char in output.replace("\n", "")} & FORBIDDEN


@pytest.mark.parametrize("text", NAUGHTY)
def test_nothing_gets_through_line_by_line(text: str) -> None:
    out = io.StringIO()
    screen = PlainScreen(out, width=60)
    first, last = everywhere(text)
    typed = text.replace("\n", " ") + "\n1\n"
    Chat(Scripted(first, last), screen, LineAsker(screen, io.StringIO(typed)), lambda: first).run(
        Heading(text, (text,)), first
    )
    assert harmless(out.getvalue())
    assert "\u202e" not in out.getvalue()


@pytest.mark.parametrize("text", NAUGHTY)
def test_nothing_gets_through_on_a_terminal(text: str) -> None:
    out = io.StringIO()
    output = Vt100_Output(out, lambda: Size(50, 60), term="xterm", enable_cpr=False)
    screen = TerminalScreen(output, ColorDepth.DEPTH_4_BIT)
    first, last = everywhere(text)
    with create_pipe_input() as keyboard:
        keyboard.send_text("\x1b[B\r")
        Chat(Scripted(first, last), screen, KeyAsker(screen, keyboard), lambda: first).run(
            Heading(text, (text,)), first
        )
    left = OURS.sub("", out.getvalue())
    assert harmless(left)
    assert "\u202e" not in left


@pytest.mark.parametrize("text", NAUGHTY)
def test_nothing_gets_through_beside_a_conversation(text: str) -> None:
    out = io.StringIO()
    say(out, f"There is no flow {text}.")
    assert harmless(out.getvalue())


@pytest.mark.parametrize("text", [text for text in NAUGHTY if text == shown(text)])
def test_what_only_looks_like_markup_is_shown_literally(text: str) -> None:
    out = io.StringIO()
    screen = PlainScreen(out, width=88)
    first, last = everywhere(text)
    Chat(Scripted(first, last), screen, LineAsker(screen, io.StringIO("2\n")), lambda: first).run(
        Heading("A flow"), first
    )
    assert text in out.getvalue()
