"""Waiting for a call: it runs in a thread of its own while the person sees that it goes on, and for how long.

Ctrl-C stops the waiting, never the call.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

from adapters.console.screen import Screen
from adapters.view import View

BEFORE_SHOWN = 0.4
"""A call that is quicker than this, in seconds, is not talked about."""
BEAT = 0.12
"""How often the sign of waiting moves, in seconds."""
UNHURRIED = 0.5
"""How often it is looked up what is being done, in seconds."""


class Work:
    """One call to the driver, at work. It does not keep the process alive."""

    def __init__(self, call: Callable[[], View]) -> None:
        self._call = call
        self._ended = threading.Event()
        self._view: View | None = None
        self._error: BaseException = RuntimeError("a call that has not ended")
        self._begun = monotonic()
        threading.Thread(target=self._run, name="turn", daemon=True).start()

    def _run(self) -> None:
        try:
            self._view = self._call()
        except BaseException as error:  # raised again where it is waited for
            self._error = error
        finally:
            self._ended.set()

    @property
    def ended(self) -> bool:
        """Whether it has ended."""
        return self._ended.is_set()

    @property
    def seconds(self) -> float:
        """How long it has been at work."""
        return monotonic() - self._begun

    def wait(self, seconds: float) -> bool:
        """Wait for it; whether it has ended."""
        return self._ended.wait(seconds)

    def result(self) -> View:
        """The view it returned. Raises what it raised."""
        if self._view is None:
            raise self._error
        return self._view


def wait_for(work: Work, screen: Screen, doing: Callable[[], str]) -> View:
    """The view that `work` returns. What `doing` says is shown with the time, once it takes a while.

    Raises KeyboardInterrupt for Ctrl-C, after which the work goes on, and what the work raises.
    """
    if not work.wait(max(BEFORE_SHOWN - work.seconds, 0.0)):
        try:
            _shown(work, screen, doing)
        finally:
            screen.wait_over()
    return work.result()


def _shown(work: Work, screen: Screen, doing: Callable[[], str]) -> None:
    looked, words = -UNHURRIED, ""
    while True:
        if work.seconds - looked >= UNHURRIED:
            looked, words = work.seconds, doing()
        screen.waiting(words, work.seconds)
        if work.wait(BEAT):
            return
