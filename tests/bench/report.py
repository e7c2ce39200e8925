"""What a measurement found, and the small table in which it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HEADINGS = ("", "unstuck", "beside it", "ratio", "limit", "")


@dataclass(frozen=True, slots=True)
class Limit:
    """What the ratio is to be: above `bound`, or at most `bound`."""

    bound: float
    above: bool

    def met(self, ratio: float) -> bool:
        """Whether a ratio keeps to it."""
        return ratio > self.bound if self.above else ratio <= self.bound

    def __str__(self) -> str:
        return f"{'above' if self.above else 'at most'} {self.bound:g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table: two measured values in words, the ratio of the first to the second, and the
    limit; without a limit it is there to be known only."""

    name: str
    ours: str
    beside: str = ""
    ratio: float | None = None
    limit: Limit | None = None

    def cells(self) -> tuple[str, ...]:
        """What stands in the columns."""
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        if self.limit is None or self.ratio is None:
            return (self.name, self.ours, self.beside, ratio, "", "")
        met = "met" if self.limit.met(self.ratio) else "NOT MET"
        return (self.name, self.ours, self.beside, ratio, str(self.limit), met)


def table(title: str, figures: Sequence[Figure], notes: Sequence[str] = ()) -> str:
    """The figures as plain text, for a person."""
    rows = [HEADINGS, *(figure.cells() for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines = [
        "  ".join(
            cell.ljust(width) if column in (0, 4, 5) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
    return "\n".join([title, *(f"  {line}" for line in lines), *(f"  {note}" for note in notes)])
