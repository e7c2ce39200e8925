"""Text to the clipboard of the terminal, where it is known to have one."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping

import pytest
from prompt_toolkit.data_structures import Size
from prompt_toolkit.output import ColorDepth
from prompt_toolkit.output.vt100 import Vt100_Output

from adapters.console.clipboard import LONGEST, copying, has_clipboard
from adapters.console.opening import Looks, clipboard
from adapters.console.screen import PlainScreen, TerminalScreen

TEXT = "About: Zoë Müller\n- found\x1b]52;c;ZXZpbA==\x07"
KITTY = {"TERM": "xterm-kitty"}
XTERM = {"TERM": "xterm-256color"}


@pytest.mark.parametrize(
    ("environ", "there"),
    [
        (KITTY, True),
        ({"TERM": "foot"}, True),
        ({**XTERM, "TERM_PROGRAM": "WezTerm"}, True),
        ({**XTERM, "WT_SESSION": "1"}, True),
        (XTERM, False),
        ({"TERM": "linux"}, False),
        ({}, False),
        ({**KITTY, "TMUX": "/tmp/tmux,1,0"}, False),
        ({**KITTY, "STY": "1.pts"}, False),
    ],
)
def test_which_terminals_have_one(environ: Mapping[str, str], there: bool) -> None:
    assert has_clipboard(environ) is there


def test_the_text_is_inside_the_sequence_in_no_form_that_a_terminal_obeys() -> None:
    sequence = copying(TEXT)
    assert sequence is not None
    assert sequence.startswith("\x1b]52;c;")
    assert sequence.endswith("\x07")
    inside = sequence.removeprefix("\x1b]52;c;").removesuffix("\x07")
    assert base64.b64decode(inside).decode() == TEXT
    assert "\x1b" not in inside


def test_more_than_terminals_take_is_not_sent() -> None:
    assert copying("é" * (LONGEST // 2 + 1)) is None


@pytest.mark.parametrize(
    ("setting", "environ", "copied"),
    [("auto", KITTY, True), ("auto", XTERM, False), ("yes", XTERM, True), ("no", KITTY, False)],
)
def test_a_terminal_gets_it_as_the_person_prefers(
    setting: str, environ: Mapping[str, str], copied: bool
) -> None:
    out = io.StringIO()
    screen = TerminalScreen(Vt100_Output(out, lambda: Size(24, 80), term="xterm"), ColorDepth.DEPTH_4_BIT)
    assert clipboard(Looks(clipboard=setting), screen, environ)("a text") is copied
    assert ("\x1b]52;c;" in out.getvalue()) is copied


def test_a_plain_stream_never_does() -> None:
    out = io.StringIO()
    assert not clipboard(Looks(clipboard="yes"), PlainScreen(out), KITTY)("a text")
    assert out.getvalue() == ""
