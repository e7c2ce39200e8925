"""Ctrl-C while a call is under way: the first one only says so, the second one leaves. Stopping the wait
never stops the call."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def patient(on_first: Callable[[], None]) -> Iterator[None]:
    """While inside, the first Ctrl-C calls `on_first` and goes on; the next raises KeyboardInterrupt.

    Outside the main thread, where no signal arrives, it changes nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed = False

    def handle(number: int, frame: FrameType | None) -> None:
        nonlocal pressed
        if pressed:
            raise KeyboardInterrupt
        pressed = True
        on_first()

    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
