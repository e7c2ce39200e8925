"""What must hold in every conversation, whatever is answered and whatever goes wrong: seen in what is kept.

- An answer moves the conversation, or it is said why not; a question can be answered.
- No call that changes something is made unless the gates have just allowed that very call, and none twice.
- "Solved" is only said after a person's word or a check, never right after a change.
- What happened can be found again from the events alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence, Set

from adapters.replay.port import CallMade
from engine import (
    Answered,
    Ask,
    Catalog,
    Changed,
    Effect,
    Event,
    Finish,
    Flow,
    Gated,
    Outcome,
    OutOfTurn,
    Perform,
    Problem,
    Say,
    State,
    Traced,
    Turn,
    WentBack,
    advance,
    outcomes_of,
    state_from_json,
)

_CHOSEN = frozenset({"choice", "one", "several"})


def broken_promises(
    flow: Flow, events: Iterable[Event], kept: bytes, calls: Sequence[CallMade], allowed: Set[str]
) -> Iterator[str]:
    """Everything that did not hold, a sentence each. `kept` is the state that was stored last, `calls` are
    those that reached the backend, `allowed` the keys of those that the gates allowed."""
    checking = _Checking(flow, allowed)
    for event in events:
        try:
            checking.take(event)
        except OutOfTurn as error:
            yield f"What happened cannot be found again from the events: {error}."
            return
    yield from checking.broken
    if checking.state is not None and checking.state != state_from_json(kept):
        yield "The state that was kept is not the one that the events lead to."
    yield from _calls(flow.catalog, calls, allowed)


class _Checking:
    """A conversation while it is looked through."""

    def __init__(self, flow: Flow, allowed: Set[str]) -> None:
        self.flow = flow
        self.allowed = allowed
        self.state: State | None = None
        self.trace: list[Traced] = []
        self.broken: list[str] = []

    def take(self, event: Event) -> None:
        """Let the event happen, and look at what came of it."""
        turn = advance(self.flow, self.state, event, tracing=True)
        self.state = turn.state
        self.trace += turn.trace
        if isinstance(event, Answered | WentBack | Changed):
            self._moved(event, turn)
        for effect in turn.effects:
            match effect:
                case Perform(call=call) if call.effect is not Effect.READ:
                    if not (isinstance(event, Gated) and event.key == call.key and call.key in self.allowed):
                        self.broken.append(f"The call of {call.action} was not allowed by the gates.")
                case Ask(prompt=prompt):
                    if prompt.kind in _CHOSEN and not prompt.choices and not prompt.optional:
                        self.broken.append(f"The question {prompt.id} has no choice.")
                case Finish(outcome=Outcome.SOLVED):
                    self._solved()
                case _:
                    continue

    def _moved(self, event: Event, turn: Turn) -> None:
        """An answer that leads nowhere says why."""
        if all(isinstance(effect, Say) for effect in turn.effects):
            self.broken.append(f"{type(event).__name__} led nowhere, and nothing says why.")
        refused = any(isinstance(effect, Problem) and not effect.text.strip() for effect in turn.effects)
        if refused:
            self.broken.append("An answer was refused without a word.")

    def _solved(self) -> None:
        """Back from the end there must be a person's word or a check before there is a change."""
        for each in reversed(self.trace):
            if each.kind == "answer" or (each.kind in ("branch", "outcome") and each.reads):
                return
            if each.kind == "outcome":
                ((action, way),) = outcomes_of(self.flow, (each,))
                if self.flow.catalog.actions[action].effect is not Effect.READ:
                    self.broken.append(f"It says solved right after {action} ({way}), without any check.")
                    return
        self.broken.append("It says solved before anything was asked or checked.")


def _calls(catalog: Catalog, calls: Sequence[CallMade], allowed: Set[str]) -> Iterator[str]:
    writes = [call for call in calls if catalog.actions[call.action].effect is not Effect.READ]
    for call in writes:
        if call.key not in allowed:
            yield f"{call.action} was called without having been allowed."
    for key in {call.key for call in writes}:
        same = [call for call in writes if call.key == key]
        if len(same) > 1:
            yield f"{same[0].action} was called {len(same)} times under one key."
