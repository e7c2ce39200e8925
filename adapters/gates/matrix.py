"""What a policy says, as a table: found out by asking the gate itself, and giving it what it wants.

So the table cannot differ from what happens.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import assert_never

import msgspec

from adapters.gates.book import Book, Entry, MemoryBook
from adapters.gates.own_clients import OF_WHOM
from adapters.gates.policy import TRUST
from adapters.gates.port import Gate, Question
from engine import (
    Action,
    Allow,
    Audience,
    Call,
    Catalog,
    Deny,
    NeedConfirmation,
    NeedEvidence,
    NeedSecond,
    Succeeded,
    Value,
    Verdict,
)

COLUMNS = ("action", "risk", *(audience.value for audience in TRUST))
NEVER = "-"
_AT = "2026-01-01T00:00:00Z"
_SOMEBODY, _SUBJECT, _SESSION = "somebody", "person", "session"


def matrix(gate_with: Callable[[Book], Gate], catalog: Catalog) -> tuple[tuple[str, ...], ...]:
    """A row for each action, the least risky first, with its name, its risk and a cell for each audience:
    `yes`, what it needs (`self`, `own clients`, `confirm`, `evidence`, `second person`), or `-` for never.
    Where it makes a difference that a parameter is given, a row `action.parameter` says so.

    `gate_with` gives the gate with the book that it is to remember by.
    """
    rows: list[tuple[str, ...]] = []
    for action in sorted(catalog.actions.values(), key=lambda action: action.risk):
        plain = tuple(cell(gate_with, catalog, action, each) for each in TRUST)
        rows.append((action.name, str(action.risk), *plain))
        for param in (param.name for param in action.params if not param.required):
            given = tuple(cell(gate_with, catalog, action, each, param) for each in TRUST)
            if given != plain:
                rows.append((f"{action.name}.{param}", str(action.risk), *given))
    return tuple(rows)


def cell(
    gate_with: Callable[[Book], Gate], catalog: Catalog, action: Action, audience: Audience, param: str = ""
) -> str:
    """What one audience needs for one action, in the order in which it is asked for; `param` is given."""
    book = MemoryBook()
    gate = gate_with(book)
    question = _question(catalog, action, audience, param)
    verdict = gate.decide(question)
    needs: list[str] = []
    for belonging, given in _BELONGING.items():
        if isinstance(verdict, Deny):
            needs = [belonging]
            verdict = gate.decide(question := given(question))
    if action.subject is None and gate.seen(question, _SOMEBODY_ELSES) != _SOMEBODY_ELSES:
        needs = [_OWN_CLIENTS]
    while (need := _need(verdict)) is not None and need not in needs:
        if isinstance(verdict, NeedEvidence) and not _may_verify(gate, catalog, audience):
            return NEVER
        needs.append(need)
        question = _given(question, verdict, book)
        verdict = gate.decide(question)
    return " + ".join(needs) or "yes" if isinstance(verdict, Allow) else NEVER


_OWN_CLIENTS = "own clients"
_THEIRS = Succeeded("", {"subject": _SUBJECT, "practitioners": [_SOMEBODY]}, _AT)
_SOMEBODY_ELSES = Succeeded("", {"clients": [{"id": _SUBJECT, "practitioners": []}]}, _AT)
_BELONGING: Mapping[str, Callable[[Question], Question]] = {
    "self": lambda question: msgspec.structs.replace(question, own=frozenset({_SUBJECT})),
    _OWN_CLIENTS: lambda question: msgspec.structs.replace(question, looked_up={OF_WHOM: _THEIRS}),
}
"""What whoever asks must be to the person, tried in this order."""


def _may_verify(gate: Gate, catalog: Catalog, audience: Audience) -> bool:
    """Whether this audience may record how an identity was verified; nobody else can give evidence."""
    return bool(catalog.verification and gate.allowed(audience, {catalog.verification}))


def _need(verdict: Verdict) -> str | None:
    match verdict:
        case Allow() | Deny():
            return None
        case NeedConfirmation():
            return "confirm"
        case NeedEvidence():
            return "evidence"
        case NeedSecond():
            return "second person"
        case _:
            assert_never(verdict)


def _given(question: Question, verdict: Verdict, book: Book) -> Question:
    """The same question once what is wanted has been given."""
    match verdict:
        case NeedEvidence(methods=methods, covers=covers):
            who = (_SOMEBODY, _SESSION, _AT, "evidence")
            book.add(Entry("passed", _SUBJECT, methods[0].id, *who, frozenset(covers)))
            return question
        case NeedConfirmation():
            call = msgspec.structs.replace(question.call, approved=True, approved_at=_AT)
        case NeedSecond():
            call = msgspec.structs.replace(question.call, approved_by="somebody else", seconded_at=_AT)
        case _:
            return question
    return msgspec.structs.replace(question, call=call)


def _question(catalog: Catalog, action: Action, audience: Audience, param: str) -> Question:
    """A call as a flow makes it. How an identity was verified only the engine records."""
    step = "step!verify" if action.name == catalog.verification else "step"
    args: dict[str, Value] = {param: "something"} if param else {}
    subject = _SUBJECT if action.subject is not None else ""
    call = Call("key", action.name, args, action.effect, action.risk, step, subject)
    return Question(call, audience, _SOMEBODY, _AT, session=_SESSION)
