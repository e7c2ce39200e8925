"""The gates' port: a question about one call, and who answers it.

The answers are the engine's own values (`Allow`, `Deny`, `NeedConfirmation`, `NeedEvidence`, `NeedSecond`).
Nothing here knows where policies are kept or how a call is made.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Protocol

import msgspec

from engine import Audience, Call, Event, Verdict


class Question(msgspec.Struct, frozen=True):
    """May `actor`, holding the conversation `session` as `audience`, make this call at the moment `at` (UTC)?

    `own` holds the ids of the people the actor may act for as themself: a signed-in client's own, and
    those a signed-in contact acts for. Nobody is their own by default. `looked_up` is how the reading actions
    ended that `Gate.looks_up` asked for, by their names; without those that the backend cannot do.
    """

    call: Call
    audience: Audience
    actor: str
    at: str
    own: frozenset[str] = frozenset()
    session: str = ""
    looked_up: Mapping[str, Event] = {}


class Gate(Protocol):
    """Answers whether calls may be made, and says what a conversation may count on."""

    def decide(self, question: Question) -> Verdict:
        """Whether the call may be made now. Never raises; what is not allowed by name is denied."""
        ...

    def looks_up(self, question: Question) -> tuple[str, ...]:
        """The reading actions about the same person whose outcomes the question must bring along. For a call
        that is refused whatever the outcome, nothing is looked up."""
        ...

    def seen(self, question: Question, outcome: Event) -> Event:
        """The outcome of a call that was allowed, without what whoever asked may not see of it."""
        ...

    def about_to(self, call: Call, actor: str, session: str, at: str) -> None:
        """A call that changes something is going to be made; written down before it is. Raises Unusable if
        that cannot be done, and then the call is not made."""
        ...

    def done(self, call: Call, event: Event, actor: str, session: str, at: str) -> None:
        """How that call ended: `Succeeded`, `Failed`, `Lost` or, after looking, `CheckedBack`. May come twice
        for one call, and never comes if the process died. Raises nothing."""
        ...

    def allowed(self, audience: Audience, capabilities: Set[str]) -> frozenset[str]:
        """The actions that this audience may call, perhaps after a confirmation or evidence, and that are
        among the backend's `capabilities`; also the parameters (`action.parameter`) that the policy names,
        where this audience may give them, and what those actions do besides (`action.effect`)."""
        ...

    def who_is(self, os_user: str) -> Audience:
        """The most trusted role that this user of the operating system may take."""
        ...

    def role(self, os_user: str, wanted: Audience | None) -> Audience:
        """The role for a conversation: `wanted`, or the usual one. Raises PlainProblem if `wanted` is more
        trusted than the user may be."""
        ...
