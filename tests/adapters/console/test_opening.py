"""Which console a terminal gets."""

from __future__ import annotations

import io
import os
import pty
from collections.abc import Iterator
from typing import TextIO

import pytest
from prompt_toolkit.output import ColorDepth

from adapters.console.key_asker import KeyAsker
from adapters.console.line_asker import LineAsker
from adapters.console.opening import Looks, open_console
from adapters.console.screen import TerminalScreen
from adapters.console.theme import STYLES

XTERM = {"TERM": "xterm-256color"}


@pytest.fixture
def terminal() -> Iterator[tuple[TextIO, TextIO]]:
    """Both directions of a pseudo-terminal."""
    master, slave = pty.openpty()
    with open(slave, encoding="utf-8", closefd=False) as source, open(slave, "w", encoding="utf-8") as sink:
        yield source, sink
    os.close(master)


def test_a_terminal_gets_keys_and_colours(terminal: tuple[TextIO, TextIO]) -> None:
    screen, asker = open_console(Looks(), *terminal, XTERM)
    assert isinstance(asker, KeyAsker)
    assert isinstance(screen, TerminalScreen)
    assert screen.color_depth is ColorDepth.DEPTH_4_BIT


@pytest.mark.parametrize(("looks", "environ"), [(Looks(colourless=True), {}), (Looks(), {"NO_COLOR": "1"})])
def test_colours_can_be_refused(
    terminal: tuple[TextIO, TextIO], looks: Looks, environ: dict[str, str]
) -> None:
    screen, _ = open_console(looks, *terminal, XTERM | environ)
    assert isinstance(screen, TerminalScreen)
    assert screen.color_depth is ColorDepth.DEPTH_1_BIT


@pytest.mark.parametrize(
    ("looks", "environ"),
    [(Looks(plain=True), XTERM), (Looks(), {"TERM": "dumb"}), (Looks(), {}), (Looks(), {"TERM": "unknown"})],
)
def test_lines_where_keys_would_not_do(
    terminal: tuple[TextIO, TextIO], looks: Looks, environ: dict[str, str]
) -> None:
    assert isinstance(open_console(looks, *terminal, environ)[1], LineAsker)


def test_lines_without_a_terminal() -> None:
    assert isinstance(open_console(Looks(), io.StringIO(), io.StringIO(), XTERM)[1], LineAsker)


def test_lines_when_only_one_side_is_a_terminal(terminal: tuple[TextIO, TextIO]) -> None:
    assert isinstance(open_console(Looks(), terminal[0], io.StringIO(), XTERM)[1], LineAsker)


def test_what_cannot_write_unicode_gets_ascii() -> None:
    sink = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
    screen, _ = open_console(Looks(), io.StringIO(), sink, XTERM)
    assert screen.marks.rule == "|"


@pytest.mark.parametrize("theme", [*STYLES, "auto"])
@pytest.mark.parametrize("background", ["15;0", "0;15", "15;default;0", "", "nonsense"])
def test_every_theme_can_be_drawn(terminal: tuple[TextIO, TextIO], theme: str, background: str) -> None:
    screen, _ = open_console(Looks(theme=theme), *terminal, XTERM | {"COLORFGBG": background})
    assert isinstance(screen, TerminalScreen)
