"""The key of a store, in a file beside it: made on first use, for its owner only, never made anew.

The same file is what the processes that use one store take turns with (`taking_turns`). Knows nothing of
what the key is used for.
"""

from __future__ import annotations

import fcntl
import os
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from adapters.on_disk import sync
from adapters.stores.seal import KEY_SIZE
from adapters.stores.trouble import in_use, key_missing, key_unreadable

SUFFIX = ".key"
_LINE = re.compile(rf"^[0-9a-f]{{{2 * KEY_SIZE}}}$", re.MULTILINE)
_WORDS = """\
# The key of the session store {name}, which cannot be read without it.
# Keep a copy of this file apart from the store and its backups, and show it to nobody.
{key}
"""


class KeyFile:
    """The opened key file of the store at `path`. `key` is the key, 32 bytes."""

    def __init__(self, path: Path, *, may_make: bool) -> None:
        """Read the key; where there is none it is made if it may be. Raises Unusable, OSError."""
        self.path = key_path(path)
        self._store = path
        if may_make and not self.path.exists():
            _make(self.path, path.name)
        self._file = _opened(self.path, path)
        try:
            self.key = _read(self._file, self.path)
        except BaseException:
            os.close(self._file)
            raise

    @contextmanager
    def taking_turns(self, seconds: float) -> Iterator[None]:
        """Inside, no other process is here with the same key file. Raises Unusable if that takes longer than
        so many seconds.

        Some releases of SQLite can damage a file that two connections write and checkpoint at the same
        instant (3.7.0 to 3.51.2, the WAL-reset bug), so ours never do. A lock of the operating system ends
        with the process that holds it.
        """
        self._lock(seconds)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _lock(self, seconds: float) -> None:
        deadline, pause = time.monotonic() + seconds, 0.0002
        while True:
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise in_use(self._store) from None
            else:
                return
            time.sleep(pause)
            pause = min(2 * pause, 0.005)


def key_path(store: Path) -> Path:
    """Where the key of a store is."""
    return store.with_name(store.name + SUFFIX)


def key_in(text: str) -> bytes | None:
    """The key in the text of a key file, None if there is none."""
    found = _LINE.findall(text)
    return bytes.fromhex(found[0]) if len(found) == 1 else None


def _make(path: Path, name: str) -> None:
    """Make a key, whole and on the disk or not at all; of two that do, the first one's counts."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    file = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        try:
            os.write(file, _WORDS.format(name=name, key=secrets.token_hex(KEY_SIZE)).encode())
            os.fsync(file)
        finally:
            os.close(file)
        with suppress(FileExistsError):
            os.link(temporary, path)
    finally:
        temporary.unlink()
    sync(path.parent)


def _opened(path: Path, store: Path) -> int:
    try:
        return os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        raise key_missing(store, path) from None
    except OSError as error:
        raise key_unreadable(path) from error


def _read(file: int, path: Path) -> bytes:
    try:
        found = key_in(os.read(file, 4096).decode("utf-8", "replace"))
    except OSError as error:
        raise key_unreadable(path) from error
    if found is None:
        raise key_unreadable(path)
    return found
