"""Blessing writes what comes now into a replay, and nothing that only a person can know."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.blessing import Blessed, bless_file
from adapters.cli import run
from adapters.flowdir import shipped_flows
from adapters.library import Library
from adapters.replaying import run_text
from adapters.wiring import open_library
from engine import CODES
from tests.adapters.test_runner import GOOD

WRONG = """\
# A remark above.
replay: an adult with both off   # a remark on the name
flow: email-not-received
as: agent
clinic:
  clients:
    - {name: Ines Barrow, email: ines@mail.example, online_access: false, email_notifications: false}
turns:
  # who it is
  - {ask: who, answer: Ines Barrow}   # her
  - {ask: junk, answer: missing}
  - {ask: switch-on, answer: both}
  # this changes something
  - {did: set_portal_settings, error: conflict}  # because
  - {ask: compare, answer: right, text: Nothing like it}
  - ask: send
    answer: send
  - {ask: arrived, answer: yes}
end: escalated  # so it is
holds:
  # what came
  mailbox: [{to: nobody@mail.example}]
  journal: [set_portal_settings]
"""
RIGHT = """\
# A remark above.
replay: an adult with both off   # a remark on the name
flow: email-not-received
as: agent
clinic:
  clients:
    - {name: Ines Barrow, email: ines@mail.example, online_access: false, email_notifications: false}
turns:
  # who it is
  - {ask: who, answer: Ines Barrow}   # her
  - {ask: switch-on, answer: both}
  # this changes something
  - did: set_portal_settings  # because
  - {ask: compare, answer: right}
  - ask: send
    answer: send
  - did: send_invitation
  - {ask: arrived, answer: yes}
end: solved  # so it is
holds:
  # what came
  mailbox: [{to: ines@mail.example}]
  journal: [set_portal_settings, send_invitation]
"""
CHANGES = (
    "line 11: it no longer asks `junk`",
    "line 14: `set_portal_settings` ends in confirmed",
    "line 15: `compare` has other words",
    "line 18: it does `send_invitation` (confirmed)",
    "line 19: it ends solved, not escalated",
    "line 22: mailbox: [{to: ines@mail.example}], not [{to: nobody@mail.example}]",
    "line 23: journal: [set_portal_settings, send_invitation], not [set_portal_settings]",
)


@pytest.fixture(scope="module")
def library() -> Library:
    return open_library(None)


def blessed(text: str, folder: Path, library: Library) -> tuple[Blessed, str]:
    path = folder / "case.replay.yaml"
    path.write_text(text, encoding="utf-8")
    return bless_file(path, library), path.read_text(encoding="utf-8")


def test_what_comes_is_written_in_place_and_every_remark_stays(tmp_path: Path, library: Library) -> None:
    told, text = blessed(WRONG, tmp_path, library)
    assert (told.changes, told.refused) == (CHANGES, "")
    assert text == RIGHT


def test_a_replay_that_passes_is_left_as_it_is(tmp_path: Path, library: Library) -> None:
    told, text = blessed(RIGHT, tmp_path, library)
    assert (told.changes, told.refused, text) == ((), "", RIGHT)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("  - {ask: compare, answer: right}\n", "", "It asks `compare` now, and no answer"),
        ("answer: both", "answer: sideways", "does not take the answer 'sideways'"),
        ("  - {ask: arrived, answer: yes}\n", "", "It asks `arrived` now"),
        ("flow: email-not-received", "flow: email-not-recieved", "It does not start any more"),
        ("flow: email-not-received", "flow: check-address", "It does not start any more"),
        ("turns:", "turnss:", "It is no replay"),
        ("email: ines@mail.example", "emial: ines@mail.example", "The people it starts with are wrong"),
    ],
)
def test_what_only_a_person_can_say_is_refused_and_nothing_is_written(
    old: str, new: str, words: str, tmp_path: Path, library: Library
) -> None:
    wrong = RIGHT.replace(old, new).replace("end: solved", "end: escalated")
    told, text = blessed(wrong, tmp_path, library)
    assert words in told.refused
    assert text == wrong


def test_turns_that_share_a_line_are_not_edited(tmp_path: Path, library: Library) -> None:
    turns = re.search(r"turns:\n(.*?)end:", GOOD, re.DOTALL)
    assert turns is not None
    items = [line.strip().removeprefix("- ") for line in turns[1].splitlines()]
    items = [each if each.startswith("{") else f"{{{each}}}" for each in items]
    text = GOOD.replace(turns[0], f"turns: [{', '.join(items)}]\nend:")
    assert run_text(text, "one-line.replay.yaml", library).passed
    told, left = blessed(text.replace("both}", "both}, {did: open_ticket}"), tmp_path, library)
    assert "one a line" in told.refused
    assert "open_ticket" in left


SHIPPED = sorted(shipped_flows().glob("*/replays/*.replay.yaml"))


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(data=st.data())
def test_whatever_is_wrong_with_what_a_shipped_replay_asserts_is_blessed_so_that_it_passes(
    data: st.DataObject, library: Library, tmp_path: Path
) -> None:
    path = data.draw(st.sampled_from(SHIPPED))
    lines = path.read_text(encoding="utf-8").splitlines()
    turns = [number for number, line in enumerate(lines) if re.match(r"  - (did|\{ask)", line)]
    at = data.draw(st.sampled_from(turns))
    kind = data.draw(st.sampled_from(("end", "more", "less")))
    if kind == "end":
        lines = [re.sub(r"^end: .*", "end: abandoned", line) for line in lines]
    elif kind == "more":
        lines.insert(at, "  - did: request_help")
    elif lines[at] in {"  - did: send_invitation", "  - did: set_portal_settings", "  - did: open_ticket"}:
        del lines[at]
    text = "\n".join(lines) + "\n"
    told, left = blessed(text, tmp_path, library)
    assert told.refused == "", text
    assert run_text(left, "case.replay.yaml", library).passed


def test_the_command_shows_what_is_otherwise_and_refuses_while_flows_have_findings(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wrong.replay.yaml"
    path.write_text(WRONG, encoding="utf-8")
    assert run(["test", "--bless", str(path)]) == 0
    assert "it ends solved, not escalated" in capsys.readouterr().out
    assert path.read_text(encoding="utf-8") == RIGHT
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "flow.yaml").write_text(CODES["U129"].example, encoding="utf-8")
    path.write_text(WRONG, encoding="utf-8")
    assert run(["test", "--bless", "--flows", str(mine), str(path)]) == 2
    assert "Nothing is blessed while the flows have findings" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == WRONG
