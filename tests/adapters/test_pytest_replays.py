"""Replays as tests of pytest: collected, named, run apart, and failing so that one sees why."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from adapters.flowdir import shipped_flows
from tests.adapters.test_runner import GOOD

pytest_plugins = ("pytester",)

BAD = GOOD.replace("answer: both", "answer: access").replace("both off", "only one switched on")
BROKEN = GOOD.replace("ask: switch-on", "ask: swich-on")


@pytest.fixture
def folder(pytester: pytest.Pytester) -> Path:
    """A folder with a replay that passes, one that fails, and one that is no replay."""
    files = {"good": GOOD, "bad": BAD, "broken": BROKEN}
    for name, text in files.items():
        (pytester.path / f"{name}.replay.yaml").write_text(text, encoding="utf-8")
    return pytester.path


@pytest.mark.usefixtures("folder")
def test_a_failure_shows_both_places_what_was_expected_what_came_and_the_conversation(
    pytester: pytest.Pytester,
) -> None:
    result = pytester.runpytest_inprocess("good.replay.yaml", "bad.replay.yaml")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*replay: an adult with only one switched on*",
            "bad.replay.yaml:15:*: expected the question `compare`, but there came the question*",
            "The flow stood at *without-notifications (*one-recipient.yaml:*",
            "It can still come, when*",
            "The conversation until then:",
            "*switch-on ← access",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")


@pytest.mark.usefixtures("folder")
def test_a_file_that_is_no_replay_is_an_error_of_collection_with_place_and_repair(
    pytester: pytest.Pytester,
) -> None:
    result = pytester.runpytest_inprocess("broken.replay.yaml")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["broken.replay.yaml:13:11: U404*swich-on*Did you mean `switch-on`?*"])
    result.stdout.no_fnmatch_line("*Traceback*")


@pytest.mark.usefixtures("folder")
def test_selecting_by_words_and_running_the_last_failures_again(pytester: pytest.Pytester) -> None:
    good = ("good.replay.yaml", "bad.replay.yaml")
    chosen = pytester.runpytest_inprocess(*good, "-k", "only", "-v")
    chosen.assert_outcomes(failed=1, deselected=1)
    chosen.stdout.fnmatch_lines(["bad.replay.yaml::an adult with only one switched on FAILED*"])
    pytester.runpytest_inprocess(*good, "--last-failed").assert_outcomes(failed=1, deselected=0)


def test_replays_are_spread_over_processes_and_told_to_build_servers(
    pytester: pytest.Pytester, folder: Path
) -> None:
    report = folder / "report.xml"
    files = ("good.replay.yaml", "bad.replay.yaml")
    result = pytester.runpytest_subprocess(*files, "-n2", f"--junit-xml={report}")
    result.assert_outcomes(passed=1, failed=1)
    cases = {case.get("name"): case for case in ElementTree.parse(report).iter("testcase")}
    assert set(cases) == {"an adult with both off", "an adult with only one switched on"}
    failure = cases["an adult with only one switched on"].find("failure")
    assert failure is not None
    assert "expected the question `compare`" in (failure.text or "")
    flow = cases["an adult with both off"].find("properties/property")
    assert flow is not None
    assert flow.attrib == {"name": "flow", "value": "email-not-received"}


OWN = """\
flow: greet
title: Greet
audience: [agent]
steps:
  - {id: hello, ask: Hello?, kind: yes-no}
  - {id: bye, end: solved}
"""
OWN_REPLAY = """\
replay: greeted
flow: greet
as: agent
turns:
  - {ask: hello, answer: yes}
end: solved
"""


def test_flows_of_ones_own_are_named_by_an_option_or_in_the_configuration(pytester: pytest.Pytester) -> None:
    mine = pytester.mkdir("mine")
    (mine / "flow.yaml").write_text(OWN, encoding="utf-8")
    (pytester.path / "mine.replay.yaml").write_text(OWN_REPLAY, encoding="utf-8")
    without = pytester.runpytest_inprocess("mine.replay.yaml")
    without.assert_outcomes(errors=1)
    without.stdout.fnmatch_lines(["*There is no flow 'greet'*"])
    pytester.runpytest_inprocess("mine.replay.yaml", "--unstuck-flows", "mine").assert_outcomes(passed=1)
    pytester.makeini("[pytest]\nunstuck_flows = mine\n")
    pytester.runpytest_inprocess("mine.replay.yaml").assert_outcomes(passed=1)
    gone = pytester.runpytest_inprocess("mine.replay.yaml", "--unstuck-flows", "nowhere")
    gone.assert_outcomes(errors=1)
    gone.stdout.fnmatch_lines(["There is no file or folder *nowhere*"])


@pytest.mark.parametrize("processes", [(), ("-n2",)])
def test_coverage_of_the_flows_is_told_wherever_the_conversations_ran(
    processes: tuple[str, ...], pytester: pytest.Pytester
) -> None:
    mine = pytester.mkdir("mine")
    (mine / "flow.yaml").write_text(OWN, encoding="utf-8")
    (pytester.path / "one.replay.yaml").write_text(OWN_REPLAY, encoding="utf-8")
    (pytester.path / "two.replay.yaml").write_text(OWN_REPLAY, encoding="utf-8")
    options = ("--unstuck-flows=mine", "--unstuck-coverage-report=json:c.json", *processes)
    result = pytester.runpytest_subprocess(*options, "--unstuck-fail-under=100")
    result.assert_outcomes(passed=2)
    result.stdout.fnmatch_lines(["*coverage of the flows*", "greet *", "*wanted are at least 100 %*"])
    assert result.ret == 1
    told = json.loads((pytester.path / "c.json").read_text(encoding="utf-8"))
    assert [Path(name).name for name in told["files"]] == ["flow.yaml"]


def test_enough_coverage_is_no_failure(pytester: pytest.Pytester) -> None:
    mine = pytester.mkdir("mine")
    (mine / "flow.yaml").write_text(OWN, encoding="utf-8")
    (pytester.path / "one.replay.yaml").write_text(OWN_REPLAY, encoding="utf-8")
    assert pytester.runpytest_subprocess("--unstuck-flows=mine", "--unstuck-fail-under=50").ret == 0


def test_a_report_of_coverage_that_is_not_known_is_wrong_use(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess("--unstuck-coverage-report=pdf:x")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*cannot be 'pdf:x'. Write one of html, lcov*"])


UNCHECKED = OWN.replace(
    "  - {id: bye", "  - {id: help, do: request_help, with: {topic: \"'keys'\"}}\n  - {id: bye"
)


def test_random_conversations_are_one_test_for_each_flow(pytester: pytest.Pytester) -> None:
    mine = pytester.mkdir("mine")
    (mine / "flow.yaml").write_text(UNCHECKED, encoding="utf-8")
    only = ("--unstuck-flows=mine", "--unstuck-random=30", "-k", "greet")
    result = pytester.runpytest_subprocess(*only)
    result.assert_outcomes(failed=1, deselected=len(list(shipped_flows().glob("*/flow.yaml"))))
    result.stdout.fnmatch_lines(
        [
            "*random conversations in greet*",
            "It says solved right after request_help*",
            "*random-0.replay.yaml*",
        ]
    )
    held = pytester.runpytest_subprocess("--unstuck-flows=mine", "random-0.replay.yaml")
    held.assert_outcomes(passed=1)
    (pytester.path / "random-0.replay.yaml").unlink()
    (mine / "flow.yaml").write_text(OWN, encoding="utf-8")
    pytester.runpytest_subprocess(*only, "-n2").assert_outcomes(passed=1)
