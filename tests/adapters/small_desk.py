"""A desk for tests of the driver: a real session store, a small flow, and a small backend whose calls can be
made slow, odd or broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path
from secrets import token_hex

from adapters.clinic.port import CallContext
from adapters.driver import Driver, Parts
from adapters.gates.port import Question
from adapters.leases import Leases, NoLeases
from adapters.library import Library
from adapters.secrets.vault import MemoryVault
from adapters.stores.port import LedgerStatus, Store
from adapters.stores.sqlite import SqliteStore
from adapters.trying_again import TryingAgain
from adapters.waits import RealWaits, Waits
from engine import (
    NUMBER,
    SECRET,
    TEXT,
    Action,
    Allow,
    Audience,
    Call,
    Catalog,
    DidNotHappen,
    Effect,
    Event,
    Failure,
    Finding,
    Happened,
    Param,
    Source,
    State,
    Type,
    Value,
    Verdict,
    compile_pack,
    record,
    secret_id,
    state_from_json,
)

THING = record("Thing", {"name": TEXT, "size": NUMBER})
GOOD: Value = {"name": "a parcel", "size": 3}


NEW_WORD = record("NewWord", {"name": TEXT, "word": SECRET})


def _action(name: str, effect: Effect, *params: Param, result: Type = THING) -> Action:
    return Action(
        name,
        f"Do {name}.",
        params,
        result,
        effect,
        1,
        frozenset(Audience),
        frozenset({Failure.CONFLICT, Failure.RATE_LIMITED}),
        sentence=f"Does {name}.",
        done=f"Did {name}",
        keyed=effect is not Effect.READ,
    )


CATALOG = Catalog(
    {
        each.name: each
        for each in (
            _action("look", Effect.READ),
            _action("send", Effect.IRREVERSIBLE),
            _action("set_word", Effect.REVERSIBLE, Param("word", SECRET)),
            _action("make_word", Effect.IRREVERSIBLE, result=NEW_WORD),
        )
    },
    {"Thing": THING, "NewWord": NEW_WORD},
)

SENDING = """\
flow: sending
title: Sending
audience: [agent, admin]
symptoms: [send it]
steps:
  - id: begin
    ask: Shall I?
    answers: {look: Look first, send: Send it, stop: {label: Leave it, then: left}}
    then: {look: looking, send: sending}
  - id: looking
    do: look
    save: thing
    then: seen
  - id: seen
    ask: It is {{ thing.name }}. Send it?
    kind: yes-no
    then: {yes: sending, no: left}
  - id: sending
    do: send
    save: sent
  - say: "{{ sent.name }} is on its way."
  - id: arrived
    ask: Did it arrive?
    kind: yes-no
    then: {yes: good, no: left}
  - id: good
    end: solved
  - id: left
    end: stopped
"""

WORD = """\
flow: word
title: A new word
audience: [agent]
symptoms: [new word]
steps:
  - id: word
    ask: What shall the word be?
    kind: secret
    save: word
  - id: ready
    ask: Shall I set it?
    kind: yes-no
    then: {yes: setting, no: left}
  - id: setting
    do: set_word
    with: {word: word}
    save: thing
    on: {invalid_input: refused}
  - id: done
    ask: Is all well?
    kind: yes-no
  - id: left
    end: stopped
  - id: refused
    say: "{{ problem.message | default('It was refused.') }}"
    then: word
"""

MAKING = """\
flow: making
title: A word that is made
audience: [agent]
symptoms: [make a word]
steps:
  - id: begin
    ask: Shall I make one?
    kind: yes-no
    then: {yes: making, no: left}
  - id: making
    do: make_word
    save: made
  - id: told
    ask: Did you tell {{ made.name }}?
    kind: yes-no
  - id: left
    end: stopped
"""

Perform = Callable[[str, Mapping[str, Value], CallContext], Value]


@dataclass
class SmallClinic:
    """Keeps receipts by key, as a real backend does. `during` may be set to do something else in a call: it
    gets the real call to make, or not."""

    made: list[tuple[str, str]] = field(default_factory=list)
    looked: list[str] = field(default_factory=list)
    arguments: list[Mapping[str, Value]] = field(default_factory=list)
    during: Callable[[Perform, str, Mapping[str, Value], CallContext], Value] | None = None
    looking: Callable[[str], Finding] | None = None
    answer: Value = field(default_factory=lambda: GOOD)
    receipts: dict[str, Value] = field(default_factory=dict)
    closed: bool = False

    def capabilities(self) -> frozenset[str]:
        return frozenset(CATALOG.actions)

    def perform(self, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        if self.during is not None:
            return self.during(self.really, action, args, context)
        return self.really(action, args, context)

    def really(self, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        self.made.append((action, context.key))
        self.arguments.append(opened(args, context))
        if context.key:
            self.receipts[context.key] = self.answer
        return self.answer

    def check_back(self, action: str, args: Mapping[str, Value], context: CallContext) -> Finding:
        self.looked.append(context.key)
        if self.looking is not None:
            return self.looking(context.key)
        return Happened(self.receipts[context.key]) if context.key in self.receipts else DidNotHappen()

    def close(self) -> None:
        self.closed = True

    def writes(self) -> list[str]:
        """The actions that were really done, reads left out."""
        return [action for action, key in self.made if key]


def opened(args: Mapping[str, Value], context: CallContext) -> Mapping[str, Value]:
    """The arguments with the secrets that they refer to."""
    return {
        name: context.secrets.get(value).reveal() if secret_id(value) is not None else value
        for name, value in args.items()
    }


@dataclass
class OpenGate:
    """Lets everything pass, or says what it was told to say, and notes what it is told."""

    verdict: Verdict = field(default_factory=Allow)
    told: list[str] = field(default_factory=list)

    def decide(self, question: Question) -> Verdict:
        return self.verdict

    def looks_up(self, question: Question) -> tuple[str, ...]:
        return ()

    def seen(self, question: Question, outcome: Event) -> Event:
        return outcome

    def about_to(self, call: Call, actor: str, session: str, at: str) -> None:
        self.told.append(f"about to {call.action}")

    def done(self, call: Call, event: Event, actor: str, session: str, at: str) -> None:
        self.told.append(f"{call.action} {type(event).__name__}")

    def allowed(self, audience: Audience, capabilities: Set[str]) -> frozenset[str]:
        return frozenset(capabilities)

    def who_is(self, os_user: str) -> Audience:
        return Audience.ADMIN

    def role(self, os_user: str, wanted: Audience | None) -> Audience:
        return wanted or Audience.AGENT


def library(*texts: str, catalog: Catalog = CATALOG) -> Library:
    """These flows, compiled."""
    sources = [Source(f"{number}.yaml", text) for number, text in enumerate(texts or (SENDING, WORD, MAKING))]
    compiled = compile_pack(sources, catalog)
    assert compiled.pack is not None, "\n".join(str(each) for each in compiled.findings)
    return Library(compiled.pack, None, catalog)


@dataclass
class SmallDesk:
    """A driver on the store in `folder`, and everything it works with."""

    driver: Driver
    store: Store
    clinic: SmallClinic
    gate: OpenGate
    vault: MemoryVault

    def state(self, session: str) -> State:
        return state_from_json(self.store.load(session).state)

    def ledger(self, session: str) -> list[LedgerStatus]:
        """The standing of each call."""
        return [entry.status for entry in self.store.ledger(session)]

    def begin(self, flow: str = "sending") -> str:
        """A session at its first question."""
        return self.driver.start(flow, actor="kim", audience=Audience.AGENT).session


def now() -> datetime:
    return datetime.now(UTC)


@contextmanager
def small_desk(
    folder: Path,
    clinic: SmallClinic | None = None,
    *,
    flows: Library | None = None,
    deadline: float = 5.0,
    wrapped: Callable[[Store], Store] = lambda store: store,
    clock: Callable[[], datetime] = now,
    leases: Leases | None = None,
    again: TryingAgain | None = None,
    waits: Waits | None = None,
) -> Iterator[SmallDesk]:
    """Open a desk; a second one on the same folder is another process in all but name."""
    numbers = count(1)
    mine = clinic or SmallClinic()
    vault, gate = MemoryVault(lambda: f"secret-{next(numbers)}"), OpenGate()
    with SqliteStore(folder / "sessions.db") as kept:
        store = wrapped(kept)
        parts = Parts(
            flows or library(),
            mine,
            store,
            gate,
            clock,
            lambda: f"session-{token_hex(6)}",
            lambda: date(2026, 11, 23),
            vault,
            deadline,
            leases or NoLeases(),
            again=again,
            waits=waits or RealWaits(),
        )
        driver = Driver(parts)
        try:
            yield SmallDesk(driver, store, mine, gate, vault)
        finally:
            driver.close()
