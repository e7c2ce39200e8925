"""Exceptions: only for a caller's misuse. An author's mistake is a `Diagnostic`, trouble in the backend
and a person's odd answer are events.

    EngineError
    ├── OutOfTurn         an event that the session does not wait for
    ├── UnknownFlow       a flow name the pack does not hold
    ├── BrokenState       stored bytes that are not a session's state
    └── FalseProof        a proof that other flow files gave
"""

from __future__ import annotations


class EngineError(Exception):
    """The base of everything the engine raises."""


class OutOfTurn(EngineError):
    """The driver fed an event the session does not wait for."""

    def __init__(self, event: str, waiting: str) -> None:
        self.event = event
        self.waiting = waiting
        super().__init__(f"the event {event} came while the session waits for {waiting}")


class UnknownFlow(EngineError):
    """The pack has no flow of this name."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        self.name = name
        self.known = known
        super().__init__(f"there is no flow {name!r}; there are {', '.join(known) or 'none'}")


class BrokenState(EngineError):
    """Stored bytes do not decode to a session's state."""


class FalseProof(EngineError):
    """A proof was used with other flow files than those it was made of; `name` is the flow that told it, ""
    where it was the number or the names of the files."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"the proof is not one of these flow files ({name or 'their number'})")
