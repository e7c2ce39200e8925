"""What a replay says that its flows cannot have is found before anything is played, with place and repair."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.flowdir import shipped_flows
from adapters.library import Library
from adapters.replaying import load_replay, replay_from
from adapters.wiring import check_paths, open_library
from engine import CODES, Diagnostic, Source
from tests.adapters.test_runner import GOOD

MARK = "# <- here"
OF_REPLAYS = sorted(code for code in CODES if CODES[code].file == "example.replay.yaml")


@pytest.fixture(scope="module")
def library() -> Library:
    return open_library(None)


def findings(text: str, library: Library) -> tuple[Diagnostic, ...]:
    return replay_from(Source("case.replay.yaml", text), library)[1]


@pytest.mark.parametrize("code", OF_REPLAYS)
def test_a_code_is_found_in_its_example_at_the_marked_line(code: str, library: Library) -> None:
    example = CODES[code].example
    marked = [number for number, line in enumerate(example.splitlines(), 1) if line.rstrip().endswith(MARK)]
    assert [(each.code, each.place.line) for each in findings(example, library)] == [(code, marked[0])]


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "column", "repair"),
    [
        ("ask: switch-on", "ask: swich-on", "U404", 13, 11, "`switch-on`"),
        ("ask: switch-on", "ask: enable-both", "U404", 13, 11, ""),
        ("ask: switch-on", "ask: enable-both!conform", "U404", 13, 11, "`confirm`"),
        ("answer: both", "answer: bothe", "U405", 13, 30, "`both`"),
        ("did: send_invitation", "did: send_invitations", "U403", 17, 10, "`send_invitation`"),
        ("did: send_invitation", "did: reset_mfa", "U406", 17, 5, ""),
        ("did: send_invitation", "{did: send_invitation, fault: lots}", "U403", 17, 35, "`lost`"),
        ("flow: email-not-received", "flow: email-not-recieved", "U403", 2, 7, "`email-not-received`"),
        ("as: agent", "as: client", "U403", 2, 7, "Choose another flow"),
        ("end: solved", "end: solvd", "U403", 19, 6, "`solved`"),
    ],
)
def test_every_mistake_has_its_place_and_a_repair(
    old: str, new: str, code: str, line: int, column: int, repair: str, library: Library
) -> None:
    (found,) = findings(GOOD.replace(old, new), library)
    assert (found.code, found.place.line, found.place.column) == (code, line, column), found
    assert repair in (found.repair or "") or not repair
    assert found.repair or found.expected


@pytest.mark.parametrize(
    "turn",
    [
        "{ask: switch-on, answer: Switch both on}",
        "{ask: switch-on, answer: bothe, problem: not_a_choice}",
        "{ask: email-not-received/switch-on, answer: both}",
        '{ask: "enable-both!error", answer: anything}',
        "{ask: which, answer: some-person}",
        "{ask: arrived, answer: yes}",
        "{did: get_account}",
        "{did: record_verification}",
        "{did: open_ticket}",
    ],
)
def test_what_can_be_meant_is_left_alone(turn: str, library: Library) -> None:
    text = f"replay: r\nflow: email-not-received\nas: agent\nturns:\n  - {turn}\nend: solved\n"
    assert findings(text, library) == ()


def test_a_flow_that_is_begun_in_a_replay_may_be_asked_about_too(library: Library) -> None:
    text = "replay: r\nflow: security-stop\nas: agent\nturns:\n  - {ask: how, answer: set}\nend: solved\n"
    assert [each.code for each in findings(text, library)] == ["U404"]
    text = text.replace("turns:\n", "turns:\n  - {start: set-password, by: kim, after: open}\n")
    assert findings(text, library) == ()


def test_check_tells_what_is_wrong_with_replays(tmp_path: Path) -> None:
    path = tmp_path / "wrong.replay.yaml"
    path.write_text(GOOD.replace("answer: both", "answer: bothe"), encoding="utf-8")
    assert [each.code for each in check_paths([path])] == ["U405"]


def test_no_shipped_replay_is_wrong(library: Library) -> None:
    paths = sorted(shipped_flows().glob("*/replays/*.replay.yaml"))
    assert len(paths) > 100
    assert not [found for path in paths for found in load_replay(path, library)[1]]
