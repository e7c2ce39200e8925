"""The one class that holds a secret value: it can be compared and revealed, and nothing else shows it.

Knows nothing of sessions; who may see a secret, and how often, is the vault's business.
"""

from __future__ import annotations

import hmac
from typing import NoReturn


class SecretGone(Exception):
    """The secret is not known any more (it was used, shown, or the process that held it has ended)."""

    def __init__(self) -> None:
        super().__init__("this secret is not known any more")


class Secret:
    """A secret value in memory. It does not print, format, copy into JSON or pickle."""

    __slots__ = ("__value",)

    def __init__(self, value: str) -> None:
        self.__value = value

    def reveal(self) -> str:
        """The value itself, for the one place that needs it."""
        return self.__value

    def same_as(self, other: Secret) -> bool:
        """Whether both hold the same value, compared in constant time."""
        return hmac.compare_digest(self.__value.encode(), other.__value.encode())

    def __len__(self) -> int:
        return len(self.__value)

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be stored")
