"""Killed anywhere, the conversation goes on: nothing acknowledged is lost, and nothing is done twice.

A kill is a crash of the process, not a power cut.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from adapters.clinic.database import open_database
from adapters.clinic.records import persons
from adapters.stores.port import Store
from adapters.stores.sqlite import SqliteStore
from adapters.view import Json, View
from adapters.wiring import open_library
from engine import Event, State, advance, state_to_json
from tests.adapters.real_desk import ANSWERS, copy_clinic, finish, journal, letters, make_clinic, real_desk

COMMITS, WRITES, QUESTIONS = 11, 2, 5
POINTS = [
    *(f"{kind}:{number + 1}" for kind in ("before-commit", "after-commit") for number in range(COMMITS)),
    *(f"{kind}:{number + 1}" for kind in ("before-call", "after-call") for number in range(WRITES)),
    *(f"answer:{number + 1}" for number in range(QUESTIONS)),
]
RESUMED_WITHIN = 2.0


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a fresh clinic, to be copied."""
    folder = tmp_path_factory.mktemp("fresh")
    make_clinic(folder)
    return folder


def killed_at(point: str, folder: Path, *session: str) -> list[tuple[str, int, str]]:
    """Hold the conversation in a process that kills itself; the turns it acknowledged before."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.adapters.real_desk", str(folder), point, *session],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == (0 if point == "never:0" else -signal.SIGKILL), done.stderr
    told = [line.split() for line in done.stdout.splitlines()]
    return [(session, int(seq), step) for session, seq, step in told]


def standing(folder: Path, session: str) -> str:
    """How far the latest call of the session was when it was broken off."""
    with SqliteStore(folder / "sessions.db") as store:
        calls = store.ledger(session)
        return calls[-1].status if calls and store.load(session).waiting.startswith("call") else ""


def replayed(store: Store, session: str) -> bytes:
    """The state that the kept events lead to."""
    kept = store.load(session)
    flow = open_library(None).revive(kept.flow, kept.version, lambda: store.load_version(kept.version))
    state: State | None = None
    for _, body in store.events(session):
        event: Event = msgspec.json.decode(body, type=Event)
        state = advance(flow, state, event).state
    assert state is not None
    return state_to_json(state)


def settings_of(folder: Path, name: str) -> tuple[bool | None, bool | None]:
    database = open_database(folder / "clinic.db")
    try:
        with database.reading(5.0) as connection:
            (person,) = [each for each in persons(connection) if each.name == name]
            return person.online_access, person.email_notifications
    finally:
        database.close()


def assert_done_once(folder: Path, view: View) -> None:
    """The conversation ended well, and the clinic holds what it said, once."""
    assert view.end is not None
    assert view.end.outcome == "solved"
    assert journal(folder) == ["set_portal_settings", "send_invitation"]
    assert len(letters(folder)) == 1
    assert settings_of(folder, "Ana Souza") == (True, True)


def test_the_conversation_has_as_many_points_as_are_tried(fresh: Path, tmp_path: Path) -> None:
    folder = copy_clinic(fresh, tmp_path / "whole")
    told = killed_at("never:0", folder)
    assert [step for _, _, step in told] == [*list(ANSWERS)[:QUESTIONS], "end"]
    with SqliteStore(folder / "sessions.db") as store:
        assert store.load(told[0][0]).revision == COMMITS
        assert len(store.ledger(told[0][0])) == WRITES


@pytest.mark.parametrize("point", POINTS)
def test_killed_anywhere_it_goes_on_there_and_does_nothing_twice(
    point: str, fresh: Path, tmp_path: Path
) -> None:
    folder = copy_clinic(fresh, tmp_path / "desk")
    told = killed_at(point, folder)
    if not told:
        with SqliteStore(folder / "sessions.db") as store:
            begun = store.sessions(10)
        # Killed before anybody was told of the session: it is there whole, or not at all.
        assert len(begun) == (1 if point == "after-commit:1" else 0)
        return
    session, seq, step = told[-1]
    left = standing(folder, session)
    with real_desk(folder) as (driver, store):
        began = time.monotonic()
        view = driver.resume(session)
        assert time.monotonic() - began < RESUMED_WITHIN
        assert view.seq >= seq
        if point.startswith("answer"):
            assert view.prompt is not None
            assert (view.seq, view.prompt.step) == (seq, step)
        looked_up = any(did.outcome == "reconciled" for did in view.did)
        assert looked_up == (left in ("sent", "unknown"))
        if point.startswith("before-call"):
            assert "looking showed that nothing was done" in "\n".join(text.text for text in view.say)
            assert view.prompt is not None
            assert view.prompt.step in ("switch-on", "not-now")
        if point.startswith("after-call"):
            assert [did.outcome for did in view.did if did.error is None] == ["reconciled"]
        ended = finish(driver, view)
        assert replayed(store, session) == store.load(session).state
    assert_done_once(folder, ended)


@pytest.mark.parametrize("second", ["after-commit:1", "before-commit:2"])
@pytest.mark.parametrize("first", ["before-call:2", "after-call:2", "after-commit:7"])
def test_killed_again_while_it_is_picked_up(first: str, second: str, fresh: Path, tmp_path: Path) -> None:
    folder = copy_clinic(fresh, tmp_path / "desk")
    session = killed_at(first, folder)[-1][0]
    killed_at(second, folder, session)
    with real_desk(folder) as (driver, store):
        ended = finish(driver, driver.resume(session))
        assert replayed(store, session) == store.load(session).state
    assert_done_once(folder, ended)


# -- the command itself -----------------------------------------------------------------------------------


@contextmanager
def chat(folder: Path, *args: str) -> Iterator[subprocess.Popen[str]]:
    """`unstuck chat --json` in a process of its own, with everything in `folder`."""
    with subprocess.Popen(
        [sys.executable, "-c", "from adapters.cli import main; main()", "chat", "--json", *args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "XDG_DATA_HOME": str(folder)},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture
def home(fresh: Path, tmp_path: Path) -> Path:
    """A folder for XDG_DATA_HOME with a fresh sample clinic in it."""
    copy_clinic(fresh, tmp_path / "unstuck")
    return tmp_path


def turn(process: subprocess.Popen[str]) -> dict[str, Json]:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line, process.stderr.read() if process.stderr is not None else ""
    got: dict[str, Json] = json.loads(line)
    return got


def say(process: subprocess.Popen[str], request: dict[str, Json]) -> None:
    assert process.stdin is not None
    process.stdin.write(json.dumps(request) + "\n")
    process.stdin.flush()


def place(got: dict[str, Json]) -> tuple[Json, Json]:
    """The prompt's id and number."""
    prompt = got["prompt"]
    return (prompt["id"] if isinstance(prompt, dict) else None), got["seq"]


def reply_to(got: dict[str, Json]) -> dict[str, Json]:
    prompt = got["prompt"]
    assert isinstance(prompt, dict)
    answer = str(ANSWERS[str(prompt["step"])])
    return {"answer": answer, "prompt": prompt["id"], "seq": got["seq"]}


def test_killed_at_every_prompt_the_command_goes_on_there(home: Path) -> None:
    with chat(home, "email-not-received") as process:
        got = turn(process)
    session = str(got["session"])
    for _ in range(QUESTIONS):
        with chat(home, "--resume", session) as process:
            again = turn(process)
            assert place(again) == place(got)
            assert again["say"] == got["say"]
            assert again["did"] == got["did"]
            say(process, reply_to(again))
            got = turn(process)
            process.kill()
            assert process.wait(10) == -signal.SIGKILL
    assert isinstance(got["end"], dict)
    assert got["end"]["outcome"] == "solved"
    assert journal(home / "unstuck") == ["set_portal_settings", "send_invitation"]
    assert len(letters(home / "unstuck")) == 1


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_random_moments_the_command_goes_on(seed: int, home: Path) -> None:
    dice = random.Random(seed)
    with chat(home, "email-not-received") as process:
        got = turn(process)
    session, seq = str(got["session"]), 0
    for _ in range(8):
        with chat(home, "--resume", session) as process:
            got = turn(process)
            assert int(str(got["seq"])) >= seq
            if got["end"] is not None:
                break
            seq = int(str(got["seq"]))
            say(process, reply_to(got))
            time.sleep(dice.random() * 0.008)
            process.kill()
    with chat(home, "--resume", session) as process:
        got = turn(process)
        while got["end"] is None:
            say(process, reply_to(got))
            got = turn(process)
    assert journal(home / "unstuck") == ["set_portal_settings", "send_invitation"]
    assert len(letters(home / "unstuck")) == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 3), (signal.SIGTERM, -15), (signal.SIGHUP, -1)])
def test_a_signal_at_a_prompt_loses_nothing(number: signal.Signals, code: int, home: Path) -> None:
    with chat(home, "email-not-received") as process:
        say(process, reply_to(turn(process)))
        got = turn(process)
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out) == (code, "")
        assert "Traceback" not in err
        if code == 3:
            assert f"unstuck chat --resume {got['session']}" in err
    with chat(home, "--resume", str(got["session"])) as process:
        assert place(turn(process)) == place(got)


def test_the_end_of_input_keeps_the_conversation_and_says_how_to_go_on(home: Path) -> None:
    with chat(home, "email-not-received") as process:
        got = turn(process)
        out, err = process.communicate(timeout=20)
        assert (process.returncode, out) == (3, "")
        assert f"unstuck chat --resume {got['session']}" in err


def test_two_processes_answer_the_same_prompt_and_one_wins(home: Path) -> None:
    with chat(home, "email-not-received") as process:
        got = turn(process)
    session = str(got["session"])
    for _ in range(QUESTIONS - 1):
        with chat(home, "--resume", session) as one, chat(home, "--resume", session) as other:
            first, second = turn(one), turn(other)
            # Picking it up does not change what is asked.
            assert place(first) == place(second) == place(got)
            for process in (one, other):
                say(process, reply_to(first))
            replies = [turn(one), turn(other)]
        problems = [reply.get("problem") for reply in replies]
        codes = [problem["code"] if isinstance(problem, dict) else None for problem in problems]
        assert sorted(map(str, codes)) == ["None", "stale"]
        assert place(replies[0]) == place(replies[1])
        got = replies[0]
    assert journal(home / "unstuck") == ["set_portal_settings", "send_invitation"]
    assert len(letters(home / "unstuck")) == 1
