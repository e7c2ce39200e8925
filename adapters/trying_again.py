"""When a read that failed is tried again by itself: after a pause that doubles, and never past the deadline.

Only decides; nothing is called or waited for here. A call that changes something is never tried again.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from adapters.clinic.port import ActionFailed
from engine import Failure

_PASSING = frozenset({Failure.UNAVAILABLE, Failure.RATE_LIMITED})


class TryingAgain(msgspec.Struct, frozen=True):
    """How often a read is tried at most, with which first pause in seconds. `chance` gives a number from 0 to
    1 for each pause, so that many who failed together do not come back together; `sleep` waits."""

    chance: Callable[[], float]
    sleep: Callable[[float], None]
    most: int = 3
    first: float = 0.2

    def pause(self, tried: int, error: Exception, left: float) -> float | None:
        """Seconds until the next try, after `tried` of them and with `left` seconds to go; None if there is
        none. What the system itself asks for is honoured, and not shortened."""
        asked = error.retry_after if isinstance(error, ActionFailed) else None
        if isinstance(error, ActionFailed) and error.failure not in _PASSING:
            return None
        pause = self.first * 2 ** (tried - 1) * (0.5 + self.chance() / 2)
        pause = max(pause, float(asked or 0))
        return pause if tried < self.most and pause < left else None
