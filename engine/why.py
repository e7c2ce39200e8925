"""Why a conversation stands where it stands, in plain words."""

from __future__ import annotations

from engine.flow import Flow
from engine.state import AtEnd, AtPrompt, State


def why(flow: Flow, state: State) -> str:
    """Where the conversation is, what led there, and where that is written."""
    if isinstance(state.waiting, AtEnd):
        return f"The conversation has ended ({state.waiting.outcome.value})."
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
    return " ".join(lines)
