"""Killed in the middle of looking after a store, or without room for it, nothing of it is lost and nothing
half done is left: some of the trials of `python -m tests.durability upkeep`, and all in the long run."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from tests.durability import upkeep
from tests.durability.many import workers
from tests.durability.tracer import why_not

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "nothing")


def test_killed_in_the_middle_of_upkeep_all_is_whole(pool: ProcessPoolExecutor, tmp_path: Path) -> None:
    table = upkeep.measured(pool, tmp_path, sample=3)
    assert list(table.failures) == []
    assert [row[2] for row in table.rows] == ["3"] * 6


def test_a_recovery_whose_log_could_not_be_brought_home_is_whole_all_the_same(
    pool: ProcessPoolExecutor, tmp_path: Path
) -> None:
    """SQLite brings it home when it closes the file, and says nothing where it cannot."""
    held = upkeep.prepared(pool, tmp_path)
    number = [task.name for task in upkeep.tasks(held)].index("sessions recover")
    recovery = upkeep.Trial(number, 0, tmp_path, held, full=True, once=True, on=r"new\.db\.[0-9a-f]{8}")
    total = pool.submit(upkeep.counted, recovery).result()
    assert pool.submit(upkeep.tried, replace(recovery, at=total // 2)).result() == ""


@pytest.mark.soak
def test_killed_anywhere_in_upkeep_all_is_whole(tmp_path: Path) -> None:
    with workers() as pool:
        table = upkeep.measured(pool, tmp_path)
    assert list(table.failures) == []
    assert sum(int(row[2]) for row in table.rows) > 500
