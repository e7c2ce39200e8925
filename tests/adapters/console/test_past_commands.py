"""The history of the console: commands alone, from one conversation to the next."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from adapters.console.past_commands import KEPT, LONGEST, PastCommands


def test_commands_come_back_the_newest_first(tmp_path: Path) -> None:
    path = tmp_path / "new" / "history"
    for command in ("/why", "/map"):
        PastCommands(path).store_string(command)
    assert list(PastCommands(path).load_history_strings()) == ["/map", "/why"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("said", ["Ana Souza", "/note she is ill", "/handover x", "/", "", "why\n/why"])
def test_nothing_else_is_kept(tmp_path: Path, said: str) -> None:
    path = tmp_path / "history"
    PastCommands(path).store_string(said)
    assert not path.exists()


def test_what_others_wrote_into_it_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_text("/why\n\x1b[2J\nAna Souza\n/map\n", encoding="utf-8")
    assert list(PastCommands(path).load_history_strings()) == ["/map", "/why"]


def test_a_long_file_is_cut_back(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_text("/why\n" * (LONGEST + 1), encoding="utf-8")
    assert len(list(PastCommands(path).load_history_strings())) == KEPT
    assert len(path.read_text(encoding="utf-8").splitlines()) == KEPT


def test_a_file_that_cannot_be_used_is_no_trouble(tmp_path: Path) -> None:
    path = tmp_path / "history"
    path.write_bytes(b"\xff/why\n")
    assert list(PastCommands(path).load_history_strings()) == []
    PastCommands(tmp_path / "history" / "below").store_string("/why")
    assert list(PastCommands(tmp_path / "history" / "below").load_history_strings()) == []
