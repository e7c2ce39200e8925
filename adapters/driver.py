"""The loop around the engine: performs what it asks for, and keeps every step before anybody is told of it.

For each turn: load, advance, ask the gates, commit, call, commit, until the conversation waits for a person.
Nothing is shown that was not committed. A call that changes something is recorded as planned, then as sent,
before it is made; a recorded call is never made again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import msgspec

from adapters.clinic.port import ActionFailed, Backend, CallContext, OutcomeLost
from adapters.gates.port import Gate, Question
from adapters.library import Library
from adapters.stores.port import Commit, LedgerEntry, LedgerStatus, Outrun, Store
from adapters.view import View, view_of
from engine import (
    Answered,
    Ask,
    AtCall,
    AtEnd,
    AtPrompt,
    Audience,
    Call,
    CannotTell,
    CheckBack,
    CheckedBack,
    Consult,
    Did,
    DidNotHappen,
    Effect,
    EngineEffect,
    Event,
    Failed,
    Failure,
    Finding,
    Finish,
    Flow,
    Gated,
    Happened,
    Lost,
    Noted,
    Perform,
    Problem,
    Resumed,
    Reveal,
    Say,
    Started,
    State,
    Stopped,
    Succeeded,
    Value,
    WentBack,
    advance,
    state_from_json,
    state_to_json,
    why,
)

DEADLINE = 10.0
"""The whole time one call may take, in seconds."""

_ENCODER = msgspec.json.Encoder(order="deterministic")
_SETTLED: Mapping[type[Event], LedgerStatus] = {
    Succeeded: "confirmed",
    Failed: "rejected",
    Lost: "unknown",
    CheckedBack: "reconciled",
}


@dataclass(slots=True)
class Held:
    """A session in the driver's hands: as it was committed, and what has happened since."""

    session: str
    flow: Flow
    state: State | None
    revision: int
    events: list[bytes] = field(default_factory=list)
    ledger: list[LedgerEntry] = field(default_factory=list)
    effects: list[EngineEffect] = field(default_factory=list)
    sent_before: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Parts:
    """What a driver works with. `clock` gives the moment in UTC, `new_id` a new session's id, `today` the
    date at the clinic."""

    library: Library
    backend: Backend
    store: Store
    gate: Gate
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    today: Callable[[], date]
    deadline: float = DEADLINE


class Driver:
    """Holds conversations. Every method returns the turn as a `View`, after it was committed.

    Raises PlainProblem for an unknown flow or session, Unusable when store or backend cannot be used. May be
    used from several threads; of two answers to one question one is taken.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._workers = ThreadPoolExecutor(thread_name_prefix="call")

    def close(self) -> None:
        """Let go of the workers; a call under way is waited for."""
        self._workers.shutdown(wait=True)

    def start(self, flow: str, *, actor: str, audience: Audience) -> View:
        """Begin a session."""
        compiled = self._parts.library.flow(flow)
        self._parts.store.keep_version(compiled.version, self._parts.library.sources(compiled))
        held = Held(self._parts.new_id(), compiled, None, 0)
        allowed = self._parts.gate.allowed(audience, self._parts.backend.capabilities())
        today = self._parts.today().isoformat()
        event = Started(held.session, compiled.name, self._now(), today, audience, actor, allowed)
        return self._run(held, event)

    def resume(self, session: str) -> View:
        """Pick a session up: what was done and shown last is shown again, and what was cut off is looked
        up."""
        held = self._load(session)
        return self._run(held, Resumed(self._now(), self._parts.today().isoformat()))

    def answer(
        self, session: str, value: Value, *, prompt: str | None = None, seq: int | None = None
    ) -> View:
        """Answer the question that waits; one that was answered already gives the current turn."""
        return self._step(session, Answered(value, self._now(), prompt, seq))

    def back(self, session: str) -> View:
        """Go back to the question before."""
        return self._step(session, WentBack(self._now()))

    def note(self, session: str, text: str) -> View:
        """Write a note for the record."""
        return self._step(session, Noted(text, self._now()))

    def stop(self, session: str) -> View:
        """Give the session up for good."""
        return self._step(session, Stopped(self._now()))

    def why(self, session: str) -> View:
        """The question that waits, and why it is put."""
        held = self._load(session)
        state = self._state(held)
        return replace(_waiting_view(state), info=why(held.flow, state))

    def current(self, session: str) -> View:
        """The question that waits, without anything else."""
        return _waiting_view(self._state(self._load(session)))

    # -- one turn ---------------------------------------------------------------------------------

    def _step(self, session: str, event: Event) -> View:
        held = self._load(session)
        if isinstance(self._state(held).waiting, AtCall):
            self.resume(session)
            held = self._load(session)
        try:
            return self._run(held, event)
        except Outrun:
            problem = Problem("stale", "Somebody else has answered this question; this is the current one.")
            return replace(self.current(session), problem=problem)

    def _run(self, held: Held, event: Event | None) -> View:
        while event is not None:
            turn = advance(held.flow, held.state, event)
            held.state = turn.state
            held.events.append(_ENCODER.encode(event))
            event = None
            for effect in turn.effects:
                match effect:
                    case Consult(call=call):
                        event = self._consult(held, call)
                    case Perform(call=call):
                        event = self._perform(held, call)
                    case CheckBack(call=call):
                        event = self._check_back(held, call)
                    case Say() | Did() | Ask() | Reveal() | Problem() | Finish():
                        held.effects.append(effect)
        self._commit(held)
        return view_of(held.session, self._state(held).seq, held.effects)

    def _consult(self, held: Held, call: Call) -> Event:
        state = self._state(held)
        question = Question(call, state.audience, state.actor, self._now())
        return Gated(call.key, self._parts.gate.decide(question), self._now())

    def _perform(self, held: Held, call: Call) -> Event:
        if call.key in held.sent_before:
            return Lost(call.key, self._now())
        if call.effect is Effect.READ:
            return self._called(held, call)
        held.ledger.append(self._entry(call, "planned"))
        self._commit(held)
        held.ledger.append(self._entry(call, "sent"))
        self._commit(held)
        outcome = self._called(held, call)
        held.ledger.append(self._entry(call, _SETTLED[type(outcome)], outcome))
        if isinstance(outcome, Lost):
            self._commit(held)
        return outcome

    def _check_back(self, held: Held, call: Call) -> Event:
        finding = self._looked(held, call)
        event = CheckedBack(call.key, finding, self._now())
        if not isinstance(finding, CannotTell):
            held.ledger.append(self._entry(call, "reconciled", event))
        return event

    # -- calls ------------------------------------------------------------------------------------

    def _called(self, held: Held, call: Call) -> Event:
        """The event that tells how a call ended; nothing is ever raised but an interrupt."""
        backend, context = self._parts.backend, self._context(held, call)
        working = self._workers.submit(backend.perform, call.action, call.args, context)
        try:
            return Succeeded(call.key, working.result(self._parts.deadline), self._now())
        except ActionFailed as error:
            return Failed(
                call.key, error.failure, self._now(), error.message, error.result, error.retry_after
            )
        except (OutcomeLost, TooLate):
            return Lost(call.key, self._now())
        except Exception:
            if call.effect is Effect.READ:
                words = "It answered with something that could not be understood."
                return Failed(call.key, Failure.BACKEND_BUG, self._now(), words)
            return Lost(call.key, self._now())

    def _looked(self, held: Held, call: Call) -> Finding:
        backend, context = self._parts.backend, self._context(held, call)
        working = self._workers.submit(backend.check_back, call.action, call.args, context)
        try:
            found = working.result(self._parts.deadline)
        except Exception:
            return CannotTell()
        return found if isinstance(found, Happened | DidNotHappen) else CannotTell()

    def _context(self, held: Held, call: Call) -> CallContext:
        key = "" if call.effect is Effect.READ else call.key
        return CallContext(key, self._state(held).actor, held.session, self._parts.deadline)

    def _entry(self, call: Call, status: LedgerStatus, outcome: Event | None = None) -> LedgerEntry:
        result = _ENCODER.encode(outcome) if outcome is not None else b""
        return LedgerEntry(
            call.key,
            call.action,
            call.subject,
            call.step,
            status,
            _ENCODER.encode(call.args),
            result,
            self._now(),
        )

    # -- keeping ----------------------------------------------------------------------------------

    def _load(self, session: str) -> Held:
        store = self._parts.store
        stored = store.load(session)
        state = state_from_json(stored.state)
        flow = self._parts.library.revive(
            stored.flow, stored.version, lambda: store.load_version(stored.version)
        )
        held = Held(session, flow, state, stored.revision)
        if isinstance(state.waiting, AtCall):
            sent = (entry.key for entry in store.ledger(session) if entry.status != "planned")
            held.sent_before = frozenset(sent)
        return held

    def _commit(self, held: Held) -> None:
        state = self._state(held)
        commit = Commit(
            tuple(held.events),
            state_to_json(state),
            state.seq,
            _waiting_words(state),
            tuple(held.ledger),
            self._now(),
        )
        if held.revision == 0:
            held.revision = self._parts.store.begin(
                held.session, held.flow.name, held.flow.version, state.actor, state.audience.value, commit
            )
        else:
            held.revision = self._parts.store.commit(held.session, held.revision, commit)
        held.events.clear()
        held.ledger.clear()

    def _state(self, held: Held) -> State:
        if held.state is None:
            raise RuntimeError("a session without a state")
        return held.state

    def _now(self) -> str:
        return self._parts.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _waiting_words(state: State) -> str:
    match state.waiting:
        case AtPrompt(prompt=prompt):
            return prompt.id
        case AtCall(call=call):
            return f"call {call.key}"
        case AtEnd(outcome=outcome):
            return f"end {outcome.value}"
        case _:
            return "reveal"


def _waiting_view(state: State) -> View:
    match state.waiting:
        case AtPrompt(prompt=prompt):
            return view_of(state.session, state.seq, (Ask(prompt),))
        case AtEnd(outcome=outcome, text=text):
            return view_of(state.session, state.seq, (Finish(outcome, text),))
        case _:
            return view_of(state.session, state.seq, ())
