"""What a newcomer reads first stays true: the top level, the README's commands, the changelog, the pins."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

import click
import pytest

from adapters.cli import unstuck
from tests.guards.tree import ROOT, files

TOP_LEVEL = frozenset(
    ".ci .gitignore CHANGELOG.md LICENSE Makefile README.md "
    "adapters engine flows pyproject.toml tests".split()
)
SHELLS = frozenset({"sh", "shell", "bash", "console"})
FENCED = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def commands(markdown: str) -> Iterator[list[str]]:
    """Each command that the shell blocks of a text tell the reader to type, as words."""
    for language, block in FENCED.findall(markdown):
        if language not in SHELLS:
            continue
        lines = block.replace("\\\n", " ").splitlines()
        if language == "console":
            lines = [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        for line in lines:
            words = shlex.split(line, comments=True)
            if words:
                yield words


def targets() -> set[str]:
    """The targets of the Makefile."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z][a-z-]*):", text, re.MULTILINE))


def problem(words: list[str]) -> str | None:
    """Why a command of ours would not run as written, None if it would or is not ours."""
    match words:
        case ["make", *rest]:
            unknown = {word for word in rest if "=" not in word and not word.startswith("-")} - targets()
            return f"make has no target {', '.join(sorted(unknown))}" if unknown else None
        case [program, *rest] if program.rpartition("/")[2] == "unstuck":
            return unstuck_problem(unstuck, rest)
        case _:
            return None


def unstuck_problem(command: click.Command, words: list[str]) -> str | None:
    """Why the command line of unstuck does not take these words."""
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(click.Context(command), words[0])
        if found is None:
            return f"{command.name} has no command {words[0]}"
        command, words = found, words[1:]
    known = {name for parameter in command.params for name in parameter.opts} | {"--help"}
    asked = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
    return f"{command.name} has no option {', '.join(sorted(asked - known))}" if asked - known else None


def test_the_top_level_is_exactly_the_house() -> None:
    assert {path.partition("/")[0] for path in files()} == TOP_LEVEL


def test_every_command_of_the_readme_exists() -> None:
    told = list(commands((ROOT / "README.md").read_text(encoding="utf-8")))
    assert ["make", "chat"] in told
    assert [(words, problem(words)) for words in told if problem(words)] == []


@pytest.mark.parametrize(
    "line",
    [
        "make tea",
        "unstuck brew",
        "unstuck check --milk",
        ".venv/bin/unstuck clinic pour",
    ],
)
def test_a_command_that_does_not_exist_is_seen(line: str) -> None:
    assert [problem(words) for words in commands(f"```sh\n{line}\n```\n")] != [None]


def test_the_changelog_has_a_place_for_the_next_change() -> None:
    headings = re.findall(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased"


def pinned(level: str) -> dict[str, str]:
    """The exact version of each pinned library; each must have hashes."""
    text = (ROOT / ".ci" / "pins" / f"{level}.txt").read_text(encoding="utf-8")
    entries = re.split(r"\n(?=\S)", text.strip())
    assert all("--hash=sha256:" in entry for entry in entries)
    return dict(entry.split()[0].split("==") for entry in entries)


def test_the_tests_run_with_the_versions_people_get() -> None:
    run, test = pinned("run"), pinned("test")
    assert run
    assert run.items() <= test.items()
