"""A test whose system package is missing is skipped and named, or fails where nothing may be missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guards.tree import ROOT

A_TEST = """
import pytest

@pytest.mark.needs_tmux
def test_screen(): ...

def test_other(): ...
"""


def run_without_packages(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the two tests with a PATH on which no command is found."""
    folder.joinpath("test_it.py").write_text(A_TEST)
    folder.joinpath("pytest.ini").write_text("[pytest]\naddopts = --strict-markers -p no:cacheprovider\n")
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "tests.conftest", *options, str(folder)],
        cwd=folder,
        env={**os.environ, "PATH": str(folder), "PYTHONPATH": str(ROOT), "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("workers", ["0", "2"])
def test_what_was_skipped_is_named_before_the_counts(tmp_path: Path, workers: str) -> None:
    done = run_without_packages(tmp_path, "-n", workers)
    *_, named, counts = done.stdout.splitlines()
    assert named == "skipped for want of: tmux (1 test)"
    assert counts.startswith("1 passed, 1 skipped in ")
    assert done.returncode == 0


def test_where_nothing_may_be_missing_it_fails(tmp_path: Path) -> None:
    done = run_without_packages(tmp_path, "--nothing-missing")
    assert "needs tmux; as root: apt-get install tmux" in done.stdout
    assert done.returncode == 1


def test_those_that_need_a_package_can_be_run_alone(tmp_path: Path) -> None:
    done = run_without_packages(tmp_path, "--only-with-packages")
    assert done.stdout.splitlines()[-1].startswith("1 skipped, 1 deselected in ")
