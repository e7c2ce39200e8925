"""The head of the audit: how far its chain went, in a small file apart from the entries.

Two slots are written in turn, so that a write that was cut off leaves the one before. The head may be behind
the chain (it is written after the entries are safe), never ahead of it. It lies beside the store unless it
is put elsewhere; who can change the entries, the head and the key can roll all of them back together.
"""

from __future__ import annotations

import fcntl
import hmac
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.audit.chain import SEAL_BYTES, End
from adapters.problems import Unusable

_NUMBER_BYTES = 8
_SLOT_BYTES = _NUMBER_BYTES + SEAL_BYTES + SEAL_BYTES
_SLOTS = 2


class HeadBroken(Unusable):
    """The head's file is there, and neither of its slots is what was written."""


class HeadFile:
    """The head in the file at `path`. May be used from several threads and processes."""

    def __init__(self, path: Path, key: bytes) -> None:
        """`key` seals the head itself. The file is made when it is first written."""
        self.path = path
        self._key = key

    def read(self, *, to_move: bool = False) -> End | None:
        """The head, or None if none was ever kept. Raises HeadBroken, Unusable; with `to_move` also where it
        can be read but not moved."""
        with self._held(os.O_RDWR if to_move else os.O_RDONLY) as file:
            if file is None:
                return None
            newest = self._newest(file)
            if to_move and newest is not None:
                # That it can be opened does not say that it can be written: it is written as it is.
                self._put(file, newest)
            return newest

    def move(self, end: End) -> None:
        """Move the head on to `end`; one that is further already stays. Raises HeadBroken, Unusable."""
        with self._held(os.O_RDWR | os.O_CREAT) as file:
            if file is None:
                return
            newest = self._newest(file)
            if newest is None or newest.number < end.number:
                self._put(file, end)

    def replace(self, end: End) -> None:
        """Put this head in the place of whatever the file holds. Raises Unusable."""
        with self._held(os.O_RDWR | os.O_CREAT) as file:
            if file is not None:
                os.ftruncate(file, 0)
                self._put(file, end)

    @contextmanager
    def _held(self, flags: int) -> Iterator[int | None]:
        try:
            file = os.open(self.path, flags | os.O_CLOEXEC, 0o600)
        except FileNotFoundError:
            yield None
            return
        except OSError as error:
            raise self._unusable(error) from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
        except OSError as error:
            raise self._unusable(error) from error
        finally:
            os.close(file)

    def _newest(self, file: int) -> End | None:
        kept = os.pread(file, _SLOTS * _SLOT_BYTES, 0)
        ends = [self._end(kept[at : at + _SLOT_BYTES]) for at in range(0, len(kept), _SLOT_BYTES)]
        sound = [each for each in ends if each is not None]
        if kept and not sound:
            raise HeadBroken(
                f"The head of the audit, {self.path}, is damaged.",
                "Put it back. If it is lost, `unstuck audit new-head` looks the entries over and makes"
                " another one; nothing is changed meanwhile.",
            )
        return max(sound, key=lambda end: end.number, default=None)

    def _put(self, file: int, end: End) -> None:
        os.pwrite(file, self._slot(end), (end.number % _SLOTS) * _SLOT_BYTES)

    def _slot(self, end: End) -> bytes:
        told = end.number.to_bytes(_NUMBER_BYTES, "big") + end.seal
        return told + hmac.digest(self._key, told, "sha256")

    def _end(self, slot: bytes) -> End | None:
        told, mac = slot[:-SEAL_BYTES], slot[-SEAL_BYTES:]
        if len(slot) != _SLOT_BYTES or not hmac.compare_digest(mac, hmac.digest(self._key, told, "sha256")):
            return None
        return End(int.from_bytes(told[:_NUMBER_BYTES], "big"), told[_NUMBER_BYTES:])

    def _unusable(self, error: OSError) -> Unusable:
        return Unusable(
            f"The head of the audit, {self.path}, cannot be used ({error.strerror}).",
            "Nothing is changed without an audit; check the file's folder and its permissions.",
        )
