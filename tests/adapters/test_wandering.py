"""Random conversations hold what always must hold, and find bugs that are planted, as short as can be."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from adapters.cli import run
from adapters.clinic.port import CallContext
from adapters.driver import Driver, Held
from adapters.library import Library
from adapters.replaying import run_text
from adapters.staging import FaultyClinic
from adapters.view import View
from adapters.wandering import Wandered, wander
from adapters.wiring import open_library
from engine import Allow, Call, Event, Gated, Value

OWN = """\
flow: greet
title: Greet
audience: [agent]
steps:
  - {id: hello, ask: Hello?, kind: yes-no}
  - {id: name, ask: What is your name?, kind: text}
  - id: help
    do: request_help
    with: {topic: "'a key'"}
  - {id: bye, end: solved}
"""
NUMBER = 40
UNSTUCK = str(Path(sys.executable).with_name("unstuck"))


@pytest.fixture(scope="module")
def library() -> Library:
    return open_library(None)


def found(library: Library, flow: str, number: int = NUMBER, seed: int = 1) -> Wandered:
    return wander(library, number, seed, (flow,))


@pytest.mark.parametrize("flow", ["email-not-received", "change-address", "set-password"])
def test_everything_holds_in_random_conversations(flow: str, library: Library) -> None:
    told: list[int] = []
    wandered = wander(library, 8, 1, (flow,), told.append)
    assert (wandered.broken, told[-1] >= 8) == ((), True), wandered.replay


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(5))
def test_everything_holds_in_many_random_conversations(seed: int, library: Library) -> None:
    wandered = wander(library, 400, seed)
    assert wandered.broken == (), wandered.replay


def turns(wandered: Wandered) -> list[str]:
    return [line for line in wandered.replay.splitlines() if line.startswith("  - ")]


def test_a_flow_that_says_solved_without_a_check_is_found_and_its_replay_can_be_held(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(OWN, encoding="utf-8")
    library = open_library(tmp_path)
    wandered = found(library, "greet")
    assert wandered.broken == ("It says solved right after request_help (confirmed), without any check.",)
    # Nothing shorter leads there.
    assert [line.split(",")[0] for line in turns(wandered)] == [
        "  - {ask: hello",
        "  - {ask: name",
        "  - did: request_help",
    ]
    assert run_text(wandered.replay, "found.replay.yaml", library).passed


def test_a_driver_that_does_not_ask_the_gates_is_found(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    def not_asked(self: Driver, held: Held, call: Call) -> Event:
        held.asked_gate = True
        return Gated(call.key, Allow(), self._now())

    monkeypatch.setattr(Driver, "_consult", not_asked)
    wandered = found(library, "forgot-password")
    assert "was not allowed by the gates" in wandered.broken[0]


def test_a_write_that_is_made_twice_is_found(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    perform = FaultyClinic.perform

    def twice(self: FaultyClinic, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        if context.key:
            perform(self, action, args, context)
        return perform(self, action, args, context)

    monkeypatch.setattr(FaultyClinic, "perform", twice)
    wandered = found(library, "security-stop")
    assert "was called 2 times under one key" in wandered.broken[0]


def test_a_driver_that_breaks_off_is_found(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    back = Driver.back

    def broken(self: Driver, session: str) -> View:
        back(self, session)
        raise RuntimeError("planted")

    monkeypatch.setattr(Driver, "back", broken)
    wandered = found(library, "bounced")
    assert wandered.broken[0] == "It broke off: RuntimeError: planted"
    assert turns(wandered)[-1] == "  - back: true"


def test_the_same_seed_gives_the_same_conversations(library: Library) -> None:
    def calls(seed: int) -> list[str]:
        seen: list[str] = []
        perform = FaultyClinic.perform

        def noted(self: FaultyClinic, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
            seen.append(action)
            return perform(self, action, args, context)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(FaultyClinic, "perform", noted)
            wander(library, 3, seed, ("video-session",))
        return seen

    first = calls(5)
    assert first
    assert calls(5) == first
    assert calls(6) != first


def test_the_command_says_what_was_held_and_saves_what_was_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["test", "--random", "2", "--seed", "4"]) == 0
    assert "random conversations with seed 4: everything held." in capsys.readouterr().out
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "flow.yaml").write_text(OWN, encoding="utf-8")
    assert run(["test", "--random", "200", "--flows", str(mine)]) == 1
    out = capsys.readouterr().out
    assert "It says solved right after request_help" in out
    assert "random-0.replay.yaml" in out
    assert run(["test", "random-0.replay.yaml", "--flows", str(mine)]) == 0


def test_a_run_whose_results_go_elsewhere_tells_on_the_terminal_how_far_it_is(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(OWN, encoding="utf-8")
    shown, terminal = pty.openpty()
    with closing(open(shown, "rb", buffering=0)) as screen:
        subprocess.run(
            [UNSTUCK, "test", "--random", "3", "--flows", str(tmp_path)],
            stdout=subprocess.DEVNULL,
            stderr=terminal,
            cwd=tmp_path,
            check=False,
        )
        os.close(terminal)
        assert b"1 of 3" in screen.read(1_000)
