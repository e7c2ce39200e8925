"""Makes one call of the backend with a deadline, and says how it ended: as an event, never as an error.

A call that is not waited for any longer goes on in its thread. Knows neither sessions nor the ledger. What it
is given and gives back only refers to secrets; the backend gets and leaves them through the vault, and what
it repeats of them in words is taken out.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

import msgspec

from adapters.clinic.port import ActionFailed, Backend, CallContext, OutcomeLost
from adapters.leases import Lease
from adapters.secret import Secret, SecretGone
from adapters.secrets.port import Vault
from adapters.trying_again import TryingAgain
from adapters.waits import RealWaits, Waits
from engine import (
    FAILURES,
    Call,
    CannotTell,
    DidNotHappen,
    Effect,
    Event,
    Failed,
    Failure,
    Finding,
    Happened,
    Lost,
    Succeeded,
    Value,
    secret_id,
)

NO_SENSE = "It answered with something that could not be understood."
GONE = "What was typed in secret is not kept for long, and it is gone now. Please type it again."
HIDDEN = "(secret)"
SHORTEST_HIDDEN = 4
"""A shorter secret is not looked for in what comes back: it would be found in every other word."""

_SLICE = 0.25
T = TypeVar("T")
_ENCODER = msgspec.json.Encoder(order="deterministic")


class TooLate(Exception):
    """It has not ended in time; it goes on."""


class _Garbled(Exception):
    """It ended with something that is no answer."""


class _Working(Generic[T]):
    """A function at work in a thread of its own, which does not keep the process alive."""

    def __init__(self, work: Callable[[], T], waits: Waits) -> None:
        self._work = work
        self._waits = waits
        self._ended = waits.news()
        self._result: list[T] = []
        self._error: BaseException = _Garbled()

    def start(self) -> _Working[T]:
        """Begin. An interrupt may come at any moment: whoever has to know of the work notes it before."""
        self._waits.beside(self._run)
        return self

    def _run(self) -> None:
        try:
            self._result.append(self._work())
        except BaseException as error:  # even a backend that wants to exit only ends its call
            self._error = error
        finally:
            self._ended.set()

    def ended(self, seconds: float = 0.0) -> bool:
        """Whether it has ended, after waiting for it at most so long."""
        until = self._waits.monotonic() + seconds
        # In slices, because an interrupt that comes just before a wait is heard only after it.
        while not self._ended.wait(min(max(until - self._waits.monotonic(), 0.0), _SLICE)):
            if self._waits.monotonic() >= until:
                return False
        return True

    def result(self, seconds: float) -> T:
        """What it returned or raised. Raises TooLate if it goes on longer than `seconds`."""
        if not self.ended(seconds):
            raise TooLate
        if self._result:
            return self._result[0]
        raise self._error if isinstance(self._error, Exception) else _Garbled from None


class _SecretsOf:
    """The `Secrets` of one session."""

    def __init__(self, vault: Vault, session: str) -> None:
        self._vault = vault
        self._session = session

    def get(self, value: Value) -> Secret:
        """See `Secrets.get`."""
        found = self._vault.reveal(secret_id(value) or "", self._session)
        if found is None:
            raise SecretGone
        return Secret(found)

    def keep(self, secret: Secret) -> Value:
        """See `Secrets.keep`."""
        return self._vault.put(secret.reveal(), self._session).as_value()


class Caller:
    """Makes the calls of all sessions of one backend. `now` gives the moment in UTC, as events carry it;
    `again` says when a read that failed is tried again, where it is at all; `waits` is how time passes."""

    def __init__(
        self,
        backend: Backend,
        vault: Vault,
        now: Callable[[], str],
        again: TryingAgain | None = None,
        waits: Waits | None = None,
    ) -> None:
        self._backend = backend
        self._vault = vault
        self._now = now
        self._again = again
        self._waits = waits or RealWaits()
        self._lock = threading.Lock()
        self._writes: dict[str, _Working[Value]] = {}

    def has_secrets_of(self, call: Call, session: str) -> bool:
        """Whether every secret that the call refers to is still there."""
        return all(self._vault.reveal(id, session) is not None for id in _references(call.args))

    def perform(self, call: Call, context: CallContext, lease: Lease | None = None) -> Event:
        """Make the call, and give the event of how it ended: Succeeded, Failed or Lost. The call keeps the
        lease until it has ended, also when it is not waited for any longer."""
        if not self.has_secrets_of(call, context.session):
            return Failed(call.key, Failure.INVALID_INPUT, self._now(), GONE)
        told = _stored_form(self._outcome(call, self._with_secrets(context), lease)) or self._no_sense(call)
        outcome = _cleaned(told, self._secrets_of(call, context.session))
        if not isinstance(outcome, Lost) and not _may_be_repeated(outcome):
            self._forget(call)
        return outcome

    def look(self, call: Call, context: CallContext) -> Finding:
        """Find out whether the call took effect, without repeating it. While this very process is still at
        it, nobody can tell that it did not."""
        until = self._waits.monotonic() + context.deadline
        ended = self._has_ended(call.key, context.deadline / 2)
        context = self._with_secrets(context)
        secrets = self._secrets_of(call, context.session)
        try:
            working = _Working(
                lambda: self._backend.check_back(call.action, call.args, context), self._waits
            ).start()
            found = working.result(until - self._waits.monotonic())
        except Exception:
            return CannotTell()
        if isinstance(found, DidNotHappen):
            return found if ended else CannotTell()
        self._forget(call)
        told = _stored_form(Succeeded(call.key, found.result, "")) if isinstance(found, Happened) else None
        return Happened(_without(told.result, secrets)) if isinstance(told, Succeeded) else CannotTell()

    def close(self, seconds: float) -> None:
        """Wait for the calls that change something and are still under way, but not longer than so long."""
        until = self._waits.monotonic() + seconds
        with self._lock:
            writes = list(self._writes.values())
        for working in writes:
            working.ended(until - self._waits.monotonic())

    def _outcome(self, call: Call, context: CallContext, lease: Lease | None) -> Event:
        try:
            return Succeeded(call.key, self._result(call, context, lease), self._now())
        except ActionFailed as error:
            if error.failure is Failure.OUTCOME_UNKNOWN:
                return Lost(call.key, self._now())
            return Failed(
                call.key, error.failure, self._now(), error.message, error.result, error.retry_after
            )
        except SecretGone:
            return Failed(call.key, Failure.INVALID_INPUT, self._now(), GONE)
        except (OutcomeLost, TooLate, TimeoutError):
            return Lost(call.key, self._now())
        except Exception:
            return self._no_sense(call)

    def _result(self, call: Call, context: CallContext, lease: Lease | None) -> Value:
        """What the call returned or raised; a read that did not come through is tried again while there is
        time."""
        until, tried = self._waits.monotonic() + context.deadline, 1
        while True:
            left = max(until - self._waits.monotonic(), 0.0)
            working = self._begun(call, msgspec.structs.replace(context, deadline=left), lease)
            try:
                return working.result(left)
            except (ActionFailed, OutcomeLost, TimeoutError) as error:
                if self._again is None or call.effect is not Effect.READ:
                    raise
                pause = self._again.pause(tried, error, until - self._waits.monotonic())
                if pause is None:
                    raise
            self._again.sleep(pause)
            tried += 1

    def _begun(self, call: Call, context: CallContext, lease: Lease | None) -> _Working[Value]:
        def work() -> Value:
            try:
                return self._backend.perform(call.action, call.args, context)
            finally:
                if lease is not None:
                    lease.let_go()

        working = _Working(work, self._waits)
        if lease is not None:
            lease.keep()
        if call.effect is not Effect.READ:
            with self._lock:
                self._writes = {key: each for key, each in self._writes.items() if not each.ended()}
                self._writes[call.key] = working
        return working.start()

    def _no_sense(self, call: Call) -> Event:
        """The event for an answer that makes no sense: of a write it is not known what it did."""
        if call.effect is Effect.READ:
            return Failed(call.key, Failure.BACKEND_BUG, self._now(), NO_SENSE)
        return Lost(call.key, self._now())

    def _has_ended(self, key: str, seconds: float) -> bool:
        with self._lock:
            working = self._writes.get(key)
        return working is None or working.ended(seconds)

    # -- secrets ----------------------------------------------------------------------------------

    def _with_secrets(self, context: CallContext) -> CallContext:
        secrets = _SecretsOf(self._vault, context.session)
        return msgspec.structs.replace(context, secrets=secrets)

    def _secrets_of(self, call: Call, session: str) -> list[str]:
        found = (self._vault.reveal(id, session) for id in _references(call.args))
        return [value for value in found if value is not None and len(value) >= SHORTEST_HIDDEN]

    def _forget(self, call: Call) -> None:
        for id in _references(call.args):
            self._vault.forget(id)


def stored(event: Event) -> bytes:
    """The event as it is kept."""
    return _ENCODER.encode(event)


def can_be_kept(event: Event) -> bool:
    """Whether the event can be stored: it may hold what no file can (half characters, endless nesting)."""
    return _stored_form(event) is not None


def _stored_form(event: Event) -> Event | None:
    """The event as it would be after being stored and read, or None if that is not possible: so that nothing
    is decided on a value that is another one later."""
    try:
        kept: Event = msgspec.json.decode(_ENCODER.encode(event), type=Event)
    except (msgspec.MsgspecError, TypeError, ValueError, OverflowError, RecursionError):
        return None
    return kept


def _may_be_repeated(outcome: Event) -> bool:
    """Whether the same call may be tried again by a person, so that its secret is still needed."""
    if not isinstance(outcome, Failed):
        return False
    facts = FAILURES[outcome.failure]
    return facts.retryable and not facts.may_have_happened


def _references(value: Value) -> Iterator[str]:
    """The ids of all secrets that a value refers to."""
    found = secret_id(value)
    if found is not None:
        yield found
    elif isinstance(value, dict):
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def _cleaned(outcome: Event, secrets: list[str]) -> Event:
    """The outcome without the secrets that the backend repeated in it."""
    match outcome:
        case Succeeded(result=result):
            return msgspec.structs.replace(outcome, result=_without(result, secrets))
        case Failed(message=message, result=result):
            told = _without(message, secrets)
            words = told if isinstance(told, str) else NO_SENSE
            return msgspec.structs.replace(outcome, message=words, result=_without(result, secrets))
        case _:
            return outcome


def _without(value: Value, secrets: list[str]) -> Value:
    match value:
        case str():
            for secret in secrets:
                value = value.replace(secret, HIDDEN)
            return value
        case dict() if secrets:
            return {name: _without(each, secrets) for name, each in value.items()}
        case list() if secrets:
            return [_without(each, secrets) for each in value]
        case _:
            return value
