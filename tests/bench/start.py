"""From the start of the process to the first prompt, beside bare Python importing the same libraries.

Those libraries are measured too: the modules of third parties, and SQLite, that a run has loaded when its
first prompt is there. Each child is stopped at its first words; the clinic was made, and the flows were
checked, beforehand.
"""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from tests.bench.report import Figure, Limit

ROUNDS = 11
PATIENCE = 60.0
WITHIN_TWICE = Limit(2, above=False)
FLOW = "email-not-received"
UNSTUCK = str(Path(sys.executable).with_name("unstuck"))
READY = b"READY"

WHICH_LIBRARIES = """
import sys
def told(*_, **__):
    files = {{name: getattr(one, "__file__", None) or "" for name, one in list(sys.modules.items())}}
    import json, os
    os.write(2, json.dumps(files).encode())
    os._exit(0)
{before}
from adapters.cli import run
run({arguments!r})
"""
READING_A_LINE = "sys.stdin = type('Source', (), {'readline': told})()"
ASKING = "from prompt_toolkit import Application; Application.run = Application.run_async = told"


@dataclass(frozen=True, slots=True)
class Seen:
    """How long a child took until its first words: wall and CPU time, in milliseconds."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Child:
    """A command, what it writes when it is ready, and whether it runs in a terminal."""

    command: tuple[str, ...]
    ready: bytes
    in_terminal: bool

    def first_words(self, environ: dict[str, str]) -> Seen:
        """Run it until it is ready, and stop it."""
        reads, writes = pty.openpty() if self.in_terminal else os.pipe()
        begun = perf_counter()
        process = subprocess.Popen(
            self.command,
            env=environ,
            stdin=writes if self.in_terminal else subprocess.DEVNULL,
            stdout=writes,
            stderr=writes if self.in_terminal else subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(writes)
        found = self._read(reads, begun)
        wall = perf_counter() - begun
        # Not `process.kill()`, which reaps a child that has ended, and its times with it.
        os.kill(process.pid, signal.SIGKILL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        os.close(reads)
        if self.ready not in found:
            raise SystemExit(f"{' '.join(self.command[:2])} did not come to its prompt: {found[-500:]!r}")
        return Seen(1000 * wall, 1000 * (usage.ru_utime + usage.ru_stime))

    def _read(self, reads: int, begun: float) -> bytes:
        found = b""
        while self.ready not in found and perf_counter() - begun < PATIENCE:
            try:
                part = os.read(reads, 65_536)
            except OSError:
                break
            if not part:
                break
            found += part
        return found


def measured() -> tuple[tuple[Figure, ...], tuple[str, ...]]:
    """The lines of the table, and what the libraries are."""
    figures: list[Figure] = []
    notes: list[str] = []
    with TemporaryDirectory(prefix="unstuck-bench-") as folder:
        environ = _environ(folder)
        in_json = ("chat", FLOW, "--json")
        at_console = ("chat", FLOW)
        _warmed((UNSTUCK, *in_json), environ)
        for name, arguments, ready, in_terminal in (
            ("as JSON", in_json, b"\n", False),
            ("at the console", at_console, b"Who is the client", True),
        ):
            libraries = _libraries(arguments, in_terminal, environ)
            bare = Child((sys.executable, "-c", _importing(libraries)), READY, in_terminal)
            unstuck = Child((UNSTUCK, *arguments), ready, in_terminal)
            figures += _compared(name, unstuck, bare, environ)
            notes.append(f"libraries {name}: {', '.join(_tops(libraries))}")
    return tuple(figures), tuple(notes)


def _environ(folder: str) -> dict[str, str]:
    """An environment with folders of its own, in which unstuck keeps its data and that its flows were
    checked."""
    mine = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("UNSTUCK", "PYTHON", "XDG", "NO_COLOR"))
    }
    return {
        **mine,
        "XDG_DATA_HOME": folder,
        "XDG_CONFIG_HOME": folder,
        "XDG_CACHE_HOME": folder,
        "TERM": "xterm-256color",
    }


def _warmed(command: Sequence[str], environ: dict[str, str]) -> None:
    """Run once, so that the clinic and the compiled modules are there."""
    subprocess.run(command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, check=False)


def _compared(name: str, unstuck: Child, bare: Child, environ: dict[str, str]) -> list[Figure]:
    for child in (unstuck, bare):
        child.first_words(environ)
    seen = [(unstuck.first_words(environ), bare.first_words(environ)) for _ in range(ROUNDS)]
    wall = [(ours.wall, theirs.wall) for ours, theirs in seen]
    cpu = [(ours.cpu, theirs.cpu) for ours, theirs in seen]
    return [
        _figure(f"first prompt {name}, wall", wall, WITHIN_TWICE),
        _figure(f"first prompt {name}, CPU", cpu, WITHIN_TWICE),
    ]


def _figure(name: str, pairs: Sequence[tuple[float, float]], limit: Limit) -> Figure:
    ours, theirs = (median(pair[side] for pair in pairs) for side in (0, 1))
    return Figure(name, f"{ours:.0f} ms", f"{theirs:.0f} ms", median(one / two for one, two in pairs), limit)


def _libraries(arguments: Sequence[str], in_terminal: bool, environ: dict[str, str]) -> tuple[str, ...]:
    """The modules of third parties, and sqlite3, that a run has loaded at its first prompt, in that order."""
    before = ASKING if in_terminal else READING_A_LINE
    script = WHICH_LIBRARIES.format(arguments=list(arguments), before=before)
    command = [sys.executable, "-c", script]
    reads, writes = pty.openpty()
    try:
        done = subprocess.run(
            command,
            env=environ,
            stdin=writes if in_terminal else subprocess.DEVNULL,
            stdout=writes,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    finally:
        os.close(reads)
        os.close(writes)
    loaded: dict[str, str] = json.loads(done.stderr)
    installed = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    return tuple(
        name
        for name, file in loaded.items()
        if name.split(".")[0] == "sqlite3" or any(file.startswith(folder + os.sep) for folder in installed)
    )


def _importing(libraries: Sequence[str]) -> str:
    """The program of bare Python."""
    lines = [f"import {name}" for name in libraries]
    return "\n".join([*lines, f"print({READY.decode()!r}, flush=True)"])


def _tops(libraries: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted({name.split(".")[0] for name in libraries}))
