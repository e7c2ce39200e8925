"""The real program while the clinic's system is slow, and after it is gone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from adapters.clinic.served.app import ServedClinic
from adapters.clinic.served.behind import example_at
from adapters.serving import serving
from adapters.wiring import create_clinic, open_embedded, open_mail
from tests.adapters.console.real_screen import RealScreen, real_screen

CTRL_C = "\x03"
DEADLINE = 4.0
"""How long, in seconds, an answer of the clinic's system is waited for."""


@dataclass
class Place:
    """A console, and the clinic's system behind it, which can be let go."""

    screen: RealScreen
    clinic: ServedClinic
    served: ExitStack


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A conversation at the question whether to switch on what is off."""
    create_clinic(tmp_path / "behind.db", None)
    embedded = open_embedded(f"sqlite:///{tmp_path / 'behind.db'}", open_mail(f"maildir:{tmp_path / 'mail'}"))
    with closing(embedded) as behind, ExitStack() as served:
        clinic = ServedClinic(behind)
        mapping = example_at(served.enter_context(serving(clinic.application())), tmp_path, DEADLINE)
        options = ("email-not-received", "--as", "agent", "--clinic", f"rest:{mapping}")
        with real_screen(tmp_path, 80, 40, *options) as screen:
            screen.shows("Who is the client?")
            screen.press("souza\r")
            screen.shows("Is it this client?")
            screen.press("1\r")
            screen.shows("Leave it as it is")
            yield Place(screen, clinic, served)


def test_waiting_is_told_with_the_time_and_ctrl_c_stops_it_and_says_what_is_known(place: Place) -> None:
    place.clinic.faults.plan("set_portal_settings", "timeout-after")
    place.screen.press("1\r")
    place.screen.meets("Switches online access on and email notifications on for Ana Souza 1 s")
    place.screen.press(CTRL_C)
    place.screen.shows("It has not answered yet, so that nobody knows whether it was done.")
    shown = " ".join(" ".join(place.screen.lines()).split())
    assert re.search(r"Sent to the clinic's system at \d\d:\d\d:\d\d \S+: Switches online access on", shown)
    place.screen.press("1\r")
    place.screen.shows("✓ Switched online access on and email notifications on for Ana Souza")


def test_ctrl_c_twice_leaves_and_the_conversation_is_kept(place: Place) -> None:
    place.clinic.faults.plan("set_portal_settings", "timeout-after")
    place.screen.press("1\r")
    place.screen.meets("for Ana Souza 1 s")
    place.screen.press(CTRL_C)
    place.screen.shows("It goes on without you. What now?")
    place.screen.press(CTRL_C)
    place.screen.shows("Go on with it: unstuck chat --resume")


def test_a_system_that_is_gone_is_a_sentence_and_choices_and_not_an_end(place: Place) -> None:
    place.served.close()
    place.screen.press("1\r")
    place.screen.shows("The clinic's system cannot be reached; nothing was changed.")
    place.screen.shows("I cannot see them either")
    assert place.screen.has("F1 help")
