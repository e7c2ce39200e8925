"""Email addresses on the screen that are not what they look like: each is told together with the question in
which somebody takes it for right. Knows nothing of flows: any whole address counts, wherever it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from adapters.console.layout import Row, row
from engine import Prompt, address_warnings

_ADDRESS = re.compile(r"[^\s@<>()\[\]{}“”„\"'`,;:!?]{1,256}@[^\s@<>()\[\]{}“”„\"'`,;:!?]{1,256}")
MASK = "***"


def warnings_in(texts: Iterable[str]) -> tuple[str, ...]:
    """What to look at twice in the addresses of these texts, each warning once. Masked addresses are passed
    over: nobody can compare them."""
    found: dict[str, None] = {}
    for text in texts:
        found.update(dict.fromkeys(_warnings(text) if "@" in text else ()))
    return tuple(found)


def texts_of(prompt: Prompt) -> Iterable[str]:
    """Everything that a question shows."""
    yield prompt.text.text
    yield prompt.hint
    for choice in prompt.choices:
        yield from (choice.label, choice.detail, choice.effect or "")


def warning_rows(texts: Iterable[str]) -> list[Row]:
    """The warnings as rows."""
    return [row(warning, "problem", "! ", "problem") for warning in warnings_in(texts)]


@lru_cache(maxsize=256)
def _warnings(text: str) -> tuple[str, ...]:
    addresses = (found.strip(".…*") for found in _ADDRESS.findall(text))
    return tuple(warning for each in addresses if MASK not in each for warning in address_warnings(each))
