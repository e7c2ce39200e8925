"""The file in which verifications are kept: what survives, and what is refused."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from adapters.gates.book import Book, Entry, MemoryBook
from adapters.gates.book_file import _TRIGGERS, SqliteBook, _checksum
from adapters.problems import Unusable

AT = "2026-11-23T09:30:00Z"
EARLIER = "2026-11-22T09:30:00Z"
ENTRY = Entry("passed", "ana", "in_person", "kim", "s1", AT, "k1", frozenset({"update_email", "send"}))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "kept" / "gates.db"


@pytest.fixture
def book(path: Path) -> Iterator[SqliteBook]:
    made = SqliteBook(path)
    yield made
    made.close()


@pytest.fixture(params=["memory", "file"])
def any_book(request: pytest.FixtureRequest, book: SqliteBook) -> Book:
    return book if request.param == "file" else MemoryBook()


class TestEveryBook:
    def test_what_is_added_is_found_in_order(self, any_book: Book) -> None:
        later = replace(ENTRY, kind="change", what="update_email", covers=frozenset(), key="k2")
        any_book.add(ENTRY)
        any_book.add(later)
        found = any_book.about("ana", EARLIER, "")
        assert [replace(entry, number=0) for entry in found] == [ENTRY, later]
        assert found[0].number < found[1].number

    def test_others_and_older_ones_are_left_out(self, any_book: Book) -> None:
        any_book.add(ENTRY)
        any_book.add(replace(ENTRY, subject="tom"))
        any_book.add(replace(ENTRY, at="2026-11-01T00:00:00Z", session="s2"))
        assert len(any_book.about("ana", EARLIER, "")) == 1
        assert len(any_book.about("ana", EARLIER, "s2")) == 2
        assert any_book.about("nobody", EARLIER, "s1") == ()


@given(subject=st.text(max_size=50), what=st.text(max_size=50), actor=st.text(max_size=50))
def test_any_text_can_be_kept(
    subject: str, what: str, actor: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    book = SqliteBook(tmp_path_factory.mktemp("book") / "gates.db")
    book.add(Entry("failed", subject, what, actor, "s", AT, "k"))
    (found,) = book.about(subject, "", "s")
    assert (found.what, found.actor) == (what, actor)
    book.close()


class TestFile:
    def test_it_is_kept_for_its_owner_only(self, book: SqliteBook, path: Path) -> None:
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.parent.stat().st_mode & 0o777 == 0o700

    def test_it_is_there_after_a_kill(self, path: Path) -> None:
        script = """
import os, sys
from pathlib import Path
from tests.adapters.gates.test_book_file import ENTRY
from adapters.gates.book_file import _TRIGGERS, _checksum, SqliteBook
SqliteBook(Path(sys.argv[1])).add(ENTRY)
os.kill(os.getpid(), 9)
"""
        root = Path(__file__).parents[3]
        done = subprocess.run([sys.executable, "-c", script, str(path)], cwd=root, check=False)
        assert done.returncode == -9
        with closing(SqliteBook(path)) as book:
            assert [replace(entry, number=0) for entry in book.about("ana", EARLIER, "")] == [ENTRY]

    @pytest.mark.parametrize("statement", ["DELETE FROM entry", "UPDATE entry SET actor = 'nobody'"])
    def test_entries_are_only_added(self, book: SqliteBook, path: Path, statement: str) -> None:
        book.add(ENTRY)
        with closing(sqlite3.connect(path)) as connection, pytest.raises(sqlite3.IntegrityError):
            connection.execute(statement)

    def test_a_changed_entry_is_found(self, book: SqliteBook, path: Path) -> None:
        book.add(ENTRY)
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("DROP TRIGGER entry_is_not_changed")
            connection.execute("UPDATE entry SET kind = 'void'")
        with pytest.raises(Unusable, match="damaged"):
            book.about("ana", EARLIER, "")

    @pytest.mark.parametrize("content", [b"short", b"not a database at all, just some text" * 100])
    def test_another_file_is_refused_and_left_alone(self, path: Path, content: bytes) -> None:
        path.parent.mkdir()
        path.write_bytes(content)
        with pytest.raises(Unusable, match="is not the one"):
            SqliteBook(path)
        assert path.read_bytes() == content

    def test_another_database_is_refused(self, path: Path) -> None:
        path.parent.mkdir()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE t (x)")
        with pytest.raises(Unusable, match="is not the one"):
            SqliteBook(path)

    def test_a_newer_format_is_refused(self, book: SqliteBook, path: Path) -> None:
        book.close()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA user_version = 99")
        with pytest.raises(Unusable, match="newer"):
            SqliteBook(path)

    def test_a_folder_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(Unusable):
            SqliteBook(tmp_path)

    def test_a_moved_file_is_noticed(self, book: SqliteBook, path: Path) -> None:
        os.rename(path, path.with_name("elsewhere.db"))
        for use in (lambda: book.add(ENTRY), lambda: book.about("ana", EARLIER, "")):
            with pytest.raises(Unusable, match="moved"):
                use()

    def test_a_locked_file_says_so(self, book: SqliteBook, path: Path) -> None:
        book._connection.execute("PRAGMA busy_timeout = 10")
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Unusable, match="in use"):
                book.add(ENTRY)

    def test_a_full_disk_says_so_and_keeps_nothing(self, book: SqliteBook) -> None:
        pages = book._connection.execute("PRAGMA page_count").fetchone()[0]
        book._connection.execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(Unusable, match="could not be written"):
            book.add(replace(ENTRY, actor="x" * 100_000))
        book._connection.execute("PRAGMA max_page_count = 100000")
        assert book.about("ana", EARLIER, "") == ()
        book.add(ENTRY)

    def test_closing_twice_is_nothing(self, book: SqliteBook) -> None:
        book.close()
        book.close()
        with pytest.raises(Unusable):
            book.add(ENTRY)

    def test_many_threads_and_two_connections_lose_nothing(self, book: SqliteBook, path: Path) -> None:
        with closing(SqliteBook(path)) as other:
            threads = [Thread(target=each.add, args=(ENTRY,)) for each in (book, other) * 10]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert len(other.about("ana", EARLIER, "")) == 20


class TestHiding:
    KEY = bytes(range(64))
    WHO = replace(ENTRY, subject="ana-souza", key="s1:flow/recipients[ana-souza]/send:1")

    def raw(self, path: Path) -> bytes:
        return b"".join(each.read_bytes() for each in path.parent.glob("gates.db*"))

    def test_nobody_is_named_in_the_file_and_all_is_found_again(self, path: Path) -> None:
        with closing(SqliteBook(path, self.KEY)) as book:
            book.add(self.WHO)
            assert b"souza" not in self.raw(path)
            assert [replace(each, number=0) for each in book.about("ana-souza", EARLIER, "")] == [self.WHO]
        assert b"souza" not in self.raw(path)

    def test_another_key_finds_nothing(self, path: Path) -> None:
        with closing(SqliteBook(path, self.KEY)) as book:
            book.add(self.WHO)
        with closing(SqliteBook(path, bytes(64))) as other:
            assert other.all_about("ana-souza") == ()

    def test_what_an_older_version_wrote_in_clear_is_hidden_without_a_trace(self, path: Path) -> None:
        with closing(SqliteBook(path)) as book:
            book.add(self.WHO)
        with closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute("PRAGMA user_version = 1")
        assert b"souza" in self.raw(path)
        with closing(SqliteBook(path, self.KEY)) as book:
            assert b"souza" not in self.raw(path)
            assert [replace(each, number=0) for each in book.all_about("ana-souza")] == [self.WHO]

    def test_a_purge_takes_out_what_is_meant_and_leaves_no_trace(self, path: Path) -> None:
        with closing(SqliteBook(path)) as book:
            book.add(self.WHO)
            book.add(replace(ENTRY, subject="tom"))
            book.add(replace(ENTRY, subject="eva", at="2026-11-01T00:00:00Z"))
            assert book.purge(before=EARLIER) == 1
            assert book.purge(subjects=["ana-souza"]) == 1
            assert book.purge(subjects=["ana-souza"]) == 0
            assert not any(word in self.raw(path) for word in (b"souza", b"eva"))
            assert len(book.all_about("tom")) == 1
            with pytest.raises(sqlite3.IntegrityError):
                book._connection.execute("DELETE FROM entry")


def test_who_did_it_is_hidden_in_a_file_of_the_format_before(tmp_path: Path) -> None:
    path, key = tmp_path / "gates.db", bytes(64)
    with closing(SqliteBook(path, key)) as book:
        book.add(ENTRY)
    with closing(sqlite3.connect(path)) as db:
        for name in ("entry_is_not_changed", "entry_is_not_removed"):
            db.execute(f"DROP TRIGGER {name}")
        columns = "kind, subject, what, actor, session, at, key, covers"
        (row,) = db.execute(f"SELECT {columns} FROM entry").fetchall()
        older = (*row[:3], "client:quill", *row[4:])
        db.execute("UPDATE entry SET actor = ?, checksum = ?", (older[3], _checksum(older)))
        db.executescript(_TRIGGERS)
        db.execute("PRAGMA user_version = 2")
        db.commit()
    with closing(SqliteBook(path, key)) as book:
        (entry,) = book.all_about(ENTRY.subject)
        assert entry.actor == "client:quill"
    assert not any(b"quill" in each.read_bytes() for each in tmp_path.iterdir())
