"""The vault in memory: a secret is in here and nowhere else, until its action ran or the process ends."""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Callable, Mapping
from typing import NoReturn

from adapters.secrets.guessing import uncommon
from engine import SecretRef

CHECKS: Mapping[str, Callable[[str], bool]] = {
    "one-line": lambda value: not any(unicodedata.category(each).startswith("C") for each in value),
    "no-outer-blanks": lambda value: value == value.strip(),
}
"""What is looked at when a secret is put away; the names of those it passed go with its reference."""


class _Secret:
    """One secret. It is not shown, not copied to a file, and overwritten when it is forgotten (as far as that
    can be done: Python keeps copies of its own)."""

    __slots__ = ("_bytes", "owner")

    def __init__(self, value: str, owner: str) -> None:
        self._bytes = bytearray(value.encode("utf-8", "surrogatepass"))
        self.owner = owner

    def __repr__(self) -> str:
        return "<a secret>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written anywhere")

    def value(self) -> str:
        """What was typed."""
        return self._bytes.decode("utf-8", "surrogatepass")

    def wipe(self) -> None:
        """Overwrite it."""
        self._bytes[:] = bytes(len(self._bytes))


class MemoryVault:
    """A `Vault` for one process. `new_id` gives an id that nobody can guess, at each call."""

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._lock = threading.Lock()
        self._secrets: dict[str, _Secret] = {}

    def put(self, value: str, owner: str, least: int = 0, known: tuple[str, ...] | None = None) -> SecretRef:
        """See `Vault.put`."""
        passed = [name for name, passes in CHECKS.items() if passes(value)]
        if least and len(value) >= least:
            passed.append(f"{least}-characters")
        if known is not None and uncommon(value, known):
            passed.append("uncommon")
        reference = SecretRef(self._new_id(), tuple(passed))
        with self._lock:
            self._secrets[reference.id] = _Secret(value, owner)
        return reference

    def reveal(self, id: str, owner: str) -> str | None:
        """See `Vault.reveal`."""
        with self._lock:
            found = self._secrets.get(id)
            return found.value() if found is not None and found.owner == owner else None

    def forget(self, id: str) -> None:
        """See `Vault.forget`."""
        with self._lock:
            found = self._secrets.pop(id, None)
            if found is not None:
                found.wipe()

    def forget_all(self, owner: str) -> None:
        """See `Vault.forget_all`."""
        with self._lock:
            for id in [id for id, secret in self._secrets.items() if secret.owner == owner]:
                self._secrets.pop(id).wipe()
