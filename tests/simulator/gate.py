"""The gates of the simulator: they want fresh approvals for risky calls, and are asked about each call."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime, timedelta

from adapters.gates.port import Question
from adapters.problems import Unusable
from engine import Allow, Audience, Call, Deny, Event, NeedConfirmation, NeedSecond, Verdict
from tests.simulator.clinic import GRAVE, RISKY
from tests.simulator.surroundings import Surroundings
from tests.simulator.turns import Process

FRESH = timedelta(minutes=5)


class WaryGate:
    """See `Gate`. Which calls were allowed is noted."""

    def __init__(self, around: Surroundings, process: Process) -> None:
        self._around = around
        self._process = process

    def decide(self, question: Question) -> Verdict:
        """See `Gate.decide`."""
        around, call = self._around, question.call
        if not around.calm and around.tape.happens(around.storm.line // 4):
            return Deny("Not now.")
        if call.risk >= GRAVE and not fresh(call.seconded_at, question.at):
            return NeedSecond("Two are needed.")
        if call.risk >= RISKY and call.risk < GRAVE and not fresh(call.approved_at, question.at):
            return NeedConfirmation()
        around.allowed.add((call.key, self._process))
        return Allow()

    def looks_up(self, question: Question) -> tuple[str, ...]:
        """Nothing."""
        return ()

    def seen(self, question: Question, outcome: Event) -> Event:
        """All of it."""
        return outcome

    def about_to(self, call: Call, actor: str, session: str, at: str) -> None:
        """See `Gate.about_to`."""
        around = self._around
        if not around.calm and around.tape.happens(around.storm.store):
            around.note("the gates cannot write")
            raise Unusable("The gates cannot write.", "Make room.")

    def done(self, call: Call, event: Event, actor: str, session: str, at: str) -> None:
        """Nothing is remembered."""

    def allowed(self, audience: Audience, capabilities: Set[str]) -> frozenset[str]:
        """Everything."""
        return frozenset(capabilities)

    def who_is(self, os_user: str) -> Audience:
        """Everybody is an agent."""
        return Audience.AGENT

    def role(self, os_user: str, wanted: Audience | None) -> Audience:
        """Everybody is an agent."""
        return wanted or Audience.AGENT


def fresh(given: str, at: str) -> bool:
    """Whether an approval is given, not in the future, and at most five minutes old."""
    if not given:
        return False
    return timedelta(0) <= datetime.fromisoformat(at) - datetime.fromisoformat(given) <= FRESH
