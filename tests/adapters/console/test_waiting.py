"""Waiting for a call: what is told meanwhile, and what Ctrl-C does."""

from __future__ import annotations

import io
import signal
import threading
import time
from datetime import UTC, datetime

import pytest

from adapters.console.chat import NOTHING_CHANGES, WAIT_ON, Chat, Left
from adapters.console.line_asker import LineAsker
from adapters.console.screen import PlainScreen
from adapters.console.transcript import Heading
from adapters.console.waiting import Work, wait_for
from adapters.onlooker import UnderWay
from adapters.problems import Unusable
from adapters.view import View
from engine import Value
from tests.adapters.console.scripted import JUNK, Scripted, asking, ending

LONG = 0.6
"""Longer than a call may take before it is talked about, in seconds."""


class Slow(Scripted):
    """Takes its time over every answer; once a Ctrl-C comes meanwhile."""

    def __init__(self, *turns: View, presses: bool = False, seconds: float = LONG) -> None:
        super().__init__(*turns)
        self.presses = presses
        self.seconds = seconds

    def answer(
        self, session: str, value: Value, *, prompt: str | None = None, seq: int | None = None
    ) -> View:
        if self.presses:
            self.presses = False
            threading.Timer(0.1, signal.raise_signal, [signal.SIGINT]).start()
        time.sleep(self.seconds)
        return super().answer(session, value, prompt=prompt, seq=seq)


class Reading(Slow):
    """Only looks something up."""

    def under_way(self, session: str) -> UnderWay | None:
        return None


class Broken(Scripted):
    """A store that fails once."""

    failures = 1

    def answer(
        self, session: str, value: Value, *, prompt: str | None = None, seq: int | None = None
    ) -> View:
        if self.failures:
            self.failures -= 1
            raise Unusable("The disk is full.", "Make room.")
        return super().answer(session, value, prompt=prompt, seq=seq)


class Watched(PlainScreen):
    """Keeps what was shown while waiting."""

    def __init__(self, out: io.StringIO) -> None:
        super().__init__(out)
        self.waits: list[str] = []

    def waiting(self, words: str, seconds: float) -> None:
        self.waits.append(words)


def talk(driver: Scripted, typed: str) -> tuple[str, Watched]:
    out = io.StringIO()
    screen = Watched(out)
    chat = Chat(driver, screen, LineAsker(screen, io.StringIO(typed)), lambda: driver.turns[0])
    chat.run(Heading("A flow"), driver.turns[0])
    return out.getvalue(), screen


def test_a_quick_call_is_not_talked_about() -> None:
    assert talk(Slow(asking(JUNK), ending(), seconds=0.0), "1\n")[1].waits == []


def test_a_slow_call_is_told_in_its_own_words() -> None:
    assert set(talk(Slow(asking(JUNK), ending()), "1\n")[1].waits) == {
        "Switches online access on for Ana Souza"
    }


def test_ctrl_c_stops_the_waiting_and_says_what_is_known() -> None:
    driver = Slow(asking(JUNK), ending(), presses=True)
    shown, _ = talk(driver, "1\nwait\n")
    at = datetime(2026, 11, 24, 10, 2, 11, tzinfo=UTC).astimezone()
    assert f"Sent to the clinic's system at {at:%H:%M:%S %Z}: Switches online access on" in shown
    assert "nobody knows whether it was done" in shown
    assert WAIT_ON[0].label in shown
    assert driver.answers == ["found"]
    assert "Solved." in shown


def test_where_nothing_is_being_changed_that_is_said() -> None:
    assert NOTHING_CHANGES in talk(Reading(asking(JUNK), ending(), presses=True), "1\n1\n")[0]


@pytest.mark.parametrize("then", ["leave\n", "/quit\n", ""])
def test_whoever_is_tired_of_waiting_leaves(then: str) -> None:
    with pytest.raises(Left):
        talk(Slow(asking(JUNK), ending(), presses=True), f"1\n{then}")


def test_trouble_is_a_sentence_and_choices() -> None:
    driver = Broken(asking(JUNK), ending())
    shown, _ = talk(driver, "1\nagain\n")
    assert "! The disk is full. Make room." in shown
    assert driver.answers == ["found"]


@pytest.mark.parametrize("then", ["leave\n", ""])
def test_trouble_that_stays_ends_the_command(then: str) -> None:
    with pytest.raises(Unusable):
        talk(Broken(asking(JUNK), ending()), f"1\n{then}")


def test_a_wait_on_a_plain_stream_is_told_seldom() -> None:
    out = io.StringIO()
    screen = PlainScreen(out)
    for tenths in range(200):
        screen.waiting("Looking", tenths / 10)
    assert out.getvalue().splitlines() == ["  Looking… 2 s", "  Looking… 6 s", "  Looking… 18 s"]


def test_what_a_call_raises_comes_out_of_the_wait() -> None:
    def broken() -> View:
        raise Unusable("No.")

    with pytest.raises(Unusable):
        wait_for(Work(broken), PlainScreen(io.StringIO()), str)
