"""What keyed calls came to, as long as this process lives: one key is sent once, whatever the system does.

The vendor's own idempotency, where it has one, works beside this; nothing is kept on disk, and a call that
another process sent is never sent again by the driver.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping
from typing import TypeAlias

from adapters.clinic.port import ActionFailed, OutcomeLost
from engine import FAILURES, Failure, Value

_MOST = 2_000


class _Open:
    """The call is under way, or its outcome was lost."""


_End: TypeAlias = Value | ActionFailed | _Open
_OPEN = _Open()


class Receipts:
    """Remembers the last calls by key. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, tuple[bytes, Value | ActionFailed | _Open]] = {}

    def once(self, key: str, action: str, args: Mapping[str, Value], send: Callable[[], Value]) -> Value:
        """What the call under this key comes to, sent only if it was not before.

        Raises ActionFailed and OutcomeLost as the call did, and `invalid_input` for another call's key.
        """
        body = _digest(action, args)
        with self._lock:
            before = self._kept.get(key)
            if before is None:
                self._keep(key, body, _OPEN)
        if before is not None:
            return _again(before, body)
        try:
            result = send()
        except ActionFailed as failed:
            with self._lock:
                if FAILURES[failed.failure].may_have_happened:
                    self._keep(key, body, failed)
                else:
                    del self._kept[key]
            raise
        with self._lock:
            self._keep(key, body, result)
        return result

    def found(self, key: str, result: Value) -> Value:
        """The result of a call that was looked for: the one that is known already comes first, since its
        secret was put away under another reference."""
        with self._lock:
            kept = self._kept.get(key)
        if kept is None or isinstance(kept[1], ActionFailed | _Open):
            return result
        return kept[1]

    def _keep(self, key: str, body: bytes, end: Value | ActionFailed | _Open) -> None:
        self._kept[key] = (body, end)
        while len(self._kept) > _MOST:
            del self._kept[next(iter(self._kept))]


def _again(before: tuple[bytes, Value | ActionFailed | _Open], body: bytes) -> Value:
    kept, end = before
    if kept != body:
        raise ActionFailed(Failure.INVALID_INPUT, "The key of this call was used before for another call.")
    if isinstance(end, _Open):
        raise OutcomeLost("this call was sent before, and what became of it is not known")
    if isinstance(end, ActionFailed):
        raise ActionFailed(end.failure, end.message, end.result, end.retry_after)
    return end


def _digest(action: str, args: Mapping[str, Value]) -> bytes:
    body = json.dumps([action, dict(args)], sort_keys=True)
    return hashlib.blake2b(body.encode(), digest_size=16).digest()
