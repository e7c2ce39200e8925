"""The commands that were typed at the console, kept from one conversation to the next: never an answer, nor
what was written behind a command."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from prompt_toolkit.history import History

from adapters.console.replies import COMMANDS

KEPT = 200
"""So many of the last commands are offered again."""

LONGEST = 1_000
"""A file with more commands than this is cut back."""


class PastCommands(History):
    """Commands in a file, one a line. Where it cannot be read or written, nothing is kept."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def load_history_strings(self) -> Iterable[str]:
        """The last commands, the newest first."""
        found = self._kept()
        if len(found) > LONGEST:
            with suppress(OSError):
                self._path.write_text("".join(f"{each}\n" for each in found[-KEPT:]), encoding="utf-8")
        return reversed(found[-KEPT:])

    def store_string(self, string: str) -> None:
        """Keep one command, if it is one."""
        if string not in COMMANDS:
            return
        with suppress(OSError):
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            with os.fdopen(file, "a", encoding="utf-8") as opened:
                opened.write(f"{string}\n")

    def _kept(self) -> list[str]:
        """What the file holds; lines that are no commands are passed over."""
        with suppress(OSError, UnicodeDecodeError):
            return [line for line in self._path.read_text(encoding="utf-8").splitlines() if line in COMMANDS]
        return []
