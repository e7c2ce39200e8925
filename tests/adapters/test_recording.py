"""Any conversation that is kept becomes a replay that goes the same way, with nobody's data in it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from adapters.cli import run
from adapters.library import Library
from adapters.recording import record
from adapters.replay.runner import hold
from adapters.replay.transcribing import SECRET
from adapters.replaying import On, load_replay, run_text, stage_for
from adapters.staging import DriverStage, people_for
from adapters.wiring import open_library
from engine import Audience
from tests.adapters.event_logs import event_log
from tests.adapters.recordings import recorded, recorded_at
from tests.adapters.test_fronts import FrontName

AWKWARD = (
    "change-address/replays/address-typed-twice",
    "change-address/replays/address-look-alike",
    "change-address/replays/address-changed-meanwhile",
    "email-not-received/replays/two-of-one-name-by-birth-date",
    "email-not-received/replays/family-shares-address",
    "email-not-received/replays/settings-by-hand",
    "email-not-received/replays/sending-outcome-unknown",
    "email-not-received/replays/search-out-of-reach",
    "email-not-received/replays/cool-down",
    "email-not-received/replays/archived",
    "security-stop/replays/attack-after-a-restart",
    "security-stop/replays/stranger-in-the-account",
    "set-password/replays/password-gone-before-shown",
    "set-password/replays/password-typed",
    "video-session/replays/guardian-without-consent",
)
"""Conversations with what is hard to find again: faults, changes by hand, time, secrets, shared addresses."""


@pytest.fixture(scope="module")
def library() -> Library:
    return open_library(None)


@pytest.mark.parametrize("name", AWKWARD)
def test_what_is_hard_to_find_again_goes_the_same_way(name: str, library: Library, tmp_path: Path) -> None:
    recording, _ = recorded(name, library, tmp_path)
    assert recording.parted == "", recording.text


MIDWAY = {
    "client-entered-midway": ("clients: []", "{state: deferred", "{state: bounced"),
    "contact-entered-midway": ("by hand: {clients: [{name: Robin Halloway, contacts: [{name: Dana Halloway",),
    "second-of-one-name": ("{name: Robin Halloway, online_access: true}",),
}
"""What somebody did in the clinic's own software in between, and how the recording says it."""


@pytest.mark.parametrize("name", MIDWAY)
def test_what_was_done_by_hand_midway_goes_the_same_way(name: str, library: Library, tmp_path: Path) -> None:
    path = Path(__file__).parent.parent / "cases" / "recorded" / f"{name}.replay.yaml"
    recording, _ = recorded_at(path, library, tmp_path)
    assert recording.parted == "", recording.text
    for words in MIDWAY[name]:
        assert words in recording.text, recording.text


PERSONAL = {
    "email-not-received/replays/minor-two-contacts": ("lucie", "farrow", "paula", "otto", "rosa"),
    "change-address/replays/address-of-a-guardian": ("lucie", "farrow", "paula", "555 0178"),
    "set-password/replays/password-typed": ("hunter", "dempster"),
    "email-not-received/replays/two-of-one-name-by-birth-date": (
        "mara",
        "lindqvist",
        "1984",
        "halifax",
    ),
}


@pytest.mark.parametrize("name", PERSONAL)
def test_nothing_personal_is_left(name: str, library: Library, tmp_path: Path) -> None:
    recording, before = recorded(name, library, tmp_path)
    for word in PERSONAL[name]:
        assert word not in recording.text.casefold(), recording.text
    secrets = [line.partition("answer:")[2].strip(" }\n") for line in before.splitlines() if "secret" in line]
    assert not [each for each in secrets if each and each in recording.text]


def test_the_same_person_has_the_same_stand_in_everywhere(library: Library, tmp_path: Path) -> None:
    recording, _ = recorded("email-not-received/replays/minor-two-contacts", library, tmp_path)
    assert recording.text.count("name: Robin Halloway") == 1
    assert "{ask: who, answer: Robin Halloway}" in recording.text
    assert "answer: [quinn-halloway, dana-halloway]" in recording.text


def test_a_typed_secret_is_replaced_before_anything_is_written(library: Library, tmp_path: Path) -> None:
    recording, before = recorded("set-password/replays/password-typed", library, tmp_path)
    assert SECRET in recording.text
    assert SECRET not in before


def test_an_open_conversation_is_recorded_as_far_as_it_went(library: Library, tmp_path: Path) -> None:
    text = """\
replay: given up and begun
flow: email-not-received
as: agent
turns:
  - {ask: who, answer: Ana Souza}
  - back: true
  - {ask: who, answer: Ana Souza}
end: open
"""
    assert run_text(text, "open.replay.yaml", library).passed
    path = tmp_path / "open.replay.yaml"
    path.write_text(text, encoding="utf-8")
    replay, _ = load_replay(path, library)
    assert replay is not None
    people, _ = people_for(replay)
    with closing(DriverStage(replay, people, library, tmp_path)) as stage:
        assert hold(replay, stage) is None
        recording = record(stage.store, library, "replay-1", "x.replay.yaml")
    assert (recording.parted, recording.text.splitlines()[-1]) == ("", "end: open")
    assert "back: true" in recording.text


@pytest.mark.parametrize(
    ("turn", "end"), [("stop: true", "abandoned"), ("hand over: They call back tomorrow.", "escalated")]
)
@pytest.mark.parametrize("front", ["engine", "json", "console"])
def test_what_a_person_can_do_at_any_question_is_held_and_recorded(
    turn: str, end: str, front: FrontName, library: Library, tmp_path: Path
) -> None:
    ticket = "  - did: open_ticket\n" if end == "escalated" else ""
    text = (
        "replay: left in the middle\nflow: email-not-received\nas: agent\nturns:\n"
        f"  - {{ask: who, answer: Ana Souza}}\n  - {turn}\n{ticket}end: {end}\n"
    )
    path = tmp_path / "left.replay.yaml"
    path.write_text(text, encoding="utf-8")
    replay, findings = load_replay(path, library)
    assert replay is not None, findings
    people, _ = people_for(replay)
    folder = tmp_path / "world"
    folder.mkdir()
    with closing(stage_for(replay, people, library, folder, On(front))) as stage:
        assert hold(replay, stage) is None
        assert event_log(library.flow("email-not-received"), stage.events()[0])
        if isinstance(stage, DriverStage):
            assert record(stage.store, library, "replay-1", "x.replay.yaml").parted == ""


def test_the_command_writes_a_new_file_and_says_how_to_hold_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    from adapters.wiring import Options, open_desk

    with open_desk(Options()) as desk:
        view = desk.driver.start("email-not-received", actor="kim", audience=Audience.AGENT)
        desk.driver.answer(view.session, "Ana Souza")
        desk.driver.stop(view.session)
    path = tmp_path / "ana.replay.yaml"
    assert run(["record", view.session, "-o", str(path)]) == 0
    assert f"unstuck test {path}" in capsys.readouterr().err
    assert "Ana" not in path.read_text(encoding="utf-8")
    assert path.stat().st_mode & 0o077 == 0
    assert run(["test", str(path)]) == 0
    capsys.readouterr()
    assert run(["record", view.session, "-o", str(path)]) == 2
    assert "There is a file" in capsys.readouterr().err
    assert run(["record", "nobody"]) == 2
    assert "There is no session 'nobody'" in capsys.readouterr().err


def test_the_policy_of_the_clinic_goes_with_it_without_the_names_in_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    from adapters.wiring import Options, open_desk

    settings = tmp_path / "settings"
    settings.mkdir()
    (settings / "policy.yaml").write_text(
        "roles:\n  people: {kim: agent, ada: admin}\nactions:\n  set_temporary_password: {agent: yes}\n",
        encoding="utf-8",
    )
    with open_desk(Options(config=settings)) as desk:
        view = desk.driver.start("set-password", actor="kim", audience=Audience.AGENT)
        for answer in ("Daniel Okafor", "yes", "set"):
            view = desk.driver.answer(view.session, answer)
        assert view.reveal is not None
    assert run(["record", view.session]) == 1
    assert "goes otherwise" in capsys.readouterr().err
    assert run(["record", view.session, "--config", str(settings)]) == 0
    text = capsys.readouterr().out
    assert "set_temporary_password: {agent: " in text
    assert "ada" not in text


@pytest.mark.parametrize(
    "name", ["attack-next-day", "attack-second-person-is-the-first", "second-person-approves"]
)
def test_what_the_gates_remember_is_in_the_conversations_before_it(
    name: str, library: Library, tmp_path: Path
) -> None:
    (tmp_path / "alone").mkdir()
    (tmp_path / "after").mkdir()
    path = f"security-stop/replays/{name}"
    alone, _ = recorded(path, library, tmp_path / "alone", "replay-2")
    assert alone.parted
    after, _ = recorded(path, library, tmp_path / "after", "replay-2", ("replay-1",))
    assert after.parted == "", after.text
