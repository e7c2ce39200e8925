"""The vault's port: where a secret is from being typed until its action ran. Knows no driver, no store."""

from __future__ import annotations

from typing import Protocol

from engine import SecretRef


class Vault(Protocol):
    """Holds secrets in memory, each for one owner (a session). May be used from several threads.

    Nothing it raises or prints ever holds a secret.
    """

    def put(self, value: str, owner: str, least: int = 0, known: tuple[str, ...] | None = None) -> SecretRef:
        """Keep a secret; the reference says under which id, and which checks it passed. `least` is the number
        of characters it should have (the check `N-characters`); `known` are words that others know about its
        owner: where they are given, it should not be easy to guess (the check `uncommon`)."""
        ...

    def reveal(self, id: str, owner: str) -> str | None:
        """The secret, or None if it is not (or no longer) there, or is somebody else's."""
        ...

    def forget(self, id: str) -> None:
        """Forget one secret; forgetting it again changes nothing."""
        ...

    def forget_all(self, owner: str) -> None:
        """Forget every secret of an owner."""
        ...
