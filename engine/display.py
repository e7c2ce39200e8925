"""How a value is shown in a text: as plain characters that are never markup.

Total: any value has a form, and no form holds a line end.
"""

from __future__ import annotations

import math

from engine.values import Value

NOT_KNOWN = "not known"
NOT_SHOWN = "(not shown)"
_LARGEST = 10**30


def one_line(text: str) -> str:
    """The text with every line end made a space, so that a value cannot pass for a line of its own."""
    if text.isprintable():
        return text
    return " ".join(text.splitlines()).replace("\t", " ")


def display(value: Value) -> str:
    """The form of a value in a text. Truths are yes and no, lists are joined, records are not shown."""
    if isinstance(value, str):
        return one_line(value)
    if value is None:
        return NOT_KNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float):
        return _number(value)
    if isinstance(value, list):
        return ", ".join(display(item) for item in value)
    return NOT_SHOWN


def _number(value: int | float) -> str:
    if isinstance(value, float) and not math.isfinite(value):
        return NOT_KNOWN
    if abs(value) >= _LARGEST:
        return "a very large number"
    return str(int(value)) if value == int(value) else str(value)


def in_a_row(words: list[str], joint: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {joint} {words[-1]}"
