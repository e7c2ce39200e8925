"""The SQLite store: the contract, and what files, disks, crashes and other processes do to it."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import pytest

from adapters.problems import PlainProblem, Unusable
from adapters.stores.key_file import key_path
from adapters.stores.port import StoredReply, UnknownSession
from adapters.stores.schema import APPLICATION_ID, MIGRATIONS
from adapters.stores.sqlite import SqliteStore
from adapters.stores.trouble import trouble
from tests.adapters.stores.contract import FILES, StoreContract, begin, commit, entry

ROOT = Path(__file__).parents[3]
NOBODY = 65534


class TestContract(StoreContract):
    @pytest.fixture
    def open_store(self, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], SqliteStore]:
        path = tmp_path_factory.mktemp("store") / "sessions.db"
        return lambda: SqliteStore(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "sessions.db"


def plainly(problem: PlainProblem, path: Path) -> None:
    """A whole sentence that names the file, and advice; and nothing of SQLite's own words."""
    assert str(path) in problem.message
    assert problem.message.endswith(".")
    assert problem.advice.endswith(".")
    assert problem.exit_code == 4
    for word in ("sqlite3", "Error", "errno", "Traceback", "malformed"):
        assert word not in str(problem).replace("sqlite:///", "")


def child(code: str, *arguments: str) -> subprocess.Popen[str]:
    """A Python process that runs `code` with this test's helpers at hand."""
    prelude = (
        "import sys, time\nfrom pathlib import Path\nfrom adapters.problems import Unusable\n"
        "from adapters.stores.port import Outrun\nfrom adapters.stores.sqlite import SqliteStore\n"
        "from tests.adapters.stores.contract import begin, commit, entry\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", prelude + code, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class TestOpening:
    def test_missing_folders_are_made_for_the_owner_only(self, tmp_path: Path) -> None:
        path = tmp_path / "a" / "b" / "sessions.db"
        with SqliteStore(path) as store:
            begin(store)
            modes = {found.name: found.stat().st_mode & 0o777 for found in path.parent.iterdir()}
        ending = ("", "-wal", "-shm", ".key", ".mark")
        assert modes == {f"sessions.db{end}": 0o600 for end in ending}
        assert path.parent.stat().st_mode & 0o777 == 0o700
        assert path.parent.parent.stat().st_mode & 0o777 == 0o700

    def test_the_file_says_whose_it_is_and_syncs_fully(self, path: Path) -> None:
        with SqliteStore(path) as store:
            begin(store)
            db = store._file.connection
            pragmas = {
                name: db.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("application_id", "user_version", "journal_mode", "synchronous", "foreign_keys")
            }
            assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert pragmas == {
            "application_id": APPLICATION_ID,
            "user_version": len(MIGRATIONS),
            "journal_mode": "wal",
            "synchronous": 2,
            "foreign_keys": 1,
        }

    @pytest.mark.parametrize(
        "content", [b"Dear diary, today\n" * 100, b"\x89PNG\r\n\x1a\n" + bytes(5000), b"x"]
    )
    def test_a_file_that_is_no_database_is_left_alone(self, path: Path, content: bytes) -> None:
        path.write_bytes(content)
        with pytest.raises(Unusable) as caught:
            SqliteStore(path)
        plainly(caught.value, path)
        assert "is not a session store" in caught.value.message
        assert path.read_bytes() == content
        assert os.listdir(path.parent) == [path.name]

    def test_another_programs_database_is_left_alone(self, path: Path) -> None:
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE theirs (a)")
        before = path.read_bytes()
        with pytest.raises(Unusable) as caught:
            SqliteStore(path)
        assert "is not a session store" in caught.value.message
        assert path.read_bytes() == before

    def test_a_newer_format_is_left_alone(self, path: Path) -> None:
        SqliteStore(path).close()
        with closing(sqlite3.connect(path)) as db:
            db.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
        before = path.read_bytes()
        with pytest.raises(Unusable) as caught:
            SqliteStore(path)
        plainly(caught.value, path)
        assert "newer unstuck" in caught.value.message
        assert path.read_bytes() == before

    def test_a_folder_or_a_pipe_is_not_a_store(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        for path in (tmp_path, tmp_path / "pipe"):
            with pytest.raises(Unusable) as caught:
                SqliteStore(path)
            plainly(caught.value, path)

    def test_a_folder_that_is_a_file_is_said_plainly(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("x")
        with pytest.raises(Unusable) as caught:
            SqliteStore(tmp_path / "file" / "sessions.db")
        plainly(caught.value, tmp_path / "file" / "sessions.db")

    @pytest.mark.parametrize("name", ["a\x00b", "x" * 300])
    def test_an_impossible_name_is_said_plainly(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(Unusable):
            SqliteStore(tmp_path / name)

    def test_a_name_that_sqlite_takes_for_memory_is_a_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.chdir(tmp_path)
        SqliteStore(Path(":memory:")).close()
        assert (tmp_path / ":memory:").stat().st_size > 0

    def test_a_start_that_was_killed_half_way_is_finished(self, path: Path) -> None:
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA journal_mode = WAL")
        with SqliteStore(path) as store:
            assert begin(store) == 1

    def test_processes_opening_a_new_store_together_all_get_it(self, path: Path) -> None:
        code = (
            "sys.stdin.readline()\nname = sys.argv[2]\n"
            "with SqliteStore(Path(sys.argv[1])) as store:\n    print(begin(store, name))"
        )
        children = [child(code, str(path), f"s-{number}") for number in range(4)]
        for process in children:
            assert process.stdin
            process.stdin.write("go\n")
            process.stdin.flush()
        assert [process.communicate(timeout=60) for process in children] == [("1\n", "")] * 4
        with SqliteStore(path) as store:
            assert len(store.sessions(10)) == 4


@pytest.fixture
def open_to_all() -> Iterator[Path]:
    """A folder that every user may enter (pytest's own may be entered by its owner only)."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


OPENS = """
import os
if os.geteuid() == 0:
    os.setuid(int(sys.argv[2]))
try:
    with SqliteStore(Path(sys.argv[1])) as store:
        print(begin(store, "s-2"))
except Unusable as problem:
    print(problem)
"""


class TestUnwritable:
    """As another user where the tests run as root, who may write everywhere."""

    def said(self, path: Path) -> str:
        out, err = child(OPENS, str(path), str(NOBODY)).communicate(timeout=60)
        assert err == ""
        return out

    def test_a_folder_that_cannot_be_written(self, open_to_all: Path) -> None:
        open_to_all.chmod(0o555)
        path = open_to_all / "sessions.db"
        assert f"The session store {path} cannot be opened or written." in self.said(path)
        assert "cannot be opened or written." in self.said(open_to_all / "deeper" / "sessions.db")

    def test_a_file_that_may_only_be_read(self, open_to_all: Path) -> None:
        path = open_to_all / "sessions.db"
        with SqliteStore(path) as store:
            begin(store)
        path.chmod(0o444)
        open_to_all.chmod(0o555)
        assert "cannot be opened or written." in self.said(path)

    def test_a_file_of_somebody_else(self, open_to_all: Path) -> None:
        path = open_to_all / "sessions.db"
        SqliteStore(path).close()
        path.chmod(0o000)
        assert "cannot be opened or written." in self.said(path)


@contextmanager
def files_no_larger_than(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def commit_until_refused(store: SqliteStore, revision: int) -> tuple[int, Unusable]:
    """The last revision that was acknowledged, and why the next was not."""
    for _ in range(1_000):
        try:
            revision = store.commit("s-1", revision, commit(state=bytes(5_000)))
        except Unusable as problem:
            return revision, problem
    pytest.fail("the store never refused")


class TestTrouble:
    def test_a_disk_that_takes_no_more_is_said_plainly_and_work_goes_on_after(self, path: Path) -> None:
        with SqliteStore(path) as store:
            begin(store)
            acknowledged = 1
            wal = path.with_name(path.name + "-wal")
            with files_no_larger_than(wal.stat().st_size + 40_000):
                for _ in range(3):
                    acknowledged, problem = commit_until_refused(store, acknowledged)
                    plainly(problem, path)
                    assert "disk is full" in problem.message
                    assert store.load("s-1").revision == acknowledged
            assert acknowledged > 1
            assert store.commit("s-1", acknowledged, commit(state=b"after")) == acknowledged + 1
        with SqliteStore(path) as store:
            assert store.load("s-1").state == b"after"
            assert len(store.events("s-1")) == acknowledged + 1

    def test_sqlites_own_full_is_the_same_trouble(self, path: Path) -> None:
        with SqliteStore(path) as store:
            begin(store)
            db = store._file.connection
            pages = db.execute("PRAGMA page_count").fetchone()[0]
            db.execute(f"PRAGMA max_page_count = {pages}")
            with pytest.raises(Unusable) as caught:
                store.commit("s-1", 1, commit(state=bytes(100_000)))
            plainly(caught.value, path)
            assert "disk is full" in caught.value.message
            db.execute("PRAGMA max_page_count = 1000000")
            assert store.commit("s-1", 1, commit(state=bytes(100_000))) == 2

    def test_no_room_for_a_new_store(self, path: Path) -> None:
        with files_no_larger_than(1_000), pytest.raises(Unusable) as caught:
            SqliteStore(path)
        plainly(caught.value, path)
        with SqliteStore(path) as store:
            assert begin(store) == 1

    def test_a_store_that_stays_locked_is_said_plainly(self, path: Path) -> None:
        with SqliteStore(path) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
            begin(store)
            store._file.connection.execute("PRAGMA busy_timeout = 50")
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Unusable) as caught:
                store.commit("s-1", 1, commit())
            plainly(caught.value, path)
            assert "in use by another program" in caught.value.message
            assert store.load("s-1").revision == 1
            other.execute("ROLLBACK")
            assert store.commit("s-1", 1, commit()) == 2

    def test_another_process_is_waited_for(self, path: Path) -> None:
        with SqliteStore(path) as store, closing(sqlite3.connect(path, isolation_level=None)) as other:
            begin(store)
            assert store._file.connection.execute("PRAGMA busy_timeout").fetchone()[0] == 5000
            other.execute("BEGIN IMMEDIATE")
            holder = child("sys.stdout.write('ready\\n'); sys.stdout.flush(); sys.stdin.readline()")
            other.execute("ROLLBACK")
            holder.communicate("x\n", timeout=60)
            assert store.commit("s-1", 1, commit()) == 2

    @pytest.mark.parametrize("replace", [False, True])
    def test_nothing_is_acknowledged_into_a_file_that_was_removed(self, path: Path, replace: bool) -> None:
        with SqliteStore(path) as store:
            begin(store)
            path.rename(path.with_name("elsewhere.db"))
            if replace:
                path.write_bytes(b"")
            with pytest.raises(Unusable) as caught:
                store.commit("s-1", 1, commit())
            plainly(caught.value, path)
            assert "moved, replaced or removed" in caught.value.message

    def test_an_interrupted_commit_leaves_nothing_behind(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def interrupt(*_: object) -> None:
            raise KeyboardInterrupt

        with SqliteStore(path) as store:
            begin(store)
            with monkeypatch.context() as patch:
                patch.setattr("adapters.stores.sqlite.check_transition", interrupt)
                with pytest.raises(KeyboardInterrupt):
                    store.commit("s-1", 1, commit(ledger=(entry("a", "planned"),)))
            assert store.load("s-1").revision == 1
            assert store.commit("s-1", 1, commit()) == 2

    def test_an_error_without_a_code_is_still_a_sentence(self, path: Path) -> None:
        plainly(trouble(sqlite3.DatabaseError("odd"), path), path)


RACES = """
store = SqliteStore(Path(sys.argv[1]))
name = sys.argv[2].encode()
print("ready", flush=True)
sys.stdin.readline()
for revision in range(1, 101):
    try:
        store.commit("s-1", revision, commit(events=(name,), state=name))
        print(revision, flush=True)
    except Outrun as outrun:
        assert outrun.revision > revision
"""

COMMITS = """
store = SqliteStore(Path(sys.argv[1]))
revision = store.load("s-1").revision
while True:
    key = str(revision)
    calls = (entry(key, "planned"), entry(key, "sent"))
    turn = commit(events=(key.encode(),), state=key.encode() * 300, ledger=calls)
    revision = store.commit("s-1", revision, turn)
    print(revision, flush=True)
"""


class TestProcesses:
    def test_of_two_processes_racing_for_a_revision_exactly_one_wins(self, path: Path) -> None:
        with SqliteStore(path) as store:
            begin(store, events=(b"start",))
        racers = [child(RACES, str(path), name) for name in ("a", "b")]
        for racer in racers:
            assert racer.stdout
            assert racer.stdout.readline() == "ready\n"
        for racer in racers:
            assert racer.stdin
            racer.stdin.write("go\n")
            racer.stdin.flush()
        wins = []
        for racer in racers:
            out, err = racer.communicate(timeout=120)
            assert (racer.returncode, err) == (0, "")
            wins.append([int(line) for line in out.split()])
        assert sorted(wins[0] + wins[1]) == list(range(1, 101))
        with SqliteStore(path) as store:
            winners = [body for _, body in store.events("s-1")][1:]
            assert [winners[revision - 1] for revision in wins[0]] == [b"a"] * len(wins[0])
            assert [winners[revision - 1] for revision in wins[1]] == [b"b"] * len(wins[1])
            assert store.load("s-1").revision == 101

    def test_killed_in_the_middle_every_acknowledged_revision_is_there(self, path: Path) -> None:
        with SqliteStore(path) as store:
            begin(store, events=(b"0",), state=b"0" * 300)
        luck = random.Random(20261123)
        for _ in range(6):
            worker = child(COMMITS, str(path))
            assert worker.stdout
            first = worker.stdout.readline()
            time.sleep(luck.uniform(0.0, 0.15))
            worker.send_signal(signal.SIGKILL)
            out, err = worker.communicate(timeout=60)
            assert err == ""
            # The last line may have been cut by the kill; a whole line was acknowledged.
            told = [first, *out.splitlines(keepends=True)]
            acknowledged = int([line for line in told if line.endswith("\n")][-1])
            with SqliteStore(path) as store:
                found = store.load("s-1")
                assert found.revision in (acknowledged, acknowledged + 1)
                assert found.state == str(found.revision - 1).encode() * 300
                assert [body for _, body in store.events("s-1")] == [
                    str(number).encode() for number in range(found.revision)
                ]
                calls = store.ledger("s-1")
                assert [call.key for call in calls] == [str(n) for n in range(1, found.revision)]
                assert {call.status for call in calls} <= {"sent"}


def filled(path: Path) -> dict[str, object]:
    """A store with three sessions; returns all it holds."""
    with SqliteStore(path) as store:
        for number in range(3):
            session = f"session-{number}"
            begin(store, session, events=(b"started",), state=bytes([65 + number]) * 900)
            calls = (entry("k", "planned"), entry("k", "sent"))
            store.commit(session, 1, commit(ledger=calls, events=(b"two" * 50, b"three")))
            done = (entry("k", "confirmed", result=b"result"),)
            reply = StoredReply("r", "d", b"reply" * 9)
            store.commit(session, 2, commit(ledger=done, state=bytes([97 + number]) * 900, reply=reply))
        return holdings(store)


def holdings(store: SqliteStore) -> dict[str, object]:
    """What can be read: by what was read, the value, or nothing where it was refused plainly."""
    found: dict[str, object] = {}
    with suppress(PlainProblem):
        found["version"] = store.load_version("v1")
    for number in range(3):
        session = f"session-{number}"
        for read in (store.load, store.events, store.ledger):
            with suppress(PlainProblem):
                found[f"{read.__name__} {session}"] = read(session)
        with suppress(PlainProblem):
            # A reply that is not found is harmless: the request is then out of date and says so.
            if reply := store.stored_reply(session, "r"):
                found[f"reply {session}"] = reply
    with suppress(PlainProblem):
        found["list"] = {s.session: s for s in store.sessions(10) if not s.damaged}
    return found


def damage(path: Path, find: bytes, replace: bytes) -> None:
    content = path.read_bytes()
    assert content.count(find) == 1
    path.write_bytes(content.replace(find, replace))


class TestDamage:
    def test_a_changed_state_is_found_and_the_other_sessions_stay_usable(self, path: Path) -> None:
        filled(path)
        damage(path, b"b" * 900, b"b" * 899 + b"c")
        with SqliteStore(path) as store:
            with pytest.raises(Unusable) as caught:
                store.load("session-1")
            plainly(caught.value, path)
            assert "session session-1 is damaged" in caught.value.message
            assert store.load("session-0").state == b"a" * 900
            assert store.commit("session-2", 3, commit()) == 4

    @pytest.mark.parametrize("table", ["events", "ledger", "replies", "sessions"])
    def test_a_removed_or_changed_row_is_found(self, path: Path, table: str) -> None:
        filled(path)
        column = {"events": "body", "ledger": "result", "replies": "reply", "sessions": "actor"}[table]
        value = {"sessions": "'eve'"}.get(table, "x'00'")
        with closing(sqlite3.connect(path)) as db, db:
            db.execute(f"UPDATE {table} SET {column} = {value} WHERE session = 'session-1'")
        with SqliteStore(path) as store:
            reads: dict[str, Callable[[str], object]] = {
                "events": store.events,
                "ledger": store.ledger,
                "replies": lambda session: store.stored_reply(session, "r"),
                "sessions": store.load,
            }
            with pytest.raises(Unusable, match="session session-1 is damaged"):
                reads[table]("session-1")
            assert store.load("session-0").revision == 3
        if table in ("events", "ledger"):
            with closing(sqlite3.connect(path)) as db, db:
                db.execute(f"DELETE FROM {table} WHERE session = 'session-0' AND number = 2")
            with SqliteStore(path) as store, pytest.raises(Unusable, match="session session-0 is damaged"):
                getattr(store, table)("session-0")

    def test_a_session_with_a_damaged_head_is_listed_as_damaged_and_takes_no_commit(self, path: Path) -> None:
        filled(path)
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("UPDATE sessions SET audience = 'admin' WHERE session = 'session-1'")
        with SqliteStore(path) as store:
            assert [(s.session, s.damaged) for s in store.sessions(10)] == [
                ("session-2", False),
                ("session-1", True),
                ("session-0", False),
            ]
            with pytest.raises(Unusable):
                store.commit("session-1", 3, commit())

    def test_rows_of_another_session_are_found(self, path: Path) -> None:
        filled(path)
        with closing(sqlite3.connect(path)) as db, db:
            db.execute(
                "UPDATE sessions SET (state, state_mac) ="
                " (SELECT state, state_mac FROM sessions WHERE session = 'session-2')"
                " WHERE session = 'session-1'"
            )
        with SqliteStore(path) as store, pytest.raises(Unusable):
            store.load("session-1")

    def test_a_changed_file_of_a_version_is_found(self, path: Path) -> None:
        filled(path)
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("UPDATE version_files SET source = 'flow: evil' WHERE path = 'email/flow.yaml'")
        with SqliteStore(path) as store, pytest.raises(Unusable, match="version v1 is damaged"):
            store.load_version("v1")

    def test_flipped_bits_are_found_or_harmless(self, tmp_path: Path) -> None:
        original = tmp_path / "original.db"
        truth = filled(original)
        content = original.read_bytes()
        assert len(truth) == 14
        luck = random.Random(7)
        silent, whole = [], 0
        for _ in range(400):
            copy = tmp_path / "copy.db"
            for leftover in tmp_path.glob("copy.db*"):
                leftover.unlink()
            shutil.copy(key_path(original), key_path(copy))
            bit = luck.randrange(len(content) * 8)
            flipped = bytearray(content)
            flipped[bit // 8] ^= 1 << (bit % 8)
            copy.write_bytes(flipped)
            try:
                with SqliteStore(copy) as store:
                    found = holdings(store)
            except PlainProblem:
                continue
            listed = found.pop("list", {})
            assert isinstance(listed, dict)
            silent += [(bit, name) for name, value in found.items() if value != truth[name]]
            silent += [(bit, name) for name, value in listed.items() if value != truth["list"][name]]
            whole += found == {name: value for name, value in truth.items() if name != "list"}
        assert silent == []
        assert 0 < whole < 400

    @pytest.mark.parametrize("keep", [1, 100, 4096, 5000, 20_000])
    def test_a_cut_file_is_refused_or_reads_as_damaged(self, path: Path, keep: int) -> None:
        truth = filled(path)
        os.truncate(path, keep)
        try:
            with SqliteStore(path) as store:
                found = holdings(store)
        except Unusable as problem:
            plainly(problem, path)
            return
        assert all(value == truth[name] for name, value in found.items() if name != "list")

    def test_a_zeroed_page_is_found_or_harmless(self, tmp_path: Path) -> None:
        original = tmp_path / "original.db"
        truth = filled(original)
        content = original.read_bytes()
        for start in range(0, len(content), 4096):
            copy = tmp_path / f"{start}.db"
            shutil.copy(original, copy)
            shutil.copy(key_path(original), key_path(copy))
            with copy.open("r+b") as file:
                file.seek(start)
                file.write(bytes(4096))
            try:
                with SqliteStore(copy) as store:
                    found = holdings(store)
            except Unusable:
                continue
            wrong = [n for n, value in found.items() if n != "list" and value != truth[n]]
            assert wrong == []


def test_an_unknown_session_in_a_real_file_names_it(path: Path) -> None:
    with SqliteStore(path) as store:
        store.keep_version("v1", FILES)
        with pytest.raises(UnknownSession, match="'s-9'"):
            store.load("s-9")
