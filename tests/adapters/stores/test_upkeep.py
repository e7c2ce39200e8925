"""Looking after a store: what is damaged is named, what is whole is saved, what is purged is gone."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.problems import Unusable
from adapters.stores.key_file import key_path
from adapters.stores.port import StoredReply, UnknownSession
from adapters.stores.recovery import SESSION_ORDER, recover
from adapters.stores.sqlite import SqliteStore
from tests.adapters.stores.contract import FILES, begin, commit, entry

SESSIONS = 12
SENT = (entry("k", "planned"), entry("k", "sent"))
CANARY = b"canary-7f3a-"


def fill(path: Path) -> None:
    """Sessions with everything, also rows too large for one page; session n holds the canary with its
    number."""
    with SqliteStore(path) as store:
        for number in range(SESSIONS):
            session, mark = f"s-{number}", CANARY + str(number).encode() + b"."
            begin(store, session, actor=f"actor-{mark.decode()}", state=mark * 50)
            store.commit(session, 1, commit(events=(mark * 3, mark * 900), ledger=SENT, seq=2))
            done = (entry("k", "confirmed", result=mark),)
            reply = StoredReply(f"r-{mark.decode()}", "d", mark * 500)
            store.commit(session, 2, commit(state=mark * 600, ledger=done, reply=reply))


def contents(store: SqliteStore, session: str) -> tuple[object, ...]:
    """All that a session holds."""
    key = f"r-{(CANARY + session.removeprefix('s-').encode()).decode()}."
    reply = store.stored_reply(session, key)
    assert reply is not None
    return store.load(session), store.events(session), store.ledger(session), reply


@pytest.fixture
def path(tmp_path: Path) -> Path:
    fill(tmp_path / "sessions.db")
    return tmp_path / "sessions.db"


def change(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(statement)


class TestHealth:
    def test_a_whole_store_is_good(self, path: Path) -> None:
        with SqliteStore(path) as store:
            health = store.health()
        assert health.good
        assert health.sessions == SESSIONS

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE sessions SET state = x'00' WHERE session = 's-1'",
            "UPDATE sessions SET actor = 'eve' WHERE session = 's-1'",
            "UPDATE events SET body = x'00' WHERE session = 's-1' AND number = 2",
            "UPDATE events SET mac = x'00' WHERE session = 's-1' AND number = 2",
            "DELETE FROM events WHERE session = 's-1' AND number = 3",
            "DELETE FROM ledger WHERE session = 's-1' AND number = 1",
            "DELETE FROM replies WHERE session = 's-1'",
        ],
    )
    def test_a_damaged_session_is_named(self, path: Path, statement: str) -> None:
        change(path, statement)
        with SqliteStore(path) as store:
            health = store.health()
        assert not health.good
        assert health.damaged == ("s-1",)

    def test_damaged_flows_are_named(self, path: Path) -> None:
        change(path, "DELETE FROM version_files WHERE path = 'email/flow.yaml'")
        with SqliteStore(path) as store:
            health = store.health()
        assert (health.good, health.versions, health.damaged) == (False, ("v1",), ())

    def test_a_session_that_was_taken_out_is_missed(self, path: Path) -> None:
        for table in ("events", "ledger", "replies", "sessions"):
            change(path, f"DELETE FROM {table} WHERE session = 's-4'")
        with SqliteStore(path) as store:
            health = store.health()
        assert (health.good, health.complete, health.damaged) == (False, False, ())

    def test_a_session_that_was_put_back_is_found(self, path: Path, tmp_path: Path) -> None:
        """All its rows are whole, of an earlier moment; the other sessions have gone on."""
        older = tmp_path / "older.db"
        shutil.copy(path, older)
        with SqliteStore(path) as store:
            store.commit("s-1", 3, commit(events=(), state=b"new"))
            store.commit("s-2", 3, commit(events=()))
        with closing(sqlite3.connect(path)) as db:
            db.execute("ATTACH ? AS older", (str(older),))
            db.execute("DELETE FROM sessions WHERE session = 's-1'")
            db.execute("INSERT INTO sessions SELECT * FROM older.sessions WHERE session = 's-1'")
            db.commit()
        with SqliteStore(path) as store:
            assert store.load("s-1").revision == 3
            assert not store.health().complete

    def test_a_damaged_page_is_not_silent(self, path: Path) -> None:
        with path.open("r+b") as file:
            file.seek(4096 * 6)
            file.write(bytes(4096))
        with SqliteStore(path) as store:
            assert not store.health().good


class TestBackup:
    def test_a_copy_is_read_with_the_same_key_and_is_one_file(self, path: Path, tmp_path: Path) -> None:
        copy = tmp_path / "copies" / "copy.db"
        copy.parent.mkdir()
        with SqliteStore(path) as store:
            assert store.back_up(copy).good
            kept = contents(store, "s-3")
            store.commit("s-3", 3, commit(state=b"later"))
        assert [file.name for file in copy.parent.iterdir()] == ["copy.db"]
        assert copy.stat().st_mode & 0o777 == 0o600
        with pytest.raises(Unusable, match="key of the session store"):
            SqliteStore(copy)
        shutil.copy(key_path(path), key_path(copy))
        with SqliteStore(copy) as store:
            assert contents(store, "s-3") == kept

    def test_writers_go_on_meanwhile(self, path: Path, tmp_path: Path) -> None:
        with SqliteStore(path) as store, SqliteStore(path) as other:
            for number in range(5):
                other.commit("s-1", 3 + number, commit())
                assert store.back_up(tmp_path / f"copy-{number}.db").good

    def test_a_file_that_is_there_is_left_alone(self, path: Path, tmp_path: Path) -> None:
        (tmp_path / "copy.db").write_text("mine")
        with SqliteStore(path) as store, pytest.raises(Unusable, match="already"):
            store.back_up(tmp_path / "copy.db")
        assert (tmp_path / "copy.db").read_text() == "mine"

    def test_a_damaged_store_is_copied_and_said_to_be_damaged(self, path: Path, tmp_path: Path) -> None:
        change(path, "UPDATE sessions SET state = x'00' WHERE session = 's-1'")
        with SqliteStore(path) as store:
            assert store.back_up(tmp_path / "copy.db").damaged == ("s-1",)

    def test_a_folder_that_is_not_there_is_said_plainly(self, path: Path, tmp_path: Path) -> None:
        with SqliteStore(path) as store, pytest.raises(Unusable, match="cannot be opened or written"):
            store.back_up(tmp_path / "nowhere" / "copy.db")


class TestPurge:
    def raw(self, path: Path) -> bytes:
        """Everything in the folder."""
        return b"".join(file.read_bytes() for file in sorted(path.parent.iterdir()))

    def test_nothing_is_left_in_the_file_the_log_or_free_pages(self, path: Path) -> None:
        gone = ("s-2", "s-5", "s-11")
        with SqliteStore(path) as store:
            # Some of it only in the log, some of it overwritten.
            for session in gone:
                mark = CANARY + session.removeprefix("s-").encode() + b"."
                store.commit(session, 3, commit(state=mark, events=(mark * 700,)))
            assert all(CANARY + session[2:].encode() + b"." in self.raw(path) for session in gone)
            store.purge(gone)
            left = self.raw(path)
            for session in gone:
                assert CANARY + session.removeprefix("s-").encode() + b"." not in left
                with pytest.raises(UnknownSession):
                    store.load(session)
            assert store.health().good
            assert len(store.sessions(100)) == SESSIONS - len(gone)
            assert store.commit("s-0", 3, commit()) == 4
        with SqliteStore(path) as store:
            assert store.health().good

    def test_what_a_purge_that_was_cut_off_left_is_wiped_by_the_next_one_to_open_the_store(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def die(*_: object) -> None:
            raise KeyboardInterrupt

        with SqliteStore(path) as serving:
            serving.commit("s-2", 3, commit(state=CANARY + b"2." * 900))
            with monkeypatch.context() as patch, SqliteStore(path) as store:
                patch.setattr("adapters.stores.sqlite_file.StoreFile.wipe", die)
                with pytest.raises(KeyboardInterrupt):
                    store.purge(["s-2"])
            assert CANARY + b"2." in self.raw(path)
            SqliteStore(path).close()
            assert CANARY + b"2." not in self.raw(path)
            assert not path.with_name("sessions.db.wipe").exists()
            with pytest.raises(UnknownSession):
                serving.load("s-2")
            assert serving.health().good

    def test_a_damaged_session_can_be_purged(self, path: Path) -> None:
        change(path, "UPDATE sessions SET actor = 'eve' WHERE session = 's-1'")
        with SqliteStore(path) as store:
            store.purge(["s-1"])
            assert store.health().good
            assert b"canary-7f3a-1." not in self.raw(path)

    def test_an_unknown_session_changes_nothing(self, path: Path) -> None:
        with SqliteStore(path) as store:
            store.purge(["nobody"])
            assert store.health().sessions == SESSIONS

    def test_somebody_who_goes_on_reading_is_named_and_the_rest_follows(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("adapters.stores.sqlite_file.BUSY_SECONDS", 0.1)
        with SqliteStore(path) as store, closing(sqlite3.connect(path, isolation_level=None)) as reader:
            store._file.connection.execute("PRAGMA busy_timeout = 50")
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM events").fetchall()
            store.commit("s-2", 3, commit())
            with pytest.raises(Unusable, match="traces of them may be left"):
                store.purge(["s-2"])
            with pytest.raises(UnknownSession):
                store.load("s-2")
            reader.execute("COMMIT")
            store.purge([])
            assert b"canary-7f3a-2." not in self.raw(path)


class TestRecovery:
    def test_a_whole_store_is_saved_whole(self, path: Path, tmp_path: Path) -> None:
        new = tmp_path / "new" / "sessions.db"
        saved = recover(path, new)
        assert sorted(saved.saved) == sorted(f"s-{number}" for number in range(SESSIONS))
        assert (saved.lost, saved.versions, saved.older, saved.complete) == ((), (), (), True)
        with SqliteStore(path) as old, SqliteStore(new) as store:
            assert store.health().good
            assert store.load_version("v1") == FILES
            assert store.sessions(100) == old.sessions(100)
            for number in range(SESSIONS):
                assert contents(store, f"s-{number}") == contents(old, f"s-{number}")
            assert store.commit("s-0", 3, commit()) == 4
            assert store.sessions(1)[0].session == "s-0"

    def test_what_is_in_the_log_is_saved_too(self, path: Path, tmp_path: Path) -> None:
        killed = tmp_path / "killed"
        killed.mkdir()
        with SqliteStore(path) as store:
            store.commit("s-1", 3, commit(state=b"newest " * 2000))
            for end in ("", "-wal", ".key"):
                shutil.copy(f"{path}{end}", killed)
        recover(killed / "sessions.db", tmp_path / "new.db")
        with SqliteStore(tmp_path / "new.db") as store:
            assert store.load("s-1").state == b"newest " * 2000

    def test_what_is_saved_as_it_was_earlier_is_named(self, path: Path, tmp_path: Path) -> None:
        """Its last commit is in the log, of which only the pages before the damage are whole."""
        killed = tmp_path / "killed"
        killed.mkdir()
        with SqliteStore(path) as store:
            store.commit("s-1", 3, commit(events=(b"later",)))
            for end in ("", "-wal", ".key", ".mark"):
                shutil.copy(f"{path}{end}", killed)
            (head,) = [each for each in store.sessions(100) if each.session == "s-1"]
        assert head.revision == 4
        log = killed / "sessions.db-wal"
        # The head of the session is what the damage hits; its new event stays.
        log.write_bytes(log.read_bytes().replace(b"s-1email", b"s-1emaiX"))
        saved = recover(killed / "sessions.db", tmp_path / "new.db")
        assert (saved.older, saved.lost, saved.complete) == (("s-1",), (), False)
        assert len(saved.saved) == SESSIONS

    def test_a_store_that_was_cut_back_is_not_taken_for_all_there_was(
        self, path: Path, tmp_path: Path
    ) -> None:
        older = tmp_path / "older"
        older.mkdir()
        for end in ("", ".key"):
            shutil.copy(f"{path}{end}", older)
        with SqliteStore(path) as store:
            store.commit("s-1", 3, commit())
        assert not recover(older / "sessions.db", tmp_path / "no mark.db").complete
        shutil.copy(f"{path}.mark", older)
        saved = recover(older / "sessions.db", tmp_path / "new.db")
        assert (len(saved.saved), saved.older, saved.complete) == (SESSIONS, (), False)

    def test_a_store_without_a_beginning_is_saved(self, path: Path, tmp_path: Path) -> None:
        """The first page holds what the tables are: SQLite opens nothing without it."""
        with path.open("r+b") as file:
            file.write(b"\xff" * 4096)
        with pytest.raises(Unusable):
            SqliteStore(path)
        saved = recover(path, tmp_path / "new.db")
        assert len(saved.saved) == SESSIONS
        with SqliteStore(tmp_path / "new.db") as store:
            assert store.health().good

    @pytest.mark.parametrize("page", range(2, 30, 3))
    def test_of_a_damaged_page_all_else_is_saved(self, path: Path, tmp_path: Path, page: int) -> None:
        with SqliteStore(path) as store:
            before = {f"s-{number}": contents(store, f"s-{number}") for number in range(SESSIONS)}
        with path.open("r+b") as file:
            file.seek(4096 * (page - 1))
            file.write(bytes(4096))
        saved = recover(path, tmp_path / "new.db")
        assert len(saved.saved) >= SESSIONS - 4
        assert set(saved.saved).isdisjoint(saved.lost)
        with SqliteStore(tmp_path / "new.db") as store:
            assert {session: contents(store, session) for session in saved.saved} == {
                session: before[session] for session in saved.saved
            }
            assert store.health().damaged == ()

    def test_a_damaged_session_is_left_behind_and_named(self, path: Path, tmp_path: Path) -> None:
        change(path, "UPDATE events SET body = x'00' WHERE session = 's-1' AND number = 2")
        saved = recover(path, tmp_path / "new.db")
        assert saved.lost == ("s-1",)
        assert len(saved.saved) == SESSIONS - 1

    def test_the_flows_that_are_lost_are_named_and_their_sessions_kept(
        self, path: Path, tmp_path: Path
    ) -> None:
        change(path, "UPDATE version_files SET source = 'evil'")
        saved = recover(path, tmp_path / "new.db")
        assert saved.versions == ("v1",)
        with SqliteStore(tmp_path / "new.db") as store:
            assert store.load("s-1").revision == 3
            assert store.health().versions == ("v1",)

    def test_nothing_is_written_over_and_nothing_taken_for_a_store(self, path: Path, tmp_path: Path) -> None:
        with pytest.raises(Unusable, match="already"):
            recover(path, path)
        with pytest.raises(Unusable, match="There is no session store"):
            recover(tmp_path / "none.db", tmp_path / "new.db")
        key_path(path).unlink()
        with pytest.raises(Unusable, match="key"):
            recover(path, tmp_path / "new.db")
        assert not (tmp_path / "new.db").exists()

    def test_records_are_in_the_order_that_is_expected(self, path: Path) -> None:
        with closing(sqlite3.connect(path)) as db:
            order = [row[1] for row in db.execute("PRAGMA table_info(sessions)")]
        assert order == SESSION_ORDER.split(", ")


def test_nothing_is_recovered_beside_the_log_of_another_store(path: Path, tmp_path: Path) -> None:
    new = tmp_path / "new.db"
    left = tmp_path / "new.db-wal"
    left.write_bytes(b"of a store that is gone")
    with pytest.raises(Unusable, match=r"new\.db-wal already"):
        recover(path, new)
    assert not new.exists()
    left.unlink()
    assert recover(path, new).saved


@pytest.fixture(autouse=True)
def nothing_temporary_is_left(tmp_path: Path) -> Iterator[None]:
    yield
    endings = (".db", ".key", ".mark", "-wal", "-shm")
    assert [file for file in tmp_path.rglob("*") if file.is_file() and not file.name.endswith(endings)] == []
