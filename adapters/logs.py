"""The log for whoever operates unstuck: one JSON object a line, ids and counts, never a name or a free text.

    {"at":"2026-11-23T09:30:00.123Z","level":"info","event":"call","action":"send_invitation",…}

What other libraries log comes in with its level and the logger's name only, at every level, since their texts
quote data: an HTTP client's hold the ids and names that stand in addresses. A log that cannot
be written loses its lines and stops nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from adapters.problems import Unusable

LEVELS: Mapping[str, int] = {"debug": 10, "info": 20, "warning": 30, "error": 40}
"""The numbers are those of the standard library, which is loaded with the first line only."""

Field: TypeAlias = str | int | float | bool | None

FIELDS = "unstuck_fields"


def log(level: str, event: str, **fields: Field) -> None:
    """Log that `event` happened. Fields hold ids, kinds, counts and durations (`ms`), and nothing that a
    person typed or a backend said."""
    import logging

    logging.getLogger("unstuck").log(LEVELS[level], event, extra={FIELDS: fields})


@contextmanager
def logging_to(path: Path, level: str) -> Iterator[None]:
    """Inside, everything of this level and above goes to the file at `path`, which is added to. Raises
    Unusable if that cannot be opened."""
    import logging

    from adapters.log_lines import JsonLine, Lines

    try:
        handler = Lines(path)
    except OSError as error:
        raise Unusable(
            f"The log {path} cannot be written ({error.strerror}).", "Check --log-file, or leave it out."
        ) from error
    root = logging.getLogger()
    before = root.level
    handler.setFormatter(JsonLine())
    root.addHandler(handler)
    root.setLevel(LEVELS[level])
    try:
        yield
    finally:
        root.setLevel(before)
        root.removeHandler(handler)
        handler.close()
