"""The log for whoever operates unstuck: one JSON object a line, ids and counts, never a name or a free text.

    {"at":"2026-11-23T09:30:00.123Z","level":"info","event":"call","action":"send_invitation",…}

What other libraries log comes in with its level and the logger's name only, at every level, since their texts
quote data: an HTTP client's hold the ids and names that stand in addresses. A log that cannot
be written loses its lines and stops nothing.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from adapters.problems import Unusable

LEVELS: Mapping[str, int] = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}

Field: TypeAlias = str | int | float | bool | None

_FIELDS = "unstuck_fields"
_OURS = logging.getLogger("unstuck")
_LONGEST = 200
"""How many characters of one field are kept; ids and kinds are far shorter."""


def log(level: str, event: str, **fields: Field) -> None:
    """Log that `event` happened. Fields hold ids, kinds, counts and durations (`ms`), and nothing that a
    person typed or a backend said."""
    _OURS.log(LEVELS[level], event, extra={_FIELDS: fields})


@contextmanager
def logging_to(path: Path, level: str) -> Iterator[None]:
    """Inside, everything of this level and above goes to the file at `path`, which is added to. Raises
    Unusable if that cannot be opened."""
    try:
        handler = _Lines(path)
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


class JsonLine(logging.Formatter):
    """Makes one line of JSON of a record: `at` (UTC), `level`, `event`, then the record's fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, in ASCII, without its end."""
        at = datetime.fromtimestamp(record.created, UTC)
        told: dict[str, Field] = {
            "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
        }
        fields = getattr(record, _FIELDS, None)
        if isinstance(fields, dict):
            told["event"] = record.msg
            told |= {name: _short(value) for name, value in fields.items() if value not in (None, "")}
        else:
            told |= {"event": "library", "logger": record.name}
        if record.exc_info and record.exc_info[0] is not None:
            # The error's own text may quote data, and so may the lines of a traceback.
            told["error"] = record.exc_info[0].__name__
        return json.dumps(told, separators=(",", ":"), default=str)


class _Lines(logging.Handler):
    """Adds each line to the file with one write, so that the lines of several processes do not mix."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def emit(self, record: logging.LogRecord) -> None:
        try:
            os.write(self._file, (self.format(record) + "\n").encode("ascii"))
        except OSError:
            return

    def close(self) -> None:
        os.close(self._file)
        super().close()


def _short(value: Field) -> Field:
    return value[:_LONGEST] if isinstance(value, str) else value
