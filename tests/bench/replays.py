"""1,000 replays beside 1,000 empty items, collected and run by pytest in one run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.flowdir import shipped_flows
from tests.bench.report import Figure

NUMBER = 1_000
ROOT = Path(__file__).resolve().parent.parent.parent
EMPTY = f"""\
import pytest

@pytest.mark.parametrize("number", range({NUMBER}))
def test_nothing(number):
    pass
"""


def measured() -> list[Figure]:
    """The time that one replay takes, and one empty item."""
    with TemporaryDirectory(prefix="unstuck-bench-") as name:
        folder = Path(name)
        found = _run(folder)
    spent, count = found["spent"], found["count"]
    figures = []
    for what in ("collecting", "running"):
        ours = 1_000 * spent[f"{what} replay"] / count["replay"]
        beside = 1_000 * spent[f"{what} empty"] / count["empty"]
        name = f"{what}, of {count['replay']:,} each"
        figures.append(Figure(name, f"{ours:.2f} ms", f"{beside:.3f} ms", ours / beside))
    return figures


def _run(folder: Path) -> dict[str, dict[str, float]]:
    """Run pytest over as many replays as empty items. Ends this process if any of them fails."""
    shipped = sorted(shipped_flows().glob("*/replays/*.replay.yaml"))
    for number in range(NUMBER):
        shutil.copy(shipped[number % len(shipped)], folder / f"{number:04}.replay.yaml")
    (folder / "test_empty.py").write_text(EMPTY, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    told = folder / "times.json"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--tb=line", "-p", "tests.bench.item_times", str(folder)],
        cwd=ROOT,
        env={**os.environ, "ITEM_TIMES": str(told), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        sys.exit(f"The replays did not pass:\n{done.stdout[-3_000:]}{done.stderr[-3_000:]}")
    found: dict[str, dict[str, float]] = json.loads(told.read_text())
    return found
