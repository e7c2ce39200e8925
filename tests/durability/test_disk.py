"""Where the disk fails, nothing is done that was not recorded before, the trouble is told in plain words, and
work goes on afterwards: a few of the trials of `python -m tests.durability disk`, and all in the long run."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from tests.durability import disk
from tests.durability.many import workers
from tests.durability.tracer import why_not

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "nothing")


def test_where_the_disk_fails_it_is_told_and_work_goes_on_afterwards(
    pool: ProcessPoolExecutor, tmp_path: Path
) -> None:
    table = disk.measured(pool, tmp_path, sample=2)
    assert list(table.failures) == []
    told_in_a_turn = [int(row[4]) for row in table.rows]
    assert len(told_in_a_turn) >= len(disk.FAULTS)
    assert sum(told_in_a_turn) >= len(disk.FAULTS)


@pytest.mark.soak
def test_wherever_the_disk_fails_it_is_told_and_work_goes_on_afterwards(tmp_path: Path) -> None:
    with workers() as pool:
        table = disk.measured(pool, tmp_path)
    assert list(table.failures) == []
    assert sum(int(row[1]) for row in table.rows) > 3_000
