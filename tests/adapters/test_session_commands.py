"""`unstuck sessions export | purge | backup | recover`, as they are called."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from adapters.cli import run
from adapters.keys import keys_path
from adapters.stores.key_file import key_path
from adapters.stores.sqlite import SqliteStore
from adapters.wiring import over_keys
from tests.adapters.stores.contract import begin, entry

OLD = "2020-01-01T00:00:00Z"
EVENT = b'{"type":"Answered","value":"Ana"}'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "sessions.db"
    with SqliteStore(path) as store:
        begin(
            store,
            "old",
            events=(EVENT, b"\xff"),
            ledger=(entry("k", "planned"),),
            waiting="end solved",
            at=OLD,
        )
        begin(store, "new", waiting="end stopped", at="2999-01-01T00:00:00Z")
        begin(store, "open", at=OLD)
    return path


def called(path: Path, *arguments: str) -> int:
    return run(["sessions", *arguments, "--store", f"sqlite:///{path}"])


def left(path: Path) -> set[str]:
    with SqliteStore(path) as store:
        return {each.session for each in store.sessions(10)}


def test_an_export_holds_the_session_its_events_and_its_calls(
    path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert called(path, "export", "old") == 0
    first, session, one, two, call = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert first == {"kind": "unstuck-export", "format": 1}
    assert (session["kind"], session["session"], session["waiting"]) == ("session", "old", "end solved")
    assert "state" not in session
    assert one["event"] == {"type": "Answered", "value": "Ana"}
    assert two["event"] == {"base64": "/w=="}
    assert (call["kind"], call["status"], call["args"], call["result"]) == (
        *("call", "planned", {"subject": "c-1"}, None),
    )


def test_an_export_of_all_goes_to_a_new_file_of_its_owner(path: Path, tmp_path: Path) -> None:
    target = tmp_path / "export.jsonl"
    assert called(path, "export", "--all", "-o", str(target)) == 0
    assert target.stat().st_mode & 0o777 == 0o600
    kinds = [json.loads(line)["kind"] for line in target.read_text().splitlines()]
    assert kinds.count("session") == 3
    assert called(path, "export", "--all", "-o", str(target)) == 2


def test_a_damaged_session_is_named_in_an_export(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE events SET body = x'00' WHERE session = 'old'")
    assert called(path, "export", "--all") == 1
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [each["session"] for each in told if each["kind"] == "damaged"] == ["old"]
    assert called(path, "export", "--all", "-o", str(path.with_name("export.jsonl"))) == 1
    assert "Wrote 2 conversations" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "stay"),
    [
        (["--ended"], {"open"}),
        (["--ended", "--older-than", "1"], {"open", "new"}),
        (["--older-than", "1", "--open"], {"new"}),
        (["new"], {"open", "old"}),
        (["open", "--open"], {"new", "old"}),
    ],
)
def test_a_purge_takes_what_is_meant_once_it_is_confirmed(
    path: Path, arguments: list[str], stay: set[str]
) -> None:
    assert called(path, "purge", *arguments) == 0
    assert left(path) == {"old", "new", "open"}
    assert called(path, "purge", *arguments, "--yes") == 0
    assert left(path) == stay


@pytest.mark.parametrize("keys", [True, False])
def test_what_a_purge_would_take_is_told_in_clear_as_far_as_there_are_keys(
    path: Path, keys: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    with over_keys(SqliteStore(path)) as store:
        begin(store, "hidden", actor="kim", waiting="flow/step")
    if not keys:
        keys_path(path).unlink()
    assert called(path, "purge", "hidden", "--open") == 0
    (line,) = (line for line in capsys.readouterr().out.splitlines() if line.startswith("hidden"))
    assert "~" not in line
    assert ("kim" in line) is keys
    assert called(path, "purge", "hidden", "--open", "--yes") == 0


@pytest.mark.parametrize("arguments", [["open", "--yes"], ["nobody", "--yes"], ["--yes"]])
def test_a_purge_that_is_not_clear_does_nothing(path: Path, arguments: list[str]) -> None:
    assert called(path, "purge", *arguments) == 2
    assert left(path) == {"old", "new", "open"}


def test_a_backup_says_how_it_is_used(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "copy.db"
    assert called(path, "backup", str(copy)) == 0
    assert str(key_path(copy)) in capsys.readouterr().out
    shutil.copy(key_path(path), key_path(copy))
    assert left(copy) == {"old", "new", "open"}


def test_a_recovery_says_what_was_left_behind(
    path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE events SET body = x'00' WHERE session = 'old'")
    assert called(path, "recover", str(tmp_path / "saved.db")) == 1
    assert "left behind: old" in capsys.readouterr().out
    assert left(tmp_path / "saved.db") == {"new", "open"}
