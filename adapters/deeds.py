"""What of a conversation goes into the audit: deeds, made of what the driver is about to keep.

Knows no store and no key; what may be written of a deed is decided by whoever writes it down.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from adapters.audit.port import Deed, Doer, Kind
from adapters.stores.port import LedgerEntry
from engine import (
    Call,
    CannotTell,
    CheckedBack,
    Deny,
    DidNotHappen,
    Event,
    Failed,
    Gated,
    HandedOver,
    Lost,
    NeedEvidence,
    NeedSecond,
    Resumed,
    RevealLost,
    Started,
    Stopped,
    Value,
)

_HELD: dict[type[Event], str] = {
    Started: "begin",
    Resumed: "take up",
    Stopped: "give up",
    HandedOver: "hand over",
}


def holding(event: Event, by: Doer, at: str) -> Iterable[Deed]:
    """The deed of whoever begins, takes up or gives up a conversation; nothing for other events."""
    action = _HELD.get(type(event))
    return () if action is None else (Deed("held", at, by, action),)


def refusal(event: Gated, call: Call, by: Doer) -> Iterable[Deed]:
    """The deed of a call that the gates did not let pass; nothing where they did, or only ask whether it is
    meant."""
    match event.verdict:
        case Deny(failure=failure):
            outcome, error = "denied", failure.value
        case NeedEvidence():
            outcome, error = "needs evidence", ""
        case NeedSecond():
            outcome, error = "needs a second person", ""
        case _:
            return ()
    return (msgspec.structs.replace(_of(call, "refused", event.at, by), outcome=outcome, error=error),)


def look(call: Call, outcome: Event, by: Doer, at: str) -> Deed:
    """The deed of a look at somebody's record."""
    ended, error = how(outcome)
    return msgspec.structs.replace(_of(call, "read", at, by), outcome=ended, error=error)


def intent(call: Call, at: str, by: Doer, evidence: Iterable[LedgerEntry]) -> Deed:
    """The deed of a call that is going to be made, on the authority of its approvals and of the `evidence`,
    entries of verifications that were recorded."""
    authority = [
        *(f"evidence {_method(each)} {each.at}" for each in evidence),
        *([f"approved {call.approved_at}"] if call.approved else []),
        *([f"second person {call.approved_by} {call.seconded_at}"] if call.approved_by else []),
    ]
    return msgspec.structs.replace(_of(call, "intent", at, by), authority=tuple(authority))


def ending(call: Call, outcome: Event | None, at: str, by: Doer) -> Deed:
    """The deed that says how a call ended; None where nobody knows what became of it."""
    ended, error = how(outcome)
    return msgspec.structs.replace(_of(call, "outcome", at, by), outcome=ended, error=error, params={})


def shown(event: Event, call: Call, by: Doer, at: str) -> Deed:
    """The deed of a secret that is going to be shown, or that was gone before."""
    outcome = "gone" if isinstance(event, RevealLost) else "shown"
    return msgspec.structs.replace(_of(call, "reveal", at, by), outcome=outcome, params={})


def proofs(entries: Iterable[LedgerEntry], verification: str | None, subject: str) -> list[LedgerEntry]:
    """Those of the calls of a conversation that recorded a verification of this person that passed."""
    return [
        each
        for each in entries
        if each.action == verification
        and each.subject == subject
        and each.status in ("confirmed", "reconciled")
        and _args(each).get("outcome") == "passed"
    ]


def how(outcome: Event | None) -> tuple[str, str]:
    """How a call ended, in a word, and its failure."""
    match outcome:
        case None | Lost() | CheckedBack(finding=CannotTell()):
            return "unknown", ""
        case Failed(failure=failure):
            return "rejected", failure.value
        case CheckedBack(finding=DidNotHappen()):
            return "looked up: not done", ""
        case CheckedBack():
            return "looked up: done", ""
        case _:
            return "confirmed", ""


def _of(call: Call, kind: Kind, at: str, by: Doer) -> Deed:
    return Deed(kind, at, by, call.action, call.step, call.key, call.subject, call.args)


def _method(entry: LedgerEntry) -> str:
    method = _args(entry).get("method")
    return method if isinstance(method, str) else "unknown"


def _args(entry: LedgerEntry) -> dict[str, Value]:
    found: dict[str, Value] = msgspec.json.decode(entry.args, type=dict[str, Value])
    return found
