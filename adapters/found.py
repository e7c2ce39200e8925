"""How one thing is that was looked at, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias

import msgspec

State: TypeAlias = Literal["good", "note", "bad"]

_MOST_NAMED = 3


class Found(msgspec.Struct, frozen=True):
    """How one thing is: `what` was looked at, `said` about it, and what to `do` where it is not good."""

    what: str
    state: State
    said: str
    do: str = ""


def named(names: Sequence[str]) -> str:
    """The first few of these names."""
    more = len(names) - _MOST_NAMED
    return ", ".join(names[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def conversations(count: int) -> str:
    """So many conversations."""
    return "1 conversation" if count == 1 else f"{count:,} conversations"
