"""Lets one thread at a time work on a session. A courtesy in one process; the store decides who is first."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class OneAtATime:
    """Sessions that are being worked on by some thread of this process."""

    def __init__(self, patience: float) -> None:
        """`patience` is how long another thread is waited for, in seconds."""
        self._patience = patience
        self._changed = threading.Condition()
        self._busy: set[str] = set()

    @contextmanager
    def working_on(self, session: str) -> Iterator[None]:
        """Inside, no other thread works on the session; after `patience` it goes on regardless."""
        with self._changed:
            self._changed.wait_for(lambda: session not in self._busy, self._patience)
            self._busy.add(session)
        try:
            yield
        finally:
            with self._changed:
                self._busy.discard(session)
                self._changed.notify_all()
