"""Which terminals break lines anew, and how far the cursor has moved there."""

from __future__ import annotations

import pytest
from prompt_toolkit.layout.screen import Char, Screen

from adapters.console.reflow import lines_more, reflows


@pytest.mark.parametrize(
    ("environ", "found"),
    [
        ({"TERM": "xterm-256color"}, False),
        ({"TERM": "xterm-256color", "VTE_VERSION": "7006"}, True),
        ({"TERM": "foot"}, True),
        ({"TERM": "tmux-256color", "TMUX": "/tmp/tmux,1,0"}, True),
        ({"TERM": "screen", "STY": "1.tty", "VTE_VERSION": "7006"}, False),
        ({"TERM": "xterm", "TERM_PROGRAM": "vscode"}, True),
        ({}, False),
    ],
)
def test_it_is_told_from_the_environment(environ: dict[str, str], found: bool) -> None:
    assert reflows(environ) is found


def drawn(*lines: str) -> Screen:
    screen = Screen()
    for number, line in enumerate(lines):
        column = 0
        for char in line:
            cell = Char(char, "")
            screen.data_buffer[number][column] = cell
            if cell.width == 2:
                screen.data_buffer[number][column + 1] = Char("", "")
            column += cell.width
    return screen


def test_lines_that_are_too_long_move_the_cursor_down() -> None:
    screen = drawn("a" * 25, "b" * 10, "", "c" * 5 + " " * 20, "> typed")
    assert lines_more(screen, 4, 7, 30) == 0
    assert lines_more(screen, 4, 7, 25) == 0
    assert lines_more(screen, 4, 7, 10) == 2
    assert lines_more(screen, 4, 7, 5) == 4 + 1 + 1


def test_a_wide_character_that_does_not_fit_goes_to_the_next_line() -> None:
    assert lines_more(drawn("漢字漢字", ""), 1, 0, 5) == 1
    assert lines_more(drawn("漢字漢字漢", ""), 1, 0, 5) == 2
