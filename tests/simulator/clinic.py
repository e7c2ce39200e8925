"""The clinic's system of the simulator: small, with a record of its own of everything it did.

Its state is what the simulation is checked against. It keeps receipts by key, and refuses a call that comes
after it was looked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from adapters.clinic.port import ActionFailed, CallContext
from adapters.library import Library
from adapters.secret import Secret
from engine import (
    NUMBER,
    SECRET,
    TEXT,
    Action,
    Audience,
    Catalog,
    DidNotHappen,
    Effect,
    Failure,
    Finding,
    Happened,
    Param,
    RecordType,
    Source,
    Undo,
    Value,
    compile_pack,
    record,
)

ITEM = record("Item", {"id": TEXT, "size": NUMBER, "version": NUMBER})
RECEIPT = record("Receipt", {"name": TEXT})
NEW_WORD = record("NewWord", {"name": TEXT, "word": SECRET})
SUBJECT = Param("subject", TEXT)
RISKY, GRAVE = 3, 4


def _action(
    name: str, effect: Effect, risk: int, result: RecordType, *more: Param, undo: Undo | None = None
) -> Action:
    return Action(
        name,
        f"Do {name}.",
        (SUBJECT, *more),
        result,
        effect,
        risk,
        frozenset(Audience),
        frozenset(Failure),
        subject="subject",
        sentence=f"Does {name} for {{subject}}.",
        done=f"Did {name} for {{subject}}",
        keyed=effect is not Effect.READ,
        undo=undo,
        reveal="The word for {subject}" if result is NEW_WORD else "",
    )


CATALOG = Catalog(
    {
        each.name: each
        for each in (
            _action("look", Effect.READ, 1, ITEM),
            _action(
                "resize",
                Effect.REVERSIBLE,
                2,
                ITEM,
                Param("size", NUMBER),
                Param("expected_version", NUMBER, required=False),
                undo=Undo("resize", ("subject",), ("size",), "expected_version"),
            ),
            _action("send", Effect.IRREVERSIBLE, 2, RECEIPT),
            _action("open", Effect.REVERSIBLE, RISKY, ITEM, Param("expected_version", NUMBER)),
            _action("hand", Effect.IRREVERSIBLE, GRAVE, RECEIPT),
            _action("make_word", Effect.IRREVERSIBLE, 2, NEW_WORD),
            _action("set_word", Effect.REVERSIBLE, 2, RECEIPT, Param("word", SECRET)),
        )
    },
    {"Item": ITEM, "Receipt": RECEIPT, "NewWord": NEW_WORD},
)

DESK = """\
flow: desk
title: A desk
audience: [agent, admin]
symptoms: [desk]
steps:
  - id: who
    ask: For whom?
    answers: {ana: Ana, rui: Rui}
    save: who
  - id: what
    ask: What next?
    answers:
      over: {label: That is all, then: well}
      send: {label: Send, then: sending}
      size: {label: Another size, then: looking}
      open: {label: Open it, then: opening}
      hand: {label: Hand it out, then: handing}
      make: {label: Make a word, then: making}
      word: {label: Set a word, then: typing}
      many: {label: Both of them, then: both}
      other: {label: Somebody else, then: who}
  - {id: sending, do: send, with: {subject: who}, save: sent}
  - say: "{{ sent.name }} is sent."
  - id: arrived
    ask: Did it arrive?
    kind: yes-no
    then: {yes: what, no: sending}
  - {id: looking, do: look, with: {subject: who}, save: thing, on: {unavailable: what}}
  - id: how-big
    ask: It is {{ thing.size }}. Which size?
    kind: number
    min: 0
    max: 9
    save: size
  - id: resizing
    do: resize
    with: {subject: who, size: size, expected_version: thing.version}
    save: thing
    expect: thing.size == size
    on: {stale_version: looking}
  - go: what
  - {id: opening, do: look, with: {subject: who}, save: thing}
  - id: open
    do: open
    with: {subject: who, expected_version: thing.version}
    save: thing
    on: {stale_version: what, outcome_unknown: what}
  - go: what
  - {id: handing, do: hand, with: {subject: who}, save: handed}
  - go: what
  - {id: making, do: make_word, with: {subject: who}, save: made}
  - id: told
    ask: Did you tell {{ made.name }}?
    kind: yes-no
    then: {yes: what, no: making}
  - {id: typing, ask: Which word?, kind: secret, save: word}
  - {id: setting, do: set_word, with: {subject: who, word: word}, save: set_for, on: {invalid_input: typing}}
  - go: what
  - id: both
    do: send
    with: {subject: "'ana'"}
  - {id: second, do: send, with: {subject: "'rui'"}, save: sent}
  - say: Both are sent.
  - go: what
  - {id: well, ask: Is all well?, kind: yes-no, then: {yes: good, no: what}}
  - {id: good, end: solved}
"""


def desk_library() -> Library:
    """The flow of the simulator, compiled."""
    compiled = compile_pack([Source("desk.yaml", DESK)], CATALOG)
    assert compiled.pack is not None, "\n".join(str(each) for each in compiled.findings)
    return Library(compiled.pack, None, CATALOG)


class Done(NamedTuple):
    """One effect, as the clinic's own record has it."""

    key: str
    action: str
    subject: str


class Clinic:
    """The clinic's system. `forgetful` ones keep no receipts, and cannot be asked what became of a call."""

    def __init__(self, forgetful: bool) -> None:
        self.forgetful = forgetful
        self.done: list[Done] = []
        self._items: dict[str, tuple[int, int]] = {"ana": (1, 1), "rui": (2, 1)}
        self._receipts: dict[str, Value] = {}
        self._given_up: set[str] = set()

    def perform(self, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        """See `Backend.perform`; calls are made one at a time."""
        subject = str(args["subject"])
        if action == "look":
            return self._item(subject)
        if context.key in self._given_up:
            raise ActionFailed(Failure.UNAVAILABLE, "It was looked for, and given up.")
        if context.key in self._receipts:
            return self._receipts[context.key]
        result = self._changed(action, subject, args, context)
        self.done.append(Done(context.key, action, subject))
        if not self.forgetful:
            self._receipts[context.key] = result
        return result

    def check_back(self, context: CallContext) -> Finding | None:
        """See `Backend.check_back`; None where nobody can tell."""
        if self.forgetful:
            return None
        if context.key in self._receipts:
            return Happened(self._receipts[context.key])
        self._given_up.add(context.key)
        return DidNotHappen()

    def did(self, key: str) -> int:
        """How often this call took effect."""
        return sum(each.key == key for each in self.done)

    def touched_by_others(self, subject: str) -> None:
        """Somebody else changes a record."""
        size, version = self._items[subject]
        self._items[subject] = (size, version + 1)

    def _changed(self, action: str, subject: str, args: Mapping[str, Value], context: CallContext) -> Value:
        size, version = self._items[subject]
        expected = args.get("expected_version")
        if expected is not None and expected != version:
            raise ActionFailed(Failure.STALE_VERSION, "It was changed by somebody else.")
        match action, args.get("size"):
            case "resize", int(wanted):
                self._items[subject] = (wanted, version + 1)
                return self._item(subject)
            case "open", _:
                self._items[subject] = (size, version + 1)
                return self._item(subject)
            case "make_word", _:
                return {"name": subject, "word": context.secrets.keep(Secret("a new word"))}
            case "set_word", _:
                context.secrets.get(args["word"]).reveal()
                return {"name": subject}
            case _:
                return {"name": subject}

    def _item(self, subject: str) -> Value:
        size, version = self._items[subject]
        return {"id": subject, "size": size, "version": version}
