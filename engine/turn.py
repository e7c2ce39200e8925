"""`advance`: from a state and an event to the next state and what is asked for. A pure function.

It can be stopped between any two events: the state goes to JSON and back, and nothing else is remembered.
"""

from __future__ import annotations

import msgspec

from engine import calls
from engine.actions import Effect
from engine.answers import NotAccepted, Question, parse_answer
from engine.approval import is_seconded, needs_another, still_approved
from engine.effects import (
    Ask,
    Call,
    CheckBack,
    Consult,
    EngineEffect,
    Finish,
    Outcome,
    Perform,
    Problem,
)
from engine.errors import OutOfTurn
from engine.events import (
    Answered,
    Changed,
    CheckedBack,
    Event,
    Failed,
    Gated,
    HandedOver,
    Lost,
    Noted,
    Resumed,
    Revealed,
    RevealLost,
    Started,
    Stopped,
    Succeeded,
    WentBack,
)
from engine.flow import Flow
from engine.keeping import go_on
from engine.run import Run, begin, walk
from engine.state import AtCall, AtEnd, AtPrompt, AtReveal, CallPhase, Mark, State, acting_as
from engine.steps.base import Asking
from engine.trace import Traced
from engine.undoing import go_past
from engine.values import storable

ENDED = Problem("ended", "This conversation has ended.")
BUSY = Problem("busy", "Something is being done right now; please wait until it has ended.")
UNSEEN = Problem("unseen", "Something is waiting to be shown to you once; look at it first.")
SAME_PERSON = "Only another person can approve or refuse this, not the one who asks for it."


class Turn(msgspec.Struct, frozen=True):
    """What `advance` gives: the next state, the effects in the order in which they are meant, and, where it
    was asked for, the trace of the way from the one state to the other."""

    state: State
    effects: tuple[EngineEffect, ...]
    trace: tuple[Traced, ...] = ()


def advance(flow: Flow, state: State | None, event: Event, tracing: bool = False) -> Turn:
    """The next turn of a session.

    `state` is None for the event `Started` only. An answer that does not fit gives the effect `Problem` and
    the same question again, with the state unchanged. With `tracing` the turn tells which way was taken, and
    why. Raises OutOfTurn if the driver feeds the outcome of a
    call the session does not wait for.
    """
    if isinstance(event, Answered):
        if state is None:
            raise OutOfTurn("Answered", "its start")
        return _answered(flow, state, event, tracing)
    if isinstance(event, Started):
        if state is not None:
            raise OutOfTurn("Started", "something else: it has begun already")
        run = Run(flow, begin(event, flow), event.at, tracing)
        walk(run, run.tree.start)
        return _turn(run)
    if state is None:
        raise OutOfTurn(type(event).__name__, "its start")
    if isinstance(event, WentBack | Changed):
        return _went_back(flow, state, event, tracing)
    if isinstance(event, Noted):
        return _noted(flow, state, event)
    if isinstance(event, Resumed):
        return _resumed(state, event)
    if isinstance(event, Stopped):
        return _stopped(flow, state, event, tracing)
    if isinstance(event, HandedOver):
        return _handed_over(flow, state, event, tracing)
    if isinstance(event, Revealed | RevealLost):
        return _revealed(flow, state, event, tracing)
    return _call_moved(flow, state, event, tracing)


def _turn(run: Run) -> Turn:
    return Turn(run.state(), tuple(run.effects), tuple(run.trace or ()))


def _again(state: State) -> tuple[EngineEffect, ...]:
    """The effect that tells what the session waits for."""
    match state.waiting:
        case AtPrompt(prompt=prompt):
            return (Ask(prompt),)
        case AtCall(call=call, phase="gate"):
            return (Consult(call),)
        case AtCall(call=call, phase="planned"):
            return (Perform(call),)
        case AtCall(call=call):
            return (CheckBack(call),)
        case AtReveal(reveal=reveal):
            return (reveal,)
        case AtEnd(outcome=outcome, text=text):
            return (Finish(outcome, text),)


def _refused(state: State, code: str, text: str) -> Turn:
    return Turn(state, (Problem(code, text), *_again(state)))


def _answered(flow: Flow, state: State, event: Answered, tracing: bool) -> Turn:
    waiting = state.waiting
    if not isinstance(waiting, AtPrompt):
        return Turn(state, (_no_question(waiting), *_again_if_still(state)))
    prompt = waiting.prompt
    if (event.seq is not None and event.seq != prompt.seq) or (
        event.prompt is not None and event.prompt not in (prompt.id, prompt.step)
    ):
        return _refused(state, "stale", "That question has been answered already; this is the current one.")
    if state.turns >= flow.limits.turns_a_session:
        return _refused(state, "too_long", "This conversation has become too long. Please start a new one.")
    run = Run(flow, state, event.at, tracing)
    run.shown, run.busy, run.following = [], 0, False
    if waiting.asking:
        answer = parse_answer(Question(kind="choice", choices=prompt.choices), event.value)
        if isinstance(answer, NotAccepted):
            return _refused(state, answer.code, answer.text)
        choice, actor = answer.choice or "", event.actor or state.actor
        if needs_another(waiting, choice, actor, state.acting()[0]):
            return _refused(state, "second_person", SAME_PERSON)
        run.turns += 1
        if not is_seconded(waiting, choice):
            run.is_with(event)
        run.took("answer", choice, path=prompt.step)
        go_on(run, calls.decided(run, waiting, choice, actor))
        return _turn(run)
    run.is_with(event)
    step = run.tree.steps[run.here]
    if not isinstance(step, Asking):
        raise OutOfTurn("Answered", f"the step {run.here}")
    taken = step.answered(run, prompt, event.value)
    if isinstance(taken, NotAccepted):
        return _refused(state, taken.code, taken.text)
    value = None if prompt.kind == "secret" else event.value
    words, made = prompt.text.text, len(state.calls)
    run.remember(
        Mark(prompt.id, words, taken.words, state.frames, made, event.at, value, taken.told, prompt.seq)
    )
    run.took("answer", taken.way, taken.to)
    go_on(run, taken.to)
    return _turn(run)


def _noted(flow: Flow, state: State, event: Noted) -> Turn:
    if len(event.text) > flow.limits.answer_characters or len(state.notes) >= flow.limits.turns_a_session:
        words = f"Notes have at most {flow.limits.answer_characters:,} characters, and there can be no more"
        problem = Problem("too_long", f"{words} than {flow.limits.turns_a_session} of them.")
        return Turn(state, (problem, *_again_if_still(state)))
    kept = msgspec.structs.replace(state, notes=(*state.notes, storable(event.text)))
    return Turn(kept, _again_if_still(state))


def _went_back(flow: Flow, state: State, event: WentBack | Changed, tracing: bool) -> Turn:
    if not isinstance(state.waiting, AtPrompt):
        return Turn(state, (_no_question(state.waiting), *_again_if_still(state)))
    if not state.trail:
        return _refused(state, "first", "This is the first question; there is nothing to go back to.")
    number = len(state.trail) - 1 if isinstance(event, WentBack) else _latest(state.trail, event)
    if number is None:
        return _refused(state, "not_answered", "That question was not answered, so nothing can be changed.")
    mark = state.trail[number]
    run = Run(flow, state, event.at, tracing)
    run.is_with(event)
    run.shown, run.busy, run.following = [], 0, False
    run.trail = state.trail[:number]
    run.kept = (*state.trail[number + 1 :], *state.kept) if isinstance(event, Changed) else ()
    run.rewind(mark)
    past = state.calls[mark.calls :]
    # What was only found on the way that is left may be about somebody else: it is no business of a ticket.
    run.behind = (*run.behind, *(each.key for each in past if each.effect is Effect.READ))
    walk(run, go_past(run, past))
    return _turn(run)


def _latest(trail: tuple[Mark, ...], event: Changed) -> int | None:
    """Where in the trail the question stands whose answer is to be changed."""
    for number in range(len(trail) - 1, -1, -1):
        mark = trail[number]
        named = mark.path == event.prompt or mark.path.endswith(f"/{event.prompt}")
        if named and event.seq in (None, mark.seq):
            return number
    return None


def _again_if_still(state: State) -> tuple[EngineEffect, ...]:
    """What the session waits for, unless a call is under way, which nobody may start again."""
    return () if isinstance(state.waiting, AtCall) else _again(state)


def _no_question(waiting: AtCall | AtReveal | AtEnd) -> Problem:
    """Why nothing can be answered now."""
    match waiting:
        case AtCall():
            return BUSY
        case AtReveal():
            return UNSEEN
        case AtEnd():
            return ENDED


def _resumed(state: State, event: Resumed) -> Turn:
    waiting = state.waiting
    if isinstance(waiting, AtCall):
        waiting = msgspec.structs.replace(waiting, call=still_approved(waiting.call, event.at))
        if event.actor:
            by, role, allowed = acting_as(state, event)
            state = msgspec.structs.replace(state, by=by, role=role, role_allowed=allowed)
    fresh = msgspec.structs.replace(state, today=event.today, waiting=waiting)
    return Turn(fresh, (*state.shown, *_again(fresh)))


def _stopped(flow: Flow, state: State, event: Stopped, tracing: bool) -> Turn:
    if isinstance(state.waiting, AtEnd):
        return Turn(state, (ENDED, *_again(state)))
    if isinstance(state.waiting, AtCall):
        return Turn(state, (BUSY,))
    run = Run(flow, state, event.at, tracing)
    run.is_with(event)
    run.shown, run.busy = [], 0
    run.finish(Outcome.ABANDONED)
    return _turn(run)


def _handed_over(flow: Flow, state: State, event: HandedOver, tracing: bool) -> Turn:
    """Open the ticket from wherever a question waits, whoever wrote the flow foresaw it or not."""
    if not isinstance(state.waiting, AtPrompt):
        return Turn(state, (_no_question(state.waiting), *_again_if_still(state)))
    if len(event.text) > flow.limits.answer_characters:
        return _refused(
            state, "too_long", f"Please use at most {flow.limits.answer_characters:,} characters."
        )
    run = Run(flow, state, event.at, tracing)
    run.is_with(event)
    run.shown, run.busy = [], 0
    run.hand_over(run.here, storable(event.text))
    return _turn(run)


def _revealed(flow: Flow, state: State, event: Revealed | RevealLost, tracing: bool) -> Turn:
    waiting = state.waiting
    if not isinstance(waiting, AtReveal) or waiting.reveal.id != event.id:
        raise OutOfTurn(type(event).__name__, type(waiting).__name__)
    run = Run(flow, state, event.at, tracing)
    run.is_with(event)
    run.shown, run.busy = [], 0
    if isinstance(event, RevealLost):
        calls.reveal_lost(run, waiting.call)
    elif waiting.rest:
        run.reveal(waiting.call, waiting.rest, waiting.to)
    else:
        go_on(run, waiting.to)
    return _turn(run)


def _call_moved(
    flow: Flow, state: State, event: Gated | Succeeded | Failed | Lost | CheckedBack, tracing: bool
) -> Turn:
    waiting = state.waiting
    if not isinstance(waiting, AtCall) or waiting.call.key != event.key:
        raise OutOfTurn(f"{type(event).__name__} {event.key}", type(waiting).__name__)
    if waiting.phase not in _PHASES[type(event)]:
        raise OutOfTurn(type(event).__name__, f"a call in the phase {waiting.phase}")
    run = Run(flow, state, event.at, tracing)
    run.here = state.frames[-1].at
    go_on(run, _moved(run, event, waiting.call))
    return _turn(run)


def _moved(run: Run, event: Gated | Succeeded | Failed | Lost | CheckedBack, call: Call) -> str | None:
    match event:
        case Gated():
            return calls.gated(run, event, call)
        case Succeeded(result=result):
            return calls.succeeded(run, call, result)
        case Failed():
            return calls.failed_by(run, event, call)
        case Lost():
            return calls.lost(run, call)
        case CheckedBack():
            return calls.checked_back(run, event, call)


_PHASES: dict[type[Gated | Succeeded | Failed | Lost | CheckedBack], tuple[CallPhase, ...]] = {
    Gated: ("gate", "planned"),
    Succeeded: ("planned",),
    Failed: ("planned",),
    Lost: ("planned",),
    CheckedBack: ("checking",),
}
