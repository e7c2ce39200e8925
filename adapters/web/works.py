"""What is being done right now in which conversation, as far as this process does it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic


class Works:
    """The conversations that something is being done in, and how often something was done in those that
    somebody listens to. May be used from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began: dict[str, list[float]] = {}
        self._listeners: Counter[str] = Counter()
        self._done: Counter[str] = Counter()

    @contextmanager
    def at_work(self, session: str) -> Iterator[None]:
        """Inside, something is being done."""
        began = monotonic()
        with self._lock:
            self._began.setdefault(session, []).append(began)
        try:
            yield
        finally:
            with self._lock:
                under_way = self._began[session]
                under_way.remove(began)
                if not under_way:
                    del self._began[session]
                if session in self._listeners:
                    self._done[session] += 1

    @contextmanager
    def listening(self, session: str) -> Iterator[None]:
        """Inside, it is counted what is done."""
        with self._lock:
            self._listeners[session] += 1
        try:
            yield
        finally:
            with self._lock:
                self._listeners[session] -= 1
                if not self._listeners[session]:
                    del self._listeners[session], self._done[session]

    def seconds(self, session: str) -> float:
        """For how long something is being done; 0 where nothing is."""
        with self._lock:
            under_way = self._began.get(session)
        return monotonic() - min(under_way) if under_way else 0.0

    def done(self, session: str) -> int:
        """How often something was done since somebody listens."""
        with self._lock:
            return self._done[session]
