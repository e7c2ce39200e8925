"""A conversation killed at a write to the disk, from outside: it goes on, and nothing is done twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.staging import held_at
from adapters.wiring import create_clinic

CODE = "import sys; from adapters.cli import run; sys.exit(run(sys.argv[1:]))"
ANSWERS = {
    "who": "Ana Souza",
    "switch-on": "both",
    "compare": "right",
    "send": "send",
    "arrived": "yes",
    "junk": "missing",
    "enable-both!error": "again",
    "not-now": "again",
}
KILLED = -9


def chat(folder: Path, *what: str, kill_at: int | None = None) -> tuple[list[dict[str, object]], int]:
    """Answer every question until the end or until the process is killed at its `kill_at`th fdatasync."""
    store, mail = f"sqlite:///{folder / 'sessions.db'}", f"maildir:{folder / 'mail'}"
    clinic = f"sqlite:///{folder / 'clinic.db'}"
    options = ["--json", "--clinic", clinic, "--store", store, "--mail", mail]
    injected = f"inject=fdatasync:signal=KILL:when={kill_at}"
    strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "trace=fdatasync", "-e", injected]
    command = [*(strace if kill_at else []), sys.executable, "-c", CODE, "chat", *what, *options]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        turns: list[dict[str, object]] = []
        for line in process.stdout:
            turn = json.loads(line)
            turns.append(turn)
            if turn["prompt"] is None:
                break
            try:
                process.stdin.write(json.dumps({"answer": ANSWERS[turn["prompt"]["step"]]}) + "\n")
                process.stdin.flush()
            except BrokenPipeError:
                break
        try:
            process.communicate(timeout=30)
        except BrokenPipeError:
            process.wait(30)
        return turns, process.returncode


def last_session(folder: Path) -> str:
    from adapters.stores.sqlite import SqliteStore

    with SqliteStore(folder / "sessions.db") as store:
        (summary,) = store.sessions(1)
        return summary.session


@pytest.mark.needs_strace
@pytest.mark.parametrize("kill_at", range(1, 27))
def test_killed_at_a_write_it_goes_on_and_repeats_nothing(kill_at: int, tmp_path: Path) -> None:
    create_clinic(tmp_path / "clinic.db", None)
    turns, code = chat(tmp_path, "email-not-received", kill_at=kill_at)
    if code == 0:
        pytest.fail(f"the conversation ended before write {kill_at}")
    if not turns:
        turns, code = chat(tmp_path, "email-not-received")
    else:
        again, code = chat(tmp_path, "--resume", last_session(tmp_path))
        assert seq(again[0]) >= seq(turns[-1]), "an acknowledged turn was lost"
        turns = again
    assert code == 0, turns[-1]
    end = turns[-1]["end"]
    assert isinstance(end, dict)
    assert end["outcome"] == "solved"
    held = held_at(tmp_path / "clinic.db", tmp_path / "mail")
    assert held["journal"] in (
        ["set_portal_settings", "send_invitation"],
        ["set_portal_settings"],
    ), "something was done twice"
    mailbox = held["mailbox"]
    assert isinstance(mailbox, list)
    assert len(mailbox) <= 1
    ana = held["settings"]
    assert isinstance(ana, dict)
    assert ana["ana-souza"] == {"online_access": True, "email_notifications": True}


def seq(turn: dict[str, object]) -> int:
    found = turn["seq"]
    assert isinstance(found, int)
    return found
