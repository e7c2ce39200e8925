"""Shell completion, as the shells themselves do it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.cli import run

BIN = Path(sys.executable).parent
ASKING = """
source <({unstuck} completion bash)
COMPREPLY=()
COMP_WORDS=({words})
COMP_CWORD={at}
_unstuck_completion unstuck
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def completed(*words: str) -> list[str]:
    """What bash offers for the last word."""
    quoted = " ".join(f"'{word}'" for word in words)
    script = ASKING.format(unstuck=BIN / "unstuck", words=quoted, at=len(words) - 1)
    environ = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, env=environ)
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("unstuck", "comp"), ["completion"]),
        (("unstuck", "chat", "email-n"), ["email-not-received"]),
        (("unstuck", "chat", "--the"), ["--theme"]),
        (("unstuck", "chat", "--theme", "d"), ["dark"]),
        (("unstuck", "completion", "z"), ["zsh"]),
    ],
)
def test_bash_completes(words: tuple[str, ...], found: list[str]) -> None:
    assert completed(*words) == found


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_gets_a_script_that_it_can_read(
    shell: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert run(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "_UNSTUCK_COMPLETE" in script
    there = shutil.which(shell)
    if there is not None:
        path = tmp_path / "script"
        path.write_text(script, encoding="utf-8")
        subprocess.run([there, "-n", str(path)], check=True, capture_output=True)


def test_another_shell_is_refused() -> None:
    assert run(["completion", "tcsh"]) == 2
