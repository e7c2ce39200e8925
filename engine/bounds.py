"""Notes of how great a number, a date or a moment can be, kept among the paths that are known.

A note such as `age >= 18` follows from a comparison with a written value, as `engine.ruled_out` has notes
of what a choice cannot be. Ways that meet keep the notes that both have. Nothing here knows expressions or
steps.
"""

from __future__ import annotations

from collections.abc import Set
from datetime import date, datetime
from typing import Final, Literal, TypeAlias

import msgspec

Comparison: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">="]
Measure: TypeAlias = float | date | datetime

COUNT: Final = " | count"
"""What follows the path of a list where its number of items is meant."""

TURNED: Final[dict[str, Comparison]] = {
    "==": "==",
    "!=": "!=",
    "<": ">",
    "<=": ">=",
    ">": "<",
    ">=": "<=",
}
"""Each comparison with its two sides exchanged."""

_OPPOSITE: Final[dict[Comparison, Comparison]] = {
    "==": "!=",
    "!=": "==",
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
}
_FROM_BELOW: Final = (">", ">=")
_FROM_ABOVE: Final = ("<", "<=")
_WORDS: Final = {
    False: {">": "more than ", ">=": "at least ", "<": "less than ", "<=": "at most "},
    True: {">": "after ", ">=": "not before ", "<": "before ", "<=": "not after "},
}


class Bound(msgspec.Struct, frozen=True):
    """One end of where a value lies: on which side of `text`, which is `measure` as it is written."""

    side: str
    measure: Measure
    text: str

    @property
    def included(self) -> bool:
        """Whether the value can be the end itself."""
        return self.side.endswith("=")

    def in_words(self) -> str:
        """The bound as it is told to an author."""
        return _WORDS[isinstance(self.measure, date)][self.side] + self.text


class Between(msgspec.Struct, frozen=True):
    """Where a value lies; an end that is None is open."""

    least: Bound | None
    most: Bound | None

    def is_empty(self) -> bool:
        """Whether no value lies there."""
        least, most = self.least, self.most
        if least is None or most is None:
            return False
        apart = _order(least.measure, most.measure)
        return apart > 0 or (apart == 0 and not (least.included and most.included))

    def answers(self, comparison: Comparison, measure: Measure) -> bool | None:
        """Whether the comparison holds for every value there (True), for none (False), or for some."""
        match comparison:
            case ">" | ">=":
                return self._is_above(measure, comparison == ">=")
            case "<" | "<=":
                above = self._is_above(measure, comparison == "<")
                return None if above is None else not above
            case "==":
                if self._is_above(measure, True) is False or self._is_above(measure, False) is True:
                    return False
                only = self._is_above(measure, True) is True and self._is_above(measure, False) is False
                return True if only else None
            case "!=":
                equal = self.answers("==", measure)
                return None if equal is None else not equal

    def _is_above(self, measure: Measure, included: bool) -> bool | None:
        if self.least is not None:
            apart = _order(self.least.measure, measure)
            if apart > 0 or (apart == 0 and (included or not self.least.included)):
                return True
        if self.most is not None:
            apart = _order(self.most.measure, measure)
            if apart < 0 or (apart == 0 and not (included and self.most.included)):
                return False
        return None

    def in_words(self) -> str:
        """Where the value lies, for an author."""
        least, most = self.least, self.most
        if least is not None and most is not None and _order(least.measure, most.measure) == 0:
            return least.text
        return " and ".join(each.in_words() for each in (least, most) if each is not None)


def measured(value: object) -> Measure | None:
    """A written value as something that has an order; None for one that has none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return value
    if not isinstance(value, str):
        return None
    try:
        if len(value) == len("2026-11-23"):
            return date.fromisoformat(value)
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def has_items(path: str, known: Set[str]) -> bool:
    """Whether the list at `path` was found not to be empty."""
    return between(path + COUNT, known).answers(">", 0) is True


def items_notes(path: str) -> tuple[frozenset[str], frozenset[str]]:
    """What is known of the list at `path` where it has items, and where it has none."""
    return bound_notes(path + COUNT, ">", 0)


def bound_notes(path: str, comparison: Comparison, value: object) -> tuple[frozenset[str], frozenset[str]]:
    """What is known of the value at `path` where the comparison with `value` holds, and where it does not."""
    return _of_ways(path, comparison, value), _of_ways(path, _OPPOSITE[comparison], value)


def _of_ways(path: str, comparison: Comparison, value: object) -> frozenset[str]:
    """The notes of a comparison. That a list has items is noted in one way, however it was found out, so that
    it is known as well where ways meet that found it out differently."""
    counts = path.endswith(COUNT)
    found = _notes(path, ">" if counts and comparison == "!=" and value == 0 else comparison, value)
    if counts and between(path, found).answers(">", 0):
        return found | _notes(path, ">", 0)
    return found


def _notes(path: str, comparison: Comparison, value: object) -> frozenset[str]:
    sides = {"==": (">=", "<="), "!=": ()}.get(comparison, (comparison,))
    return frozenset(f"{path} {side} {value}" for side in sides)


def between(path: str, known: Set[str]) -> Between:
    """Where the value at `path` lies, by the notes that are known."""
    start = f"{path} "
    least = Bound(">=", 0, "0") if path.endswith(COUNT) else None
    most: Bound | None = None
    for note in sorted(known):
        found = _bound(note[len(start) :]) if note.startswith(start) else None
        if found is None:
            continue
        if found.side in _FROM_BELOW and (least is None or _is_closer(found, least, 1)):
            least = found
        if found.side in _FROM_ABOVE and (most is None or _is_closer(found, most, -1)):
            most = found
    return Between(least, most)


def _bound(words: str) -> Bound | None:
    """The bound that the words of a note after its path say."""
    side, _, text = words.partition(" ")
    if side not in _FROM_BELOW and side not in _FROM_ABOVE:
        return None
    try:
        measure: Measure | None = float(text)
    except ValueError:
        measure = measured(text)
    return Bound(side, measure, text) if measure is not None else None


def _is_closer(one: Bound, other: Bound, towards: int) -> bool:
    apart = _order(one.measure, other.measure) * towards
    return apart > 0 or (apart == 0 and other.included and not one.included)


def _order(one: Measure, other: Measure) -> int:
    """-1, 0 or 1; values of different kinds, which are reported elsewhere, count as alike."""
    match one, other:
        case (datetime() as first, datetime() as second):
            return (first > second) - (first < second)
        case (datetime(), _) | (_, datetime()):
            return 0
        case (date() as first, date() as second):
            return (first > second) - (first < second)
        case (int() | float() as first, int() | float() as second):
            return (first > second) - (first < second)
        case _:
            return 0
