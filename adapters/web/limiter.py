"""How often somebody may ask: so many requests at once, and so many a minute after that. Per process."""

from __future__ import annotations

import threading
from collections.abc import Callable

_MOST_KNOWN = 20_000


class Limiter:
    """A bucket of `burst` requests for each asker, which fills again with `a_minute`. `now` gives seconds of
    any steady clock."""

    def __init__(self, burst: int, a_minute: int, now: Callable[[], float]) -> None:
        self._burst, self._rate, self._now = float(burst), a_minute / 60, now
        self._lock = threading.Lock()
        self._left: dict[str, tuple[float, float]] = {}

    def wait(self, who: str) -> int:
        """In how many seconds they may ask again; 0: now, and it is counted."""
        with self._lock:
            at = self._now()
            left, since = self._left.pop(who, (self._burst, at))
            left = min(self._burst, left + (at - since) * self._rate)
            allowed = left >= 1
            self._left[who] = (left - 1 if allowed else left, at)
            while len(self._left) > _MOST_KNOWN:
                # Whoever was quiet longest stands first, and their bucket is the fullest.
                del self._left[next(iter(self._left))]
            return 0 if allowed else max(1, round((1 - left) / self._rate + 0.5))
