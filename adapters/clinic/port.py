"""The port: what every backend of a clinic must be able to do, and the ways a call can end.

Knows no particular backend. The declarations of the actions are in `actions`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from adapters.secret import Secret, SecretGone
from engine import Failure, Finding, Value


class Secrets(Protocol):
    """Where a backend gets a secret it was given, and leaves one it made. In arguments and results only
    references stand, so that a receipt may be kept."""

    def get(self, value: Value) -> Secret:
        """The secret that an argument refers to. Raises SecretGone if it is not known any more."""
        ...

    def keep(self, secret: Secret) -> Value:
        """Take a secret that is part of a result; the reference to put into the result."""
        ...


class NoSecrets:
    """For calls that have none."""

    def get(self, value: Value) -> Secret:
        """None is known."""
        raise SecretGone

    def keep(self, secret: Secret) -> Value:
        """It cannot be kept."""
        raise SecretGone


class CallContext(msgspec.Struct, frozen=True):
    """Who calls, for which session, under which idempotency key.

    `key` is empty for reads. `deadline` is the whole time the call may take, in seconds; `secrets` resolves
    the secrets among the arguments and takes those of the result.
    """

    key: str
    actor: str
    session: str
    deadline: float
    secrets: Secrets = msgspec.field(default_factory=NoSecrets)


class ActionFailed(Exception):
    """The call ended in one of the declared failures.

    `message` is a sentence in the backend's own words (data, never markup). `result` holds what did happen
    where the failure says that something may have; `retry_after` is in seconds.
    """

    def __init__(
        self, failure: Failure, message: str, result: Value = None, retry_after: int | None = None
    ) -> None:
        self.failure = failure
        self.message = message
        self.result = result
        self.retry_after = retry_after
        super().__init__(f"{failure.value}: {message}")


class OutcomeLost(Exception):
    """The call was begun, and it is not known whether it took effect. Ask `check_back`; never repeat it."""


class Backend(Protocol):
    """A clinic's own system. Calls may come from several threads at once."""

    def capabilities(self) -> frozenset[str]:
        """The names of the actions it can perform. Then, as `action.effect`, what they do besides: those of
        the `side_effects` in their declarations that they have here, since only these are told to people.
        And `action.look_back` for those of which `check_back` finds out what became of them (see
        `actions.LOOK_BACK`). Limits (how long links work, how soon another email may go) are of the clinic:
        `get_clinic` tells them.
        """
        ...

    def perform(self, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        """Make one call and return the declared result.

        A keyed action keeps its key: the same key again returns the first receipt without acting, and with
        other parameters it is refused as `invalid_input`. Raises ActionFailed or OutcomeLost, nothing else.
        """
        ...

    def check_back(self, action: str, args: Mapping[str, Value], context: CallContext) -> Finding:
        """Find out, without acting, whether the call under `context.key` took effect. Never raises.

        Who says that it did not happen sees to it, as far as the backend can, that it cannot happen later
        either: a call under this key that is still on its way is then refused as `unavailable`.
        """
        ...

    def close(self) -> None:
        """Let go of files and connections. Calling it again does nothing."""
        ...
