"""A clinic's system that does not tell how accounts and invitations stand: unstuck says that it is not known.

Every flow looks at them before it does anything. Where the system has no place for them, a conversation goes
on with what people say, as it does where the system itself answers "unknown".
"""

from __future__ import annotations

from collections.abc import Mapping

from adapters.clinic.actions import CATALOG
from adapters.clinic.arguments import checked_arguments
from adapters.clinic.port import Backend, CallContext
from engine import Finding, OptionalType, RecordType, Value

NOT_TOLD = frozenset({"get_account", "get_invitation"})
"""Reads whose result has a word for it that nothing is known."""


class NotTold:
    """The backend, which answers these reads in any case. Safe to call from several threads."""

    def __init__(self, inside: Backend) -> None:
        self._inside = inside

    def capabilities(self) -> frozenset[str]:
        """See `Backend.capabilities`."""
        return self._inside.capabilities() | NOT_TOLD

    def perform(self, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        """See `Backend.perform`."""
        if action not in NOT_TOLD or action in self._inside.capabilities():
            return self._inside.perform(action, args, context)
        return not_known(action, args)

    def check_back(self, action: str, args: Mapping[str, Value], context: CallContext) -> Finding:
        """See `Backend.check_back`."""
        return self._inside.check_back(action, args, context)

    def close(self) -> None:
        """See `Backend.close`."""
        self._inside.close()


def not_known(action: str, args: Mapping[str, Value]) -> Value:
    """The result of one of the reads `NOT_TOLD` that says nothing. Raises ActionFailed `invalid_input` for
    arguments that do not fit."""
    declared = CATALOG.actions[action]
    known = checked_arguments(declared, args).values
    members = declared.result.members if isinstance(declared.result, RecordType) else ()
    unsaid: dict[str, Value] = {name: None for name, of in members if isinstance(of, OptionalType)}
    return {**unsaid, "subject": known["subject"], "state": "unknown"}
