"""No damage to a store is silent, and what is whole of it stays in use: some of the damage that
`python -m tests.durability damage` does, and all of it in the long run."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from tests.durability import damage
from tests.durability.many import workers
from tests.durability.tracer import why_not

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "nothing")


def test_some_damage_is_found_or_harmless(pool: ProcessPoolExecutor, tmp_path: Path) -> None:
    table = damage.measured(pool, tmp_path, sample=3)
    assert list(table.failures) == []
    found = {row[0]: int(row[3]) + int(row[4]) for row in table.rows}
    assert found["cut back to an earlier commit"] == 3
    assert found["the same without the mark: the audit's head tells"] >= 2
    assert found["cut off somewhere, the store closed"] == 3


@pytest.mark.soak
def test_all_damage_is_found_or_harmless(tmp_path: Path) -> None:
    with workers() as pool:
        table = damage.measured(pool, tmp_path)
    assert list(table.failures) == []
    assert sum(int(row[1]) for row in table.rows) > 900
