"""What conversations have touched, and which of them: counted in one process, added up over many."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from engine import Flow, Point, Traced, outcomes_of, touched


class Kept(msgspec.Struct, frozen=True):
    """A tally as it goes from one process to another: names of conversations, and by their numbers what each
    of them touched."""

    conversations: tuple[str, ...]
    points: tuple[tuple[Point, tuple[int, ...]], ...]
    outcomes: tuple[tuple[str, str, tuple[int, ...]], ...]


@dataclass(slots=True)
class Tally:
    """For each point, and each outcome of an action, the names of the conversations that touched it: keys of
    a mapping, so that they keep the order in which they came."""

    points: dict[Point, dict[str, None]] = field(default_factory=dict)
    outcomes: dict[tuple[str, str], dict[str, None]] = field(default_factory=dict)

    def take(self, conversation: str, flow: Flow, trace: Iterable[Traced]) -> None:
        """Count what one conversation touched."""
        seen = tuple(trace)
        for point in touched(flow, seen):
            self.points.setdefault(point, {})[conversation] = None
        for outcome in outcomes_of(flow, seen):
            self.outcomes.setdefault(outcome, {})[conversation] = None

    def add(self, other: Tally) -> None:
        """Count what another tally counted, too."""
        for point, by in other.points.items():
            self.points.setdefault(point, {}).update(by)
        for outcome, by in other.outcomes.items():
            self.outcomes.setdefault(outcome, {}).update(by)

    def kept(self) -> str:
        """The tally as text for another process."""
        numbers: dict[str, int] = {}

        def numbered(conversations: Iterable[str]) -> tuple[int, ...]:
            return tuple(numbers.setdefault(each, len(numbers)) for each in conversations)

        points = tuple((point, numbered(by)) for point, by in self.points.items())
        outcomes = tuple((action, way, numbered(by)) for (action, way), by in self.outcomes.items())
        return msgspec.json.encode(Kept(tuple(numbers), points, outcomes)).decode()


def tally_of(text: str) -> Tally:
    """The tally that another process kept as this text."""
    kept = msgspec.json.decode(text, type=Kept)
    names = kept.conversations
    return Tally(
        {point: {names[number]: None for number in by} for point, by in kept.points},
        {(action, way): {names[number]: None for number in by} for action, way, by in kept.outcomes},
    )
