"""The keys that personal data is encrypted with: from the environment, or from a file beside the store.

A ring holds one key or several. New conversations use the newest; the older ones only read what was written
with them, until the last conversation of that time is purged. Knows nothing of what is encrypted.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path

import msgspec

from adapters.on_disk import sync
from adapters.problems import PlainProblem, Unusable

VARIABLE = "UNSTUCK_DATA_KEYS"
SUFFIX = ".data-keys"
KEY_BYTES = 32

_KEY = re.compile(rf"[0-9a-f]{{{2 * KEY_BYTES}}}")
_HEADER = """\
# The keys that the personal data in {name} is encrypted with, the newest last.
# Keep a copy of this file apart from the store and its backups, and show it to nobody: without it the
# conversations cannot be read any more. `unstuck keys rotate` adds a key.
"""


class Ring(msgspec.Struct, frozen=True):
    """Keys (32 bytes each) by their names, the newest last."""

    keys: Mapping[str, bytes]

    @property
    def newest(self) -> str:
        """The name of the key that new conversations use."""
        return tuple(self.keys)[-1]


def name_of(key: bytes) -> str:
    """What a key is called beside what was encrypted with it: 8 digits that give nothing of it away."""
    return blake2b(key, digest_size=4, person=b"unstuck key name").hexdigest()


def derived(master: bytes, purpose: str, size: int = KEY_BYTES) -> bytes:
    """A key for one purpose (at most 16 characters) only, made of a master key."""
    return blake2b(key=master, digest_size=size, person=purpose.encode("ascii")).digest()


def keys_path(store: Path) -> Path:
    """Where the keys of a store are, unless the environment gives them."""
    return store.with_name(store.name + SUFFIX)


def open_ring(store: Path, *, may_make: bool) -> Ring:
    """The keys for the store at `store`: those in UNSTUCK_DATA_KEYS (64 hexadecimal digits each, with blanks
    between them, the newest last), or those of the file, which is made if it may be. Raises Unusable."""
    given = os.environ.get(VARIABLE)
    if given is not None:
        return _ring(given.split(), f"the variable {VARIABLE}")
    path = keys_path(store)
    if may_make and not path.exists():
        _add(path, _HEADER.format(name=store.name) + _new_line(), new=True)
    try:
        lines = path.read_text("utf-8").splitlines()
    except FileNotFoundError:
        raise Unusable(
            f"The keys of {store} are missing: there is no {path}.",
            f"Put the copy of that file back, or give the keys in {VARIABLE}.",
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise Unusable(
            f"The keys {path} cannot be read ({error}).", "Put the copy of that file back."
        ) from error
    return _ring([line.strip() for line in lines if line.strip() and not line.startswith("#")], str(path))


def rotate(store: Path) -> str:
    """Add a key, which new conversations use from now on; its name. Raises PlainProblem, Unusable."""
    if VARIABLE in os.environ:
        raise PlainProblem(
            f"The keys come from {VARIABLE}.",
            "Add a new one at its end there: 64 random hexadecimal digits, as of `openssl rand -hex 32`.",
        )
    open_ring(store, may_make=False)
    line = _new_line()
    _add(keys_path(store), line, new=False)
    return name_of(bytes.fromhex(line.strip()))


def _ring(words: list[str], where: str) -> Ring:
    if not words or not all(_KEY.fullmatch(word) for word in words):
        raise Unusable(
            f"In {where} there is something that is no key (64 digits, 0 to 9 and a to f).",
            "Correct it; what is encrypted is left as it is.",
        )
    keys = [bytes.fromhex(word) for word in words]
    return Ring({name_of(key): key for key in keys})


def _new_line() -> str:
    return secrets.token_hex(KEY_BYTES) + "\n"


def _add(path: Path, text: str, *, new: bool) -> None:
    """Add to the file, on the disk before this returns; a new one appears whole, and the first one counts."""
    target = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    try:
        before = "" if new else path.read_text("utf-8")
        if before and not before.endswith("\n"):
            before += "\n"
        file = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            os.write(file, (before + text).encode("utf-8"))
            os.fsync(file)
        finally:
            os.close(file)
        if new:
            with suppress(FileExistsError):
                os.link(target, path)
            target.unlink()
        else:
            target.replace(path)
        sync(path.parent)
    except OSError as error:
        with suppress(OSError):
            target.unlink(missing_ok=True)
        raise Unusable(
            f"The keys {path} cannot be written ({error.strerror}).", "Check the folder."
        ) from error
