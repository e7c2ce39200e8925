"""The life of a call inside a conversation: the gates' word, its outcome, and what a person decides then.

consulted -> planned -> succeeded | failed | lost -> checked back

A call that needs evidence of identity waits while another one records it, and is consulted about again then.
"""

from __future__ import annotations

from engine.actions import FAILURES, Action, Audience, Effect, Failure
from engine.approval import (
    FAILED,
    INSTEAD,
    NOT_NOW,
    VERIFYING,
    approved,
    ask_for_evidence,
    ask_for_second,
    not_recorded,
    seconded,
    still_approved,
    verification,
    why_not_verified,
)
from engine.describe import describe_done, describe_secret, found_words
from engine.display import one_line
from engine.effects import Call, CallOutcome, CheckBack, Choice, Did, Outcome, Perform, Reveal
from engine.errors import OutOfTurn
from engine.events import (
    Allow,
    CannotTell,
    CheckedBack,
    Deny,
    DidNotHappen,
    Failed,
    Gated,
    Happened,
    NeedConfirmation,
    NeedEvidence,
    NeedSecond,
)
from engine.misfit import misfit, trimmed
from engine.rich import plain
from engine.run import HANDING_OVER, NOT_KNOWN, Run
from engine.state import AtCall, AtPrompt, CallRecord, WayBack
from engine.steps.base import Calling
from engine.trace import DONE
from engine.types import NUMBER, TEXT, ChoiceType, RecordType, SecretType, optional, present, record
from engine.undoing import not_undone, undo_decided, undone, way_back
from engine.values import Value, secret_id, storable

PROBLEM_TYPE = record(
    "Problem",
    {
        "error": ChoiceType(tuple(failure.value for failure in Failure)),
        "text": TEXT,
        "message": optional(TEXT),
        "retry_after": optional(NUMBER),
        "retry_minutes": optional(NUMBER),
    },
)

_CONFIRM = Choice("confirm", "Yes, do it")
_LEAVE = Choice("leave", "No, leave it as it is")
_AGAIN = Choice("again", "Try again")
_ANYWAY = Choice("again", "Do it after all")
_BY_HAND = Choice("by-hand", "I have done it by hand; go on")
_HAND_OVER = Choice("hand-over", "Hand it over to the clinic's support")
_ASK_PRACTICE = Choice("hand-over", "Ask my practice to see to it")
_STOP = Choice("stop", "Stop here")
_HAPPENED = Choice("happened", "I looked: it was done")
_DID_NOT = Choice("did-not", "I looked: it was not done")
_ANEW = Choice("again", "Do it again, with a new one")
_GONE = (
    "It was done, but what should have been shown to you is gone: it is kept in memory only, and nobody has"
    " seen it. How shall we go on?"
)
_PASSING = frozenset({Failure.UNAVAILABLE, Failure.RATE_LIMITED, Failure.OUTCOME_UNKNOWN})
"""Failures of the record of a verification after which it can be tried again."""


def gated(run: Run, event: Gated, call: Call) -> str | None:
    """Act on the gates' word about `call`. A call that was allowed and not made yet can be asked about
    again."""
    match event.verdict:
        case Allow():
            run.waiting = AtCall(call, "planned", _made_for(run), run.at)
            run.effects.append(Perform(call))
            return None
        case NeedConfirmation() | NeedEvidence() | NeedSecond() if call.step.endswith(VERIFYING):
            return failed(run, call, Failure.POLICY_DENIED, "")
        case NeedConfirmation():
            choices = (Choice(_CONFIRM.id, _CONFIRM.label, call.sentence), _LEAVE)
            run.ask_about(call.step, "confirm", call, "Shall I do this now?", choices)
            return None
        case NeedEvidence():
            why_not = ask_for_evidence(run, call, event.verdict)
            return None if why_not is None else failed(run, call, Failure.VERIFICATION_REQUIRED, why_not)
        case NeedSecond():
            ask_for_second(run, call, event.verdict)
            return None
        case Deny(reason=reason, failure=failure):
            return failed(run, call, failure, reason)


def succeeded(run: Run, call: Call, result: Value, outcome: CallOutcome = "confirmed") -> str | None:
    """Go on with the result of `call`; a result of the wrong shape is the backend's fault."""
    action = run.flow.catalog.actions[call.action]
    wrong = misfit(result, action.result) if action.result is not None else None
    if wrong is not None:
        return failed(run, call, Failure.BACKEND_BUG, wrong)
    kept = trimmed(result, action.result) if action.result is not None else None
    if call.undoes:
        _record(run, call, outcome, None, kept)
        return undone(run, call, kept)
    if call.step.endswith(HANDING_OVER):
        _record(run, call, outcome, None, kept)
        run.finish(Outcome.ESCALATED)
        return None
    if call.step.endswith(VERIFYING):
        _record(run, call, outcome, None, kept)
        return _verified(run, call)
    back = way_back(run, action, call)
    to: str | Failure | None = _step(run, call).succeeded(run, call, kept)
    if isinstance(to, Failure):
        to = failed(run, call, to, "", result=kept, back=back)
    else:
        _record(run, call, outcome, None, kept, back)
    secrets = _secrets(run, action, call, kept)
    if not secrets or to is None:
        return to
    # Also where it is not what was expected, it was done: a password that nobody sees would shut people out.
    run.leads_to(to)
    run.reveal(call, secrets, to)
    return None


def failed(
    run: Run,
    call: Call,
    failure: Failure,
    message: str,
    result: Value = None,
    retry_after: int | None = None,
    outcome: CallOutcome = "rejected",
    back: WayBack | None = None,
) -> str | None:
    """Take the author's branch for this failure, or the built-in way."""
    _record(run, call, outcome, failure, result, back)
    if call.undoes:
        return not_undone(run, call, failure)
    if call.step.endswith(HANDING_OVER):
        _no_ticket(run, failure)
        return None
    if call.step.endswith(VERIFYING):
        return _not_recorded(run, failure)
    if failure is Failure.PARTIAL:
        _step(run, call).keep(run, result)
    return _branch(run, call, failure, storable(message), retry_after)


def _branch(run: Run, call: Call, failure: Failure, message: str, retry_after: int | None) -> str | None:
    """The author's branch for a failure; without one, the ways that are always there are offered."""
    branch = _step(run, call).failed(run, failure)
    if branch is None:
        _offer_ways(run, call, failure, message)
        return None
    run.set_fact("problem", _problem(failure, message, retry_after))
    run.took("error", failure.value, branch, path=call.step)
    return branch


def _no_ticket(run: Run, failure: Failure) -> None:
    """Nobody may believe in a ticket that may not be there."""
    sure = "It is not certain that the ticket was opened."
    words = sure if FAILURES[failure].may_have_happened else "The ticket could not be opened."
    run.finish(
        Outcome.ESCALATED, plain(f"{words} {FAILURES[failure].sentence} Please tell the support yourself.")
    )


def failed_by(run: Run, event: Failed, call: Call) -> str | None:
    """The same for the event of a failed call; that its outcome is unknown is not taken from anybody before
    it was looked up."""
    if event.failure is Failure.OUTCOME_UNKNOWN:
        return lost(run, call)
    part = _part(run, call, event.result)
    return failed(run, call, event.failure, event.message, part, event.retry_after)


def lost(run: Run, call: Call) -> str | None:
    """A read that got no answer has not happened; anything else has to be looked up."""
    if call.effect is Effect.READ:
        return failed(run, call, Failure.UNAVAILABLE, "There was no answer in time.")
    run.waiting = AtCall(call, "checking", _made_for(run), _since(run))
    run.effects.append(CheckBack(call))
    return None


def checked_back(run: Run, event: CheckedBack, call: Call) -> str | None:
    """Go on with what looking showed."""
    match event.finding:
        case Happened(result=result):
            return succeeded(run, call, result, "reconciled")
        case DidNotHappen():
            words = "The connection broke, and looking showed that nothing was done."
            return failed(run, call, Failure.UNAVAILABLE, words, outcome="reconciled")
        case CannotTell():
            return failed(run, call, Failure.OUTCOME_UNKNOWN, "", outcome="unknown")


def reveal_lost(run: Run, call: Call) -> None:
    """Say that what `call` gave is gone, and offer to do it again: another secret is made then."""
    again = Choice(_ANEW.id, _ANEW.label, call.sentence)
    ways = (again, *_handing_over(run), _STOP)
    run.ask_about(call.step, "lost", call, _GONE, ways)


def decided(run: Run, waiting: AtPrompt, choice: str, actor: str) -> str | None:
    """Act on `actor`'s answer to one of the engine's own questions about a call."""
    call = waiting.call
    if call is None:
        raise OutOfTurn("an answer", "a call that is not there")
    if call.undoes and choice in ("undo", "leave"):
        return undo_decided(run, call, choice)
    if waiting.asking == "evidence" and choice == INSTEAD.id:
        ask_for_second(run, call, NeedSecond("It stands in place of a proof of identity."))
        return None
    if waiting.asking == "evidence" and choice != NOT_NOW.id:
        run.consult(verification(run, waiting, call, choice), call)
        return None
    match choice:
        case "confirm":
            run.consult(still_approved(approved(call, run.at), run.at))
            return None
        case "repeat":
            run.behind = tuple(key for key in run.behind if key != _key_before(run, call))
            # It may have been approved long ago, before anybody was asked whether it is meant twice.
            run.consult(still_approved(call, run.at))
            return None
        case "approve":
            run.consult(still_approved(seconded(call, run.at, actor), run.at))
            return None
        case "refuse":
            return failed(run, call, Failure.POLICY_DENIED, "The second person has refused it.")
        case "again" if waiting.asking == "lost":
            run.approved = waiting.prompt.choices[0]
            return call.step
        case "skip":
            return _skipped(run, call)
        case "leave":
            _left(run, call)
            return None
        case "again":
            return call.step
        case "by-hand" | "happened":
            return _step(run, call).next_without_result()
        case "hand-over":
            run.hand_over(call.step, "")
            return None
        case "did-not":
            words = f"All right, this was not done: {call.sentence} How shall we go on?"
            run.ask_about(call.step, "error", call, words, (_AGAIN, *_other_ways(run, call)))
            return None
        case _:
            run.finish(Outcome.STOPPED)
            return None


def _since(run: Run) -> str:
    """When the call under way was let go."""
    return run.waiting.since if isinstance(run.waiting, AtCall) else ""


def _made_for(run: Run) -> Call | None:
    """The call that the one under way records a verification for."""
    return run.waiting.then if isinstance(run.waiting, AtCall) else None


def _verified(run: Run, call: Call) -> str | None:
    """Go on with the call that the recorded verification was for."""
    then = _made_for(run)
    if then is None:
        raise OutOfTurn("a verification", "no call that needs it")
    if call.args.get("outcome") == FAILED:
        return failed(run, then, Failure.VERIFICATION_REQUIRED, why_not_verified(call))
    run.consult(still_approved(then, run.at))
    return None


def _not_recorded(run: Run, failure: Failure) -> str | None:
    """Without a record of the verification, the call it was for is not made."""
    then = _made_for(run)
    if then is None:
        raise OutOfTurn("a verification", "no call that needs it")
    as_if = Failure.UNAVAILABLE if failure in _PASSING else Failure.VERIFICATION_REQUIRED
    return failed(run, then, as_if, not_recorded(failure))


def _secrets(run: Run, action: Action, call: Call, result: Value) -> tuple[Reveal, ...]:
    """What a person has to be shown of a result."""
    kind = present(action.result) if action.result is not None else None
    if not isinstance(kind, RecordType) or not isinstance(result, dict):
        return ()
    name = run.name_of(call.subject)
    members = (member for member, of in kind.members if isinstance(present(of), SecretType))
    return tuple(
        Reveal(id, describe_secret(action, call.args, member, name))
        for member in members
        if (id := secret_id(result.get(member))) is not None
    )


def _key_before(run: Run, call: Call) -> str:
    before = run.earlier(call)
    return before.key if before is not None else ""


def _skipped(run: Run, call: Call) -> str | None:
    """Go on with the result of the earlier call."""
    before = run.earlier(call)
    if before is None or before.error in (Failure.OUTCOME_UNKNOWN, Failure.BACKEND_BUG):
        failure = Failure.OUTCOME_UNKNOWN if before is None or before.error is None else before.error
        return _branch(run, call, failure, "", None)
    to = _step(run, call).succeeded(run, call, before.result)
    return _branch(run, call, to, "", None) if isinstance(to, Failure) else to


def _left(run: Run, call: Call) -> None:
    """A person does not want the call: nothing was done, and it can still be done."""
    if call.step.endswith(HANDING_OVER):
        words = "No ticket was opened. Please tell the support yourself."
        run.finish(Outcome.ESCALATED, plain(words))
        return
    ways = [_ANYWAY, *_other_ways(run, call)]
    words = f"All right, this was not done: {call.sentence} How shall we go on?"
    run.ask_about(call.step, "error", call, words, tuple(ways))


def _other_ways(run: Run, call: Call) -> tuple[Choice, ...]:
    by_hand = call.effect is not Effect.READ and _step(run, call).works_without_result()
    return (*((_BY_HAND,) if by_hand else ()), *_handing_over(run), _STOP)


def _handing_over(run: Run) -> tuple[Choice, ...]:
    if run.flow.catalog.hand_over not in run.allowed:
        return ()
    return (_ASK_PRACTICE if _is_their_own(run) else _HAND_OVER,)


def _is_their_own(run: Run) -> bool:
    """Whether it is a client or visitor who reads it, and not somebody of the clinic."""
    return run.old.acting()[1] in (Audience.VISITOR, Audience.CLIENT)


def _offer_ways(run: Run, call: Call, failure: Failure, message: str) -> None:
    """The built-in way after a failure no author foresaw: say what happened, and offer what is possible."""
    step = _step(run, call)
    unknown = failure is Failure.OUTCOME_UNKNOWN
    may_repeat = FAILURES[failure].retryable or (call.effect is Effect.READ and not unknown)
    ways = [
        *((_HAPPENED,) if unknown and step.works_without_result() else ()),
        *((_DID_NOT,) if unknown else ()),
        *((_AGAIN,) if may_repeat else ()),
        *(each for each in _other_ways(run, call) if not (unknown and each is _BY_HAND)),
    ]
    if unknown:
        run.ask_about(call.step, "unknown", call, _doubt(run, call), tuple(ways))
        return
    tried = f"I tried this: {call.sentence}" if call.sentence else ""
    parts = [tried, FAILURES[failure].sentence, one_line(message), "How shall we go on?"]
    run.ask_about(call.step, "error", call, " ".join(filter(None, parts)), tuple(ways))


def _doubt(run: Run, call: Call) -> str:
    """What a person is told of a call of which nobody knows what became: what was tried, when, what is
    known, and what to do."""
    since = _since(run)
    when = f"At {since[11:16]} UTC" if since else "Here"
    own = _is_their_own(run)
    look = "Your practice can see whether it was done." if own else "Please look there whether it was done."
    return "\n".join(
        (
            f"{when} I tried this: {call.sentence}",
            f"{FAILURES[Failure.OUTCOME_UNKNOWN].sentence} No answer came, and looking for it did not show"
            " it. It is not done again by itself.",
            f"{look} How shall we go on?",
        )
    )


def _record(
    run: Run,
    call: Call,
    outcome: CallOutcome,
    error: Failure | None,
    result: Value,
    back: WayBack | None = None,
) -> None:
    """Note how a call ended, and show it. Reads are not shown, since their branch or question says it; what
    they tell of how things stand is noted."""
    action = run.flow.catalog.actions[call.action]
    path = run.full(call.step)
    _trace(run, call, error)
    if call.effect is Effect.READ:
        if action.tells or error is not None:
            told = found_words(action, result)
            record = CallRecord(call.key, call.action, path, {}, call.effect, outcome, error, told, run.at)
            run.calls = (*run.calls, record)
        return
    text = _told(run, action, call, error)
    made = CallRecord(
        call.key,
        call.action,
        path,
        call.args,
        call.effect,
        outcome,
        error,
        text,
        run.at,
        result,
        back,
        call.undoes,
    )
    run.calls = (*run.calls, made)
    happened = error is None or FAILURES[error].may_have_happened
    if happened and not call.undoes and not call.step.endswith(VERIFYING):
        # What a person said of how things were is no answer to how they are now.
        run.kept = ()
    run.tell(Did(call.action, outcome, error, text, call.key))


def _trace(run: Run, call: Call, error: Failure | None) -> None:
    """Note how the call ended, and by which values that was judged."""
    looked = (
        () if "!" in call.step or error not in (None, Failure.NOT_CONFIRMED) else _step(run, call).expected
    )
    run.took("outcome", DONE if error is None else error.value, "", *looked, path=call.step)


def _told(run: Run, action: Action, call: Call, error: Failure | None) -> str:
    if error is None and call.undoes:
        return f"Undone: {run.record_of(call.undoes).text}"
    if error is None:
        return describe_done(action, call.args, run.name_of(call.subject), run.allowed)
    if error is Failure.OUTCOME_UNKNOWN:
        return NOT_KNOWN + call.sentence
    if FAILURES[error].may_have_happened:
        return f"{call.sentence} {FAILURES[error].sentence}"
    return f"Not done: {call.sentence} {FAILURES[error].sentence}"


def _problem(failure: Failure, message: str, retry_after: int | None) -> Value:
    return {
        "error": failure.value,
        "text": FAILURES[failure].sentence,
        "message": message or None,
        "retry_after": retry_after,
        "retry_minutes": None if retry_after is None else -(-retry_after // 60),
    }


def _part(run: Run, call: Call, result: Value) -> Value:
    """What did happen of a call that failed, as far as it is told in the shape of a result."""
    kind = run.flow.catalog.actions[call.action].result
    return trimmed(result, kind) if kind is not None and misfit(result, kind) is None else None


def _step(run: Run, call: Call) -> Calling:
    step = run.tree.steps[call.step.removesuffix(VERIFYING).removesuffix(HANDING_OVER)]
    if not isinstance(step, Calling):
        raise OutOfTurn("the outcome of a call", f"the step {call.step}")
    return step
