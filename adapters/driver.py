"""The loop around the engine: performs what it asks for, and keeps every step before anybody is told of it.

For each turn: load, advance, ask the gates, commit, call, commit, until the conversation waits for a person.
Nothing is shown that was not committed. A call that changes something is recorded as planned, then as sent,
before it is made; a recorded call is never made again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from typing import TypeAlias

import msgspec

from adapters import deeds
from adapters.audit.port import Clerk, Deed, Doer
from adapters.caller import Caller, can_be_kept, stored
from adapters.clinic.port import Backend, CallContext
from adapters.gates.port import Gate, Question
from adapters.leases import Lease, Leases, NoLeases
from adapters.library import Library
from adapters.masking import with_masks
from adapters.one_at_a_time import OneAtATime
from adapters.problems import PlainProblem, Unusable
from adapters.request import Request
from adapters.secrets.port import Vault
from adapters.stores.port import Commit, LedgerEntry, LedgerStatus, Outrun, Store
from adapters.trying_again import TryingAgain
from adapters.view import View, view_of
from adapters.waits import RealWaits, Waits
from engine import (
    Answered,
    Ask,
    AtCall,
    AtEnd,
    AtPrompt,
    AtReveal,
    Audience,
    BrokenState,
    Call,
    CannotTell,
    Changed,
    CheckBack,
    CheckedBack,
    Consult,
    Did,
    Effect,
    EngineEffect,
    Event,
    Failed,
    Failure,
    Finish,
    Flow,
    Gated,
    Given,
    HandedOver,
    Happened,
    Lost,
    Noted,
    OutOfTurn,
    Perform,
    Problem,
    Resumed,
    Reveal,
    Revealed,
    RevealLost,
    Say,
    SecretRef,
    Started,
    State,
    Stopped,
    Succeeded,
    Traced,
    Value,
    WentBack,
    advance,
    given_answers,
    misfit,
    narrower,
    secret_id,
    state_from_json,
    state_to_json,
)

DEADLINE = 10.0
"""The whole time one call may take, in seconds."""

_LOOK_AGAIN = 0.02
"""How often a session is looked at while somebody else is at work on it, in seconds."""

_ATTEMPTS = 5
"""How often a session is picked up anew when others are always faster."""

GRAVE = 4
"""From this risk on it is audited on which evidence a call is made."""

OUTSIDE = frozenset({Audience.VISITOR, Audience.CLIENT})
"""Who does not belong to the clinic: addresses on record are not shown whole to them, not even their own."""

_MOST_KNOWN = 200
"""How many names and addresses a new password is compared with."""

STALE = Problem("stale", "That question has been answered already; this is the current one.")
NOTHING = Problem("nothing_to_reveal", "There is nothing to be shown under this id.")
ENDED = Problem("ended", "This conversation has ended.")
BUSY = Problem("busy", "Somebody else is at work on this conversation; please try again.")
UNKEEPABLE = Problem("hidden_character", "This holds something that cannot be kept. Please type it again.")

_PersonEvent: TypeAlias = Answered | WentBack | Changed | Noted | Stopped | HandedOver

_ENCODER = msgspec.json.Encoder(order="deterministic")
_SETTLED: Mapping[type[Event], LedgerStatus] = {
    Succeeded: "confirmed",
    Failed: "rejected",
    Lost: "unknown",
    CheckedBack: "reconciled",
}


class Held(msgspec.Struct):
    """A session in the driver's hands: as it was committed (`touched` says when, `recorded` how far its calls
    were), and what has happened since. `asked_gate` is false while a call waits that was allowed before the
    session was picked up, perhaps long ago. `request` still wants its reply; `lease` shows other processes
    that this one is at a call. `deeds` wait to be audited with the next commit."""

    session: str
    flow: Flow
    state: State | None
    revision: int
    events: list[bytes] = msgspec.field(default_factory=list)
    ledger: list[LedgerEntry] = msgspec.field(default_factory=list)
    effects: list[EngineEffect] = msgspec.field(default_factory=list)
    asked_gate: bool = True
    touched: str = ""
    recorded: Mapping[str, LedgerStatus] = msgspec.field(default_factory=dict)
    request: Request | None = None
    lease: Lease | None = None
    deeds: list[Deed] = msgspec.field(default_factory=list)


class Parts(msgspec.Struct, frozen=True):
    """What a driver works with. `clock` gives the moment in UTC, `new_id` a new session's id, `today` the
    date at the clinic; `leases` show the processes that share the store who is alive. `clerk` writes the
    audit that the store keeps; without one nothing is audited. `again` says when a read that failed is tried
    again by itself; without it none is. `waits` is how time passes."""

    library: Library
    backend: Backend
    store: Store
    gate: Gate
    clock: Callable[[], datetime]
    new_id: Callable[[], str]
    today: Callable[[], date]
    vault: Vault
    deadline: float = DEADLINE
    leases: Leases = NoLeases()
    clerk: Clerk | None = None
    again: TryingAgain | None = None
    waits: Waits = RealWaits()


class Driver:
    """Holds conversations. Every method returns the turn as a `View`, after it was committed.

    Raises PlainProblem for an unknown flow or session, Unusable when store or backend cannot be used. May be
    used from several threads; of two answers to one question one is taken.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._waits = parts.waits
        self._caller = Caller(parts.backend, parts.vault, self._now, parts.again, parts.waits)
        self._alone = OneAtATime(3 * parts.deadline)
        self._broken_off: dict[str, int] = {}

    def close(self) -> None:
        """Wait for what is being changed right now, as long as that may take."""
        self._caller.close(2 * self._parts.deadline)

    def start(self, flow: str, *, actor: str, audience: Audience, own: frozenset[str] = frozenset()) -> View:
        """Begin a session. `own` are the people the actor may act for as themself; it comes from whatever
        signed them in, never from what they say."""
        compiled = self._parts.library.to_start(flow, audience)
        self._parts.store.keep_version(compiled.version, self._parts.library.sources(compiled))
        held = Held(self._parts.new_id(), compiled, None, 0)
        allowed = self._parts.gate.allowed(audience, self._parts.backend.capabilities())
        today = self._parts.today().isoformat()
        event = Started(held.session, compiled.name, self._now(), today, audience, actor, allowed, own)
        with self._alone.working_on(held.session):
            try:
                return self._run(held, event)
            except Outrun:
                return _whole_view(self._state(self._settled(held.session)), STALE)

    def resume(self, session: str, *, actor: str = "", audience: Audience | None = None) -> View:
        """Pick a session up: what was done and shown last is shown again, and what was cut off is looked
        up. `actor` and `audience` as in `answer`."""
        with self._alone.working_on(session):
            held = self._waited(session, lambda held: self._parts.leases.is_held(session) is True)
            return self._picked_up(held, actor, audience)

    def answer(
        self,
        session: str,
        value: Value,
        *,
        prompt: str | None = None,
        seq: int | None = None,
        actor: str = "",
        audience: Audience | None = None,
        request: Request | None = None,
    ) -> View:
        """Answer the question that waits; one that was answered already gives the current turn. `actor` says
        who answers, if not whoever began the session, and `audience` in which role, if not in the most
        trusted one they may take; they never act in a more trusted one than the session's. A `request` that
        was replied to before gets the same reply again. Raises OtherRequest if its key was used for something
        else, PlainProblem if the conversation is not for that role."""
        event = Answered(value, self._now(), prompt, seq, actor=actor, audience=audience)
        return self._step(session, event, request)

    def reveal(
        self, session: str, id: str, *, actor: str = "", audience: Audience | None = None
    ) -> tuple[str | None, View]:
        """The secret that waits to be shown, once, and the turn after it. None where it is not this one that
        waits, or where it is gone; the turn says so. `actor` and `audience` as in `answer`."""
        with self._alone.working_on(session):
            held = self._load(session)
            role, allowed = self._role(held, actor, audience)
            waiting = self._state(held).waiting
            if not isinstance(waiting, AtReveal) or waiting.reveal.id != id:
                return None, _whole_view(self._state(held), NOTHING)
            value = self._parts.vault.reveal(id, session)
            at = self._now()
            try:
                # That it was shown is kept before it is: it is never shown twice.
                shown = Revealed if value is not None else RevealLost
                view = self._run(held, shown(id, at, actor=actor, audience=role, allowed=allowed))
            except Outrun:
                return None, _whole_view(self._state(self._settled(session)), STALE)
            self._parts.vault.forget(id)
            return value, view

    def back(
        self,
        session: str,
        *,
        current: int | None = None,
        actor: str = "",
        audience: Audience | None = None,
        request: Request | None = None,
    ) -> View:
        """Go back to the question before. `current` is the number of the turn that the person sees: where
        there is another one by now, nothing is done. `actor`, `audience` and `request` as in `answer`."""
        event = WentBack(self._now(), actor=actor, audience=audience)
        return self._step(session, event, request, current)

    def answered(self, session: str) -> tuple[Given, ...]:
        """The answers that can be changed, in the order in which they were given; of secrets only that there
        was one."""
        return given_answers(self._state(self._load(session)))

    def change(
        self,
        session: str,
        prompt: str,
        seq: int | None = None,
        *,
        current: int | None = None,
        actor: str = "",
        audience: Audience | None = None,
        request: Request | None = None,
    ) -> View:
        """Go back to the question with this id (or the end of one; the latest of that name, or number `seq`).
        The answers that came after it are used again as far as they hold. `current` as in `back`, `actor`,
        `audience` and `request` as in `answer`."""
        event = Changed(prompt, self._now(), seq, actor=actor, audience=audience)
        return self._step(session, event, request, current)

    def note(self, session: str, text: str, *, actor: str = "", audience: Audience | None = None) -> View:
        """Write a note for the record. `actor` and `audience` as in `answer`."""
        return self._step(session, Noted(text, self._now(), actor=actor, audience=audience))

    def stop(
        self,
        session: str,
        *,
        current: int | None = None,
        actor: str = "",
        audience: Audience | None = None,
        request: Request | None = None,
    ) -> View:
        """Give the session up for good. `current` as in `back`, `actor`, `audience` and `request` as in
        `answer`."""
        event = Stopped(self._now(), actor=actor, audience=audience)
        return self._step(session, event, request, current)

    def hand_over(
        self, session: str, text: str, *, actor: str = "", audience: Audience | None = None
    ) -> View:
        """Hand the case over to the clinic's support, with what its ticket shall say of it. `actor` and
        `audience` as in `answer`."""
        return self._step(session, HandedOver(text, self._now(), actor=actor, audience=audience))

    def why(self, session: str, rules: bool = True) -> View:
        """The question that waits, and why it is put: by the rules as their authors wrote them, without
        `rules` in plain words."""
        from engine import why, why_in_words

        held = self._load(session)
        state = self._state(held)
        tell = why if rules else why_in_words
        return msgspec.structs.replace(
            _waiting_view(state), info=tell(held.flow, state, self.trace(session, held.flow))
        )

    def why_not(self, session: str, step: str, rules: bool = True) -> View:
        """The question that waits, and why the conversation has not come to `step`. `rules` as in `why`."""
        from engine import why_not

        held = self._load(session)
        state = self._state(held)
        told = why_not(held.flow, state, self.trace(session, held.flow), step, rules)
        return msgspec.structs.replace(_waiting_view(state), info=told)

    def trace(self, session: str, flow: Flow) -> tuple[Traced, ...]:
        """The way a session has gone so far in its flow, found again from what was kept of it; nothing where
        another version of unstuck kept it."""
        from engine import trace_of

        try:
            events = [msgspec.json.decode(body, type=Event) for _, body in self._parts.store.events(session)]
            return trace_of(flow, events)
        except (msgspec.MsgspecError, OutOfTurn):
            return ()

    def current(self, session: str) -> View:
        """The question that waits, without anything else."""
        return _waiting_view(self._state(self._load(session)))

    def shown(self, session: str, *, actor: str = "", audience: Audience | None = None) -> View:
        """What was shown since the last answer, and what waits. Only reads: where a call is under way, or was
        cut off, nothing waits, and `resume` goes on with it. `actor` and `audience` as in `answer`."""
        held = self._load(session)
        self._role(held, actor, audience)
        return _whole_view(self._state(held))

    # -- taking turns -----------------------------------------------------------------------------

    def _step(
        self,
        session: str,
        event: _PersonEvent,
        request: Request | None = None,
        current: int | None = None,
    ) -> View:
        """Let the event happen, or say that somebody else was first. Whoever comes while a call is under way
        waits for it; an answer that was on its way then was meant for another question."""
        with self._alone.working_on(session):
            try:
                held = self._load(session)
                # After loading: a reply that is not here yet outruns whatever is done now.
                replied = self._replied(session, request)
                if replied is not None:
                    return replied
                held.request = request
                if not isinstance(self._state(held).waiting, AtCall):
                    if current is not None and current != self._state(held).seq:
                        return _whole_view(self._state(held), STALE)
                    return self._taken(held, event)
                held = self._settled(session)
                if isinstance(event, Noted):
                    return self._taken(held, event)
            except Outrun:
                held = self._settled(session)
            return self._replied(session, request) or _whole_view(self._state(held), STALE)

    def _replied(self, session: str, request: Request | None) -> View | None:
        """The reply that this request had before, if it had one."""
        if request is None:
            return None
        return request.reply(self._parts.store.stored_reply(session, request.key))

    def _taken(self, held: Held, event: _PersonEvent) -> View:
        state = self._state(held)
        role, allowed = self._role(held, event.actor, event.audience)
        event = msgspec.structs.replace(event, audience=role, allowed=allowed)
        if not can_be_kept(event):
            return _whole_view(state, UNKEEPABLE)
        if not isinstance(event, Answered):
            return self._run(held, event)
        late = _untimely(state, event)
        if late is not None:
            return _whole_view(state, late)
        if not isinstance(state.waiting, AtPrompt) or state.waiting.prompt.kind != "secret":
            return self._run(held, event)
        return self._secret_taken(held, event)

    def _secret_taken(self, held: Held, event: Answered) -> View:
        """Go on with a reference in the place of the secret; what is no text is dropped."""
        value = event.value
        most = held.flow.limits.answer_characters
        if isinstance(value, str) and len(value) > most:
            problem = Problem("too_long", f"Please use at most {most:,} characters.")
            return _whole_view(self._state(held), problem)
        if isinstance(value, str):
            value = self._put(held, value).as_value() if value.strip() else ""
        elif value is not None:
            value = False
        try:
            view = self._run(held, msgspec.structs.replace(event, value=value))
        except (Outrun, PlainProblem):
            self._parts.vault.forget(secret_id(value) or "")
            raise
        if view.problem is not None:
            self._parts.vault.forget(secret_id(value) or "")
        return view

    def _put(self, held: Held, typed: str) -> SecretRef:
        """Put a secret away, looked over as its question wants it."""
        state = self._state(held)
        least, new = 0, False
        if isinstance(state.waiting, AtPrompt):
            least, new = state.waiting.prompt.least, state.waiting.prompt.twice
        return self._parts.vault.put(typed, held.session, least, known_words(state) if new else None)

    def _picked_up(self, held: Held, actor: str = "", audience: Audience | None = None) -> View:
        """Pick it up as it was found with nobody at a call of it: what others began since outruns this."""
        session = held.session
        for _ in range(_ATTEMPTS):
            role, allowed = self._role(held, actor, audience)
            try:
                return self._run(held, self._resumed(actor, role, allowed))
            except Outrun:
                held = self._waited(session, self._may_be_at_work)
        return _whole_view(self._state(self._load(session)), BUSY)

    def _settled(self, session: str) -> Held:
        """The session, waiting for a person: after whoever is at a call of it, or picked up where that was
        cut off."""
        held = self._waited(session, self._may_be_at_work)
        if isinstance(self._state(held).waiting, AtCall):
            self._picked_up(held)
        return self._load(session)

    def _waited(self, session: str, at_work: Callable[[Held], bool]) -> Held:
        """The session once nobody else is at a call of it, or has been for longer than a call may take."""
        until = self._waits.monotonic() + 2 * self._parts.deadline
        held = self._load(session)
        while (
            isinstance(self._state(held).waiting, AtCall)
            and self._broken_off.get(session) != held.revision
            and at_work(held)
            and self._waits.monotonic() < until
        ):
            self._waits.sleep(_LOOK_AGAIN)
            held = self._load(session)
        return held

    def _may_be_at_work(self, held: Held) -> bool:
        """Whether somebody may still be at the call that was under way when the session was kept."""
        is_held = self._parts.leases.is_held(held.session)
        if is_held is not None:
            return is_held
        age = self._parts.clock().astimezone(UTC) - datetime.fromisoformat(held.touched)
        # Moments are kept in whole seconds.
        return age.total_seconds() < self._parts.deadline + 1

    # -- one turn ---------------------------------------------------------------------------------

    def _run(self, held: Held, event: Event) -> View:
        try:
            self._go_on(held, event)
        except Outrun:
            raise
        except BaseException:
            # At this revision nobody here is at work; whoever takes it up makes another one.
            self._broken_off[held.session] = held.revision
            raise
        finally:
            if held.lease is not None:
                held.lease.let_go()
                held.lease = None
        self._broken_off.pop(held.session, None)
        state = self._state(held)
        if isinstance(state.waiting, AtEnd):
            self._parts.vault.forget_all(held.session)
        return view_of(held.session, state.seq, held.effects)

    def _go_on(self, held: Held, event: Event | None) -> None:
        while event is not None:
            turn = advance(held.flow, held.state, event)
            shows = held.state.waiting if held.state is not None else None
            held.state = turn.state
            held.events.append(stored(event))
            held.deeds += deeds.holding(event, self._doer(held), self._now())
            if isinstance(shows, AtReveal) and isinstance(event, Revealed | RevealLost):
                held.deeds.append(deeds.shown(event, shows.call, self._doer(held), event.at))
            if held.ledger and any(isinstance(each, Consult | Perform | CheckBack) for each in turn.effects):
                # What came of a call is kept before anything else is tried. The last one is kept with the
                # reply to the request, which nobody may see to be missing.
                self._commit(held)
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
        self._never_made(held)
        if held.events or held.request is not None:
            self._commit(held, last=True)

    def _consult(self, held: Held, call: Call) -> Event:
        question = self._question(held, call)
        question = msgspec.structs.replace(question, looked_up=self._looked_up(held, question))
        held.asked_gate = True
        event = Gated(call.key, self._parts.gate.decide(question), question.at)
        held.deeds += deeds.refusal(event, call, self._doer(held))
        return event

    def _question(self, held: Held, call: Call) -> Question:
        """The question whether whoever acts now may make this call."""
        state = self._state(held)
        actor, role = state.acting()
        own = frozenset(state.own) if actor == state.actor else frozenset[str]()
        return Question(call, role, actor, self._now(), own, held.session)

    def _looked_up(self, held: Held, question: Question) -> dict[str, Event]:
        """What the gates want to be told with the question, read anew: it decides who gets in."""
        call, found = question.call, dict[str, Event]()
        for name in self._parts.gate.looks_up(question):
            action = held.flow.catalog.actions.get(name)
            if action is None or action.name not in self._parts.backend.capabilities():
                continue
            args: dict[str, Value] = {action.subject or "subject": call.subject}
            read = Call("", action.name, args, action.effect, action.risk, call.step, call.subject)
            found[name] = self._called(held, read)
            held.deeds.append(deeds.look(read, found[name], self._doer(held), self._now()))
        return found

    def _perform(self, held: Held, call: Call) -> Event:
        before = held.recorded.get(call.key)
        if before is not None and before != "planned":
            if before == "sent":
                self._settle(held, call, "unknown")
            return Lost(call.key, self._now())
        if not held.asked_gate:
            return self._consult(held, call)
        if call.effect is Effect.READ:
            outcome = self._called(held, call)
            held.deeds.append(deeds.look(call, outcome, self._doer(held), self._now()))
            return outcome
        if not self._caller.has_secrets_of(call, held.session):
            outcome = self._called(held, call)
            if before == "planned":
                # It was planned before a crash, and what it needs is gone: it will not be made.
                self._settle(held, call, "rejected", outcome)
            return outcome
        if held.lease is None:
            held.lease = self._leased(held.session)
        self._parts.gate.about_to(call, self._actor(held), held.session, self._now())
        if before is None:
            held.ledger.append(self._entry(call, "planned"))
            held.deeds.append(deeds.intent(call, self._now(), self._doer(held), self._evidence(held, call)))
            self._commit(held)
        held.ledger.append(self._entry(call, "sent"))
        self._commit(held)
        outcome = self._called(held, call)
        self._settle(held, call, _SETTLED[type(outcome)], outcome)
        self._parts.gate.done(call, outcome, self._actor(held), held.session, self._now())
        return outcome

    def _leased(self, session: str) -> Lease | None:
        """The lease on the session, waited for while another process has it: whoever is first to keep a call
        without holding it would be taken for dead."""
        until = self._waits.monotonic() + self._parts.deadline
        while True:
            lease = self._parts.leases.take(session)
            if lease is not None or self._parts.leases.is_held(session) is None:
                return lease
            if self._waits.monotonic() >= until:
                return None
            self._waits.sleep(_LOOK_AGAIN)

    def _called(self, held: Held, call: Call) -> Event:
        outcome = self._caller.perform(call, self._context(held, call), held.lease)
        kind = held.flow.catalog.actions[call.action].result
        if isinstance(outcome, Succeeded) and kind is not None:
            wrong = misfit(outcome.result, kind)
            if wrong is not None:
                outcome = Failed(call.key, Failure.BACKEND_BUG, self._now(), wrong)
        return self._as_shown(held, call, outcome)

    def _as_shown(self, held: Held, call: Call, outcome: Event) -> Event:
        """What came of a call, as whoever holds the conversation may see it."""
        _, role = self._state(held).acting()
        outcome = self._parts.gate.seen(self._question(held, call), outcome)
        return with_masks(outcome, held.flow.catalog.addresses) if role in OUTSIDE else outcome

    def _check_back(self, held: Held, call: Call) -> Event:
        finding = self._caller.look(call, self._context(held, call))
        kind = held.flow.catalog.actions[call.action].result
        if isinstance(finding, Happened) and kind is not None and misfit(finding.result, kind) is not None:
            # What makes no sense tells nothing: it stays unknown.
            finding = CannotTell()
        event = self._as_shown(held, call, CheckedBack(call.key, finding, self._now()))
        if not isinstance(finding, CannotTell):
            self._settle(held, call, "reconciled", event)
        self._parts.gate.done(call, event, self._actor(held), held.session, self._now())
        return event

    def _settle(self, held: Held, call: Call, status: LedgerStatus, outcome: Event | None = None) -> None:
        """Note how a call ended, to be kept with the next commit."""
        held.ledger.append(self._entry(call, status, outcome))
        held.deeds.append(deeds.ending(call, outcome, self._now(), self._doer(held)))

    def _never_made(self, held: Held) -> None:
        """Note of calls that were planned before something was cut off, and that nobody waits for any more,
        that they will not be made."""
        awaited = _awaited(self._state(held))
        given_up = {key for key, status in held.recorded.items() if status == "planned" and key != awaited}
        if not given_up - {entry.key for entry in held.ledger}:
            return
        for entry in self._parts.store.ledger(held.session):
            if entry.key in given_up and entry.status == "planned":
                held.ledger.append(msgspec.structs.replace(entry, status="rejected", at=self._now()))

    def _evidence(self, held: Held, call: Call) -> list[LedgerEntry]:
        """The verifications of the person whom a grave call is about that this conversation recorded."""
        if self._parts.clerk is None or call.risk < GRAVE or not call.subject:
            return []
        entries = self._parts.store.ledger(held.session) if held.revision else ()
        return deeds.proofs(entries, held.flow.catalog.verification, call.subject)

    def _context(self, held: Held, call: Call) -> CallContext:
        key = "" if call.effect is Effect.READ else call.key
        return CallContext(key, self._actor(held), held.session, self._parts.deadline)

    def _entry(self, call: Call, status: LedgerStatus, outcome: Event | None = None) -> LedgerEntry:
        result = stored(outcome) if outcome is not None else b""
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
        kept = store.load(session)
        try:
            state = state_from_json(kept.state)
        except BrokenState as error:
            raise Unusable(
                f"The session {session} was kept by another version of unstuck, and this one cannot read it.",
                f"Go on with that version, or start anew; `unstuck sessions show {session}` lists what was"
                " done.",
            ) from error
        flow = self._parts.library.revive(kept.flow, kept.version, lambda: store.load_version(kept.version))
        held = Held(session, flow, state, kept.revision, touched=kept.updated_at)
        if isinstance(state.waiting, AtCall):
            held.asked_gate = False
        if isinstance(state.waiting, AtCall | AtPrompt) and state.waiting.call is not None:
            # A call that was planned and is asked about anew is not planned again.
            held.recorded = {entry.key: entry.status for entry in store.ledger(session)}
        return held

    def _commit(self, held: Held, last: bool = False) -> None:
        """Keep what has happened; with the last of it, the reply to whoever asked for it."""
        state = self._state(held)
        reply = None
        if last and held.request is not None:
            reply = held.request.with_reply(view_of(held.session, state.seq, held.effects))
        commit = Commit(
            tuple(held.events),
            state_to_json(state),
            state.seq,
            _waiting_words(state),
            tuple(held.ledger),
            self._now(),
            reply,
            tuple(clerk.entry(deed) for deed in held.deeds) if (clerk := self._parts.clerk) else (),
        )
        if held.revision == 0:
            held.revision = self._parts.store.begin(
                held.session, held.flow.name, held.flow.version, state.actor, state.audience.value, commit
            )
        else:
            held.revision = self._parts.store.commit(held.session, held.revision, commit)
        held.events.clear()
        held.ledger.clear()
        held.deeds.clear()

    def _state(self, held: Held) -> State:
        if held.state is None:
            raise RuntimeError("a session without a state")
        return held.state

    def _actor(self, held: Held) -> str:
        return self._state(held).acting()[0]

    def _doer(self, held: Held) -> Doer:
        state = self._state(held)
        actor, role = state.acting()
        return Doer(actor, role.value, held.session, held.flow.name, held.flow.version)

    def _resumed(self, actor: str, role: Audience | None, allowed: frozenset[str] | None) -> Resumed:
        today = self._parts.today().isoformat()
        return Resumed(self._now(), today, actor=actor, audience=role, allowed=allowed)

    def _role(
        self, held: Held, actor: str, audience: Audience | None
    ) -> tuple[Audience | None, frozenset[str] | None]:
        """The role of somebody who goes on with a session, and what they may call, where it is less trusted
        than the session's own. Raises PlainProblem if the conversation is not for that role."""
        state = self._state(held)
        if not actor and audience is None:
            return None, None
        theirs = audience or self._parts.gate.who_is(actor)
        role = narrower(state.audience, theirs)
        if role not in held.flow.tree.audience:
            raise PlainProblem(
                f"This conversation is not for the role {role.value}; it is for"
                f" {', '.join(sorted(each.value for each in held.flow.tree.audience))}.",
                "Ask a colleague who has such a role to go on with it.",
            )
        if role is state.audience:
            return None, None
        return role, self._parts.gate.allowed(role, self._parts.backend.capabilities())

    def _now(self) -> str:
        return self._parts.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def known_words(state: State) -> tuple[str, ...]:
    """The names and addresses that this conversation has come across: what a new password must not be made
    of."""
    found: set[str] = set()
    waiting: list[Value] = [value for frame in state.frames for value in frame.facts.values()]
    while waiting and len(found) < _MOST_KNOWN:
        value = waiting.pop()
        if isinstance(value, list):
            waiting += value
        elif isinstance(value, dict):
            told = (value.get(name) for name in ("name", "first_name", "email", "login_email"))
            found.update(each for each in told if isinstance(each, str))
            waiting += [each for each in value.values() if isinstance(each, list | dict)]
    return tuple(sorted(found))


def _awaited(state: State) -> str:
    """The key of the call that is made as soon as a person says so; empty where none waits for that."""
    match state.waiting:
        case AtPrompt(asking="confirm" | "evidence" | "second", call=Call(key=key)):
            return key
        case _:
            return ""


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


def _untimely(state: State, event: Answered) -> Problem | None:
    """Why an answer is too late for its question, if it is. It is then not even kept: it may be a secret."""
    if not isinstance(state.waiting, AtPrompt):
        return ENDED if isinstance(state.waiting, AtEnd) else BUSY
    prompt = state.waiting.prompt
    other = event.prompt is not None and event.prompt not in (prompt.id, prompt.step)
    return STALE if other or (event.seq is not None and event.seq != prompt.seq) else None


def _whole_view(state: State, problem: Problem | None = None) -> View:
    """Everything that was shown since the last answer, the question that waits, and a word about it."""
    return msgspec.structs.replace(
        view_of(state.session, state.seq, (*state.shown, *_waits_for(state))), problem=problem
    )


def _waiting_view(state: State) -> View:
    return view_of(state.session, state.seq, _waits_for(state))


def _waits_for(state: State) -> tuple[EngineEffect, ...]:
    match state.waiting:
        case AtPrompt(prompt=prompt):
            return (Ask(prompt),)
        case AtReveal(reveal=reveal):
            return (reveal,)
        case AtEnd(outcome=outcome, text=text):
            return (Finish(outcome, text),)
        case _:
            return ()
