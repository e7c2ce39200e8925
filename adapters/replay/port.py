"""What a replay needs to be held: a front to talk to, and a clinic whose state can be looked at.

Any front end (the driver itself, the console, a web page) can stand behind `Stage`.
"""

from __future__ import annotations

from typing import Protocol

import msgspec

from adapters.view import View
from engine import Node, Value

REFUSED_HERE = "refused_here"
"""The code of a problem that a front end has with an answer before the driver hears of it."""


class StageFailed(Exception):
    """The front end did not do what any conversation may expect of it; the words say what."""


class CallMade(msgspec.Struct, frozen=True):
    """A call that reached the backend: the action, the failure it ended in (empty: none), and its idempotency
    key (empty for reads)."""

    action: str
    failure: str
    key: str = ""


class Stage(Protocol):
    """One conversation's world, made anew for each replay."""

    def start(self, flow: str = "", by: str = "") -> View:
        """Begin the conversation, or another one of the flow `flow` in the same world; `by` is who begins
        it, if not the usual person."""
        ...

    def answer(self, value: Value, by: str = "") -> View:
        """Answer the question that waits; `by` is who does, if not whoever began the conversation."""
        ...

    def reveal(self, id: str) -> tuple[bool, View]:
        """Let the secret with this id be shown; whether it was, and the turn after it."""
        ...

    def later(self, minutes: int) -> None:
        """Let time pass."""
        ...

    def restart(self) -> View:
        """End the program as if it were killed, and pick the conversation up with a new one."""
        ...

    def back(self) -> View:
        """Go back to the question before."""
        ...

    def change(self, prompt: str) -> View:
        """Go back to the question `prompt`, which was answered."""
        ...

    def hand_over(self, text: str) -> View:
        """Hand the case over to the clinic's support, with what its ticket shall say."""
        ...

    def stop(self) -> View:
        """Give the conversation up for good."""
        ...

    def by_hand(self, change: Node) -> None:
        """Change people in the clinic's own software, as the conversation asked somebody to do."""
        ...

    def plan_fault(self, action: str, fault: str, call: int) -> None:
        """Let a call of `action` end in `fault`: the one with the number `call`, or for 0 the first that has
        no fault planned yet. A fault is a kind of failure, `lost` (it is done, but the answer never comes),
        `not_done` (it is not, and the answer never comes) or `outcome_unknown` (and looking shows
        nothing)."""
        ...

    def why(self, step: str) -> str:
        """Why the conversation has not come to `step`; for an empty one, why it stands where it stands."""
        ...

    def events(self) -> tuple[tuple[bytes, ...], ...]:
        """What happened so far in each conversation of this world, as it is kept."""
        ...

    def calls(self) -> tuple[CallMade, ...]:
        """Every call made so far, reads included."""
        ...

    def holds(self) -> dict[str, Value]:
        """What the clinic and the mailbox hold: `settings` by id, `mailbox`, `tickets`, `journal`."""
        ...
