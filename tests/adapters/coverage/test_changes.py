"""What changed since a revision of a real Git repository, and which of it nobody met."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from adapters.coverage.changes import changed_lines
from adapters.coverage.gate import enough, unmet_changes
from adapters.coverage.measure import in_words, measure
from adapters.problems import PlainProblem
from tests.adapters.coverage.example import SHORT, TWO, everything, pack, tally

BEFORE = "".join(f"line {number}\n" for number in range(1, 11))


def git(folder: Path, *words: str) -> None:
    who = (
        "-c",
        "user.name=somebody",
        "-c",
        "user.email=somebody@clinic.example",
        "-c",
        "commit.gpgsign=false",
    )
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of ten lines, committed once."""
    git(tmp_path, "init", "-q")
    path = tmp_path / "a flow's.yaml"
    path.write_text(BEFORE, encoding="utf-8")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "first")
    return path


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("", "", set()),
        ("line 3\n", "line three\n", {3}),
        ("line 3\n", "line 3\nand more\nand more\n", {4, 5}),
        ("line 3\nline 4\n", "", set()),
        ("line 1\n", "@@ -1 +7 @@\n", {1}),
        ("line 10\n", "line 10", {10}),
        (BEFORE, "all new\n", {1}),
    ],
)
def test_lines_that_are_new_or_other_are_changed(old: str, new: str, lines: set[int], file: Path) -> None:
    file.write_text(BEFORE.replace(old, new, 1), encoding="utf-8")
    assert changed_lines(file, "HEAD") == lines
    git(file.parent, "commit", "-qam", "second", "--allow-empty")
    assert changed_lines(file, "HEAD~1") == lines
    assert changed_lines(file, "HEAD") == set()


@pytest.mark.parametrize("added", [False, True])
def test_a_file_that_was_not_there_is_all_new(added: bool, file: Path) -> None:
    new = file.with_name("new.yaml")
    new.write_text("one\ntwo\n", encoding="utf-8")
    if added:
        git(file.parent, "add", ".")
    assert changed_lines(new, "HEAD") == {1, 2}


@pytest.mark.parametrize(
    "settings", [("diff.noprefix", "true"), ("color.ui", "always"), ("diff.external", "false")]
)
def test_how_somebody_likes_their_diffs_changes_nothing(settings: tuple[str, str], file: Path) -> None:
    git(file.parent, "config", *settings)
    file.write_text(BEFORE + "line 11\n", encoding="utf-8")
    assert changed_lines(file, "HEAD") == {11}


@pytest.mark.parametrize("revision", ["nowhere", "--help", "", "HEAD~7", "-p"])
def test_a_revision_that_is_none_is_said_so(revision: str, file: Path) -> None:
    with pytest.raises(PlainProblem, match="no revision"):
        changed_lines(file, revision)


def test_a_folder_without_a_repository_is_said_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    path = tmp_path / "flow.yaml"
    path.write_text("x", encoding="utf-8")
    with pytest.raises(PlainProblem, match="no Git repository"):
        changed_lines(path, "HEAD")


@pytest.mark.parametrize(
    ("changed", "unmet"),
    [
        ({1, 2, 4, 9}, []),
        ({11}, []),
        ({13}, ["the answer `three` to `which`"]),
        ({15}, ["the answer `three` to `which`"]),
        ({7}, []),
        ({17}, ["that `2` does not hold"]),
        ({20}, []),
        ({23}, ["the outcome `forbidden` of `look`"]),
        (
            {3, 24},
            [
                "the outcome `unavailable` of the flow's own `on`",
                "the outcome `unsupported` of the flow's own `on`",
                "the answer `no` to `fine`",
            ],
        ),
    ],
)
def test_what_is_on_a_changed_line_or_belongs_to_it_must_be_met(changed: set[int], unmet: list[str]) -> None:
    flow = measure(pack(), tally({"x": SHORT, "y": TWO})).flows[0]
    assert [in_words(each.at.point) for each in unmet_changes(flow, changed)] == unmet
    assert list(unmet_changes(everything().flows[0], range(1, 30))) == []


def test_a_changed_condition_concerns_both_sides_wherever_they_are_written() -> None:
    text = """\
flow: b
audience: [agent]
steps:
  - {id: which, ask: Which?, kind: text, save: word}
  - if: word == 'two'
    then: sorry
    else: fine
  - {id: fine, end: solved}
  - {id: sorry, end: stopped}
"""
    flow = measure(pack(text), tally({})).flows[0]
    assert {in_words(each.at.point) for each in unmet_changes(flow, {5})} == {
        "the step `2`",
        "that `2` holds",
        "that `2` does not hold",
    }


@pytest.mark.parametrize(("percent", "is_enough"), [(0.0, True), (64.7, True), (64.8, False), (100.0, False)])
def test_enough_rounds_nothing(percent: float, is_enough: bool) -> None:
    assert enough(measure(pack(), tally({"x": SHORT, "y": TWO})), percent) is is_enough
    assert enough(everything(), 100.0)
