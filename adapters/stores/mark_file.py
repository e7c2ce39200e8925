"""How many commits a store has acknowledged, kept in a file of its own beside it.

A store that was cut back to an earlier moment (an old copy put in its place, a lost write-ahead log) is
whole in itself; that it has fewer commits than the mark gives it away. The mark is written after each commit
and not synced: after a power cut it may lag behind the store, never run ahead of it. Where it is missing or
unreadable, it begins anew.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from adapters.stores.seal import Seal

SUFFIX = ".mark"
_FORM = "unstuck mark 1 {:020d} {}\n"
_LENGTH = len(_FORM.format(0, "0" * 32))


class MarkFile:
    """The mark of the store at `path`. Used by one thread at a time."""

    def __init__(self, path: Path, seal: Seal) -> None:
        """Open it; it is made if it is missing. Raises OSError."""
        self._seal = seal
        self._file = os.open(mark_path(path), os.O_CREAT | os.O_RDWR, 0o600)

    def read(self) -> int:
        """How many commits were acknowledged; 0 if that is not known."""
        return marked(os.pread(self._file, _LENGTH, 0), self._seal)

    def write(self, commits: int) -> None:
        """Note that so many were acknowledged."""
        text = _FORM.format(commits, self._seal.of("mark", commits).hex())
        # The commit itself is safe; without its mark only a later cut could go unseen.
        with suppress(OSError):
            os.pwrite(self._file, text.encode(), 0)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


def mark_path(store: Path) -> Path:
    """Where the mark of a store is."""
    return store.with_name(store.name + SUFFIX)


def marked(content: bytes, seal: Seal) -> int:
    """The number in the content of a mark file, 0 if it is not what was written."""
    words = content.decode("ascii", "replace").split()
    if len(words) != 5 or not words[3].isdecimal():
        return 0
    commits = int(words[3])
    return commits if words[4] == seal.of("mark", commits).hex() else 0
