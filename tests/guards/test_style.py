"""House rules that no linter knows: docstrings, no way around the types, nothing of a machine in the text."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.guards.tree import ROOT, files, modules

# The one place where a recursive type must be hidden from a library that cannot read it.
ANY_ALLOWED = frozenset({"engine/values.py"})
EVASIONS = frozenset({"Any", "cast"})
IGNORE = re.compile(r"#\s*type:\s*ignore")

# Written so that no pattern finds itself.
NOT_OF_THE_PROJECT = {
    "an absolute path of somebody's machine": r"(?<![\w.~-])/(?:home|Users|work|root)/\w",
    "the host of a package registry": r"(?:pypi|pythonhosted|npmjs|debian)\.(?:org|com)\b",
    "an unfinished thought": r"\b(?:TO[D]O|FIX[M]E|XX[X])\b",
    "a document that readers do not have": r"\b(?:design|domain|hardening|libraries)\.md\b",
}


def evasions(text: str, path: str) -> Iterator[str]:
    """Each way around the type checker in a file."""
    if path in ANY_ALLOWED:
        return
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.ImportFrom(module="typing", names=names):
                taken = {alias.name for alias in names} & EVASIONS
                yield from (f"{path}:{node.lineno} imports {name}" for name in sorted(taken))
            case ast.Attribute(value=ast.Name(id="typing"), attr=name) if name in EVASIONS:
                yield f"{path}:{node.lineno} uses typing.{name}"
    for number, line in enumerate(text.splitlines(), 1):
        if IGNORE.search(line):
            yield f"{path}:{number} ignores the type checker"


def foreign_words(text: str, path: str) -> Iterator[str]:
    """Each mention of something that belongs to a machine or a workplace, not to the project."""
    for what, pattern in NOT_OF_THE_PROJECT.items():
        for found in re.finditer(pattern, text):
            line = text.count("\n", 0, found.start()) + 1
            yield f"{path}:{line} has {what}: {found.group()}"


def readable(path: str) -> str | None:
    """The text of a file, None if it is not UTF-8."""
    try:
        return (ROOT / path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def test_every_module_says_what_lives_in_it() -> None:
    assert [
        path for path, _, tree in modules("engine", "adapters", "tests") if not ast.get_docstring(tree)
    ] == []


def test_nothing_in_the_code_goes_around_the_types() -> None:
    code = [path for path in files() if path.startswith(("engine/", "adapters/")) and path.endswith(".py")]
    assert [breach for path in code for breach in evasions(readable(path) or "", path)] == []


def test_no_file_speaks_of_a_machine_or_a_workplace() -> None:
    texts = [(path, readable(path)) for path in files()]
    assert [found for path, text in texts if text is not None for found in foreign_words(text, path)] == []


def test_setting_up_names_no_host() -> None:
    ours = [path for path in files() if path.startswith(".ci/") or path in {"Makefile", "pyproject.toml"}]
    assert ours
    assert [path for path in ours if "://" in (readable(path) or "").replace("grep -n '://'", "")] == []


@pytest.mark.parametrize(
    "text",
    [
        "from typing import " + "Any",
        "from typing import Literal, " + "cast",
        "import typing\nx: typing." + "Any",
        "x = 1  # type: " + "ignore[attr-defined]",
    ],
)
def test_a_way_around_the_types_is_seen(text: str) -> None:
    assert list(evasions(text, "engine/x.py"))


@pytest.mark.parametrize(
    "text", ["see /ho" + "me/ana/x", "from py" + "pi.org", "# TO" + "DO later", "'/wo" + "rk/x'"]
)
def test_a_foreign_word_is_seen(text: str) -> None:
    assert list(foreign_words(text, "x"))


@pytest.mark.parametrize(
    "text", ["https://clinic.example/home/setup", "adapters/work/x", "a home / work number"]
)
def test_ordinary_words_are_left_alone(text: str) -> None:
    assert not list(foreign_words(text, "x"))
