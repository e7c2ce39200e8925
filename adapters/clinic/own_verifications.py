"""A clinic's system that cannot record how an identity was verified, with unstuck doing that itself.

What a call proves is kept in the conversation and its audit in any case; without this, nothing that needs
evidence could be done on a system that has no place for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from adapters.clinic.actions import CATALOG, LOOK_BACK
from adapters.clinic.arguments import checked_arguments
from adapters.clinic.port import ActionFailed, Backend, CallContext
from adapters.clinic.receipts import Receipts
from engine import DidNotHappen, Failure, Finding, Happened, Value

_OWN = "record_verification"


class OwnVerifications:
    """The backend, which can record a verification now. Safe to call from several threads."""

    def __init__(self, inside: Backend, clock: Callable[[], datetime]) -> None:
        self._inside = inside
        self._clock = clock
        self._receipts = Receipts()

    def capabilities(self) -> frozenset[str]:
        """See `Backend.capabilities`."""
        able = self._inside.capabilities()
        return able if _OWN in able else able | {_OWN, LOOK_BACK[_OWN]}

    def perform(self, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        """See `Backend.perform`."""
        if action != _OWN or self._can():
            return self._inside.perform(action, args, context)
        checked = checked_arguments(CATALOG.actions[action], args).values
        if not context.key:
            raise ActionFailed(Failure.INVALID_INPUT, f"{action} needs a key.")
        return self._receipts.once(context.key, action, checked, lambda: self._recorded(checked, context))

    def check_back(self, action: str, args: Mapping[str, Value], context: CallContext) -> Finding:
        """See `Backend.check_back`. One that nobody remembers was lost with its process."""
        if action != _OWN or self._can():
            return self._inside.check_back(action, args, context)
        found = self._receipts.found(context.key, None)
        return DidNotHappen() if found is None else Happened(found)

    def close(self) -> None:
        """See `Backend.close`."""
        self._inside.close()

    def _can(self) -> bool:
        return _OWN in self._inside.capabilities()

    def _recorded(self, args: Mapping[str, Value], context: CallContext) -> Value:
        """The record Verification."""
        at = self._clock().isoformat(timespec="seconds")
        return {"id": context.key, **args, "by": context.actor, "at": at}
