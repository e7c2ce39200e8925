"""How the ways of a conversation are told to whoever asks why it is not elsewhere: to authors with their
rules and where they are written, to everybody else in plain words.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from engine.flow import Flow
from engine.steps.base import Asking, Calling, Step
from engine.steps.if_ import If
from engine.told.spoken import as_sentence, condition_words, failure_words, findings, plain_id, subject_words
from engine.told.step_words import step_in_words, way_in_words
from engine.told.why import decided, rule_of
from engine.trace import DONE, EMPTY, Traced
from engine.values import Value
from engine.ways import Spot, Way, spot_of


class Teller(Protocol):
    """Puts steps, decisions and conditions into words. `other_way` begins what would have led elsewhere."""

    other_way: str

    def name(self, spot: Spot) -> str:
        """What a step is called."""
        ...

    def place(self, spot: Spot) -> str:
        """Where it is written, in brackets; empty where that is not told."""
        ...

    def asks(self, spot: Spot) -> bool:
        """Whether it is a question."""
        ...

    def asked(self, each: Traced) -> str:
        """What the question of an answer is called."""
        ...

    def decided(self, each: Traced) -> str:
        """One decision in a sentence."""
        ...

    def condition(self, spot: Spot, way: Way) -> str:
        """What has to be for this way to be taken; empty where nothing has to."""
        ...


class AsWritten:
    """Tells authors."""

    other_way = "For that way"

    def __init__(self, flow: Flow) -> None:
        self._flow = flow

    def name(self, spot: Spot) -> str:
        """Its full id."""
        return spot.id

    def place(self, spot: Spot) -> str:
        """See `Teller.place`."""
        found = self._step(spot)
        return f" ({found.place})" if found is not None else ""

    def asks(self, spot: Spot) -> bool:
        """See `Teller.asks`."""
        return isinstance(self._step(spot), Asking)

    def asked(self, each: Traced) -> str:
        """Its full id."""
        return each.step

    def decided(self, each: Traced) -> str:
        """See `Teller.decided`."""
        return decided(self._flow, each)

    def condition(self, spot: Spot, way: Way) -> str:
        """See `Teller.condition`."""
        step = self._step(spot)
        if step is None or (not way.label and not isinstance(step, Asking)):
            return ""
        at = f" ({step.place})"
        match step:
            case Asking():
                answer = f"with {way.label}" if way.label else "otherwise"
                return f"{spot.path} is answered {answer}{at}"
            case Calling():
                return "" if way.label == DONE else f"the call at {spot.path} ends in {way.label}{at}"
            case _ if way.label in ("true", "false"):
                return f"the rule {rule_of(step)} {'holds' if way.label == 'true' else 'does not hold'}{at}"
            case _ if way.label == EMPTY:
                return f"the list {rule_of(step)} is empty{at}"
            case _:
                return f"the rule {rule_of(step)} gives {way.label}{at}"

    def _step(self, spot: Spot) -> Step | None:
        return self._flow.trees[spot.flow].steps.get(spot.path)


class InWords:
    """Tells whoever is on the phone. `facts` fill in names where they are known."""

    other_way = "It would be otherwise with"

    def __init__(self, flow: Flow, facts: Mapping[str, Value]) -> None:
        self._flow = flow
        self._facts = facts

    def name(self, spot: Spot) -> str:
        """What it does, in a few words."""
        step = self._step(spot)
        return f"“{step_in_words(self._flow, step, self._facts)}”" if step is not None else "the end"

    def place(self, spot: Spot) -> str:
        """Nothing: files are for authors."""
        return ""

    def asks(self, spot: Spot) -> bool:
        """See `Teller.asks`."""
        return isinstance(self._step(spot), Asking)

    def asked(self, each: Traced) -> str:
        """The question in short."""
        return self.name(spot_of(each))

    def decided(self, each: Traced) -> str:
        """See `Teller.decided`."""
        step = self._flow.trees[each.flow].steps[each.path.partition("!")[0]]
        way = way_in_words(self._flow, step, each.way, self._facts)
        match each.kind:
            case "answer":
                return f"{self.asked(each)} was {_answered(way)}."
            case "branch":
                return as_sentence(findings(each.reads, self._flow.catalog)) or self._ruled(step, each.way)
            case "exit":
                return f"{self.asked(each)} ended with: {plain_id(each.way)}."
            case _:
                ended = "worked" if each.way == DONE else failure_words(each.way)
                return f"{step_in_words(self._flow, step, self._facts)}: {ended}."

    def condition(self, spot: Spot, way: Way) -> str:
        """See `Teller.condition`."""
        step = self._step(spot)
        if step is None or (not way.label and not isinstance(step, Asking)):
            return ""
        if isinstance(step, Calling):
            what = step_in_words(self._flow, step, self._facts)
            return "" if way.label == DONE else f"{what}: {failure_words(way.label)}"
        if not isinstance(step, Asking):
            return self._ruled(step, way.label).rstrip(".")
        return f"{self.name(spot)} {_answered(way_in_words(self._flow, step, way.label, self._facts))}"

    def _ruled(self, step: Step, way: str) -> str:
        """What is so where the rule of a step goes this way."""
        rule = next(iter(step.plan.parts.expressions.values()), None)
        if rule is None:
            return ""
        if isinstance(step, If):
            return f"{condition_words(rule.tree, self._flow.catalog, way == 'true')}."
        about = subject_words(rule.tree, self._flow.catalog)
        return f"{about}: {way_in_words(self._flow, step, way, self._facts)}."

    def _step(self, spot: Spot) -> Step | None:
        return self._flow.trees[spot.flow].steps.get(spot.path)


def _answered(way: str) -> str:
    return f"answered with “{way}”" if way else "answered"
