"""The lines of the log, and the file that they are added to. Loaded where there is a log."""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime
from pathlib import Path

from adapters.logs import FIELDS, Field

_LONGEST = 200
"""How many characters of one field are kept; ids and kinds are far shorter."""


class JsonLine(logging.Formatter):
    """Makes one line of JSON of a record: `at` (UTC), `level`, `event`, then the record's fields."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, in ASCII, without its end."""
        at = datetime.fromtimestamp(record.created, UTC)
        told: dict[str, Field] = {
            "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
        }
        fields = getattr(record, FIELDS, None)
        if isinstance(fields, dict):
            told["event"] = record.msg
            told |= {name: _short(value) for name, value in fields.items() if value not in (None, "")}
        else:
            told |= {"event": "library", "logger": record.name}
        if record.exc_info and record.exc_info[0] is not None:
            # The error's own text may quote data, and so may the lines of a traceback.
            told["error"] = record.exc_info[0].__name__
        return json.dumps(told, separators=(",", ":"), default=str)


class Lines(logging.Handler):
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
