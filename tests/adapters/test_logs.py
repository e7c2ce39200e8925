"""The log: one object a line whatever is in it, ids and no texts; nothing stops where it cannot be kept."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.logs import LEVELS, log, logging_to
from adapters.problems import Unusable


def lines(path: Path) -> list[dict[str, object]]:
    written = path.read_bytes()
    assert written.isascii()
    assert all(each >= 0x20 or each == 0x0A for each in written)
    return [json.loads(line) for line in written.decode("ascii").splitlines()]


def test_a_line_tells_when_how_grave_what_and_its_fields(tmp_path: Path) -> None:
    with logging_to(tmp_path / "log", "info"):
        log("info", "call", action="send_invitation", ms=12, outcome="")
    (line,) = lines(tmp_path / "log")
    assert str(line.pop("at")).endswith("Z")
    assert line == {"level": "info", "event": "call", "action": "send_invitation", "ms": 12}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(st.text(), st.text())
def test_one_event_stays_one_line(tmp_path: Path, event: str, value: str) -> None:
    path = tmp_path / "log"
    path.unlink(missing_ok=True)
    with logging_to(path, "info"):
        log("info", event, action=value)
    (line,) = lines(path)
    assert line["event"] == event
    assert line.get("action", "") == value[:200]


@pytest.mark.parametrize("level", LEVELS)
def test_only_the_level_asked_for_and_above(tmp_path: Path, level: str) -> None:
    with logging_to(tmp_path / "log", level):
        for each in LEVELS:
            log(each, each)
    assert [line["event"] for line in lines(tmp_path / "log")] == list(LEVELS)[list(LEVELS).index(level) :]


def test_what_libraries_say_is_left_out(tmp_path: Path) -> None:
    for level in ("info", "debug"):
        path = tmp_path / level
        with logging_to(path, level):
            logging.getLogger("smtplib").warning("to %s", "maria.neves@clinic.example")
        (line,) = lines(path)
        assert line["logger"] == "smtplib"
        assert "maria" not in str(line)


def test_an_error_is_named_and_not_quoted(tmp_path: Path) -> None:
    with logging_to(tmp_path / "log", "debug"):
        try:
            raise ValueError("maria.neves")
        except ValueError:
            logging.getLogger("other").exception("it failed")
    (line,) = lines(tmp_path / "log")
    assert line["error"] == "ValueError"
    assert "maria" not in str(line)


def test_afterwards_logging_is_as_it_was(tmp_path: Path) -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers))
    with logging_to(tmp_path / "log", "debug"):
        pass
    log("error", "late")
    assert (root.level, list(root.handlers)) == before
    assert lines(tmp_path / "log") == []


def test_it_is_for_its_owner_only_and_is_added_to(tmp_path: Path) -> None:
    for _ in range(2):
        with logging_to(tmp_path / "log", "info"):
            log("info", "one")
    assert (tmp_path / "log").stat().st_mode & 0o777 == 0o600
    assert len(lines(tmp_path / "log")) == 2


def test_one_that_cannot_be_opened_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match=r"cannot be written"), logging_to(tmp_path, "info"):
        pass


def test_a_full_disk_stops_nothing() -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("there is no /dev/full here")
    with logging_to(Path("/dev/full"), "info"):
        log("info", "lost")


PROGRAM = "from adapters.cli import main; main()"
TALK = '{"answer":"Ana Souza"}\n{"answer":"missing"}\n{"answer":"both"}\n'


def test_a_conversation_is_logged_without_anybodys_name(tmp_path: Path) -> None:
    path = tmp_path / "log"
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM, "chat", "email-not-received", "--json", "--log-file", str(path)],
        input=TALK,
        capture_output=True,
        text=True,
        timeout=60,
        env=dict(os.environ, XDG_DATA_HOME=str(tmp_path)),
    )
    assert ran.returncode == 3, ran.stderr
    told = lines(path)
    assert [line["event"] for line in (told[0], told[-1])] == ["opened", "closed"]
    assert {"gate", "call"} <= {str(line["event"]) for line in told}
    written = path.read_text().lower()
    for name in ("souza", "post.example", "1990", "toronto"):
        assert name not in written
    assert all('"event"' not in line for line in ran.stderr.splitlines())
