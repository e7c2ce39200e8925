"""A flow's points as lines, and as ways from line to line: what tools for code coverage understand.

A line can be touched where a step, an answer or another way out of a step is written. The ways are drawn
twice: `branches_of` has one for every way out of a step, as build servers count them; `marks_of` says of each
line whether something that is written on it was left out, for a person who looks at the file. Knows no tool.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

import msgspec

from adapters.coverage.measure import FlowMeasure, Measured, in_words

Arc: TypeAlias = tuple[int, int]

_ENTRY = -1
"""Where one comes from who only touches a line."""
_SOMETHING = -2
"""Where the way leads that anything on a line takes."""
_REST = -3
"""Where the way leads that only everything on a line takes together."""


class Ways(msgspec.Struct, frozen=True):
    """Ways from line to line. `words` says what each is, `by` which of them each conversation walked, beside
    entries of lines."""

    words: dict[Arc, str]
    by: dict[str, frozenset[Arc]]

    def exits(self) -> dict[int, int]:
        """How many ways lead on from each line."""
        counts: dict[int, int] = {}
        for start, _ in self.words:
            counts[start] = counts.get(start, 0) + 1
        return counts


def statements_of(flow: FlowMeasure) -> frozenset[int]:
    """The lines that can be touched."""
    return frozenset(each.at.line for each in flow.points)


def regions_of(flow: FlowMeasure) -> dict[str, frozenset[int]]:
    """The lines of each step that can be touched, by the step's path."""
    lines: dict[str, set[int]] = {}
    for each in flow.points:
        if each.at.point.path:
            lines.setdefault(each.at.point.path, set()).add(each.at.line)
    return {path: frozenset(found) for path, found in lines.items()}


def branches_of(flow: FlowMeasure) -> Ways:
    """A way for every way out of a step: from the step's line to the line where it is written, or where that
    is the same, to where it leads. Where both are taken it gets a number below zero, which tools call an
    exit."""
    steps = _steps(flow)
    words: dict[Arc, str] = {}
    by: dict[str, set[Arc]] = {}
    for each in flow.points:
        walked = {(_ENTRY, each.at.line)}
        if each.at.point.kind != "step":
            arc = next(arc for arc in _likely(each, steps, len(words)) if arc not in words)
            words[arc] = in_words(each.at.point)
            walked.add(arc)
        _walk(by, each.by, walked)
    return Ways(words, _frozen(by))


def _likely(each: Measured, steps: dict[str, int], number: int) -> Iterator[Arc]:
    start = steps.get(each.at.point.path, each.at.line)
    if each.at.line != start:
        yield start, each.at.line
    to = steps.get(each.at.to, start)
    # After an exit, a visit may go on with the next item, and never come there.
    if to != start and each.at.point.kind != "exit":
        yield start, to
    yield start, _REST - number


def marks_of(flow: FlowMeasure) -> Ways:
    """For each line with more than one point on it, a way that any of them takes and a way for all the rest:
    the tool can show one way at most that was not taken from a line."""
    steps = _steps(flow)
    words: dict[Arc, str] = {}
    by: dict[str, set[Arc]] = {}
    for line, points in _by_line(flow).items():
        for each in points:
            _walk(by, each.by, {(_ENTRY, line), (line, _SOMETHING)})
        if len(points) == 1:
            continue
        missing = [each for each in points if not each.by]
        words[line, _SOMETHING] = "anything on this line"
        rest = (line, _REST)
        if len(missing) == 1 and steps.get(missing[0].at.to, line) != line:
            rest = (line, steps[missing[0].at.to])
        words[rest] = ", or ".join(in_words(each.at.point) for each in missing or points)
        if not missing:
            _walk(by, points[-1].by[:1], {rest})
    return Ways(words, _frozen(by))


def _steps(flow: FlowMeasure) -> dict[str, int]:
    """The line where each step begins."""
    return {each.at.point.path: each.at.line for each in flow.points if each.at.point.kind == "step"}


def _by_line(flow: FlowMeasure) -> dict[int, list[Measured]]:
    found: dict[int, list[Measured]] = {}
    for each in flow.points:
        found.setdefault(each.at.line, []).append(each)
    return found


def _walk(by: dict[str, set[Arc]], conversations: Iterable[str], arcs: set[Arc]) -> None:
    for name in conversations:
        by.setdefault(name, set()).update(arcs)


def _frozen(by: dict[str, set[Arc]]) -> dict[str, frozenset[Arc]]:
    return {name: frozenset(arcs) for name, arcs in by.items()}


def owners(text: str, statements: Iterable[int]) -> dict[int, int]:
    """For each line the line of `statements` that it belongs to: itself, or the last one above it that is
    written further left. What stands at the very left, blank lines and remarks belong to none."""
    begun = set(statements)
    found: dict[int, int] = {}
    open_at: list[tuple[int, int]] = []
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.lstrip()
        if not bare or bare.startswith("#"):
            continue
        indent = len(line) - len(bare)
        while open_at and open_at[-1][0] >= indent:
            open_at.pop()
        if number in begun:
            open_at.append((indent, number))
        if open_at:
            found[number] = open_at[-1][1]
    return found
