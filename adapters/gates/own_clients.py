"""A practitioner and the clients they see: whom a call may be about, and who may be found.

Whose client somebody is, the clinic's system says. Where it does not, nobody is reached.
"""

from __future__ import annotations

import msgspec

from adapters.gates.port import Question
from engine import Action, Deny, Event, Failed, Failure, Succeeded, Value

OF_WHOM = "list_practitioners"
"""The reading action that says whose client somebody is."""

_MEMBER = "practitioners"


def id_of(question: Question) -> str:
    """The id under which the clinic knows whoever asks: over the web the role stands before it; a user of
    this computer is known by their name."""
    return question.actor.removeprefix(f"{question.audience.value}:")


def refused(question: Question, action: Action) -> Deny | None:
    """Why the call may not be made, if it is about somebody who is not their client. A call about nobody yet
    is let through, for `seen` takes out of its result who is not."""
    if action.subject is None:
        return None
    match question.looked_up.get(OF_WHOM):
        case Succeeded(result=result):
            whose = _named(result)
            return None if whose is not None and id_of(question) in whose else Deny(_NOT_THEIRS)
        case Failed(failure=Failure.NOT_FOUND):
            return Deny(_NOT_THEIRS)
        case None:
            return Deny(_NOT_TOLD, Failure.UNSUPPORTED)
        case _:
            return Deny(_NOT_NOW, Failure.UNAVAILABLE)


def seen(question: Question, outcome: Event) -> Event:
    """The outcome with those of the people in its lists who are their clients."""
    if question.call.subject:
        return outcome
    if isinstance(outcome, Failed):
        return msgspec.structs.replace(outcome, result=None)
    if not isinstance(outcome, Succeeded) or not isinstance(outcome.result, dict):
        return outcome
    mine = id_of(question)
    told: dict[str, Value] = {}
    for name, value in outcome.result.items():
        rows = value if isinstance(value, list) else []
        whose = [_named(row) for row in rows]
        if None in whose:
            return Failed(outcome.key, Failure.UNSUPPORTED, outcome.at, _NOT_TOLD)
        kept: list[Value] = [
            row for row, of in zip(rows, whose, strict=True) if of is not None and mine in of
        ]
        told[name] = kept if isinstance(value, list) else value
    return msgspec.structs.replace(outcome, result=told)


def _named(row: Value) -> list[Value] | None:
    """The practitioners that a record names; None where it does not say."""
    found = row.get(_MEMBER) if isinstance(row, dict) else None
    return found if isinstance(found, list) else None


_NOT_THEIRS = "A practitioner may do this for their own clients only."
_NOT_TOLD = (
    "A practitioner may do this for their own clients only, and the clinic's system does not say whose they"
    " are. Its policy can let practitioners reach everybody."
)
_NOT_NOW = "Whether this is a client of theirs cannot be found out right now."
