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
        ("answer: send}", "answer: Sent it}", 16, "'Sent it'", "not_a_choice"),
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


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("{start: bounced}", ""),
        ("{start: bounced, after: solved}", ""),
        ("{start: bounced, after: stopped}", "the end: stopped"),
    ],
)
def test_another_conversation_begins_when_the_one_before_has_ended(
    start: str, expected: str, tmp_path: Path, library: Library
) -> None:
    another = f"  - {start}\nend: open\n"
    broke = run(GOOD.replace("end: solved\n", another), tmp_path, library).broke
    assert (broke.expected if broke is not None else "") == expected
    text = GOOD.replace("  - {ask: arrived, answer: yes}\nend: solved\n", another)
    broke = run(text, tmp_path, library).broke
    assert broke is not None
    assert broke.came == "the question `arrived`"
    broke = run(text.replace(start, "{start: bounced, after: open}"), tmp_path, library).broke
    assert broke is None


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


def test_a_fault_is_for_the_first_call_of_its_action_or_for_the_one_that_is_named(
    tmp_path: Path, library: Library
) -> None:
    sought = "  - {ask: who, answer: Ines Barrow}\n"
    dids = "  - {did: find_clients, fault: unavailable%s}\n  - {ask: 'search!error', answer: again}\n"
    assert run(GOOD.replace(sought, sought + dids % "" + dids % ", call: 2"), tmp_path, library).passed
    broke = run(GOOD.replace(sought, sought + dids % ", call: 2"), tmp_path, library).broke
    assert broke is not None
    assert (broke.place.line, broke.expected) == (13, "the call `find_clients`")


def test_a_call_that_was_not_done_and_whose_answer_never_came_is_found_by_looking(
    tmp_path: Path, library: Library
) -> None:
    text = GOOD.replace(
        "  - did: send_invitation\n",
        "  - {did: send_invitation, fault: not_done, outcome: reconciled}\n"
        "  - {ask: not-now, answer: again}\n"
        "  - {ask: send, answer: send}\n"
        "  - did: send_invitation\n",
    )
    assert run(text, tmp_path, library).passed


@pytest.mark.parametrize("call", ["0", "yes", "1.5"])
def test_a_call_that_no_number_can_be_is_a_finding(call: str, tmp_path: Path, library: Library) -> None:
    did = f"  - {{did: set_portal_settings, fault: unavailable, call: {call}}}\n"
    outcome = run(GOOD.replace("  - did: set_portal_settings\n", did), tmp_path, library)
    assert [(each.code, each.place.line) for each in outcome.findings] == [("U401", 14)]
