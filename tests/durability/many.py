"""Spreads a great many small trials over the cores, each in a process that has loaded unstuck already."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


@contextmanager
def workers(most: int = 0) -> Iterator[ProcessPoolExecutor]:
    """So many worker processes; as many as there are cores, if it is not said. They keep what unstuck keeps
    of a person's own in a folder that is removed at the end."""
    with (
        tempfile.TemporaryDirectory(prefix="unstuck-own-") as own,
        # Forked from a fresh interpreter: whoever asks may have threads, which no fork goes along with.
        ProcessPoolExecutor(most or os.cpu_count() or 1, get_context("spawn"), _ready, (own,)) as pool,
    ):
        yield pool


def _ready(own: str) -> None:
    for kind in ("CACHE", "CONFIG", "STATE"):
        os.environ[f"XDG_{kind}_HOME"] = os.path.join(own, kind.lower())
    # What a conversation imports in its course is there before the first one is forked.
    import adapters.clinic.served.app
    import adapters.jsonlines
    import adapters.mail.smtp
    import adapters.wiring  # noqa: F401


def spread(
    pool: ProcessPoolExecutor, trial: Callable[[Item], Result], items: Iterable[Item]
) -> Iterator[Result]:
    """The result of each trial, in the order of the items."""
    return pool.map(trial, items)
