"""A replay that expects something else than what comes parts from the flow there, and says so."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.library import Library
from adapters.replaying import ReplayOutcome, failure_text, run_replay
from adapters.wiring import open_library

GOOD = """\
replay: an adult with both off
flow: email-not-received
as: agent
clinic:
  clients:
    - name: Ines Barrow
      kind: adult
      email: ines@mail.example
      online_access: false
      email_notifications: false
turns:
  - {ask: who, answer: Ines Barrow}
  - {ask: switch-on, answer: both}
  - did: set_portal_settings
  - {ask: compare, answer: right}
  - {ask: send, answer: send}
  - did: send_invitation
  - {ask: arrived, answer: yes}
end: solved
holds:
  mailbox: [{to: ines@mail.example}]
  journal: [set_portal_settings, send_invitation]
"""


@pytest.fixture(scope="module")
def library() -> Library:
    return open_library(None)


def run(text: str, folder: Path, library: Library) -> ReplayOutcome:
    path = folder / "case.replay.yaml"
    path.write_text(text, encoding="utf-8")
    return run_replay(path, library)


def test_the_replay_as_it_is_passes(tmp_path: Path, library: Library) -> None:
    assert run(GOOD, tmp_path, library).passed


@pytest.mark.parametrize(
    ("old", "new", "line", "expected", "came"),
    [
        ("ask: compare, answer: right", "ask: junk, answer: missing", 15, "`junk`", "`compare`"),
        ("answer: both", "answer: access", 15, "`compare`", "`without-notifications`"),
        ("  - did: set_portal_settings\n", "", 14, "`compare`", "set_portal_settings"),
        ("did: send_invitation", "did: open_ticket", 17, "open_ticket", "send_invitation"),
        (
            "  - did: send_invitation\n",
            "  - {did: send_invitation, error: conflict}\n",
            17,
            "conflict",
            "worked",
        ),
        ("answer: send}", "answer: sent}", 16, "'sent'", "not_a_choice"),
        ("answer: send}", "answer: send, problem: not_a_choice}", 16, "refused", "taken"),
        ("end: solved", "end: escalated", 19, "escalated", "solved"),
        ("to: ines@", "to: nobody@", 21, "nobody@", "ines@"),
        ("[set_portal_settings, send_invitation]", "[send_invitation]", 22, "journal", "set_portal_settings"),
        (
            "{ask: switch-on, answer: both}",
            "{ask: switch-on, answer: both, text: Hello}",
            13,
            "Hello",
            "Ines",
        ),
        ("  - {ask: arrived, answer: yes}\n", "", 18, "solved", "`arrived`"),
    ],
)
def test_the_first_difference_is_named(
    old: str, new: str, line: int, expected: str, came: str, tmp_path: Path, library: Library
) -> None:
    assert old in GOOD
    broke = run(GOOD.replace(old, new), tmp_path, library).broke
    assert broke is not None
    assert (broke.place.line, expected in broke.expected, came in broke.came) == (line, True, True), broke


def test_a_failure_shows_the_lines_and_the_conversation(tmp_path: Path, library: Library) -> None:
    text = failure_text(run(GOOD.replace("end: solved", "end: escalated"), tmp_path, library))
    assert "case.replay.yaml:19:" in text
    assert "send-setup-email.yaml:" in text
    assert "switch-on ← both" in text


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("end: solved", "end: solvd", "U403"),
        ("did: set_portal_settings", "did: set_portal_setting", "U403"),
        ("ask: who", "ask: whoo", "U404"),
        ("turns:", "turnss:", "U402"),
        ("  - {ask: who, answer: Ines Barrow}", "  - who", "U401"),
        ("kind: adult", "kind: adlut", "U502"),
        ("flow: email-not-received", "flow: email-not-recieved", "U403"),
    ],
)
def test_what_is_wrong_with_a_replay_is_a_finding(
    old: str, new: str, code: str, tmp_path: Path, library: Library
) -> None:
    outcome = run(GOOD.replace(old, new), tmp_path, library)
    assert outcome.broke is None
    assert code in {finding.code for finding in outcome.findings}
