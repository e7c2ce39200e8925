"""What a secret looks like while it is shown, and what is said around it."""

from __future__ import annotations

from adapters.console.layout import BLANK, Row, row
from adapters.console.theme import Marks
from engine import spelled

READY = "Press Enter to show it once."
SEEN = "Press Enter when you have passed it on; it cannot be shown again."
TWICE = "Type it once more"
NOT_THE_SAME = "The two were not the same. Nothing was taken; please type it twice again."


def secret_rows(label: str, value: str, marks: Marks) -> list[Row]:
    """The secret on a line of its own, and spelled so that it can be read out on the phone."""
    return [
        BLANK,
        row(f"{label}:", "info", "  "),
        BLANK,
        row(value, "strong", "      "),
        BLANK,
        row(spelled(value), "faint", "  "),
        BLANK,
    ]
