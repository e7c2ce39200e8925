"""Killed in the middle of looking after a store, nothing of it is lost and nothing half done is left: some of
the kills of `python -m tests.durability upkeep`, and all of them in the long run."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from tests.durability import upkeep
from tests.durability.many import workers
from tests.durability.tracer import why_not

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "nothing")


def test_killed_in_the_middle_of_upkeep_all_is_whole(pool: ProcessPoolExecutor, tmp_path: Path) -> None:
    table = upkeep.measured(pool, tmp_path, sample=4)
    assert list(table.failures) == []
    assert [row[1] for row in table.rows] == ["4", "4", "4"]


@pytest.mark.soak
def test_killed_anywhere_in_upkeep_all_is_whole(tmp_path: Path) -> None:
    with workers() as pool:
        table = upkeep.measured(pool, tmp_path)
    assert list(table.failures) == []
    assert sum(int(row[1]) for row in table.rows) > 300
