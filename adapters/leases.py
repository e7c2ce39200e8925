"""Tells whether a live process is at a call of a session: locks that the operating system frees when it dies.

A lease says nothing about who may go on; the store decides that. It only spares waiting for the dead, and
makes a resumer wait for the living.
"""

from __future__ import annotations

import fcntl
import os
import struct
import threading
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

_FLOCK = "hhqqixxxx"
"""`struct flock` of 64-bit Linux: type, whence, start, length, process."""


class Lease:
    """A lock on one session, held until everybody who keeps it has let go."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._keepers = 1
        self._lock = threading.Lock()

    def keep(self) -> None:
        """One more keeps it."""
        with self._lock:
            self._keepers += 1

    def let_go(self) -> None:
        """One fewer keeps it; after the last one it is free."""
        with self._lock:
            self._keepers -= 1
            last = self._keepers == 0
        if last:
            os.close(self._descriptor)


class Leases(Protocol):
    """The leases of all processes that share a store."""

    def take(self, session: str) -> Lease | None:
        """A lease on the session; None if somebody holds it, or where there are none."""
        ...

    def is_held(self, session: str) -> bool | None:
        """Whether a live process is at a call of the session; None where nobody can tell."""
        ...


class NoLeases:
    """Where processes cannot see each other: nobody can tell."""

    def take(self, session: str) -> Lease | None:
        """None."""
        return None

    def is_held(self, session: str) -> bool | None:
        """Nobody can tell."""
        return None


class FileLeases:
    """Leases in one empty file beside the store: each session is one byte of it, locked as an open file
    description, so that two threads of one process count as two. Where the file cannot be used, nobody can
    tell."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def take(self, session: str) -> Lease | None:
        """See `Leases.take`."""
        descriptor = self._opened()
        if descriptor is None:
            return None
        try:
            fcntl.fcntl(descriptor, fcntl.F_OFD_SETLK, _request(fcntl.F_WRLCK, session))
        except OSError:
            os.close(descriptor)
            return None
        return Lease(descriptor)

    def is_held(self, session: str) -> bool | None:
        """See `Leases.is_held`."""
        descriptor = self._opened()
        if descriptor is None:
            return None
        try:
            found = fcntl.fcntl(descriptor, fcntl.F_OFD_GETLK, _request(fcntl.F_WRLCK, session))
        except OSError:
            return None
        finally:
            os.close(descriptor)
        kind: int = struct.unpack(_FLOCK, found)[0]
        return kind != fcntl.F_UNLCK

    def _opened(self) -> int | None:
        try:
            return os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError:
            return None


def _request(kind: int, session: str) -> bytes:
    """A lock of this kind on the session's byte. Two sessions that share one only wait for each other."""
    byte = int.from_bytes(blake2b(session.encode(), digest_size=7).digest(), "big")
    return struct.pack(_FLOCK, kind, os.SEEK_SET, byte, 1, 0)
