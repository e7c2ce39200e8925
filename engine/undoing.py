"""Going back past calls that changed something: says what stays, and offers to undo what can be undone.

A call is undone by another one, which passes the gates and the ledger like any other. How the outcome of a
call is told and recorded is not decided here (see `calls`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from engine.actions import FAILURES, Action, Effect, Failure, Undo
from engine.approval import approved
from engine.describe import describe, with_stop
from engine.effects import Call, Choice
from engine.rich import plain
from engine.run import UNDOING, Run
from engine.state import CallRecord, Frame, Mark, WayBack
from engine.values import Value

_UNDO = "undo"
_LEAVE = Choice("leave", "No, leave it as it is")


def way_back(run: Run, action: Action, call: Call) -> WayBack | None:
    """The call that would take this one back, as far as it can be known before its result is kept."""
    undo = action.undo
    if undo is None or undo.action not in run.allowed:
        return None
    before = _record_before(run, action, undo, call)
    if before is None:
        return None
    changed = [name for name in undo.restored if call.args.get(name) is not None]
    args = {name: call.args[name] for name in undo.same if name in call.args}
    args.update({name: before[name] for name in changed})
    # Where it is not known how things were, or nothing was changed, there is no way back to it.
    if any(args[name] is None for name in changed) or all(args[n] == call.args[n] for n in changed):
        return None
    taken = run.flow.catalog.actions[undo.action]
    sentence = describe(taken, args, run.name_of(call.subject), run.allowed)
    return WayBack(undo.action, args, sentence)


def go_past(run: Run, records: Sequence[CallRecord]) -> str | None:
    """Go back past these calls: the path to go on with, or None while their undoing is offered."""
    standing = [record for record in records if _stands(run, record)]
    offered = [each for each in standing if _way(run, each) is not None and each.key not in run.behind]
    stays = [each for each in standing if each not in offered]
    run.behind = tuple(dict.fromkeys([*run.behind, *(each.key for each in stays)]))
    run.undoing = tuple(each.key for each in reversed(offered))
    if stays:
        lines = "\n".join(f"• {record.text}" for record in stays)
        run.say(plain(f"Going back does not undo what was done:\n{lines}"))
    return _offer(run)


def undo_decided(run: Run, call: Call, choice: str) -> str | None:
    """Act on the answer to the offer."""
    if choice == _UNDO:
        run.consult(approved(call, run.at))
        return None
    return _leave(run)


def undone(run: Run, call: Call, result: Value) -> str | None:
    """Go on after a call was taken back. The facts that say how things were before it was made hold again,
    under the version that they have now; what a person said after it was made is not taken for granted."""
    record = run.record_of(call.undoes)
    undo = run.flow.catalog.actions[record.action].undo
    if undo is not None and isinstance(result, dict):
        _hold_again(run, record, undo, result)
    after = run.calls.index(record)
    run.kept = tuple(mark for mark in run.kept if mark.calls <= after)
    run.undoing = run.undoing[1:]
    return _offer(run)


def not_undone(run: Run, call: Call, failure: Failure) -> str | None:
    """Go on after a call could not be taken back, or not for certain."""
    if FAILURES[failure].retryable:
        _ask(run, run.record_of(call.undoes), f"It could not be undone. {FAILURES[failure].sentence}")
        return None
    return _leave(run)


def _leave(run: Run) -> str | None:
    run.behind = (*run.behind, run.undoing[0])
    run.undoing = run.undoing[1:]
    return _offer(run)


def _offer(run: Run) -> str | None:
    """Offer to undo the next call; where none is left, the path to go on with."""
    if not run.undoing:
        return run.here
    record = run.record_of(run.undoing[0])
    _ask(run, record, f"This was done at {record.at[11:16]} UTC: {with_stop(record.text)}")
    return None


def _ask(run: Run, record: CallRecord, words: str) -> None:
    way = _way(run, record)
    if way is None:
        raise RuntimeError(f"{record.key} cannot be undone")
    action = run.flow.catalog.actions[way.action]
    path = record.path + UNDOING
    subject = way.args.get(action.subject) if action.subject is not None else None
    call = Call(
        run.new_key(path),
        action.name,
        way.args,
        action.effect,
        action.risk,
        path,
        subject if isinstance(subject, str) else "",
        way.sentence,
        undoes=record.key,
    )
    choices = (Choice(_UNDO, "Yes, undo it", way.sentence), _LEAVE)
    run.ask_about(record.path, "undo", call, f"{words} Shall I undo it before we go back?", choices)


def _stands(run: Run, record: CallRecord) -> bool:
    """Whether a call took effect, or may have, and was not taken back."""
    if record.effect is Effect.READ or record.undoes or run.was_undone(record):
        return False
    return record.error is None or FAILURES[record.error].may_have_happened


def _way(run: Run, record: CallRecord) -> WayBack | None:
    """The way back, with the version under which the record stands as far as this conversation knows."""
    undo = run.flow.catalog.actions[record.action].undo
    if record.undo is None or undo is None:
        return None
    version = _version_in(undo, record.result)
    for later in run.calls[run.calls.index(record) + 1 :]:
        follows = version is not None and later.args.get(undo.version) == version
        if follows and _same(undo, record, later.args):
            version = _version_in(undo, later.result) or version
    if version is None:
        return None
    return msgspec.structs.replace(record.undo, args={**record.undo.args, undo.version: version})


def _version_in(undo: Undo, result: Value) -> Value:
    return result.get(undo.version_member) if isinstance(result, dict) else None


def _same(undo: Undo, record: CallRecord, args: Mapping[str, Value]) -> bool:
    """Whether arguments are about the same record of the backend."""
    return all(args.get(name) == record.args.get(name) for name in undo.same)


def _record_before(run: Run, action: Action, undo: Undo, call: Call) -> dict[str, Value] | None:
    """What the conversation had read of the record in the version that the call changes."""
    for facts in run.all_facts():
        for found in _told_of(facts, undo, call.args):
            if all(name in found for name in undo.restored):
                return found
    return None


def _told_of(facts: Mapping[str, Value], undo: Undo, args: Mapping[str, Value]) -> Iterator[dict[str, Value]]:
    """The facts that are this record in the version that these arguments name."""
    version = args.get(undo.version)
    for value in (facts[name] for name in sorted(facts)):
        if version is None or not isinstance(value, dict) or value.get(undo.version_member) != version:
            continue
        if all(value.get(name, args.get(name)) == args.get(name) for name in undo.same):
            yield value


def _hold_again(run: Run, record: CallRecord, undo: Undo, result: dict[str, Value]) -> None:
    """Put the record as it is now where it stands as it was before, in every frame one can go back to."""
    known: dict[int, Frame] = {}

    def renewed(frame: Frame) -> Frame:
        old = {id(each) for each in _told_of(frame.facts, undo, record.args) if each.keys() == result.keys()}
        if id(frame) not in known:
            facts = {name: result if id(value) in old else value for name, value in frame.facts.items()}
            known[id(frame)] = msgspec.structs.replace(frame, facts=facts) if old else frame
        return known[id(frame)]

    def all_of(marks: tuple[Mark, ...]) -> tuple[Mark, ...]:
        return tuple(
            msgspec.structs.replace(mark, frames=tuple(renewed(frame) for frame in mark.frames))
            for mark in marks
        )

    run.stand_in([renewed(frame) for frame in run.frames])
    run.trail, run.kept = all_of(run.trail), all_of(run.kept)
