"""The console in a real terminal: under tmux, by keys alone, from the first question to the end."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.staging import held_at
from adapters.wiring import create_clinic

CODE = "import sys; from adapters.cli import run; sys.exit(run(sys.argv[1:]))"
SECONDS = 20.0


class Terminal:
    """One tmux server with one window, of 90 columns and 40 rows."""

    def __init__(self, folder: Path, command: list[str]) -> None:
        self.socket = folder / "tmux"
        size = ["-x", "90", "-y", "40"]
        self.tmux("new-session", "-d", *size, *command)

    def tmux(self, *words: str) -> str:
        environment = {name: value for name, value in os.environ.items() if name != "TMUX"}
        done = subprocess.run(
            ["tmux", "-f", "/dev/null", "-S", str(self.socket), *words],
            env={**environment, "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout

    def screen(self) -> str:
        return self.tmux("capture-pane", "-p")

    def shows(self, words: str) -> str:
        until = time.monotonic() + SECONDS
        while words not in (screen := self.screen()):
            assert time.monotonic() < until, f"no “{words}” on\n{screen}"
            time.sleep(0.05)
        return screen


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    create_clinic(tmp_path / "clinic.db", None)
    options = [
        *("--clinic", f"sqlite:///{tmp_path / 'clinic.db'}"),
        *("--store", f"sqlite:///{tmp_path / 'sessions.db'}"),
        *("--mail", f"maildir:{tmp_path / 'mail'}"),
    ]
    chat = [sys.executable, "-c", CODE, "chat", *options]
    terminal = Terminal(tmp_path, ["sh", "-c", '"$@"; echo ended with $?; sleep 60', "sh", *chat])
    yield terminal
    terminal.tmux("kill-server")


@pytest.mark.needs_tmux
def test_an_adult_with_both_off_is_solved_by_keys_alone(terminal: Terminal, tmp_path: Path) -> None:
    terminal.shows("What does the caller say?")
    terminal.tmux("send-keys", "she never got the invitation email", "Enter")
    terminal.shows("Who is the client?")
    terminal.tmux("send-keys", "Ana Souza", "Enter")
    screen = terminal.shows("Leave it as it is")
    assert "↳ Switches online access on and email notifications on for Ana Souza." in screen
    terminal.tmux("send-keys", "Down", "Enter")
    screen = terminal.shows("Is it exactly right?")
    assert "✓ Switched online access on and email notifications on for Ana Souza" in screen
    terminal.tmux("send-keys", "1", "Enter")
    terminal.shows("Shall I send")
    terminal.tmux("send-keys", "1", "Enter")
    terminal.shows("Has the setup email arrived?")
    terminal.tmux("send-keys", "y", "Enter")
    screen = terminal.shows("ended with 0")
    assert "Solved" in screen
    held = held_at(tmp_path / "clinic.db", tmp_path / "mail")
    assert held["journal"] == ["set_portal_settings", "send_invitation"]


@pytest.mark.needs_tmux
def test_nothing_stale_stays_where_the_terminal_breaks_lines_anew(terminal: Terminal) -> None:
    terminal.shows("What does the caller say?")
    terminal.tmux("send-keys", "email-not-received", "Enter")
    terminal.shows("Who is the client?")
    terminal.tmux("send-keys", "Ana Souza", "Enter")
    terminal.shows("has email notifications and online access switched off. The portal needs")
    for columns, broken in (
        (45, "has email notifications and\n"),
        (90, "access switched off. The portal needs"),
    ):
        terminal.tmux("resize-window", "-x", str(columns), "-y", "60")
        screen = terminal.shows(broken)
        assert screen.count("Ana Souza has email") == 1
        assert screen.count("Shall I switch it on?") == 1
        assert "settings and the address.\n\n  Ana Souza has email" in screen
