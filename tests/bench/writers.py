"""Durable turns a second of many conversations at once, beside what the disk can take: single commits to a
SQLite file with the very same settings.

A turn is an answer that the driver took and kept, with audit and encryption, as people have it. The raw side
commits a row of the size that a turn keeps, one after the other under a lock: the best that the disk gives
without putting commits together. Both are timed by the clock on the wall, in turns.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from adapters.driver import Driver, Parts
from adapters.secrets.vault import MemoryVault
from adapters.stores.sqlite import SqliteStore
from adapters.wiring import new_session_id, new_token, open_clerk, open_trail, over_keys
from engine import Audience
from tests.adapters.small_desk import OpenGate, SmallClinic, library
from tests.bench.report import Figure, Limit

WRITERS = (1, 8, 64)
ROUNDS = 5
SECONDS = 0.6
"""How long each side works in a round."""

A_CONVERSATION = 14
"""Turns of a usual conversation."""

BYTES_A_TURN = 2_000
LEAST = {1: Limit(0.25, above=True), 8: Limit(0.8, above=True), 64: Limit(1, above=True)}
"""One alone pays for what it keeps beside the row; many together take more turns than the disk takes single
commits, because theirs are put together: without that it is about 0.7 for 8 and 0.8 for 64."""

APART = Limit(0.25, above=True)
"""Processes cannot put their commits together."""

SLOW = 600
"""Up to so many single commits a second it is the disk that is waited for. Where it takes more, it is the
processor, and the ratio says nothing: there is no limit then."""

LOOP = """\
flow: loop
title: A loop
audience: [agent]
symptoms: [loop]
steps:
  - id: begin
    ask: Shall we?
    kind: yes-no
    save: shall
    then: {yes: more, no: left}
  - id: more
    ask: Once more?
    kind: yes-no
    then: {yes: begin, no: left}
  - id: left
    end: stopped
"""

Work = Callable[[], None]


def measured() -> tuple[Figure, ...]:
    """The lines of the table."""
    with TemporaryDirectory(prefix="unstuck-bench-") as folder:
        found = [_beside(Path(folder) / f"{number}", number) for number in WRITERS]
        found.append(_processes(Path(folder) / "processes", 8))
        return tuple(found)


def _beside(folder: Path, number: int) -> Figure:
    folder.mkdir()
    with turns_of(folder, number) as turns, commits_of(folder / "raw.db", number) as commits:
        rounds = [(rate(turns), rate(commits)) for _ in range(ROUNDS)]
    name = "1 writer" if number == 1 else f"{number} writers"
    return _figure(f"{name}, in threads", rounds, LEAST[number])


def _figure(name: str, rounds: list[tuple[float, float]], limit: Limit) -> Figure:
    ours, theirs = (median(each[side] for each in rounds) for side in (0, 1))
    ratio = median(one / other for one, other in rounds)
    held_to = limit if theirs <= SLOW else None
    return Figure(name, f"{ours:,.0f} turns/s", f"{theirs:,.0f} commits/s", ratio, held_to)


def rate(works: list[Work]) -> float:
    """How often a second these did their work, each in a thread of its own."""
    done, until = [0] * len(works), perf_counter() + SECONDS

    def work(number: int) -> None:
        while perf_counter() < until:
            works[number]()
            done[number] += 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(len(works))]
    begun = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (perf_counter() - begun)


@contextmanager
def turns_of(folder: Path, number: int) -> Iterator[list[Work]]:
    """So many conversations on one store, each of which takes a turn when its work is done."""
    with SqliteStore(folder / "sessions.db", open_trail) as store:
        parts = Parts(
            library(LOOP),
            SmallClinic(),
            over_keys(store),
            OpenGate(),
            lambda: datetime.now(UTC),
            new_session_id,
            lambda: datetime.now(UTC).date(),
            MemoryVault(new_token),
            clerk=open_clerk(store),
        )
        with closing(Driver(parts)) as driver:
            yield [_conversation(driver) for _ in range(number)]


def _conversation(driver: Driver) -> Work:
    left, session = 0, ""

    def work() -> None:
        nonlocal left, session
        if left == 0:
            session = driver.start("loop", actor="kim", audience=Audience.AGENT).session
            left = A_CONVERSATION
        else:
            driver.answer(session, "yes")
            left -= 1

    return work


@contextmanager
def commits_of(path: Path, number: int) -> Iterator[list[Work]]:
    """So many who commit a row each to one file, under a lock."""
    with closing(raw_file(path)) as db:
        lock = threading.Lock()

        def work() -> None:
            with lock:
                commit(db)

        yield [work] * number


def raw_file(path: Path) -> sqlite3.Connection:
    """A file with the settings of a session store."""
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=False, timeout=60)
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        db.execute(f"PRAGMA {pragma}")
    db.execute("CREATE TABLE IF NOT EXISTS rows (number INTEGER PRIMARY KEY, body BLOB)")
    return db


def commit(db: sqlite3.Connection) -> None:
    """One row in one transaction."""
    db.execute("BEGIN IMMEDIATE")
    db.execute("INSERT INTO rows (body) VALUES (zeroblob(?))", (BYTES_A_TURN,))
    db.execute("COMMIT")


# -- processes ---------------------------------------------------------------------------------------


def _processes(folder: Path, number: int) -> Figure:
    """The same with each writer in a process of its own, on one file."""
    folder.mkdir()
    with _team(_turns_here, folder, number) as turns, _team(_commits_here, folder, number) as commits:
        rounds = [(_rate_of(turns), _rate_of(commits)) for _ in range(ROUNDS)]
    return _figure(f"{number} writers, in processes", rounds, APART)


@contextmanager
def _team(work: Callable[[Connection, Path], None], folder: Path, number: int) -> Iterator[list[Connection]]:
    """So many processes that are ready to work."""
    spawn, pipes = get_context("spawn"), []
    with ExitStack() as stack:
        for _ in range(number):
            ours, theirs = spawn.Pipe()
            process = spawn.Process(target=work, args=(theirs, folder), daemon=True)
            process.start()
            theirs.close()
            pipes.append(ours)
            stack.callback(process.join, 10)
            stack.callback(ours.send, False)
        for pipe in pipes:
            pipe.recv()
        yield pipes


def _rate_of(team: list[Connection]) -> float:
    """How often a second all of them together did their work."""
    for pipe in team:
        pipe.send(True)
    found: list[float] = [pipe.recv() for pipe in team]
    return sum(found)


def _turns_here(pipe: Connection, folder: Path) -> None:
    with turns_of(folder, 1) as works:
        _on_demand(pipe, works)


def _commits_here(pipe: Connection, folder: Path) -> None:
    with commits_of(folder / "raw.db", 1) as works:
        _on_demand(pipe, works)


def _on_demand(pipe: Connection, works: list[Work]) -> None:
    pipe.send(0.0)
    while pipe.recv():
        pipe.send(rate(works))
