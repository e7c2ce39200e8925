"""What a call may need before it is made: approval of its exact effect, evidence, a second person.

Words, choices and moments only; what follows from an answer is decided in `calls`.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from engine.actions import FAILURES, Failure
from engine.display import in_a_row
from engine.effects import Call, Choice
from engine.events import Method, NeedEvidence, NeedSecond
from engine.run import Run
from engine.state import AtPrompt
from engine.values import Value

VERIFYING = "!verify"
"""What follows a step's path where the engine itself records how an identity was verified for its call."""

PASSED = "passed"
FAILED = "failed"
NO_METHOD = "none"
GOOD_FOR = timedelta(minutes=5)
"""How long an approval is good: at most so long ago, and never given in the future."""

INSTEAD = Choice("second", "Somebody else looks at it and approves it")
NOT_VERIFIED = Choice(FAILED, "I could not verify who this is")
NOT_NOW = Choice("leave", "Not now")
_APPROVE = "approve"
_REFUSE = Choice("refuse", "No, refuse it")
_PHONE = "{phone}"


def approved(call: Call, at: str) -> Call:
    """The call, approved by a person at this moment."""
    return msgspec.structs.replace(call, approved=True, approved_at=at)


def seconded(call: Call, at: str, by: str) -> Call:
    """The call, approved by a second person at this moment."""
    return msgspec.structs.replace(call, approved_by=by, seconded_at=at)


def still_approved(call: Call, at: str) -> Call:
    """The call with those of its approvals that are still good."""
    if call.approved and not _good(call.approved_at, at):
        call = msgspec.structs.replace(call, approved=False, approved_at="")
    if call.approved_by and not _good(call.seconded_at, at):
        call = msgspec.structs.replace(call, approved_by="", seconded_at="")
    return call


def _good(given: str, at: str) -> bool:
    age = datetime.fromisoformat(at) - datetime.fromisoformat(given)
    return timedelta(0) <= age <= GOOD_FOR


def ask_for_evidence(run: Run, call: Call, need: NeedEvidence) -> str | None:
    """Ask how the identity was verified. The reason why that cannot be asked, or None if it was."""
    name = run.flow.catalog.verification
    if name is None or name not in run.allowed or not call.subject:
        return need.reason
    phone = run.phone_of(call.subject)
    methods = [_offered(each, phone) for each in need.methods if phone or _PHONE not in each.detail]
    left_out = "" if len(methods) == len(need.methods) else _NO_PHONE
    if not methods:
        why_not = _sentences(need.reason, left_out)
        if not need.second:
            return why_not
        ask_for_second(run, call, NeedSecond(why_not))
        return None
    others = [each.replace("_", " ") for each in need.covers if each != call.action]
    also = f"It will also serve for: {in_a_row(others)}." if others else ""
    parts = [_about(call), _sentences(need.reason, also, left_out), "How did you verify who it is?"]
    run.ask_about(
        call.step,
        "evidence",
        call,
        "\n".join(filter(None, parts)),
        (*methods, *([INSTEAD] if need.second else []), NOT_VERIFIED, NOT_NOW),
        covers=need.covers,
    )
    return None


def verification(run: Run, waiting: AtPrompt, call: Call, choice: str) -> Call:
    """The call that records how an identity was verified for `call`, or that it could not be; the choice
    that was made is its approval."""
    action = run.flow.catalog.actions[run.flow.catalog.verification or ""]
    failed = choice == FAILED
    args: dict[str, Value] = {
        "subject": call.subject,
        "method": NO_METHOD if failed else choice,
        "outcome": FAILED if failed else PASSED,
        "covers": list[Value](waiting.covers),
    }
    path = call.step + VERIFYING
    return approved(run.prepare(action, args, path, run.new_key(path)), run.at)


def why_not_verified(call: Call) -> str:
    """What is said about a call after the record of a verification that did not go well."""
    failed = call.args.get("outcome") == FAILED
    return "The person's identity could not be verified." if failed else ""


def not_recorded(failure: Failure) -> str:
    """What is said where the verification could not be recorded."""
    return f"How the identity was verified could not be recorded. {FAILURES[failure].sentence}"


def ask_for_second(run: Run, call: Call, need: NeedSecond) -> None:
    """Ask for another person's approval."""
    parts = [_about(call), need.reason, _HOW_SECOND.format(session=run.old.session)]
    choices = (Choice(_APPROVE, "Yes, I approve it", call.sentence), _REFUSE, NOT_NOW)
    run.ask_about(call.step, "second", call, "\n".join(filter(None, parts)), choices)


def is_seconded(waiting: AtPrompt, choice: str) -> bool:
    """Whether this choice is a second person's word: it makes the call nobody else's than it was."""
    return waiting.asking == "second" and choice in (_APPROVE, _REFUSE.id)


def needs_another(waiting: AtPrompt, choice: str, actor: str, asker: str) -> bool:
    """Whether this choice can only be made by somebody other than the one who asks for the call."""
    return is_seconded(waiting, choice) and actor == asker


def _offered(method: Method, phone: str) -> Choice:
    return Choice(method.id, method.label, "", method.detail.replace(_PHONE, phone))


def _sentences(*each: str) -> str:
    return " ".join(filter(None, each))


def _about(call: Call) -> str:
    return f"This is about to be done: {call.sentence}" if call.sentence else ""


_NO_PHONE = "No telephone number is on record, so a call-back is not possible."
_HOW_SECOND = (
    "Another person has to look at it and approve it as themself: they resume the conversation {session}"
    " under their own name (`unstuck chat --resume {session}`)."
)
