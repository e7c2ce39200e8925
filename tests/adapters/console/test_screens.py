"""Whole screens, cell by cell: what stands in each, and how it looks.

With UNSTUCK_RENEW_SCREENS=1 the expectations under tests/cases/screens are written anew, as a diff to read.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from adapters.console.layout import columns as columns_of
from tests.adapters.console.real_screen import RealScreen, real_screen, written_down

CASES = Path(__file__).parent.parent.parent / "cases" / "screens"
RENEW = bool(os.environ.get("UNSTUCK_RENEW_SCREENS"))
ROWS = 44
LOOKS = {
    "dark": ("--theme", "dark"),
    "light": ("--theme", "light"),
    "ascii": ("--ascii", "--no-color"),
}


def same(screen: RealScreen, name: str) -> None:
    """The screen is as it was written down."""
    path = CASES / f"{name}.screen"
    found = written_down(screen)
    if RENEW:
        CASES.mkdir(exist_ok=True)
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("columns", [40, 80, 120])
def test_every_cell_is_as_it_should_be(look: str, columns: int, tmp_path: Path) -> None:
    with real_screen(tmp_path, columns, ROWS, "--as", "agent", *LOOKS[look]) as screen:
        screen.shows("Somebody can log in, but cannot open the video session")
        same(screen, f"{look}-{columns}-start")
        screen.press("she never got the invitation email\r")
        screen.shows("Who is the client?")
        screen.press("souza\r")
        screen.shows("Is it this client?")
        screen.press("1\r")
        screen.shows("Leave it as it is")
        screen.press("\x1b[B")
        screen.shows("> 1 Switch both on" if look == "ascii" else "› 1 Switch both on")
        same(screen, f"{look}-{columns}-choice")
        assert all(columns_of(line) <= columns for line in screen.lines())
        if look == "ascii":
            assert "".join(screen.lines()).isascii()


def test_a_window_that_becomes_narrower_and_wider_keeps_the_question(tmp_path: Path) -> None:
    with real_screen(tmp_path, 100, 30, "email-not-received", "--as", "agent") as screen:
        screen.shows("Who is the client?")
        for width in (40, 120, 60):
            screen.resize(width, 30)
            screen.press("x\x7f")
            screen.shows("Who is the client? Type a name, an email address or the client's number.")
        screen.press("souza\r")
        screen.shows("Is it this client?")
