"""A small flow with a little of everything, and tallies made by hand, for the tests of coverage."""

from __future__ import annotations

from adapters.coverage.measure import Coverage, measure
from adapters.coverage.tally import Tally
from engine import Pack, Point, PointKind
from tests.engine.play import compiled

PATH = "1.yaml"
FLOW = """\
flow: a
audience: [agent]
on: {unavailable: sorry, unsupported: sorry}
steps:
  - id: which
    ask: |
      Which?

      # Any will do.
    answers:
      one: {label: One, then: look}
      two: Two
      three:
        label: Three
        then: sorry
    save: word
  - {if: word == 'two', then: sorry, else: look}
  - id: look
    do: get_clinic
    save: clinic
    on:
      forbidden:
        sorry
  - {id: fine, ask: Fine?, kind: yes-no, then: {yes: [{end: solved}], no: sorry}}

  - id: sorry
    end: stopped
"""
"""Lines 5 to 27 hold the steps: `which` 5, the condition 17, `look` 18, `fine` 24 with an end, `sorry` 26."""

ALL = "everything"


def pack(*texts: str) -> Pack:
    """The example, or other flows, compiled."""
    made = compiled(*(texts or (FLOW,)))
    assert made.pack is not None, [str(each) for each in made.findings]
    return made.pack


def point(path: str, kind: PointKind = "step", way: str = "") -> Point:
    """A point of the example."""
    return Point("a", path, kind, way)


def tally(
    conversations: dict[str, list[Point]], outcomes: dict[str, list[tuple[str, str]]] | None = None
) -> Tally:
    """A tally in which these conversations touched these points, and calls ended so."""
    made = Tally()
    for name, points in conversations.items():
        for each in points:
            made.points.setdefault(each, {})[name] = None
    for name, ways in (outcomes or {}).items():
        for way in ways:
            made.outcomes.setdefault(way, {})[name] = None
    return made


def everything() -> Coverage:
    """The example with all of it touched by one conversation."""
    nothing = measure(pack(), Tally())
    return measure(pack(), tally({ALL: [each.at.point for each in nothing.flows[0].points]}))


SHORT = [
    point("which"),
    point("which", "answer", "one"),
    point("look"),
    point("look", "outcome", "confirmed"),
    point("fine"),
    point("fine", "answer", "yes"),
    point("fine.yes.1"),
]
"""What the shortest conversation touches."""
TWO = [
    point("which"),
    point("which", "answer", "two"),
    point("2"),
    point("2", "branch", "true"),
    point("sorry"),
]
"""What a conversation touches that ends in the condition."""
