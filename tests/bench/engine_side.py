"""The conversation held by the engine: the flow in YAML, and one whole session of it.

The driver, the store and the clinic are not part of this; the state is handed from turn to turn.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from engine import (
    Answered,
    Ask,
    Audience,
    Catalog,
    EngineEffect,
    Event,
    Finish,
    Flow,
    Say,
    Source,
    Started,
    State,
    advance,
    compile_pack,
    state_from_json,
    state_to_json,
)
from tests.bench.texts import ANSWERS, CHOICES, FACTS, TEXTS

AT = "2026-11-23T09:30:00Z"


def flow_file() -> str:
    """The flow as YAML; JSON strings are YAML."""
    word = {name: json.dumps(text, ensure_ascii=False) for name, text in TEXTS.items()}
    labels = {name: json.dumps(label, ensure_ascii=False) for name, label in CHOICES.items()}
    facts = ", ".join(f"{name}: \"'{value}'\"" for name, value in FACTS.items())
    return f"""
flow: bench
title: Where is the email
audience: [agent]
steps:
  - set: {{{facts}}}
  - go: news
  - {{id: news, say: {word["news"]}}}
  - id: place
    ask: {word["place"]}
    answers:
      inbox: {labels["inbox"]}
      junk: {labels["junk"]}
      nowhere: {labels["nowhere"]}
      stop: {{label: {labels["stop"]}, then: bye}}
    save: place  # unstuck: allow U320 because both sides keep it
  - say: {word["ready"]}
  - {{id: again, ask: {word["again"]}, kind: yes-no, save: again}}  # unstuck: allow U320 because both keep it
  - say: {word["record"]}
  - {{id: remark, ask: {word["remark"]}, kind: text, save: note, then: news}}
  - {{id: bye, say: {word["bye"]}}}
  - end: solved
"""


def compiled() -> Flow:
    """The flow, ready to start."""
    made = compile_pack([Source("bench/flow.yaml", flow_file())], Catalog({}, {}))
    if made.pack is None or made.findings:
        raise SystemExit("\n".join(str(finding) for finding in made.findings))
    return made.pack.flow("bench")


START = Started("bench", "bench", AT, "2026-11-23", Audience.AGENT, "someone", frozenset())


@dataclass(frozen=True, slots=True)
class Held:
    """A session that was held to its end: how many turns it took, and all that was said and asked."""

    turns: int
    words: tuple[str, ...]


def events() -> tuple[Event, ...]:
    """What happens in one session after its start."""
    return tuple(Answered(answer, AT) for answer in ANSWERS)


def hold(flow: Flow, happens: tuple[Event, ...]) -> int:
    """Hold one session; the number of turns."""
    state: State = advance(flow, None, START).state
    for event in happens:
        state = advance(flow, state, event).state
    return len(happens) + 1


def hold_and_store(flow: Flow, happens: tuple[Event, ...]) -> int:
    """The same with the state written as JSON and read back between any two turns."""
    state = state_from_json(state_to_json(advance(flow, None, START).state))
    for event in happens:
        state = state_from_json(state_to_json(advance(flow, state, event).state))
    return len(happens) + 1


def told(flow: Flow) -> Held:
    """One session with everything that a person would see of it."""
    turn = advance(flow, None, START)
    words = [*_words(turn.effects)]
    for event in events():
        turn = advance(flow, turn.state, event)
        words += _words(turn.effects)
    return Held(len(ANSWERS) + 1, tuple(words))


def _words(effects: tuple[EngineEffect, ...]) -> list[str]:
    found: list[str] = []
    for effect in effects:
        match effect:
            case Say(text=text):
                found.append(text.text)
            case Ask(prompt=prompt):
                found += [prompt.text.text, *(choice.label for choice in prompt.choices)]
            case Finish(outcome=outcome):
                found.append(outcome.value)
            case _:
                found.append(repr(effect))
    return found
