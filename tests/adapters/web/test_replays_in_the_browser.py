"""The conversations of visitors, clients and practitioners in the widget, clicked and typed in a real
browser: they leave the same events there as on the driver itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.flowdir import read_flows, shipped_flows
from adapters.library import Library
from adapters.replaying import On, load_replay, run_replay
from adapters.wiring import open_library
from engine import Audience
from tests.adapters.test_fronts import log_of

pytestmark = pytest.mark.needs_chromium
WEB = (Audience.VISITOR, Audience.CLIENT, Audience.PRACTITIONER)
SAMPLE = (
    "my-setup-email/replays/visitor-asks-the-practice",
    "my-password/replays/client-new-password",
    "change-address/replays/practitioner-changes",
    "set-password/replays/practitioner-generated",
)
KILLED = """\
replay: the server is killed between two questions, and the widget goes on
flow: my-password
as: client
me: daniel-okafor
clinic: sample
turns:
  - restart: true
  - {ask: offer, answer: send}
  - did: send_password_reset
  - restart: true
  - {ask: arrived, answer: "no"}
  - {change: arrived}
  - back: true
  - {ask: offer, answer: code}
  - {ask: practice, answer: leave}
end: stopped
"""


@pytest.fixture(scope="module")
def library() -> Library:
    return open_library(None)


def held_alike(path: Path, library: Library, folder: Path) -> None:
    """Hold it in the browser. What nobody can click there leaves no event; elsewhere it is refused."""
    if "problem:" in path.read_text(encoding="utf-8"):
        assert run_replay(path, library, None, On("browser")).broke is None
        return
    in_browser = log_of(path, library, folder / "browser", "browser")
    assert len(in_browser[0]) > 1
    assert in_browser == log_of(path, library, folder / "engine", "engine")


@pytest.mark.parametrize("name", SAMPLE)
def test_a_conversation_is_the_same_in_the_browser(name: str, library: Library, tmp_path: Path) -> None:
    held_alike(shipped_flows() / f"{name}.replay.yaml", library, tmp_path)


def test_a_server_that_is_killed_between_two_questions_is_gone_on_with(
    library: Library, tmp_path: Path
) -> None:
    path = tmp_path / "killed.replay.yaml"
    path.write_text(KILLED, encoding="utf-8")
    assert run_replay(path, library, None, On("browser")).broke is None


def test_what_is_not_for_the_web_is_not_held_there(library: Library) -> None:
    path = shipped_flows() / "email-not-received/replays/adult-both-off.replay.yaml"
    broke = run_replay(path, library, None, On("browser")).broke
    assert broke is not None
    assert "only visitors, clients and practitioners" in broke.came


@pytest.mark.soak
def test_every_conversation_of_theirs_is_the_same_in_the_browser(library: Library, tmp_path: Path) -> None:
    held = 0
    for number, path in enumerate(read_flows([shipped_flows()]).replays):
        replay, findings = load_replay(path, library)
        assert replay is not None, findings
        if replay.audience in WEB:
            (tmp_path / str(number)).mkdir()
            held_alike(path, library, tmp_path / str(number))
            held += 1
    assert held > 90
