"""How findings look: for a person at a terminal, as JSON for a program, as SARIF for an editor or a forge.

Knows diagnostics and terminals. What is wrong, and how bad it is, was decided before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias
from urllib.parse import quote

from wcwidth import iter_graphemes, wcswidth

from adapters.sanitise import shown
from engine import CODES, Diagnostic, Place, Severity, Source, in_reading_order

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

TAB = 4
INDENT = " " * 6
NARROWEST = 40
_COLOURS = {Severity.ERROR: "31;1", Severity.WARNING: "33;1"}
_BOLD, _DIM = "1", "2"
_BREAK = re.compile(r"\r\n|\n|\r")


def render(findings: Sequence[Diagnostic], colour: bool, width: int) -> str:
    """The findings for a person, by file and in reading order, and one line that counts them.

    Each has its place and code, the line of the file with the spot marked, what was expected and the likely
    repair. No line is wider than `width` columns (at least 40). Text from files comes out safe to print.
    """
    return _Sheet(colour, max(width, NARROWEST)).written(in_reading_order(findings))


def summary(findings: Sequence[Diagnostic]) -> str:
    """How many findings there are: `3 errors and 1 warning in 2 files.`"""
    if not findings:
        return "No errors and no warnings."
    errors = sum(each.severity is Severity.ERROR for each in findings)
    counts = [(errors, "error"), (len(findings) - errors, "warning")]
    files = len({each.place.source.path for each in findings})
    parts = [_counted(number, word) for number, word in counts if number]
    return f"{' and '.join(parts)} in {_counted(files, 'file')}."


def _counted(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


class _Sheet:
    """Writes findings in one width, with or without colours."""

    def __init__(self, colour: bool, width: int) -> None:
        self.colour = colour
        self.width = width
        self.lines_of: dict[Source, list[str]] = {}

    def written(self, findings: Sequence[Diagnostic]) -> str:
        """All of them."""
        rows: list[str] = []
        path = None
        for each in findings:
            if each.place.source.path != path:
                path = each.place.source.path
                rows.append(self.painted(_cut(shown(path), self.width), _BOLD))
            rows += [*self.one(each), ""]
        return "\n".join([*rows, summary(findings)])

    def one(self, each: Diagnostic) -> list[str]:
        """One finding."""
        paint = _COLOURS[each.severity]
        where = f"{each.place.line}:{each.place.column}"
        word = f"{each.severity.value} {each.code}"
        first, *rest = self.wrapped(each.message, len(f"  {where}  {word} "))
        rows = [f"  {where}  {self.painted(word, paint)} {first}", *rest, *self.marked(each.place, paint)]
        for part in (each.expected, each.repair):
            if part:
                first, *rest = self.wrapped(part, len(INDENT))
                rows += [INDENT + first, *rest]
        return rows

    def wrapped(self, text: str, taken: int) -> list[str]:
        """A sentence in lines that fit; the first, not indented, stands behind `taken` columns."""
        rows = [""]
        for word in shown(" ".join(text.split())).split():
            room = self.width - (taken if len(rows) == 1 else 0) - _columns(rows[-1])
            if rows[-1].strip() and _columns(word) + 1 > room:
                rows.append(INDENT)
                room = self.width - len(INDENT)
            gap = " " if rows[-1].strip() else ""
            rows[-1] += gap + _cut(word, room - len(gap))
        return rows

    def marked(self, place: Place, paint: str) -> list[str]:
        """The line of the file, and below it the spot; nothing for a line that is not there."""
        text = self.line(place)
        if not text.strip():
            return []
        start = min(place.column - 1, len(text))
        end = min(start + place.length, len(text))
        gutter = f"  {place.line:>5} | "
        most = 4 * self.width
        pieces = (
            _safe(text[:start] if start <= most else "…" + text[start - most : start]),
            _safe(text[start : min(end, start + most)]),
            _safe(text[end:] if len(text) <= end + most else text[end : end + most] + "…"),
        )
        before, spot, after = _window(*pieces, self.width - len(gutter))
        carets = "^" * max(_columns(spot), 1)
        return [
            self.painted(gutter, _DIM) + before + spot + after,
            self.painted(" " * (len(gutter) - 2) + "| ", _DIM)
            + " " * _columns(before)
            + self.painted(carets, paint),
        ]

    def line(self, place: Place) -> str:
        """The line of the file that a place is on."""
        source = place.source
        if source not in self.lines_of:
            self.lines_of[source] = _BREAK.split(source.text.removeprefix("\ufeff"))
        lines = self.lines_of[source]
        return lines[place.line - 1] if 0 < place.line <= len(lines) else ""

    def painted(self, text: str, paint: str) -> str:
        """The text in a colour, if colours are wanted."""
        return f"\x1b[{paint}m{text}\x1b[0m" if self.colour else text


def _safe(text: str) -> str:
    """A piece of a file on one line, without anything hidden; a tab takes its usual room."""
    return (" " * TAB).join(shown(piece) for piece in text.split("\t"))


def _columns(text: str) -> int:
    return sum(max(wcswidth(cluster), 0) for cluster in iter_graphemes(text))


def _window(before: str, spot: str, after: str, room: int) -> tuple[str, str, str]:
    """The three pieces of a line, cut so that they fit: the spot stays, with what stands around it."""
    # One column stays free for a caret behind the end of the line.
    room -= 1
    if _columns(before) + _columns(spot) + _columns(after) <= room:
        return before, spot, after
    spot = _cut(spot, max(room * 2 // 3, 1))
    left = room - _columns(spot)
    taken = min(_columns(after), max(left // 2, left - _columns(before)))
    before = _cut_left(before, left - taken)
    return before, spot, _cut(after, left - _columns(before))


def _cut(text: str, room: int) -> str:
    """The beginning of a text, with `…` where something was left out."""
    if _columns(text) <= room:
        return text
    kept = ""
    for cluster in iter_graphemes(text):
        if _columns(kept) + _columns(cluster) > room - 1:
            break
        kept += cluster
    return kept + "…" if room > 0 else ""


def _cut_left(text: str, room: int) -> str:
    """The end of a text, with `…` where something was left out."""
    if _columns(text) <= room:
        return text
    kept = ""
    for cluster in reversed(list(iter_graphemes(text))):
        if _columns(kept) + _columns(cluster) > room - 1:
            break
        kept = cluster + kept
    return "…" + kept if room > 0 else ""


def as_json(findings: Sequence[Diagnostic]) -> list[dict[str, Json]]:
    """The findings for a program, one object each, in reading order.

    `{"path", "line", "column", "length", "code", "severity", "message", "expected", "repair"}`; lines and
    columns count from 1, `length` is in characters, the last two may be null.
    """
    return [
        {
            "path": each.place.source.path,
            "line": each.place.line,
            "column": each.place.column,
            "length": each.place.length,
            "code": each.code,
            "severity": each.severity.value,
            "message": each.message,
            "expected": each.expected,
            "repair": each.repair,
        }
        for each in in_reading_order(findings)
    ]


def as_sarif(findings: Sequence[Diagnostic]) -> dict[str, Json]:
    """The findings as a SARIF 2.1.0 log with one run, whose rules are all codes."""
    codes = sorted(CODES)
    rules: list[Json] = [_rule(code) for code in codes]
    results: list[Json] = [_result(each, codes.index(each.code)) for each in in_reading_order(findings)]
    driver: dict[str, Json] = {"name": "unstuck", "rules": rules}
    run: dict[str, Json] = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }


def _rule(code: str) -> dict[str, Json]:
    known = CODES[code]
    return {
        "id": code,
        "shortDescription": {"text": known.title},
        "fullDescription": {"text": known.meaning},
        "help": {"text": known.repair},
        "defaultConfiguration": {"level": known.severity.value},
    }


def _result(each: Diagnostic, rule: int) -> dict[str, Json]:
    place = each.place
    region: dict[str, Json] = {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.line,
        "endColumn": place.column + place.length,
    }
    where: dict[str, Json] = {
        "artifactLocation": {"uri": quote(place.source.path.replace("\\", "/"), errors="replace")},
        "region": region,
    }
    sentence = " ".join(part for part in (each.message, each.expected, each.repair) if part)
    return {
        "ruleId": each.code,
        "ruleIndex": rule,
        "level": each.severity.value,
        "message": {"text": sentence},
        "locations": [{"physicalLocation": where}],
    }
