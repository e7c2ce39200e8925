"""A conversation told to a person who takes it over: a text to copy into a ticket or a message.

It names people, unlike the trail of a ticket that is opened by itself (`engine.summary`).
"""

from __future__ import annotations

import re

from engine.actions import Effect
from engine.flow import Flow
from engine.state import AtEnd, AtPrompt, CallRecord, Mark, State
from engine.told.outline import client_of
from engine.told.step_words import LONGEST

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
    asked = [_asked(mark) for mark in state.trail]
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


def _asked(mark: Mark) -> str:
    return f"{question_in_short(mark.question)} – {_answer(mark)}"


def _answer(mark: Mark) -> str:
    """The answer as whoever gave it knows it: a choice by its label, a record by its name. What was typed is
    not repeated."""
    if mark.answer.startswith("(") and mark.answer != "(several)":
        return "skipped" if mark.answer == "(skipped)" else "typed"
    return mark.told or mark.answer


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
