"""How often somebody may ask: at most so many times within any minute. Per process."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from math import ceil

WINDOW = 60.0


class Limiter:
    """Counts what each asker asked for within the last minute, and nothing that is older. `now` gives seconds
    of any steady clock. May be used from several threads."""

    def __init__(self, most: int, now: Callable[[], float]) -> None:
        self._most, self._now = most, now
        self._lock = threading.Lock()
        self._asked: OrderedDict[str, deque[float]] = OrderedDict()

    def wait(self, who: str) -> int:
        """In how many whole seconds they may ask again; 0: now, and it is counted."""
        with self._lock:
            at = self._now()
            self._forget(at - WINDOW)
            times = self._asked.setdefault(who, deque())
            while times and times[0] <= at - WINDOW:
                times.popleft()
            if len(times) >= self._most:
                return max(1, ceil(times[0] + WINDOW - at))
            times.append(at)
            self._asked.move_to_end(who)
            return 0

    def _forget(self, before: float) -> None:
        """Let go of those who asked last before that; they stand first."""
        while self._asked:
            who, times = next(iter(self._asked.items()))
            if times and times[-1] > before:
                return
            del self._asked[who]
