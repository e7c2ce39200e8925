"""The clinic's system and the gates with a log beside them: how long each call took and how it ended."""

from __future__ import annotations

from collections.abc import Mapping, Set
from hashlib import blake2b
from time import monotonic

from adapters.clinic.port import ActionFailed, Backend, CallContext, OutcomeLost
from adapters.gates.port import Gate, Question
from adapters.logs import log
from engine import Audience, Call, Event, Finding, Value, Verdict


class WatchedBackend:
    """A `Backend` that logs every call: the action, the session, how it ended, how long it took."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def capabilities(self) -> frozenset[str]:
        """See `Backend.capabilities`."""
        return self._backend.capabilities()

    def perform(self, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        """See `Backend.perform`."""
        began, outcome, level = monotonic(), "unexpected", "error"
        try:
            result = self._backend.perform(action, args, context)
            outcome, level = "done", "info"
            return result
        except ActionFailed as failed:
            outcome, level = failed.failure.value, "info"
            raise
        except OutcomeLost:
            outcome, level = "lost", "warning"
            raise
        finally:
            told = {
                "action": action,
                "session": context.session,
                "call": call_id(context.key),
                "outcome": outcome,
            }
            log(level, "call", **told, ms=_since(began))

    def check_back(self, action: str, args: Mapping[str, Value], context: CallContext) -> Finding:
        """See `Backend.check_back`."""
        began = monotonic()
        finding = self._backend.check_back(action, args, context)
        told = {"action": action, "session": context.session, "call": call_id(context.key)}
        log("warning", "look", **told, finding=type(finding).__name__, ms=_since(began))
        return finding

    def close(self) -> None:
        """See `Backend.close`."""
        self._backend.close()


class WatchedGate:
    """A `Gate` that logs what it was asked and what it said."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def decide(self, question: Question) -> Verdict:
        """See `Gate.decide`."""
        verdict = self._gate.decide(question)
        call = question.call
        told = {
            "action": call.action,
            "session": question.session,
            "call": call_id(call.key),
            "actor": question.actor,
        }
        log("info", "gate", **told, audience=question.audience.value, verdict=type(verdict).__name__)
        return verdict

    def looks_up(self, question: Question) -> tuple[str, ...]:
        """See `Gate.looks_up`."""
        return self._gate.looks_up(question)

    def seen(self, question: Question, outcome: Event) -> Event:
        """See `Gate.seen`."""
        return self._gate.seen(question, outcome)

    def about_to(self, call: Call, actor: str, session: str, at: str) -> None:
        """See `Gate.about_to`."""
        self._gate.about_to(call, actor, session, at)

    def done(self, call: Call, event: Event, actor: str, session: str, at: str) -> None:
        """See `Gate.done`."""
        self._gate.done(call, event, actor, session, at)

    def allowed(self, audience: Audience, capabilities: Set[str]) -> frozenset[str]:
        """See `Gate.allowed`."""
        return self._gate.allowed(audience, capabilities)

    def who_is(self, os_user: str) -> Audience:
        """See `Gate.who_is`."""
        return self._gate.who_is(os_user)

    def role(self, os_user: str, wanted: Audience | None) -> Audience:
        """See `Gate.role`."""
        return self._gate.role(os_user, wanted)


def call_id(key: str) -> str:
    """What a call is named in the log: its key names whom the step is run for, this names nobody."""
    return blake2b(key.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest() if key else ""


def _since(began: float) -> int:
    return round(1000 * (monotonic() - began))
