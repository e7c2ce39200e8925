"""What kept conversations went through, found again from the events that a store holds of them."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from adapters.library import Library
from adapters.stores.port import SessionSummary, Store
from engine import Event, Flow, Traced, trace_of

_ALL = 10_000
_DECODER: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


def walks(store: Store, library: Library) -> Iterator[tuple[Flow, tuple[Traced, ...]]]:
    """For each session of a store the flow it was started with, and its trace. Nothing is done again: what
    came of calls is in the events. Raises PlainProblem if the store is damaged."""
    for session in store.sessions(_ALL):
        yield walk_of(store, library, session)


def walk_of(store: Store, library: Library, session: SessionSummary) -> tuple[Flow, tuple[Traced, ...]]:
    """The same for one session."""
    version = session.version
    flow = library.revive(session.flow, version, lambda: store.load_version(version))
    events = (_DECODER.decode(data) for _, data in store.events(session.session))
    return flow, trace_of(flow, events)
