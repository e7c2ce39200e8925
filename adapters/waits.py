"""How a process waits and does things beside each other: threads and the clock of the machine.

Handed to the driver, so that tests can let time pass, and threads take turns, as they want.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic, sleep
from typing import Protocol


class News(Protocol):
    """Something that happens once, and can be waited for."""

    def set(self) -> None:
        """It has happened; everybody who waits goes on."""
        ...

    def wait(self, seconds: float) -> bool:
        """Whether it has happened, after waiting for it at most so long."""
        ...


class Waits(Protocol):
    """How time passes."""

    def monotonic(self) -> float:
        """Seconds since some moment; it never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Do nothing for so long."""
        ...

    def news(self) -> News:
        """Something that has not happened yet."""
        ...

    def beside(self, work: Callable[[], None]) -> None:
        """Begin the work in a thread of its own, which does not keep the process alive."""
        ...


class RealWaits:
    """How time passes outside of tests."""

    def monotonic(self) -> float:
        """See `Waits.monotonic`."""
        return monotonic()

    def sleep(self, seconds: float) -> None:
        """See `Waits.sleep`."""
        sleep(seconds)

    def news(self) -> News:
        """See `Waits.news`."""
        return threading.Event()

    def beside(self, work: Callable[[], None]) -> None:
        """See `Waits.beside`."""
        threading.Thread(target=work, name="call", daemon=True).start()
