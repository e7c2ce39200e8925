"""Where it is kept that flows were checked and found free of errors, so that a start need not do it again.

A proof is kept under a hash of everything that went into it: the whole text of every flow file and of the
vocabulary, the limits, and the program itself (its files and those of the libraries that read flows, by size
and time, as Python recognises its own compiled files). Whatever of that changes, the flows are checked anew.
It stands in the user's cache folder, and one that somebody else could have written is not believed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import jinja2
import msgspec
import re2
import yaml

from engine import Limits, Proof, Source

KEPT = 16
"""So many proofs are kept; the ones not written lately go first."""

ENDING = ".proof"
READERS = (jinja2, msgspec, re2, yaml)
"""The libraries that flows are read with."""

TOP = Path(__file__).resolve().parent.parent
DECLARED = TOP / "adapters" / "clinic" / "actions.py"
"""The actions that flows are checked against."""


def cache_folder() -> Path | None:
    """The folder for what can be made again (XDG Base Directory Specification); None without a home."""
    root = os.environ.get("XDG_CACHE_HOME")
    if root and Path(root).is_absolute():
        return Path(root) / "unstuck"
    try:
        return Path.home() / ".cache" / "unstuck"
    except RuntimeError:
        return None


class Proofs:
    """The proofs in a folder; None keeps nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def find(self, key: str) -> Proof | None:
        """The proof kept under this key, if there is one that can be believed."""
        if self._folder is None:
            return None
        try:
            with (self._folder / f"{key}{ENDING}").open("rb") as file:
                about = os.fstat(file.fileno())
                if about.st_uid != os.getuid() or about.st_mode & 0o022:
                    return None
                return msgspec.msgpack.decode(file.read(), type=Proof)
        except (OSError, msgspec.DecodeError):
            return None

    def keep(self, key: str, proof: Proof) -> None:
        """Keep a proof. Where that cannot be done, the next start takes a little longer."""
        if self._folder is None:
            return
        path = self._folder / f"{key}{ENDING}"
        new = path.with_name(f"{key}.{os.getpid()}")
        with suppress(OSError):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(msgspec.msgpack.encode(proof))
            new.replace(path)
            self._forget_old(self._folder)

    def _forget_old(self, folder: Path) -> None:
        found = sorted(folder.glob(f"*{ENDING}"), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in found[KEPT:]:
            path.unlink(missing_ok=True)


def key_of(sources: Sequence[Source], vocabulary: Source | None, limits: Limits) -> str | None:
    """The hash of everything that a proof is about; None where the program's own files cannot be seen."""
    program = list(_program())
    if not program:
        return None
    digest = sha256()
    for part in (*program, msgspec.json.encode(limits), *_texts(sources, vocabulary)):
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def _texts(sources: Sequence[Source], vocabulary: Source | None) -> Iterator[bytes]:
    yield b"" if vocabulary is None else b"vocabulary"
    for source in ((vocabulary,) if vocabulary is not None else ()) + tuple(sources):
        yield source.text.encode("utf-8", "surrogatepass")


def _program() -> Iterator[bytes]:
    """What tells one state of the program from another; nothing where that cannot be told."""
    found = [str(DECLARED), *(each.__file__ or "" for each in READERS)]
    seen: list[bytes] = []
    with suppress(OSError):
        for folder, _, names in os.walk(TOP / "engine", onerror=_raise):
            found += [os.path.join(folder, name) for name in sorted(names) if name.endswith(".py")]
        for path in found:
            about = os.stat(path)
            seen.append(f"{path} {about.st_size} {about.st_mtime_ns}".encode("utf-8", "surrogateescape"))
        yield from seen


def _raise(error: OSError) -> None:
    raise error
