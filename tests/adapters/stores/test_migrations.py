"""Stores of an earlier format: read as they were, also when the process is killed while it migrates."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from adapters.problems import Unusable
from adapters.stores.schema import MIGRATIONS
from adapters.stores.sqlite import SqliteStore
from tests.adapters.stores.contract import FILES, begin, commit
from tests.adapters.stores.first_format import CALLS, EVENTS, REPLIES, write_first_format

OPENS = "import sys; from pathlib import Path; from adapters.stores.sqlite import SqliteStore\n"
OPENS += "SqliteStore(Path(sys.argv[1])).close()"
KILLED = -9


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_first_format(tmp_path / "sessions.db")
    return tmp_path / "sessions.db"


def holds_everything(store: SqliteStore) -> None:
    """All that `write_first_format` wrote is there."""
    assert [found.session for found in store.sessions(10)] == ["session-2", "session-1", "session-0"]
    assert store.load_version("v1") == FILES
    for number in range(3):
        session = f"session-{number}"
        found = store.load(session)
        assert (found.state, found.revision, found.seq) == (session.encode() * 40, 3, 2)
        assert [body for _, body in store.events(session)] == list(EVENTS)
        assert store.ledger(session) == CALLS[-1:]
        assert [store.stored_reply(session, reply.request_key) for reply in REPLIES] == list(REPLIES)


def test_a_store_of_the_first_format_is_read_and_gone_on_with(path: Path) -> None:
    with SqliteStore(path) as store:
        holds_everything(store)
        assert store.commit("session-0", 3, commit(state=b"on")) == 4
        begin(store, "session-3")
        assert [found.session for found in store.sessions(2)] == ["session-3", "session-0"]
    with SqliteStore(path) as store:
        assert store.load("session-0").state == b"on"
        assert len(store.events("session-0")) == len(EVENTS) + 1


@pytest.mark.parametrize(
    ("change", "lost"),
    [
        ("UPDATE sessions SET state = x'00' WHERE session = 'session-1'", "load"),
        ("UPDATE sessions SET actor = 'eve' WHERE session = 'session-1'", "load"),
        ("UPDATE events SET body = x'00' WHERE session = 'session-1' AND number = 2", "events"),
        ("DELETE FROM events WHERE session = 'session-1' AND number = 3", "events"),
        ("UPDATE ledger SET status = 'unknown' WHERE session = 'session-1' AND number = 3", "ledger"),
    ],
)
def test_what_was_damaged_is_not_made_good_by_the_migration(path: Path, change: str, lost: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(change)
    with SqliteStore(path) as store:
        with pytest.raises(Unusable, match="session session-1 is damaged"):
            getattr(store, lost)("session-1")
        assert store.load("session-0").state == b"session-0" * 40


def test_damaged_flows_and_replies_stay_damaged(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE version_files SET source = 'flow: evil'")
        db.execute("UPDATE replies SET reply = x'00' WHERE session = 'session-1' AND request_key = 'a'")
    with SqliteStore(path) as store:
        with pytest.raises(Unusable, match="version v1 is damaged"):
            store.load_version("v1")
        with pytest.raises(Unusable, match="session session-1 is damaged"):
            store.stored_reply("session-1", "a")
        assert store.stored_reply("session-1", "b") == REPLIES[0]


@pytest.mark.needs_strace
@pytest.mark.parametrize("call", ["pwrite64", "fdatasync"])
def test_killed_at_any_write_of_the_migration_nothing_is_lost(tmp_path: Path, call: str) -> None:
    write_first_format(tmp_path / "original.db")
    killed = 0
    while True:
        folder = tmp_path / str(killed)
        folder.mkdir()
        path = folder / "sessions.db"
        shutil.copy(tmp_path / "original.db", path)
        strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}"]
        strace += ["-e", f"inject={call}:signal=KILL:when={killed + 1}"]
        ended = subprocess.run([*strace, sys.executable, "-c", OPENS, str(path)], check=False, timeout=60)
        with SqliteStore(path) as store:
            holds_everything(store)
        with closing(sqlite3.connect(path)) as db:
            assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
        if ended.returncode == 0:
            break
        assert ended.returncode == KILLED
        killed += 1
    assert killed >= 2
