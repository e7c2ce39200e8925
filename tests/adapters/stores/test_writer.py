"""Group commit: work of several threads in one transaction, undone apart, acknowledged together."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest

from adapters.problems import Unusable
from adapters.stores.port import Outrun
from adapters.stores.sqlite import SqliteStore
from adapters.stores.sqlite_file import StoreFile
from adapters.stores.writer import GroupWriter, Writing
from tests.adapters.stores.contract import begin, commit


class Watched:
    """The transactions of a store file, counted; the first waits until it is let go. `refuse` may say that a
    transaction fails when it is to be kept."""

    def __init__(self, file: StoreFile) -> None:
        self._file = file
        self.begun = Event()
        self.let_go = Event()
        self.kept = 0
        self.tried = 0
        self.refuse = lambda number: False

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        self.tried += 1
        number = self.tried
        with self._file.writing() as writing:
            if number == 1:
                self.begun.set()
                assert self.let_go.wait(30)
            yield writing
            if self.refuse(number):
                raise sqlite3.OperationalError("disk I/O error")
        self.kept += 1


class Group:
    """A store whose first transaction waits for the others to come, so that these are written together."""

    def __init__(self, path: Path, sessions: int) -> None:
        self.store = SqliteStore(path)
        for number in range(sessions):
            begin(self.store, f"s-{number}")
        self.watched = Watched(self.store._file)
        self.store._writer = GroupWriter(self.watched)
        self.outcomes: dict[int, object] = {}

    def commit(self, *revisions: int) -> None:
        """Commit to session n at the nth of these revisions, the first alone, the others together."""
        threads = [Thread(target=self._one, args=pair) for pair in enumerate(revisions)]
        threads[0].start()
        assert self.watched.begun.wait(30)
        for thread in threads[1:]:
            thread.start()
        while len(self.store._writer._waiting) < len(revisions) - 1:
            threads[1].join(0.001)
        self.watched.let_go.set()
        for thread in threads:
            thread.join(30)

    def _one(self, number: int, revision: int) -> None:
        try:
            body = str(number).encode()
            self.outcomes[number] = self.store.commit(f"s-{number}", revision, commit(events=(body,)))
        except Exception as error:
            self.outcomes[number] = error


@pytest.fixture
def group(tmp_path: Path) -> Iterator[Group]:
    group = Group(tmp_path / "sessions.db", 6)
    yield group
    group.store.close()


def test_whoever_comes_while_somebody_writes_shares_the_next_transaction(group: Group) -> None:
    group.commit(1, 1, 1, 1, 1, 1)
    assert group.outcomes == dict.fromkeys(range(6), 2)
    assert group.watched.kept == 2
    for number in range(6):
        assert group.store.events(f"s-{number}")[1] == (2, str(number).encode())


def test_what_fails_is_undone_alone(group: Group) -> None:
    group.commit(1, 1, 7, 1)
    failed = group.outcomes.pop(2)
    assert isinstance(failed, Outrun)
    assert group.outcomes == {0: 2, 1: 2, 3: 2}
    assert group.watched.kept == 2
    assert group.store.load("s-2").revision == 1
    assert len(group.store.events("s-2")) == 1


def test_where_all_cannot_be_kept_together_each_is_tried_alone(group: Group) -> None:
    group.watched.refuse = lambda number: number in (2, 4)
    group.commit(1, 1, 1, 1)
    refused = [number for number, outcome in group.outcomes.items() if isinstance(outcome, Unusable)]
    assert len(refused) == 1
    for number in range(4):
        assert group.store.load(f"s-{number}").revision == (1 if number in refused else 2)


def test_nobody_is_told_before_it_is_kept(group: Group) -> None:
    seen: list[int] = []
    real = group.watched.writing

    @contextmanager
    def watched() -> Iterator[Writing]:
        with real() as writing:
            yield writing
            seen.append(len(group.outcomes))

    group.watched.writing = watched
    group.commit(1, 1, 1, 1)
    assert seen[0] == 0
    assert seen[1] <= 1
    assert len(seen) == 2


def test_an_interrupted_thread_leaves_the_work_of_the_others_to_them(group: Group) -> None:
    """As when somebody presses Ctrl-C in the thread that happens to write for all."""
    first = [True]

    def interrupted(number: int) -> bool:
        if number == 2 and first.pop():
            raise KeyboardInterrupt
        return False

    group.watched.refuse = interrupted
    failed: list[BaseException] = []
    one = group._one

    def noting(number: int, revision: int) -> None:
        try:
            one(number, revision)
        except KeyboardInterrupt as error:
            failed.append(error)

    group._one = noting
    group.commit(1, 1, 1, 1)
    assert len(failed) == 1
    assert len(group.outcomes) == 3
    assert set(group.outcomes.values()) == {2}
    assert sorted(group.store.load(f"s-{number}").revision for number in range(4)) == [1, 2, 2, 2]


def test_many_threads_lose_nothing(tmp_path: Path) -> None:
    with SqliteStore(tmp_path / "sessions.db") as store:
        for number in range(12):
            begin(store, f"s-{number}")

        def work(session: str) -> None:
            for revision in range(1, 41):
                assert (
                    store.commit(session, revision, commit(events=(str(revision).encode(),))) == revision + 1
                )

        threads = [Thread(target=work, args=(f"s-{number}",)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for number in range(12):
            assert store.load(f"s-{number}").revision == 41
            assert len(store.events(f"s-{number}")) == 41
    with SqliteStore(tmp_path / "sessions.db") as store:
        assert len({summary.revision for summary in store.sessions(20)}) == 1
