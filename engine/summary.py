"""What a ticket says about a conversation: the trail of steps and what was done, and nothing personal."""

from __future__ import annotations

from collections.abc import Container, Sequence

from engine.actions import Effect
from engine.state import CallRecord, Mark


def trail_lines(trail: Sequence[Mark], calls: Sequence[CallRecord], behind: Container[str]) -> list[str]:
    """One line for each answered question and each call, in the order in which they happened. What was only
    read, and that a person went back past (`behind`, by keys), is left out.

    Choices stand with their ids; what a person typed is only named by its kind. Ids of records in the paths
    are the backend's opaque ids.
    """
    lines: list[str] = []
    done = 0
    for mark in trail:
        lines += _call_lines(calls[done : mark.calls], behind)
        done = max(done, mark.calls)
        lines.append(f"{mark.at} {mark.path}: {mark.answer}")
    return lines + _call_lines(calls[done:], behind)


def _call_lines(calls: Sequence[CallRecord], behind: Container[str]) -> list[str]:
    return [_call_line(call) for call in calls if call.effect is not Effect.READ or call.key not in behind]


def _call_line(call: CallRecord) -> str:
    error = f" ({call.error.value})" if call.error is not None else ""
    found = call.text if call.effect is Effect.READ and call.error is None else call.outcome
    return f"{call.at} {call.path}: {call.action}: {found}{error}"
