"""The files beside a store: the key without which nothing is read, and the mark that finds what was cut."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from adapters.problems import Unusable
from adapters.stores.key_file import KeyFile, key_in, key_path
from adapters.stores.mark_file import MarkFile, mark_path, marked
from adapters.stores.recovery import recover
from adapters.stores.seal import Chain, Seal
from adapters.stores.sqlite import SqliteStore
from tests.adapters.stores.contract import begin, commit


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with SqliteStore(tmp_path / "sessions.db") as store:
        begin(store)
    return tmp_path / "sessions.db"


def test_the_key_is_made_once_for_its_owner_and_says_what_it_is(path: Path) -> None:
    key = key_path(path)
    text = key.read_text()
    assert key.stat().st_mode & 0o777 == 0o600
    assert "Keep a copy of this file apart from the store" in text
    assert "sessions.db" in text
    assert len(key_in(text) or b"") == 32
    SqliteStore(path).close()
    assert key.read_text() == text


def test_two_stores_have_two_keys(path: Path, tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "other.db"):
        assert key_in(key_path(path).read_text()) != key_in(key_path(tmp_path / "other.db").read_text())


def test_of_threads_that_make_the_key_together_all_get_the_same(tmp_path: Path) -> None:
    found: list[bytes] = []

    def read() -> None:
        file = KeyFile(tmp_path / "s.db", may_make=True)
        found.append(file.key)
        file.close()

    threads = [Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(set(found)) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["s.db.key"]


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda key: key.unlink(), "is missing: there is no file"),
        (lambda key: key.write_text("# no key\n"), "cannot be read, or holds no key"),
        (lambda key: key.write_bytes(b"\xff\x00" * 99), "cannot be read, or holds no key"),
        (lambda key: key.write_text("0" * 64), "is not the one with which the session store"),
    ],
)
def test_without_its_key_a_store_is_refused_and_stays_as_it_is(
    path: Path, harm: Callable[[Path], None], said: str
) -> None:
    key, good, before = key_path(path), key_path(path).read_bytes(), path.read_bytes()
    harm(key)
    with pytest.raises(Unusable) as caught:
        SqliteStore(path)
    assert said in caught.value.message
    assert str(key) in caught.value.message
    assert caught.value.exit_code == 4
    assert path.read_bytes() == before
    key.write_bytes(good)
    with SqliteStore(path) as store:
        assert store.load("s-1").revision == 1


def test_the_key_that_is_wanted_is_never_made_anew(path: Path) -> None:
    key_path(path).unlink()
    with pytest.raises(Unusable):
        SqliteStore(path)
    assert not key_path(path).exists()


class TestCutBack:
    """A whole store of an earlier moment."""

    def older(self, path: Path, tmp_path: Path) -> Path:
        """A copy of the store as it is; the store itself goes on."""
        copy = tmp_path / "older"
        shutil.copy(path, copy)
        with SqliteStore(path) as store:
            store.commit("s-1", 1, commit(state=b"later"))
        return copy

    def test_an_older_copy_in_its_place_is_found(self, path: Path, tmp_path: Path) -> None:
        shutil.copy(self.older(path, tmp_path), path)
        with pytest.raises(Unusable) as caught:
            SqliteStore(path)
        assert "The last commit is missing" in caught.value.message
        assert str(mark_path(path)) in caught.value.advice

    def test_one_that_was_put_there_on_purpose_is_used_once_the_mark_is_removed(
        self, path: Path, tmp_path: Path
    ) -> None:
        shutil.copy(self.older(path, tmp_path), path)
        mark_path(path).unlink()
        with SqliteStore(path) as store:
            assert store.load("s-1").revision == 1
            assert store.commit("s-1", 1, commit()) == 2

    def test_it_is_found_while_the_store_is_in_use(self, path: Path, tmp_path: Path) -> None:
        copy = self.older(path, tmp_path)
        with SqliteStore(path) as store:
            store.commit("s-1", 2, commit())
            with closing(sqlite3.connect(copy)) as older, closing(sqlite3.connect(path)) as db:
                older.backup(db)
            with pytest.raises(Unusable, match="commits are missing"):
                store.commit("s-1", 1, commit())

    @pytest.mark.parametrize("left", [0, 1])
    def test_a_lost_log_is_found(self, path: Path, tmp_path: Path, left: int) -> None:
        """A kill leaves the log beside the file; without it the file is an earlier, whole store."""
        killed = tmp_path / "killed"
        killed.mkdir()
        with SqliteStore(path) as store:
            store.commit("s-1", 1, commit(state=b"later"))
            for name in ("", ".key", ".mark"):
                shutil.copy(f"{path}{name}", killed)
            if left:
                wal = Path(f"{path}-wal").read_bytes()
                (killed / "sessions.db-wal").write_bytes(wal[: len(wal) // 2])
        with pytest.raises(Unusable, match="missing from the session store"):
            SqliteStore(killed / "sessions.db")

    def test_what_is_left_of_a_damaged_log_outlives_the_refusal(self, path: Path, tmp_path: Path) -> None:
        """SQLite believes a log up to the first damage, and removes it when the file is closed."""
        killed = tmp_path / "killed"
        killed.mkdir()
        with SqliteStore(path) as store:
            for revision in range(1, 9):
                store.commit("s-1", revision, commit(state=bytes([revision]) * 2_000))
            for name in ("", ".key", ".mark", "-wal"):
                shutil.copy(f"{path}{name}", killed)
        log = killed / "sessions.db-wal"
        content = bytearray(log.read_bytes())
        content[len(content) // 3] ^= 1
        log.write_bytes(content)
        before = {file.name: file.read_bytes() for file in killed.iterdir()}
        with pytest.raises(Unusable, match="missing from the session store"):
            SqliteStore(killed / "sessions.db")
        after = {file.name: file.read_bytes() for file in killed.iterdir() if not file.name.endswith("-shm")}
        assert after == before
        assert recover(killed / "sessions.db", tmp_path / "new.db").saved == ("s-1",)
        with SqliteStore(tmp_path / "new.db") as store:
            assert store.load("s-1").revision == 9

    @pytest.mark.needs_strace
    def test_a_change_of_the_kind_of_log_that_was_cut_off_is_undone(self, path: Path) -> None:
        """A backup has no log of its own; the first who uses it makes one."""
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA journal_mode = DELETE")
        opens = "import sys; from pathlib import Path; from adapters.stores.sqlite import SqliteStore\n"
        opens += "SqliteStore(Path(sys.argv[1])).close()"
        strace = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", str(path), "-e", "trace=pwrite64"]
        strace += ["-e", "inject=pwrite64:signal=KILL:when=1"]
        ended = subprocess.run([*strace, sys.executable, "-c", opens, str(path)], check=False, timeout=60)
        assert ended.returncode == -9
        assert path.with_name(f"{path.name}-journal").exists()
        with SqliteStore(path) as store:
            assert store.load("s-1").revision == 1

    def test_a_removed_or_emptied_store_is_not_begun_anew_in_silence(self, path: Path) -> None:
        path.write_bytes(b"")
        with pytest.raises(Unusable, match="missing from the session store"):
            SqliteStore(path)
        path.unlink()
        with pytest.raises(Unusable, match="missing from the session store"):
            SqliteStore(path)

    @pytest.mark.parametrize("content", [b"", b"\x00" * 60, b"unstuck mark 1 99 ffff\n"])
    def test_a_mark_that_cannot_be_read_begins_anew(self, path: Path, content: bytes) -> None:
        mark_path(path).write_bytes(content)
        with SqliteStore(path) as store:
            assert store.commit("s-1", 1, commit()) == 2
            assert marked(mark_path(path).read_bytes(), store._seal) == 2

    def test_a_mark_of_another_store_says_nothing(self, path: Path) -> None:
        other = MarkFile(path, Seal(b"x" * 32))
        other.write(99)
        other.close()
        SqliteStore(path).close()


def test_different_rows_never_have_the_same_mac() -> None:
    seal = Seal(b"k" * 32)
    rows = [
        ("ab", "c"),
        ("a", "bc"),
        ("abc",),
        (b"ab", "c"),
        ("ab", b"c"),
        (1, "1"),
        ("1", 1),
        ("\udcff",),
        ("",),
        (),
    ]
    macs = {seal.of(kind, *row) for row in rows for kind in ("one", "two")}
    assert len(macs) == 2 * len(rows)
    assert Seal(b"l" * 32).of("one", "ab", "c") not in macs


def test_a_chain_knows_its_rows_and_their_order() -> None:
    seal = Seal(b"k" * 32)
    rows = (b"a", b"b", b"c")
    whole = Chain().followed_by(seal, rows)
    assert whole == Chain().followed_by(seal, rows[:1]).followed_by(seal, rows[1:])
    for other in ((b"a", b"c", b"b"), (b"a", b"b"), (b"b", b"c"), (b"a", b"b", b"c", b"c")):
        assert Chain().followed_by(seal, other) != whole
