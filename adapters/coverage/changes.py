"""Which lines of a file changed since a revision of its Git repository. Asks git; knows no flows."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from adapters.problems import PlainProblem

_HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
_PATIENCE = 60.0
_QUIET = ("--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--unified=0")


def changed_lines(path: Path, revision: str) -> frozenset[int]:
    """The lines of a file, counted from 1, that are not as they were at `revision`: all of them, if it was
    not there. Changes that are not committed count.

    Raises PlainProblem if it is in no Git repository, there is no such revision, or git is not there.
    """
    folder, name = path.resolve().parent, path.resolve().name
    commit = _commit(folder, revision)
    if not _git(folder, "ls-files", "--", name) and not _git(folder, "ls-tree", commit, "--", name):
        return frozenset(range(1, len(path.read_text(encoding="utf-8").splitlines()) + 1))
    return frozenset(_added(_git(folder, "diff", *_QUIET, commit, "--", name)))


def _commit(folder: Path, revision: str) -> str:
    words = ("rev-parse", "--verify", "--quiet", "--end-of-options", revision + "^{commit}")
    found = _git(
        folder, *words, wrong=f"There is no revision {revision!r} in the Git repository of {folder}."
    )
    return found.strip()


def _added(diff: str) -> Iterator[int]:
    for first, count in _HUNK.findall(diff):
        yield from range(int(first), int(first) + int(count or 1))


def _git(folder: Path, *words: str, wrong: str = "") -> str:
    """What git says in a folder. Raises PlainProblem with the words of `wrong`, or with its own."""
    command = ["git", "-C", str(folder), "--literal-pathspecs", *words]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_PATIENCE, check=False)
    except FileNotFoundError:
        raise PlainProblem("`git` is not installed.", "Install it, or leave `--against` out.") from None
    except subprocess.TimeoutExpired:
        raise PlainProblem(f"git took more than {_PATIENCE:.0f} s in {folder}.", "Try again.") from None
    if done.returncode == 0:
        return done.stdout.decode(errors="replace")
    said = done.stderr.decode(errors="replace").strip().removeprefix("fatal: ").splitlines()
    if said and "not a git repository" in said[0]:
        raise PlainProblem(f"{folder} is in no Git repository.", "Leave `--against` out there.")
    raise PlainProblem(
        wrong or f"git says of {folder}: {said[0] if said else 'nothing'}.",
        "Name a commit, a branch or a tag.",
    )
