"""What happened in a conversation, without what differs from one front end to the next: how an answer was
typed, the names of secrets, who sat there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Set

import msgspec

from engine import Answered, AtPrompt, Event, Flow, Prompt, Resumed, State, Value, advance

_MAIL = re.compile(r"token-[0-9]{32}")
_BY = ("by", "granted_by")
_WHOEVER = "whoever sat there"
_ENCODER = msgspec.json.Encoder(order="deterministic")


def event_log(flow: Flow, events: Iterable[bytes]) -> list[str]:
    """The events as lines. That a process ended and another went on is no part of the conversation."""
    state: State | None = None
    lines: list[str] = []
    actors: set[Value] = set()
    for body in events:
        event: Event = msgspec.json.decode(body, type=Event)
        if isinstance(event, Answered):
            event = Answered(_answer(state, event.value), event.at)
        told: Value = json.loads(_ENCODER.encode(event))
        actors |= {told["actor"]} if isinstance(told, dict) and told.get("actor") else set()
        if not isinstance(event, Resumed):
            lines.append(json.dumps(_without_names(told, actors), sort_keys=True))
        state = advance(flow, state, msgspec.json.decode(body, type=Event)).state
    return lines


def _answer(state: State | None, value: Value) -> Value:
    """The id of the choice that was meant."""
    prompt = state.waiting.prompt if state is not None and isinstance(state.waiting, AtPrompt) else None
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return [_answer(state, each) for each in value]
    if prompt is None or not isinstance(value, str):
        return value
    return _chosen(prompt, value)


def _chosen(prompt: Prompt, value: str) -> str:
    labels = {choice.label.casefold(): choice.id for choice in prompt.choices}
    return labels.get(value.strip().casefold(), value)


def _without_names(value: Value, actors: Set[Value]) -> Value:
    """Without the ids of secrets, which count up, and without who sat there: each front has names of its own
    for them, and a record of what they did carries it."""
    if isinstance(value, dict):
        if "$secret" in value:
            return {"$secret": "…"}
        return {
            name: _WHOEVER if name in _BY and each in actors else _without_names(each, actors)
            for name, each in value.items()
            if name != "actor"
        }
    if isinstance(value, list):
        return [_without_names(each, actors) for each in value]
    # The ids of mails are counted, too, by each process for itself.
    return _MAIL.sub("token-…", value) if isinstance(value, str) else value
