"""What a fact can hold at run time: plain JSON data, so that a state can always be stored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

if TYPE_CHECKING:
    Value: TypeAlias = bool | int | float | str | list["Value"] | dict[str, "Value"] | None
else:
    # msgspec has no recursive aliases; the type checker sees the real one.
    Value = Any

SECRET_KEY = "$secret"


class SecretRef(msgspec.Struct, frozen=True):
    """Stands for a secret value that only the driver's vault holds.

    `id` finds it there; `checks` names the checks it passed when it was typed. As a fact it is the record
    `{"$secret": id, "checks": [...]}`, which no text or expression can look into.
    """

    id: str
    checks: tuple[str, ...] = ()

    def as_value(self) -> Value:
        """The form in which it stands among the facts and the arguments of a call."""
        return {SECRET_KEY: self.id, "checks": list(self.checks)}


def storable(text: str) -> str:
    """A text from outside in which no half characters are left: they could not be stored."""
    return text.encode("utf-8", "replace").decode("utf-8")


def secret_id(value: Value) -> str | None:
    """The vault id if `value` stands for a secret, else None."""
    if isinstance(value, dict):
        found = value.get(SECRET_KEY)
        return found if isinstance(found, str) else None
    return None
