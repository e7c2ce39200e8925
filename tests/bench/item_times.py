"""A pytest plugin that adds up how long replays and other items take to be collected and run.

Loaded with `-p tests.bench.item_times`; writes what it found to the file named in ITEM_TIMES.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Generator
from pathlib import Path
from time import perf_counter

import pytest

REPLAY = ".replay.yaml"
_SPENT: Counter[str] = Counter()
_COUNT: Counter[str] = Counter()


def _kind(path: Path) -> str:
    return "replay" if path.name.endswith(REPLAY) else "empty"


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    begun = perf_counter()
    report = yield
    if isinstance(collector, pytest.File):
        _SPENT[f"collecting {_kind(collector.path)}"] += perf_counter() - begun
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    begun = perf_counter()
    done = yield
    kind = _kind(item.path)
    _SPENT[f"running {kind}"] += perf_counter() - begun
    _COUNT[kind] += 1
    return done


def pytest_sessionfinish() -> None:
    Path(os.environ["ITEM_TIMES"]).write_text(json.dumps({"spent": _SPENT, "count": _COUNT}))
