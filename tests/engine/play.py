"""Plays a flow: feeds scripted answers, and answers its calls from a script, the way a driver would.

Between every two events the state goes to JSON and back, and the state that was never stored must go the
same way; what each turn promises is looked at every time. Knows no store, no clock and no backend.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, TypeAlias

from adapters.clinic.actions import CATALOG
from engine.actions import Audience, Catalog, Effect, Failure
from engine.compiler import Compiled, compile_pack
from engine.effects import (
    Ask,
    Call,
    CheckBack,
    Consult,
    Did,
    EngineEffect,
    Finish,
    Perform,
    Problem,
    Prompt,
    Reveal,
    Say,
)
from engine.events import (
    Allow,
    Answered,
    CannotTell,
    Changed,
    CheckedBack,
    DidNotHappen,
    Event,
    Failed,
    Finding,
    Gated,
    Happened,
    Lost,
    Noted,
    Resumed,
    Started,
    Stopped,
    Succeeded,
    Verdict,
    WentBack,
)
from engine.flow import Flow, Pack
from engine.limits import DEFAULT_LIMITS, Limits
from engine.source import Source
from engine.state import AtCall, AtEnd, AtPrompt, AtReveal, State, state_from_json, state_to_json
from engine.trace import Traced
from engine.turn import Turn, advance
from engine.types import (
    ChoiceType,
    DateType,
    IdType,
    ListType,
    MomentType,
    NothingType,
    NumberType,
    OptionalType,
    RecordType,
    SecretType,
    TextType,
    TruthType,
    Type,
)
from engine.values import Value
from tests.engine.retrace import mistaken

FLOWS: Final = Path(__file__).parent.parent.parent / "flows"
NOW: Final = "2026-11-23T09:30:00Z"
TODAY: Final = "2026-11-23"
VOCABULARY: Final = "labels:\n  save: Save\n  client_chart: Client Chart\n"
_STOPS: Final = (Ask, Consult, Perform, CheckBack, Reveal, Finish)


@dataclass(frozen=True, slots=True)
class Works:
    """The call returns this."""

    result: Value


@dataclass(frozen=True, slots=True)
class Fails:
    """The call ends in this failure."""

    failure: Failure
    message: str = ""
    result: Value = None
    retry_after: int | None = None


@dataclass(frozen=True, slots=True)
class Vanishes:
    """No answer comes; looking back shows the finding."""

    finding: Finding = field(default_factory=CannotTell)


Response: TypeAlias = Works | Fails | Vanishes
Script: TypeAlias = Mapping[str, Iterable[Response]]


OF_EXAMPLES: Final = frozenset(
    {"U224", "U225", "U320", "U321", "U322", "U323", "U324", "U326", "U129", "U131"}
)
"""An example that shows one thing asks nobody in the end, leaves unused what it does not show, decides by
what is always so, and has somebody to choose."""


def compiled(
    *texts: str, catalog: Catalog = CATALOG, limits: Limits = DEFAULT_LIMITS, vocabulary: str = VOCABULARY
) -> Compiled:
    """Flow texts, compiled together."""
    sources = [Source(f"{number}.yaml", text) for number, text in enumerate(texts, 1)]
    return compile_pack(sources, catalog, Source("vocabulary.yaml", vocabulary), limits)


def flow_of(*texts: str, catalog: Catalog = CATALOG, limits: Limits = DEFAULT_LIMITS) -> Flow:
    """The first of these flows, ready to start; the others can be visited. There must be no finding but
    those that a small example cannot help."""
    made = compiled(*texts, catalog=catalog, limits=limits)
    assert made.pack is not None, [str(each) for each in made.findings]
    assert [str(each) for each in made.findings if each.code not in OF_EXAMPLES] == []
    return made.pack.flow(next(iter(made.pack.trees)))


@cache
def shipped() -> Pack:
    """The flows that are shipped, with the real catalogue."""
    paths = sorted(path for path in FLOWS.rglob("*.yaml") if "replays" not in path.parts)
    texts = {path: Source(path.name, path.read_text(encoding="utf-8")) for path in paths}
    words = next(path for path in paths if path.name == "vocabulary.yaml")
    flows = [
        source
        for path, source in texts.items()
        if path.name == "flow.yaml" or (path.parent.name == "common" and "flow:" in source.text)
    ]
    made = compile_pack(flows, CATALOG, texts[words])
    assert made.pack is not None, [str(each) for each in made.findings]
    return made.pack


def sample(kind: Type, word: str = "x") -> Value:
    """A plain value of a type: the first of a choice, one item in a list, nothing unknown."""
    match kind:
        case OptionalType(of=inner):
            return sample(inner, word)
        case ListType(of=item):
            return [sample(item, word)]
        case RecordType(members=members):
            return {name: sample(of, name) for name, of in members}
        case ChoiceType(options=options):
            return options[0]
        case NumberType():
            return 3
        case TruthType():
            return True
        case DateType():
            return "2020-02-29"
        case MomentType():
            return "2026-11-23T09:00:00+01:00"
        case SecretType():
            return {"$secret": word, "checks": []}
        case NothingType():
            return None
        case TextType() | IdType():
            return word


def result_of(action: str, **members: Value) -> Value:
    """A plain result of an action, with these members."""
    kind = CATALOG.actions[action].result
    value = sample(kind) if kind is not None else None
    return {**value, **members} if isinstance(value, dict) else value


class Play:
    """One conversation.

    `script` gives each action's outcomes in order (a sample result once they are used up); `gate` answers
    for the gates. `calls` are the calls that were made, `effects` everything that was ever shown, `events`
    what happened, `trace` the way that was taken.
    """

    def __init__(
        self,
        flow: Flow,
        script: Script | None = None,
        gate: Callable[[Call], Verdict] | None = None,
        *,
        audience: Audience = Audience.AGENT,
        allowed: frozenset[str] | None = None,
        begin: bool = True,
    ) -> None:
        self.flow = flow
        self.state: State | None = None
        self.calls: list[Call] = []
        self.effects: list[EngineEffect] = []
        self.events: list[Event] = []
        self.trace: list[Traced] = []
        self._script = {name: list(outcomes) for name, outcomes in (script or {}).items()}
        self._gate = gate
        self._vanished: Finding = CannotTell()
        everything = frozenset(flow.catalog.actions)
        self.started = Started(
            "s1", flow.name, NOW, TODAY, audience, "ana", everything if allowed is None else allowed
        )
        if begin:
            self.do(self.started)

    # -- what a person does -------------------------------------------------------------------------

    def answer(self, value: Value, prompt: str | None = None, seq: int | None = None) -> list[str]:
        """Answer the question that waits, and everything up to the next stop."""
        return self.do(Answered(value, NOW, prompt, seq))

    def back(self) -> list[str]:
        """Go back to the question before."""
        return self.do(WentBack(NOW))

    def change(self, prompt: str, seq: int | None = None) -> list[str]:
        """Go back to a question that was answered."""
        return self.do(Changed(prompt, NOW, seq))

    def resume(self) -> list[str]:
        """Pick the session up again."""
        return self.do(Resumed(NOW, TODAY))

    def stop(self) -> list[str]:
        """Give it up."""
        return self.do(Stopped(NOW))

    def note(self, text: str) -> list[str]:
        """Write a note."""
        return self.do(Noted(text, NOW))

    # -- what is there ------------------------------------------------------------------------------

    @property
    def here(self) -> State:
        """The state."""
        assert self.state is not None
        return self.state

    @property
    def prompt(self) -> Prompt:
        """The question that waits."""
        assert isinstance(self.here.waiting, AtPrompt), self.here.waiting
        return self.here.waiting.prompt

    def fact(self, name: str) -> Value:
        """A fact of the flow that is running."""
        return self.here.frames[-1].facts[name]

    def waiting_call(self) -> Call:
        """The call that is under way."""
        assert isinstance(self.here.waiting, AtCall), self.here.waiting
        return self.here.waiting.call

    def made(self, action: str) -> list[Call]:
        """The calls of one action that were made."""
        return [call for call in self.calls if call.action == action]

    # -- the loop -------------------------------------------------------------------------------------

    def do(self, event: Event) -> list[str]:
        """Feed an event, answer the calls that follow from the script; what was shown, a line for each."""
        shown: list[str] = []
        following: Event | None = event
        while following is not None:
            effects = self.feed(following)
            shown += [words for each in effects if (words := in_a_line(each))]
            following = next((self._reply(each) for each in effects if _is_for_the_driver(each)), None)
        return shown

    def feed(self, event: Event) -> tuple[EngineEffect, ...]:
        """One event, without answering what follows from it."""
        before = self.state
        turn = advance(self.flow, before, event, tracing=True)
        assert mistaken(self.flow, turn.trace) == []
        data = keep_promises(before, turn)
        if before is not None:
            stored = advance(self.flow, state_from_json(state_to_json(before)), event)
            assert stored.effects == turn.effects
            assert state_to_json(stored.state) == data
        self.state = turn.state
        self.events.append(event)
        self.trace += turn.trace
        self.effects += turn.effects
        return turn.effects

    def _reply(self, effect: EngineEffect) -> Event:
        match effect:
            case Consult(call=call):
                return Gated(call.key, self._gate(call) if self._gate is not None else Allow(), NOW)
            case Perform(call=call):
                self.calls.append(call)
                return self._perform(call)
            case CheckBack(call=call):
                return CheckedBack(call.key, self._vanished, NOW)
            case _:
                raise AssertionError(effect)

    def _perform(self, call: Call) -> Event:
        outcomes = self._script.get(call.action)
        outcome = outcomes.pop(0) if outcomes else Works(result_of(call.action))
        match outcome:
            case Works(result=result):
                return Succeeded(call.key, result, NOW)
            case Fails():
                return Failed(
                    call.key, outcome.failure, NOW, outcome.message, outcome.result, outcome.retry_after
                )
            case Vanishes(finding=finding):
                self._vanished = finding
                return Lost(call.key, NOW)


def _is_for_the_driver(effect: EngineEffect) -> bool:
    return isinstance(effect, Consult | Perform | CheckBack)


def in_a_line(effect: EngineEffect) -> str:
    """An effect as a case writes it; empty for what only the driver sees."""
    match effect:
        case Say(text=text):
            return f"says {' '.join(text.text.split())}"
        case Did(action=action, outcome=outcome, error=error):
            return f"did {action} {outcome}" + (f" {error.value}" if error is not None else "")
        case Ask(prompt=prompt):
            return f"asks {prompt.id}"
        case Perform(call=call):
            return f"calls {call.action}" + (f" {call.subject}" if call.subject else "")
        case CheckBack(call=call):
            return f"looks back at {call.action}"
        case Problem(code=code):
            return f"problem {code}"
        case Finish(outcome=outcome):
            return f"ends {outcome.value}"
        case Consult() | Reveal():
            return ""


def keep_promises(before: State | None, turn: Turn) -> bytes:
    """What holds for every turn, whatever happened; the new state as it is stored."""
    state, effects = turn.state, turn.effects
    stops = [each for each in effects if isinstance(each, _STOPS)]
    assert len(stops) <= 1, "more than one thing is outstanding"
    assert not stops or effects[-1] is stops[0], "something follows the stop"
    if stops:
        assert _waits_for(state, stops[0])
    assert stops or any(isinstance(each, Problem) for each in effects) or isinstance(state.waiting, AtCall)
    data = state_to_json(state)
    loaded = state_from_json(data)
    assert state_to_json(loaded) == data, "a stored state is stored in another way"
    assert loaded == state
    if before is None:
        return data
    assert state.seq >= before.seq
    assert state.turns >= before.turns
    assert all(state.entries.get(path, 0) >= count for path, count in before.entries.items())
    assert state.calls[: len(before.calls)] == before.calls, "a call was forgotten"
    assert state.notes[: len(before.notes)] == before.notes, "a note was forgotten"
    if isinstance(before.waiting, AtEnd):
        assert state.waiting == before.waiting, "an ended session went on"
    if any(isinstance(each, Problem) for each in effects):
        assert state == before, "an answer that was refused changed something"
    return data


def _waits_for(state: State, stop: EngineEffect) -> bool:
    match stop, state.waiting:
        case Ask(prompt=prompt), AtPrompt(prompt=waiting):
            return prompt == waiting and prompt.seq <= state.seq
        case Consult(call=call), AtCall(call=waiting_call, phase="gate"):
            return call == waiting_call
        case Perform(call=call), AtCall(call=waiting_call, phase="planned"):
            return call == waiting_call
        case CheckBack(call=call), AtCall(call=waiting_call, phase="checking"):
            return call == waiting_call and call.effect is not Effect.READ
        case Reveal(), AtReveal(reveal=reveal):
            return stop == reveal
        case Finish(outcome=outcome), AtEnd(outcome=ended):
            return outcome == ended
        case _:
            return False


def happened(result: Value) -> Vanishes:
    """No answer came, and looking shows that it was done."""
    return Vanishes(Happened(result))


DID_NOT_HAPPEN: Final = Vanishes(DidNotHappen())
"""No answer came, and looking shows that nothing was done."""
