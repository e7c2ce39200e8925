"""Findings that an author has allowed, by a remark with a reason: `# unstuck: allow U211 because …`.

The remark stands in the line of the finding, or in lines of its own above it. Only warnings can be allowed:
an error would break the conversation, or show or do what it must not. Knows remarks and lines, no flows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from engine.diagnostics import Diagnostic, Severity, did_you_mean, has_errors, in_reading_order
from engine.finding import finding
from engine.nodes import Mapping, Node, Scalar, scalars
from engine.nodes import Sequence as SequenceNode
from engine.reader import read
from engine.source import Place, Source

SIGN = "unstuck:"
FORM = "# unstuck: allow U211 because …"

_REMARK = re.compile(r"(?:^|(?<=\s))#[ \t]*unstuck:[ \t]*(.*?)[ \t]*$")
_ALLOWED = re.compile(r"allow[ \t]+(U[0-9]+(?:[ \t]*,[ \t]*U[0-9]+)*)[ \t]+because[ \t]+\w.*", re.IGNORECASE)
_CODE = re.compile(r"U[0-9]+", re.IGNORECASE)
_BREAK = re.compile(r"\r\n|\n|\r")


class Allowance(msgspec.Struct, frozen=True):
    """One code that a remark at `place` allows in the lines from `first` to `last`."""

    code: str
    place: Place
    first: int
    last: int

    def covers(self, found: Diagnostic) -> bool:
        """Whether this finding is allowed by it."""
        place = found.place
        return (
            found.code == self.code
            and found.severity is Severity.WARNING
            and place.source is self.place.source
            and self.first <= place.line <= self.last
        )


def allowances_of(source: Source, root: Node) -> tuple[list[Allowance], list[Diagnostic]]:
    """What the remarks of a file allow, and what is wrong with those remarks."""
    if SIGN not in source.text:
        return [], []
    lines = _BREAK.split(source.text)
    ends = _ends_of_values(root)
    allowed: list[Allowance] = []
    wrong: list[Diagnostic] = []
    for number, found in _remarks(lines, root):
        place = Place(source, number, found.start() + 1, len(found.group()))
        said = _ALLOWED.fullmatch(found.group(1))
        if said is None:
            words = "This remark does not say what it allows, and why."
            wrong.append(finding("U601", place, words, f"Expected: `{FORM}`"))
            continue
        first = _line_meant(lines, number)
        for code in _CODE.finditer(said.group(1)):
            spot = Place(source, number, found.start(1) + said.start(1) + code.start() + 1, len(code.group()))
            name = code.group().upper()
            if _is_a_warning(name):
                allowed.append(Allowance(name, spot, first, ends.get(first, first)))
            else:
                wrong.append(_not_to_be_allowed(name, spot))
    return allowed, wrong


def without_allowed(findings: Iterable[Diagnostic], allowances: Sequence[Allowance]) -> list[Diagnostic]:
    """The findings but those that are allowed, and each allowance that is not needed: what an allowance is
    there for may only show when nothing is an error any more."""
    findings = list(findings)
    if not allowances:
        return findings
    kept = [each for each in findings if not any(one.covers(each) for one in allowances)]
    if has_errors(findings):
        return kept
    for one in allowances:
        if not any(one.covers(each) for each in findings):
            words = f"Nothing is found here that `{one.code}` could allow."
            kept.append(finding("U602", one.place, words, None, "Take the remark out."))
    return kept


def heed_remarks(source: Source, findings: tuple[Diagnostic, ...]) -> tuple[Diagnostic, ...]:
    """What is left of the findings of a file that is checked by itself, such as a policy or a replay, and
    what is wrong with its remarks, in reading order."""
    root = read(source)[0] if SIGN in source.text else None
    if root is None:
        return findings
    allowed, wrong = allowances_of(source, root)
    return in_reading_order(without_allowed((*findings, *wrong), allowed))


def _is_a_warning(code: str) -> bool:
    from engine.codes import CODES

    return code in CODES and CODES[code].severity is Severity.WARNING


def _not_to_be_allowed(code: str, place: Place) -> Diagnostic:
    from engine.codes import CODES

    if code not in CODES:
        return finding("U603", place, f"There is no code {code}.", None, did_you_mean(code, CODES))
    words = (
        f"{code} ({CODES[code].title[0].lower()}{CODES[code].title[1:]}) is an error, and cannot be allowed."
    )
    return finding("U603", place, words, None, "Repair what was found, and take the remark out.")


def _line_meant(lines: Sequence[str], number: int) -> int:
    """The line that a remark in line `number` is about: its own, or the next with something in it."""
    if lines[number - 1].lstrip()[:1] != "#":
        return number
    for later in range(number + 1, len(lines) + 1):
        if lines[later - 1].strip() and lines[later - 1].lstrip()[0] != "#":
            return later
    return number


def _remarks(lines: Sequence[str], root: Node) -> Iterator[tuple[int, re.Match[str]]]:
    """The remarks to the checker, each with its line; what stands inside a text is none."""
    within = _lines_inside(root)
    quoted: dict[int, list[Scalar]] = {}
    for each in scalars(root):
        if lines[each.place.line - 1][each.place.column - 1 : each.place.column] not in ("|", ">"):
            quoted.setdefault(each.place.line, []).append(each)
    for number, line in enumerate(lines, 1):
        found = _REMARK.search(line) if SIGN in line and number not in within else None
        if found is None:
            continue
        column = found.start() + 1
        spans = (
            (each.place.column, each.place.column + each.place.length) for each in quoted.get(number, ())
        )
        if not any(start <= column < end for start, end in spans):
            yield number, found


def _lines_inside(root: Node) -> frozenset[int]:
    """The lines that a text of several lines takes after its first."""
    found: set[int] = set()
    for each in scalars(root):
        last = _last_line(each)
        if last > each.place.line:
            found.update(range(each.place.line + 1, last + 1))
    return frozenset(found)


def _ends_of_values(root: Node) -> dict[int, int]:
    """For each line in which a value of several lines begins, or its name stands, the last line of it."""
    found: dict[int, int] = {}
    waiting = [root]
    while waiting:
        match waiting.pop():
            case Mapping(entries=entries):
                for key, value in entries:
                    waiting.append(value)
                    if isinstance(value, Scalar) and (last := _last_line(value)) > key.place.line:
                        found[key.place.line] = max(last, found.get(key.place.line, 0))
            case SequenceNode(items=items):
                waiting.extend(items)
            case Scalar() as scalar if (last := _last_line(scalar)) > scalar.place.line:
                found[scalar.place.line] = max(last, found.get(scalar.place.line, 0))
    return found


def _last_line(scalar: Scalar) -> int:
    """The line in which the last word of a value stands."""
    written = len(scalar.text.rstrip())
    if not written or not len(scalar.lines):
        return scalar.place.line
    return max(scalar.place.line, scalar.at(written - 1).line)
