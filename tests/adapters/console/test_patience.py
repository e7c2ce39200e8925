"""Ctrl-C while a call is under way."""

from __future__ import annotations

import signal
import threading

import pytest

from adapters.console.patience import patient


def test_the_first_ctrl_c_is_told_and_the_call_goes_on() -> None:
    told: list[str] = []
    with patient(lambda: told.append("still working")):
        signal.raise_signal(signal.SIGINT)
        told.append("done")
    assert told == ["still working", "done"]


def test_the_second_ctrl_c_leaves() -> None:
    def press_twice() -> None:
        with patient(lambda: None):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        press_twice()


def test_afterwards_ctrl_c_is_what_it_was() -> None:
    before = signal.getsignal(signal.SIGINT)
    with patient(lambda: None):
        pass
    assert signal.getsignal(signal.SIGINT) is before


def test_other_threads_are_left_alone() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen: list[object] = []

    def work() -> None:
        with patient(lambda: None):
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [before]
