"""What happened in a stored conversation, told in plain words: one line for whatever somebody did, and for
every change that was made or refused.

Reads what the store gives; opens nothing. What only looked something up is counted, not listed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from adapters.stores.port import LedgerEntry, LedgerStatus
from engine import (
    FAILURES,
    Allow,
    Answered,
    BrokenState,
    CannotTell,
    Changed,
    CheckedBack,
    Deny,
    DidNotHappen,
    Event,
    Failed,
    Finding,
    Gated,
    HandedOver,
    Happened,
    Lost,
    Mark,
    NeedConfirmation,
    NeedEvidence,
    NeedSecond,
    Noted,
    Resumed,
    Revealed,
    RevealLost,
    Started,
    State,
    Stopped,
    Succeeded,
    Value,
    Verdict,
    WentBack,
    question_in_short,
    state_from_json,
)

UNREADABLE = "(cannot be read)"
STATUSES: Mapping[LedgerStatus, str] = {
    "planned": "not sent yet",
    "sent": "sent, and nothing has come back yet",
    "confirmed": "done",
    "rejected": "not done",
    "unknown": "it is not known whether it was done",
    "reconciled": "done, as a look afterwards has shown",
}
"""What is known of a change."""

Told = tuple[str, str]
"""When something happened (UTC, "" where nothing tells), and what."""


class Retold:
    """Puts the events of one conversation into words. `state` is how it stands, as the store keeps it, and
    `ledger` the changes it made; labels and questions are taken from there."""

    def __init__(self, state: bytes, ledger: Sequence[LedgerEntry], actor: str) -> None:
        known = _state(state)
        marks = (*known.trail, *known.kept) if known is not None else ()
        self._marks = {(mark.path, mark.seq): mark for mark in marks}
        self._calls = {call.key: call.text for call in known.calls if call.text} if known is not None else {}
        self._changes = {entry.key: entry for entry in ledger}
        self._actor = actor

    def lines(self, events: Iterable[bytes]) -> Iterator[Told]:
        """Each thing that happened, in order."""
        looked, at = 0, ""
        for data in events:
            event = _event(data)
            if isinstance(event, Gated | Succeeded) and event.key not in self._changes:
                looked += isinstance(event, Succeeded)
                at = event.at
                continue
            if looked:
                yield at, _looked(looked)
                looked = 0
            words = self._words(event) if event is not None else UNREADABLE
            if words:
                yield (event.at if event is not None else ""), words
        if looked:
            yield at, _looked(looked)

    def change(self, key: str) -> str:
        """What a change does or did, in words."""
        return self._calls.get(key, "").rstrip(".") or self._action(key)

    def _words(self, event: Event) -> str:
        by = getattr(event, "actor", "")
        words = self._deed(event)
        return f"{words} (by {by})" if words and by and by != self._actor else words

    def _deed(self, event: Event) -> str:
        match event:
            case Started(actor=actor):
                self._actor = actor or self._actor
                return "Begun"
            case Answered():
                return self._answer(event)
            case WentBack():
                return "Went back to the question before"
            case Changed(prompt=prompt):
                return f"Went back to change the answer to {_step(prompt)}"
            case Noted(text=text):
                return f"Note: {text}"
            case Resumed():
                return "Taken up again"
            case Stopped():
                return "Given up"
            case HandedOver(text=text):
                return f"Handed over: {text}".rstrip(": ")
            case Revealed():
                return "The secret was shown, once"
            case RevealLost():
                return "The secret was gone before it was shown"
            case _:
                return self._call(event)

    def _answer(self, event: Answered) -> str:
        mark = self._marks.get((event.prompt or "", event.seq or 0))
        asked = f"“{question_in_short(mark.question)}”" if mark is not None else _step(event.prompt or "")
        return f"{asked}: {_told(event.value, mark)}"

    def _call(self, event: Gated | Succeeded | Failed | Lost | CheckedBack) -> str:
        what = self.change(event.key)
        match event:
            case Gated(verdict=verdict):
                return _verdict(verdict, self._action(event.key))
            case Succeeded():
                return what
            case Failed(failure=failure, message=message):
                said = f" The clinic's system said: {message}" if message else ""
                return f"{self._action(event.key)}: {FAILURES[failure].sentence}{said}"
            case Lost():
                return f"{what}: no answer came, so that nobody knew whether it was done"
            case CheckedBack(finding=finding):
                return f"{what}: a look afterwards {_found(finding)}"

    def _action(self, key: str) -> str:
        entry = self._changes.get(key)
        return entry.action.replace("_", " ").capitalize() if entry is not None else "A look-up"


def _verdict(verdict: Verdict, what: str) -> str:
    match verdict:
        case Allow():
            return ""
        case Deny(reason=reason):
            return f"{what} was refused: {reason}"
        case NeedConfirmation():
            return f"{what}: approval was asked for"
        case NeedEvidence(reason=reason):
            return f"{what}: proof of identity was asked for. {reason}".rstrip()
        case NeedSecond(reason=reason):
            return f"{what}: the approval of a second person was asked for. {reason}".rstrip()


def _found(finding: Finding) -> str:
    match finding:
        case Happened():
            return "showed that it was done"
        case DidNotHappen():
            return "showed that it was not done"
        case CannotTell():
            return "did not show whether it was done"


def _told(value: Value, mark: Mark | None) -> str:
    """The answer by its label, where it is the one that was taken; otherwise as it was given."""
    if mark is not None and mark.told and mark.value == value:
        return mark.told
    match value:
        case None:
            return "skipped"
        case bool():
            return "yes" if value else "no"
        case str() | int() | float():
            return str(value)
        case list():
            return ", ".join(_told(each, None) for each in value)
        case _:
            return "(not shown)"


def _step(path: str) -> str:
    """The own name of a step in words: `f/still-missing` is “still missing”."""
    return f"“{path.rpartition('/')[2].replace('-', ' ')}”"


def _looked(count: int) -> str:
    return "Looked something up" if count == 1 else f"Looked {count} things up"


def _event(data: bytes) -> Event | None:
    try:
        return msgspec.json.decode(data, type=Event)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _state(data: bytes) -> State | None:
    try:
        return state_from_json(data)
    except BrokenState:
        return None
