"""What must hold at the end of a simulation: by the clinic's own record, the store, and what was told."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from adapters.problems import PlainProblem
from adapters.stores.port import LedgerEntry
from adapters.wiring import audit_looked_over
from engine import (
    FAILURES,
    Answered,
    CheckedBack,
    Did,
    DidNotHappen,
    Event,
    Failed,
    Flow,
    Happened,
    OutOfTurn,
    Problem,
    State,
    Succeeded,
    advance,
    secret_id,
    state_from_json,
)
from tests.simulator.client import Told
from tests.simulator.line import Sent
from tests.simulator.surroundings import Surroundings

_DECODER: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def broken(around: Surroundings, flow: Flow, told: Sequence[Told]) -> Iterator[str]:
    """Everything that does not hold, a sentence each."""
    store = around.store
    there = {each.session for each in store.sessions(1_000)}
    yield from (f"the session {each.session} is lost" for each in told if each.session not in there)
    standing: dict[str, LedgerEntry] = {}
    for session in sorted(there):
        try:
            events = [_DECODER.decode(body) for _, body in store.events(session)]
            entries = {entry.key: entry for entry in store.ledger(session)}
            kept = state_from_json(store.load(session).state)
            found_again = _found_again(flow, events)
        except (OutOfTurn, PlainProblem) as error:
            yield f"{session} cannot be found again: {error}"
            continue
        standing |= entries
        if found_again != kept:
            yield f"{session}: the state that is kept is not the one that the events lead to"
        yield from _acknowledged(session, flow, events, [each for each in told if each.session == session])
        yield from _shown(session, flow, events, entries.values())
    yield from _effects(around, standing)
    for entry in standing.values():
        yield from _standing(around, entry)
    for id in sorted({id for id in around.shown if around.shown.count(id) > 1}):
        yield f"the secret {id} was shown more than once"
    health = around.probe.health()
    if not health.good:
        yield f"the store is damaged: {health}"
    checked = audit_looked_over(around.probe)
    if checked.flaw is not None:
        yield f"the audit: {checked.flaw}"
    yield from _audited(around, standing)


def _found_again(flow: Flow, events: Iterable[Event]) -> State | None:
    state: State | None = None
    for event in events:
        state = advance(flow, state, event).state
    return state


def _acknowledged(session: str, flow: Flow, events: Iterable[Event], told: Sequence[Told]) -> Iterator[str]:
    """Every answer that was taken stands, once; and of two answers to one question one was taken."""
    taken: dict[int, list[Answered]] = {}
    state: State | None = None
    for event in events:
        seq = state.seq if state is not None else 0
        turn = advance(flow, state, event)
        state = turn.state
        if isinstance(event, Answered) and not any(isinstance(each, Problem) for each in turn.effects):
            taken.setdefault(seq, []).append(event)
    for seq, answers in taken.items():
        if len(answers) > 1:
            yield f"{session}: question {seq} was answered {len(answers)} times"
    for each in told:
        if each.what != "answer" or each.view.problem is not None:
            continue
        found = taken.get(each.seq, [])
        if not any(_same(answer, each) for answer in found):
            yield f"{session}: the answer {each.value!r} to question {each.seq} was taken, and is lost"


def _same(answer: Answered, told: Told) -> bool:
    return answer.value == told.value or secret_id(answer.value) is not None


def _shown(
    session: str, flow: Flow, events: Iterable[Event], entries: Iterable[LedgerEntry]
) -> Iterator[str]:
    """Whoever is in the conversation was told how each call ended."""
    outcomes: dict[str, str] = {}
    state: State | None = None
    for event in events:
        turn = advance(flow, state, event)
        state = turn.state
        outcomes |= {each.key: each.outcome for each in turn.effects if isinstance(each, Did)}
    for entry in entries:
        # A call that was planned and then not wanted any more is not told of: nothing was done.
        silent = entry.status == "rejected" and not entry.result
        if not silent and outcomes.get(entry.key) != entry.status:
            yield f"{entry.key} is {entry.status}, and it was told: {outcomes.get(entry.key)}"


def _effects(around: Surroundings, standing: dict[str, LedgerEntry]) -> Iterator[str]:
    keys = [each.key for each in around.clinic.done]
    for key in sorted(set(keys)):
        if keys.count(key) > 1:
            yield f"{key} took effect {keys.count(key)} times"
        if key not in standing:
            yield f"{key} took effect, and no conversation knows of it"


def _standing(around: Surroundings, entry: LedgerEntry) -> Iterator[str]:
    """What the ledger says of a call is what the clinic knows of it."""
    sent = next((each for each in around.sent if each.key == entry.key), None)
    happened = around.clinic.did(entry.key) > 0
    outcome = _DECODER.decode(entry.result) if entry.result else None
    match entry.status, outcome:
        case "planned" | "sent", _:
            yield f"{entry.key} still stands at {entry.status} after everybody came back"
        case "confirmed", Succeeded():
            if not happened or sent is None or not sent.understood:
                yield f"{entry.key} is confirmed, and no answer said so"
        case "rejected", Failed(failure=failure):
            if happened and not FAILURES[failure].may_have_happened:
                yield f"{entry.key} took effect, and is rejected as {failure.value}"
        case "reconciled", CheckedBack(finding=Happened()):
            if not happened and entry.key not in around.lied_about:
                yield f"{entry.key} was found to have happened and had not"
        case "reconciled", CheckedBack(finding=DidNotHappen()):
            if happened:
                yield f"{entry.key} was found not to have happened, and took effect"
            yield from _rightly_unknown(entry, sent)
        case "rejected", None:
            if happened or sent is not None:
                yield f"{entry.key} was sent, and is rejected without a word"
        case "unknown", _:
            yield from _rightly_unknown(entry, sent)
        case status, _:
            yield f"{entry.key} is {status} with {outcome!r}"


def _rightly_unknown(entry: LedgerEntry, sent: Sent | None) -> Iterator[str]:
    """An answer that was understood by a process that went on undisturbed is never called unknown."""
    if sent is not None and sent.understood and not sent.disturbed:
        yield f"{entry.key} is {entry.status}, and its answer had come back"


def _audited(around: Surroundings, standing: dict[str, LedgerEntry]) -> Iterator[str]:
    """Every effect was intended in the audit before."""
    _, entries = around.probe.audited()
    for done in around.clinic.done:
        wanted = done.key.encode()
        if not any(wanted in entry.body and b'"intent"' in entry.body for entry in entries):
            yield f"{done.key} took effect, and the audit knows of no intent"
