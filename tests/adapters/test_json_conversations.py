"""The replays on the sample clinic, held by another program: `chat --json` in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.clinic.actions import CATALOG
from adapters.replay.replay_file import Replay, plain_value, read_replay
from adapters.replay.runner import matches
from adapters.staging import held_at
from adapters.wiring import change_record, create_clinic
from engine import Node, Source

REPLAYS = Path(__file__).parents[2] / "flows" / "email-not-received" / "replays"
SAMPLES = sorted(REPLAYS.glob("sample-*.replay.yaml"))


def replay_in(path: Path) -> Replay:
    replay, findings = read_replay(Source(path.name, path.read_text(encoding="utf-8")), CATALOG)
    assert replay is not None, findings
    return replay


class Program:
    """`unstuck chat --json` with everything it keeps in one folder."""

    def __init__(self, folder: Path, flow: str) -> None:
        self.clinic = f"sqlite:///{folder / 'clinic.db'}"
        code = "import sys; from adapters.cli import run; sys.exit(run(sys.argv[1:]))"
        store, mail = f"sqlite:///{folder / 'sessions.db'}", f"maildir:{folder / 'mail'}"
        options = ["--json", "--clinic", self.clinic, "--store", store, "--mail", mail]
        self.process = subprocess.Popen(
            [sys.executable, "-c", code, "chat", flow, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def turn(self) -> dict[str, object]:
        assert self.process.stdout is not None
        turn = json.loads(self.process.stdout.readline())
        assert isinstance(turn, dict)
        return turn

    def tell(self, line: dict[str, object]) -> dict[str, object]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()
        return self.turn()

    def ended(self) -> int:
        """Close the conversation; the exit code."""
        self.process.communicate(timeout=20)
        return self.process.returncode


def by_hand(url: str, change: Node | None) -> None:
    """Only addresses of clients are changed by hand in these replays."""
    said = plain_value(change) if change is not None else None
    assert isinstance(said, dict)
    clients = said["clients"]
    assert isinstance(clients, list)
    for client in clients:
        assert isinstance(client, dict)
        change_record(url, str(client["name"]), str(client["email"]), None, None)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name.partition(".")[0])
def test_a_replay_of_the_sample_clinic_goes_the_same_way_in_json(path: Path, tmp_path: Path) -> None:
    replay = replay_in(path)
    create_clinic(tmp_path / "clinic.db", None)
    program = Program(tmp_path, replay.flow)
    turn = program.turn()
    for expected in replay.turns:
        if expected.kind == "ask":
            prompt = turn["prompt"]
            assert isinstance(prompt, dict)
            assert prompt["step"] == expected.name
            turn = program.tell({"answer": expected.answer, "seq": turn["seq"]})
            assert "problem" not in turn
        elif expected.kind == "by hand":
            by_hand(program.clinic, expected.change)
    assert isinstance(turn["end"], dict)
    assert turn["end"]["outcome"] == replay.end
    assert program.ended() == 0
    held = held_at(tmp_path / "clinic.db", tmp_path / "mail")
    for key, value, _ in replay.holds:
        assert matches(value, held[key]), (key, value, held[key])
