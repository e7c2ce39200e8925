"""Shell completion, as the shells themselves do it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pexpect
import pytest

from adapters.cli import run
from adapters.wiring import create_clinic

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
        (("unstuck", "explain", "u00"), [f"U00{digit}" for digit in range(1, 10)]),
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


@pytest.mark.needs_fish
def test_fish_completes_with_whole_descriptions(tmp_path: Path) -> None:
    script = f"{BIN / 'unstuck'} completion fish | source; complete -C 'unstuck chat --j'"
    environ = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    done = subprocess.run(["fish", "-c", script], capture_output=True, text=True, check=True, env=environ)
    assert done.stdout == "--json\tTurns as JSON, one object a line, in and out.\n"


@pytest.mark.needs_zsh
def test_zsh_completes_as_it_is_told_to_be_set_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["completion", "zsh"]) == 0
    (tmp_path / ".zfunc").mkdir()
    (tmp_path / ".zfunc" / "_unstuck").write_text(capsys.readouterr().out, encoding="utf-8")
    (tmp_path / ".zshrc").write_text("fpath+=~/.zfunc\nautoload -Uz compinit && compinit -u\nPS1='ready> '\n")
    environ = {"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(tmp_path), "TERM": "dumb"}
    zsh = pexpect.spawn("zsh", ["-i"], env=environ, encoding="utf-8", timeout=60)
    zsh.expect("ready> ")
    zsh.send("unstuck chat email-n\t")
    zsh.expect("ot-received")
    zsh.close(force=True)


def test_the_last_conversations_are_offered(tmp_path: Path) -> None:
    store = f"sqlite:///{tmp_path / 'sessions.db'}"
    asking = ("unstuck", "sessions", "show", "--store", store)
    assert completed(*asking, "") == []
    assert list(tmp_path.iterdir()) == []
    create_clinic(tmp_path / "clinic.db", None)
    options = ["--store", store, "--clinic", f"sqlite:///{tmp_path / 'clinic.db'}"]
    begun = subprocess.run(
        [BIN / "unstuck", "chat", "email-not-received", "--json", *options],
        input="",
        capture_output=True,
        text=True,
        check=False,
    )
    session = json.loads(begun.stdout.splitlines()[0])["session"]
    assert completed(*asking, session[:2]) == [session]
    assert completed("unstuck", "chat", "--store", store, "--resume", session[:2]) == [session]
    assert completed(*asking, "no-such") == []


def test_another_shell_is_refused() -> None:
    assert run(["completion", "tcsh"]) == 2
