"""Why a conversation stands where it stands, told to somebody on the phone: what was answered, what was done
and what was found, in the words of labels and titles.

`engine.told.why` tells authors the same with their rules, and where they are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.actions import Effect
from engine.flow import Flow
from engine.state import AtEnd, AtPrompt, State
from engine.told.digest import question_in_short
from engine.told.outline import client_of
from engine.told.spoken import as_sentence, failure_words, findings, plain_id
from engine.told.step_words import step_in_words
from engine.told.why import MOST_REASONS, STAFF
from engine.trace import DONE, Traced


def why_in_words(flow: Flow, state: State, trace: Sequence[Traced] = ()) -> str:
    """What led to the question that waits, one reason a line, and of which part of the conversation it is.
    What was found is told to the clinic's own people only."""
    lines = [_answered(state)]
    if state.audience in STAFF:
        lines += _since(flow, state, trace)[-MOST_REASONS:]
    waiting = state.waiting
    if isinstance(waiting, AtEnd):
        return "\n".join([*lines, f"The conversation has ended: {waiting.outcome.value}."])
    if isinstance(waiting, AtPrompt) and waiting.asking and waiting.call is not None:
        lines.append(f"It is about this: {waiting.call.sentence or plain_id(waiting.call.action)}")
    client = client_of(flow, state)
    about = f", about {client}" if client else ""
    return "\n".join([*lines, f"It belongs to “{flow.trees[state.frames[-1].flow].title}”{about}."])


def _answered(state: State) -> str:
    if not state.trail:
        return "This is the first question."
    last = state.trail[-1]
    answer = "skipped" if last.answer == "(skipped)" else f"answered with “{last.told or last.answer}”"
    return f"“{question_in_short(last.question)}” was {answer}."


def _since(flow: Flow, state: State, trace: Sequence[Traced]) -> list[str]:
    answers = [number for number, each in enumerate(trace) if each.kind == "answer"]
    told: dict[str, None] = {}
    for each in trace[answers[-1] + 1 :] if answers else trace:
        told.update(dict.fromkeys(_told(flow, state, each)))
    return list(told)


def _told(flow: Flow, state: State, each: Traced) -> Iterator[str]:
    """What one thing on the way was, if it says something."""
    step = flow.trees[each.flow].steps[each.path.partition("!")[0]]
    match each.kind:
        case "outcome" if each.way != DONE:
            facts = state.frames[-1].facts
            yield f"{step_in_words(flow, step, facts)}: {failure_words(each.way)}."
        case "outcome":
            done = next((call for call in reversed(state.calls) if call.path == each.step), None)
            if done is not None and done.effect is not Effect.READ and done.text:
                yield f"{done.text.rstrip('.')}."
        case "branch":
            yield from filter(None, [as_sentence(findings(each.reads, flow.catalog))])
        case "exit" if each.way:
            yield f"“{flow.trees[step.visits].title}” ended with: {plain_id(each.way)}."
