"""Why a conversation stands where it stands, in plain words: the rules, what they read, and where they are.

What a rule read is told to the clinic's own people only. `engine.told.why_not` tells why it is not elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from engine.actions import Audience
from engine.flow import Flow
from engine.state import AtEnd, AtPrompt, State
from engine.steps.base import Step
from engine.trace import DONE, Traced
from engine.values import Value

STAFF = frozenset({Audience.PRACTITIONER, Audience.AGENT, Audience.ADMIN})
LONGEST_VALUE = 60
"""How many characters of a value are told."""

MOST_REASONS = 12
"""How many of the last decisions are told."""


def why(flow: Flow, state: State, trace: Sequence[Traced] = ()) -> str:
    """Where the conversation is, what led there, and where that is written.

    One reason a line. With the session's `trace` each rule since the last answer is told, with the values it
    read, its file and line.
    """
    reasons = _reasons(flow, state, trace)
    if isinstance(state.waiting, AtEnd):
        return "\n".join([f"The conversation has ended ({state.waiting.outcome.value}).", *reasons])
    frame = state.frames[-1]
    step = flow.trees[frame.flow].steps.get(frame.at)
    lines = [
        f"This is the step {frame.prefix}{frame.at}" + (f" ({step.place})." if step is not None else ".")
    ]
    if isinstance(state.waiting, AtPrompt) and state.waiting.asking and state.waiting.call is not None:
        lines.append(f"It is about the call of {state.waiting.call.action}.")
    if state.trail:
        last = state.trail[-1]
        lines.append(f"It was reached after {last.path} was answered with {last.answer}.")
    else:
        lines.append("It is the first question.")
    return "\n".join([*lines, *reasons])


def _reasons(flow: Flow, state: State, trace: Sequence[Traced]) -> list[str]:
    answers = [number for number, each in enumerate(trace) if each.kind == "answer"]
    since = trace[answers[-1] + 1 :] if answers else trace
    told = [decided(flow, each) for each in since if each.kind in ("branch", "outcome", "error", "exit")]
    if state.audience not in STAFF or not told:
        return []
    return ["Since then:" if answers else "Before it:", *told[-MOST_REASONS:]]


def decided(flow: Flow, each: Traced) -> str:
    """One decision in a sentence: the rule, what it read, and where it stands."""
    step = flow.trees[each.flow].steps[each.path.partition("!")[0]]
    match each.kind:
        case "branch":
            return f"The rule {rule_of(step)} {_judged(each.way)} ({step.place}){values(each.reads)}."
        case "exit":
            words = f"left by {each.way}" if each.way else "over"
            return f"The visit of {step.visits} is {words} ({step.place})."
        case "error":
            return f"There is a way for {each.way} ({step.place})."
        case "answer":
            return f"{each.step} was answered with {each.way} ({step.place})."
        case _:
            return f"The call at {each.step} {_ended(each.way)} ({step.place}){values(each.reads)}."


def rule_of(step: Step) -> str:
    """The rule of a step that decides, as its author wrote it."""
    rule = next(iter(step.plan.parts.expressions.values()), None)
    return f"`{' '.join(rule.source.text.split())}`" if rule is not None else "of this step"


def values(reads: Mapping[str, Value]) -> str:
    """What a rule read: `: a.b = 1, c = null`; nothing where it read nothing."""
    told = [f"{name} = {_in_short(value)}" for name, value in reads.items() if name != "exits"]
    return f": {', '.join(told)}" if told else ""


def _in_short(value: Value) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _judged(way: str) -> str:
    match way:
        case "true":
            return "holds"
        case "false":
            return "does not hold"
        case _:
            return f"gives {way}"


def _ended(way: str) -> str:
    return "worked" if way == DONE else f"ended in {way}"
