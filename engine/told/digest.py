"""A conversation told to a person who takes it over: a text to copy into a ticket or a message.

It names people, unlike the trail of a ticket that is opened by itself (`engine.summary`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.actions import Effect
from engine.flow import Flow
from engine.people import records_in
from engine.state import AtEnd, AtPrompt, CallRecord, Mark, State
from engine.steps.ask import Ask
from engine.told.outline import client_of
from engine.told.step_words import LONGEST
from engine.values import Value

_CALL_WORDS = {"confirmed": "Done", "reconciled": "Done", "rejected": "Not done", "unknown": "Not known"}


def digest(flow: Flow, state: State) -> str:
    """The conversation for somebody who takes it over: whom it is about, what was asked and answered, what
    was done, the notes, and where it stands. Plain lines; moments in UTC; typed answers are not repeated."""
    begun = state.trail[0].at if state.trail else state.today
    client = client_of(flow, state)
    lines = [
        flow.tree.title,
        f"Conversation {state.session}, held by {state.actor} ({state.audience.value}), {begun[:10]}",
        *([f"About: {client} ({state.subject})"] if client else []),
    ]
    asked = [_asked(flow, state, mark) for mark in state.trail]
    done = [_done(call) for call in state.calls if call.effect is not Effect.READ or call.error is not None]
    for heading, items in (("Asked", asked), ("Done", done), ("Notes", list(state.notes))):
        if items:
            lines += ["", f"{heading}:", *(f"- {item}" for item in items)]
    return "\n".join([*lines, "", _stands(state)])


def question_in_short(text: str) -> str:
    """A question on one line: its last sentence that asks, else its first paragraph, cut where it is long."""
    paragraphs = [" ".join(part.split()) for part in text.split("\n") if part.strip()]
    asking = [
        words for part in paragraphs for words in re.split(r"(?<=[.!:?]) ", part) if words.endswith("?")
    ]
    words = asking[-1] if asking else next(iter(paragraphs), "")
    return words if len(words) <= LONGEST else words[: LONGEST - 1].rstrip() + "…"


def _asked(flow: Flow, state: State, mark: Mark) -> str:
    return f"{question_in_short(mark.question)} – {_answer(flow, state, mark)}"


def _answer(flow: Flow, state: State, mark: Mark) -> str:
    """The answer as a person would say it: a choice by its label, a record by its name."""
    if mark.answer.startswith("("):
        return {"(text)": "typed", "(skipped)": "skipped"}.get(mark.answer, mark.answer)
    frame = mark.frames[-1]
    step = flow.trees[frame.flow].steps.get(frame.at)
    for option in step.options if isinstance(step, Ask) else ():
        if option.id.text == mark.answer and option.label.constant is not None:
            return option.label.constant.text
    places = (*reversed(mark.frames), *reversed(state.frames))
    names = (_name_in(each.facts, mark.answer) for each in places)
    return next(filter(None, names), mark.answer)


def _name_in(facts: Mapping[str, Value], id: str) -> str:
    """The name of whatever was chosen, which need not be a person; "" if no fact tells it."""
    records = (record for value in facts.values() for record in records_in(value) if record.get("id") == id)
    names = (record.get("name") for record in records)
    return next((name for name in names if isinstance(name, str)), "")


def _done(call: CallRecord) -> str:
    word = _CALL_WORDS[call.outcome]
    text = call.text or call.action.replace("_", " ")
    return (
        f"{call.at[11:16]} UTC. {text}" if call.error is not None else f"{call.at[11:16]} UTC. {word}: {text}"
    )


def _stands(state: State) -> str:
    match state.waiting:
        case AtEnd(outcome=outcome):
            return f"It has ended: {outcome.value}."
        case AtPrompt(prompt=prompt):
            return f"It waits for an answer: {question_in_short(prompt.text.text)}"
        case _:
            return "Something is being done right now."
