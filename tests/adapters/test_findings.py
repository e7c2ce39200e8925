"""How findings look to people and to programs."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator
from wcwidth import wcswidth

from adapters.findings import Json, as_json, as_sarif, render, summary
from engine import CODES, Diagnostic, Place, Severity, Source, read

# As Microsoft publishes it in the npm package @microsoft/jest-sarif, under the MIT licence.
SARIF = Path(__file__).parent.parent / "cases" / "sarif-2.1.0.schema.json"
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def found(text: str, path: str = "flows/greeting/flow.yaml") -> tuple[Diagnostic, ...]:
    """The findings of reading a text."""
    return read(Source(path, text))[1]


def against_sarif(log: dict[str, Json]) -> list[str]:
    """What the official schema of SARIF 2.1.0 has against a log."""
    text = (Path(__file__).parent.parent / "cases" / "sarif-2.1.0.schema.json").read_text(encoding="utf-8")
    return [
        f"{each.json_path}: {each.message}" for each in Draft4Validator(json.loads(text)).iter_errors(log)
    ]


def one(source: Source, line: int, column: int, length: int = 1) -> Diagnostic:
    """An error at a spot."""
    return Diagnostic("U001", Severity.ERROR, Place(source, line, column, length), "Something is wrong.")


def marked(findings: Sequence[Diagnostic], width: int = 80) -> list[tuple[str, str]]:
    """Each shown line of a file with what stands above the carets."""
    rows = render(findings, False, width).split("\n")
    shown = []
    for above, below in pairwise(rows):
        head, bar, carets = below.partition("| ")
        if not bar or head.strip() or set(carets.strip()) != {"^"}:
            continue
        start, end = wcswidth(head + bar) + carets.index("^"), wcswidth(below)
        text, column = "", 0
        for character in above:
            if start <= column < end and wcswidth(character):
                text += character
            column += wcswidth(character)
        shown.append((above.partition("| ")[2], text))
    return shown


def test_a_finding_has_its_place_line_mark_and_repair() -> None:
    assert render(found("flow: x\nsteps:\n  - say: Hello\n    say: Bye\n"), False, 80) == (
        "flows/greeting/flow.yaml\n"
        "  4:5  error U011 `say` stands twice in this mapping (before in line 3).\n"
        "      4 |     say: Bye\n"
        "        |     ^^^\n"
        "      Delete one of the two.\n"
        "\n"
        "1 error in 1 file."
    )


def test_findings_stand_by_file_in_reading_order_and_once() -> None:
    second, first = found("b: 1\nb: 2\n\na: &x 3\n", "b.yaml"), found("", "a.yaml")
    rows = render([*second[::-1], *first, *second], False, 80).split("\n")
    assert [row for row in rows if row[:1] in ("a", "b") or "error U" in row] == [
        "a.yaml", "  1:1  error U003 There is nothing in this file.",
        "b.yaml", "  2:1  error U011 `b` stands twice in this mapping (before in line 1).",
        "  4:4  error U007 The anchor `&x` is not used here.",
    ]  # fmt: skip
    assert rows[-1] == "3 errors in 2 files."


def test_the_summary_counts() -> None:
    source = Source("a.yaml", "x\n")
    error, other = one(source, 1, 1), one(Source("b.yaml", ""), 1, 1)
    warning = Diagnostic("U001", Severity.WARNING, error.place, "Perhaps.")
    assert summary([]) == "No errors and no warnings."
    assert summary([error]) == "1 error in 1 file."
    assert summary([error, error, warning, other]) == "3 errors and 1 warning in 2 files."
    assert summary([warning]) == "1 warning in 1 file."


@pytest.mark.parametrize(
    ("line", "column", "length", "text"),
    [
        ("say: Hello", 6, 5, "Hello"),
        ("日本語: 値", 1, 3, "日本語"),
        ("日本語: 値 x", 8, 1, "x"),
        ("\tsay:\tHi", 7, 2, "Hi"),
        ("a\u202eb\x1bc", 5, 1, "c"),
        ("e\u0301e\u0301x", 5, 1, "x"),
        ("x" * 500 + "HERE" + "y" * 500, 501, 4, "HERE"),
        ("日" * 300 + "HERE" + "本" * 300, 301, 4, "HERE"),
        ("HERE" + "y" * 500, 1, 4, "HERE"),
        ("x" * 500 + "HERE", 501, 4, "HERE"),
        ("ab", 1, 9, "ab"),
    ],
)
def test_the_mark_stands_under_the_spot(line: str, column: int, length: int, text: str) -> None:
    ((shown, under),) = marked([one(Source("a.yaml", f"first\n{line}\n"), 2, column, length)], 60)
    assert under == text
    assert wcswidth(shown) <= 60


def test_a_cut_line_says_so_on_both_sides() -> None:
    ((shown, _),) = marked([one(Source("a.yaml", "x" * 500 + "HERE" + "y" * 500), 1, 501, 4)], 60)
    assert shown.startswith("…x")
    assert shown.endswith("y…")


def test_a_spot_behind_the_end_or_outside_the_file_is_no_trouble() -> None:
    source = Source("a.yaml", "say: 'x\n")
    assert "^" in render([one(source, 1, 8)], False, 80)
    assert "^" not in render([one(source, 2, 1), one(source, 99, 5)], False, 80)


def test_lines_are_counted_as_the_reader_counts_them() -> None:
    text = "a: 1\r\nb: \x85\u2028c\rd: 1\nd: 2\n"
    rows = render(found(text), False, 80)
    assert "  5:1  error U011" not in rows
    assert "      4 | d: 2" in rows


def test_colours_change_nothing_else() -> None:
    findings = found("a: &x 1\na: 2\n")
    plain, coloured = render(findings, False, 60), render(findings, True, 60)
    assert "\x1b" not in plain
    assert "\x1b[31;1merror U007\x1b[0m" in coloured
    assert COLOUR.sub("", coloured) == plain


nasty = st.text(st.characters(exclude_categories=()), max_size=60)


@given(nasty, nasty, nasty, st.integers(1, 4), st.integers(1, 80), st.integers(1, 90), st.integers(0, 120))
def test_nothing_from_a_file_reaches_the_terminal_and_nothing_is_too_wide(
    text: str, path: str, message: str, line: int, column: int, length: int, width: int
) -> None:
    place = Place(Source(path, text), line, column, length)
    finding = Diagnostic("U001", Severity.ERROR, place, message, message * 3, message)
    for row in render([finding], False, width).split("\n"):
        assert not re.search("[\x00-\x1f\x7f-\x9f\u200b\u202a-\u202e\u2066-\u2069\ud800-\udfff]", row)
        assert wcswidth(row) <= max(width, 40)


def test_a_huge_line_is_shown_at_once() -> None:
    text = "x" * 1_000_000
    assert len(render([one(Source("a.yaml", text), 1, 900_000, 50_000)], False, 80)) < 400


def test_json_has_every_field() -> None:
    (only,) = as_json(found("a: 1\na: 2\n", "a.yaml"))
    assert only == {
        "path": "a.yaml",
        "line": 2,
        "column": 1,
        "length": 1,
        "code": "U011",
        "severity": "error",
        "message": "`a` stands twice in this mapping (before in line 1).",
        "expected": None,
        "repair": "Delete one of the two.",
    }


def test_sarif_names_the_rules_and_the_regions() -> None:
    log = json.loads(json.dumps(as_sarif(found("a: 1\nab: x\nab: 2\n", "flows/a b.yaml"))))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    (result,) = run["results"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == sorted(CODES)
    assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == "U011"
    assert run["columnKind"] == "unicodeCodePoints"
    assert result["level"] == "error"
    where = result["locations"][0]["physicalLocation"]
    assert where["artifactLocation"]["uri"] == "flows/a%20b.yaml"
    assert where["region"] == {"startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": 3}


@given(nasty, nasty)
def test_any_text_can_be_written_as_json_and_sarif(text: str, path: str) -> None:
    findings = [*found(text, path), one(Source(path, text), 1, 1)]
    assert json.loads(json.dumps(as_json(findings)))
    assert json.loads(json.dumps(as_sarif(findings)))


@pytest.mark.parametrize("code", [code for code in sorted(CODES) if code < "U1"])
def test_every_code_of_reading_is_explained_in_sentences(code: str) -> None:
    known = CODES[code]
    assert re.fullmatch(r"U[0-9]{3}", code)
    assert known.title
    assert not known.title.endswith(".")
    assert known.meaning.endswith(".")
    assert known.repair.rstrip("`)").endswith((".", "?"))
    assert known.example


def test_a_sarif_log_is_one_by_the_official_schema() -> None:
    every = [
        each for code in sorted(CODES) for each in found(CODES[code].example, f"flows/an example/{code}.yaml")
    ]
    assert len({each.code for each in every}) > 20
    assert against_sarif(as_sarif(every)) == []
    assert against_sarif(as_sarif([])) == []


def test_what_is_no_sarif_log_is_seen() -> None:
    log = as_sarif(found("a: [\n"))
    assert against_sarif({**log, "version": "2.0"})
    assert against_sarif({**log, "runs": [{"results": []}]})
