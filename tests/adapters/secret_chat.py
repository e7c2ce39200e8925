"""`unstuck chat --json` in a process of its own whose every file, output and listing can be searched.

All folders a program may write to (home, settings, data, cache, temporary files) lie below one folder.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TypeAlias

from adapters.wiring import create_clinic
from tests.adapters.canaries import found, in_files, in_process

Turn: TypeAlias = dict[str, object]

CODE = "from adapters.cli import main; main()"
ROOT = Path(__file__).parents[2]


def environment(folder: Path) -> dict[str, str]:
    """What a process below `folder` sees: only folders that are searched, and the loudest error reports."""
    homes = {
        name: folder / name.lower()
        for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "TMPDIR")
    }
    for home in homes.values():
        home.mkdir(exist_ok=True)
    loud = {"UNSTUCK_DEBUG": "1", "PYTHONFAULTHANDLER": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    plain = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TERM": "xterm-256color"}
    return {**plain, **loud, **{name: str(home) for name, home in homes.items()}}


@cache
def _sample() -> Path:
    """A sample clinic, to be copied."""
    made = Path(mkdtemp(prefix="unstuck-sample-")) / "clinic.db"
    create_clinic(made, None)
    return made


def give_clinic(folder: Path) -> None:
    """Put a fresh sample clinic where the process looks for it."""
    data = Path(environment(folder)["XDG_DATA_HOME"]) / "unstuck"
    data.mkdir(exist_ok=True)
    if not (data / "clinic.db").exists():
        shutil.copy(_sample(), data / "clinic.db")


class SecretChat:
    """One process; `outputs` is all that it wrote so far."""

    def __init__(self, folder: Path, *args: str, before: tuple[str, ...] = ()) -> None:
        give_clinic(folder)
        self.folder = folder
        self.outputs: list[bytes] = []
        self._errors = (folder / f"stderr-{len(list(folder.glob('stderr-*')))}").open("wb")
        self.process = subprocess.Popen(
            [*before, sys.executable, "-c", CODE, "chat", *args, "--json"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=ROOT,
            env=environment(folder),
        )
        self.turn = self._read()

    def says(self, **line: object) -> Turn:
        """Tell it something; the turn after it, or an empty one where the process has ended."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(line).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass
        self.turn = self._read()
        return self.turn

    def answers(self, *values: object) -> str:
        """Answer one question after the other; what is asked then."""
        for value in values:
            self.says(answer=value)
        return self.asks

    @property
    def asks(self) -> str:
        """The step whose question waits."""
        prompt = self.turn.get("prompt")
        return str(prompt["step"]) if isinstance(prompt, dict) else ""

    @property
    def problem(self) -> str:
        """Why the last answer was refused."""
        problem = self.turn.get("problem")
        return str(problem["code"]) if isinstance(problem, dict) else ""

    @property
    def session(self) -> str:
        return str(self.turn["session"])

    def shown(self) -> str:
        """Have the secret shown that waits; it is not among the outputs then."""
        waits = self.turn["reveal"]
        assert isinstance(waits, dict)
        self.says(reveal=waits["id"])
        self.outputs.pop()
        revealed = self.turn["reveal"]
        assert isinstance(revealed, dict)
        return str(revealed["value"])

    def ended(self) -> int:
        """Let it end by itself; its exit code."""
        out, _ = self.process.communicate(timeout=30)
        self.outputs.append(out)
        self._errors.close()
        return self.process.returncode

    def kill(self) -> None:
        """End it here and now."""
        self.process.kill()
        self.ended()

    def leaks(self, secret: str) -> list[str]:
        """Everywhere that the secret can be seen, outside the process's own memory."""
        said = [f"output: {name}" for out in self.outputs for name in found(secret, out)]
        return [*said, *in_files(secret, self.folder), *in_process(secret, self.process.pid)]

    def _read(self) -> Turn:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        self.outputs.append(line)
        turn: Turn = json.loads(line) if line else {}
        return turn


def leaking(chat: SecretChat, planted: Mapping[str, str]) -> dict[str, list[str]]:
    """Which of the planted secrets can be seen where."""
    return {name: where for name, secret in planted.items() if (where := chat.leaks(secret))}
