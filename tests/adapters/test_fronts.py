"""The same conversation on every front end: the driver, JSON lines, and the console in a real terminal."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Literal

import pytest

from adapters.library import Library
from adapters.replay.runner import hold
from adapters.replaying import On, load_replay, run_replay, stage_for
from adapters.staging import people_for
from adapters.wiring import open_library
from tests.adapters.event_logs import event_log
from tests.adapters.recordings import recorded
from tests.adapters.test_runner import GOOD

FrontName = Literal["engine", "console", "json", "browser"]

ONE_OF_EACH_FLOW = (
    "bounced/replays/bounced-corrected-here",
    "change-address/replays/address-changed-and-resent",
    "email-not-received/replays/adult-both-off",
    "forgot-password/replays/reset-works",
    "my-password/replays/visitor-no-account",
    "my-setup-email/replays/visitor-asks-the-practice",
    "my-video-session/replays/visitor-parent",
    "security-stop/replays/attack-unlock",
    "set-password/replays/password-typed",
    "video-session/replays/two-parents-both",
)
RIGHT = "  - {ask: compare, answer: right}\n"


@pytest.fixture(scope="module")
def library() -> Library:
    return open_library(None)


def log_of(path: Path, library: Library, folder: Path, front: FrontName) -> list[list[str]]:
    """The event logs of the conversations of a replay, which must go as written."""
    replay, findings = load_replay(path, library)
    assert replay is not None, findings
    people, _ = people_for(replay)
    folder.mkdir()
    with closing(stage_for(replay, people, library, folder, On(front))) as stage:
        broke = hold(replay, stage)
        assert broke is None, broke
        return [event_log(library.flow(replay.flow), events) for events in stage.events()]


@pytest.mark.parametrize("name", ONE_OF_EACH_FLOW)
def test_a_recorded_conversation_leaves_the_same_events_on_every_front_end(
    name: str, library: Library, tmp_path: Path
) -> None:
    (tmp_path / "first").mkdir()
    recording, _ = recorded(name, library, tmp_path / "first")
    assert recording.parted == ""
    path = tmp_path / "recorded.replay.yaml"
    path.write_text(recording.text, encoding="utf-8")
    on_engine = log_of(path, library, tmp_path / "engine", "engine")
    assert len(on_engine[0]) > 3
    assert log_of(path, library, tmp_path / "json", "json") == on_engine
    assert log_of(path, library, tmp_path / "console", "console") == on_engine


def test_there_is_one_of_each_flow_that_can_be_started(library: Library) -> None:
    assert {name.partition("/")[0] for name in ONE_OF_EACH_FLOW} == set(library.flows)


@pytest.mark.parametrize("front", ["json", "console"])
def test_a_replay_that_goes_otherwise_is_found_on_every_front_end(
    front: FrontName, library: Library, tmp_path: Path
) -> None:
    path = tmp_path / "bad.replay.yaml"
    path.write_text(GOOD.replace("answer: both", "answer: access"), encoding="utf-8")
    outcome = run_replay(path, library, None, On(front))
    assert outcome.broke is not None
    assert outcome.broke.place.line == 15
    assert outcome.broke.expected == "the question `compare`"
    assert "without-notifications" in outcome.broke.came
    assert "It can still come, when" in outcome.broke.why


@pytest.mark.parametrize("front", ["json", "console"])
def test_a_process_that_is_killed_and_started_again_goes_on(
    front: FrontName, library: Library, tmp_path: Path
) -> None:
    text = GOOD.replace(
        "  - {ask: compare, answer: right}\n", "  - restart:\n  - {ask: compare, answer: right}\n"
    )
    path = tmp_path / "killed.replay.yaml"
    path.write_text(text.replace("restart:", "restart: true"), encoding="utf-8")
    assert run_replay(path, library, None, On(front)).broke is None


@pytest.mark.parametrize("front", ["json", "console"])
def test_an_answer_that_does_not_fit_is_refused_on_every_front_end(
    front: FrontName, library: Library, tmp_path: Path
) -> None:
    refused = "  - {ask: compare, answer: sideways, problem: not_a_choice}\n"
    path = tmp_path / "refused.replay.yaml"
    path.write_text(GOOD.replace(RIGHT, refused + RIGHT), encoding="utf-8")
    assert run_replay(path, library, None, On(front)).broke is None


@pytest.mark.parametrize("front", ["engine", "json", "console"])
def test_an_earlier_answer_is_changed_on_every_front_end(
    front: FrontName, library: Library, tmp_path: Path
) -> None:
    path = tmp_path / "changed.replay.yaml"
    path.write_text(
        "replay: somebody else\nflow: email-not-received\nas: agent\nclinic: sample\nturns:\n"
        "  - {ask: who, answer: Ana Souza}\n  - {change: who}\n"
        "  - {ask: who, answer: Eva Novak}\nend: open\n",
        encoding="utf-8",
    )
    assert run_replay(path, library, None, On(front)).broke is None
