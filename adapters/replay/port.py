"""What a replay needs to be held: a front to talk to, and a clinic whose state can be looked at.

Any front end (the driver itself, the console, a web page) can stand behind `Stage`.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from adapters.view import View
from engine import Node, Value


class CallMade(msgspec.Struct, frozen=True):
    """A call that reached the backend: the action, and the failure it ended in (empty: none)."""

    action: str
    failure: str


class Stage(Protocol):
    """One conversation's world, made anew for each replay."""

    def start(self) -> View:
        """Begin the conversation."""
        ...

    def answer(self, value: Value) -> View:
        """Answer the question that waits."""
        ...

    def back(self) -> View:
        """Go back to the question before."""
        ...

    def by_hand(self, change: Node) -> None:
        """Change people in the clinic's own software, as the conversation asked somebody to do."""
        ...

    def plan_fault(self, action: str, fault: str) -> None:
        """Let the next call of `action` that has no fault planned yet end in `fault`: a kind of failure,
        `lost` (it is done, but the answer never comes) or `outcome_unknown` (and looking shows nothing)."""
        ...

    def calls(self) -> tuple[CallMade, ...]:
        """Every call made so far, reads included."""
        ...

    def holds(self) -> dict[str, Value]:
        """What the clinic and the mailbox hold: `settings` by id, `mailbox`, `tickets`, `journal`."""
        ...
