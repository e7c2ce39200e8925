"""What a session went through, found again from the events that happened to it."""

from __future__ import annotations

from collections.abc import Iterable

from engine.events import Event
from engine.flow import Flow
from engine.state import State
from engine.trace import Traced
from engine.turn import advance


def trace_of(flow: Flow, events: Iterable[Event]) -> tuple[Traced, ...]:
    """The trace of a whole session, from its first event on.

    `flow` is the version the session began with. Raises OutOfTurn if these are not the events of one session
    of this flow.
    """
    state: State | None = None
    trace: list[Traced] = []
    for event in events:
        turn = advance(flow, state, event, tracing=True)
        state = turn.state
        trace += turn.trace
    return tuple(trace)
