"""The watcher sees every call, whichever thread makes it, and acts at the one that is meant."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from threading import Thread

import pytest

from tests.durability.tracer import Fail, Kill, Kind, Point, traced, watch, why_not

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "nothing")


def write_lines(path: Path) -> Callable[[], int]:
    """Work that writes three lines, each from a thread of its own; it ends with how many went wrong."""

    def work() -> int:
        file, wrong = os.open(path, os.O_CREAT | os.O_WRONLY), []

        def line() -> None:
            try:
                os.write(file, b"line\n")
            except OSError as error:
                wrong.append(error.errno)

        for _ in range(3):
            thread = Thread(target=line)
            thread.start()
            thread.join()
        return len(wrong) + (100 if set(wrong) - {errno.ENOSPC} else 0)

    return work


def watched(path: Path, at: int, act: Kill | Fail) -> tuple[int, list[str]]:
    """How the work ended, and the calls that were seen, when something is done at one of them."""
    seen: list[str] = []

    def decide(point: Point) -> Kill | Fail | None:
        if point.kind is not Kind.FILE or point.path != str(path):
            return None
        seen.append(point.call)
        return act if len(seen) == at else None

    return watch(traced(write_lines(path)), decide), seen


def test_calls_of_all_threads_are_counted_together(pool: ProcessPoolExecutor, tmp_path: Path) -> None:
    path = tmp_path / "file"
    ended, seen = pool.submit(watched, path, 0, Kill()).result()
    assert (ended, seen) == (0, ["openat", "write", "write", "write"])
    assert path.read_text() == "line\n" * 3


def test_a_kill_comes_before_the_call(pool: ProcessPoolExecutor, tmp_path: Path) -> None:
    path = tmp_path / "file"
    ended, _ = pool.submit(watched, path, 3, Kill()).result()
    assert ended == -9
    assert path.read_text() == "line\n"


def test_a_call_that_is_to_fail_does_nothing(pool: ProcessPoolExecutor, tmp_path: Path) -> None:
    path = tmp_path / "file"
    ended, _ = pool.submit(watched, path, 3, Fail(errno.ENOSPC)).result()
    assert ended == 1
    assert path.read_text() == "line\n" * 2
