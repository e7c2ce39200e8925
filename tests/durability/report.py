"""A table as plain text, for a person, and what went wrong under it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

MOST_TOLD = 20


@dataclass(frozen=True, slots=True)
class Table:
    """A heading, the names of the columns, and rows of cells; `failures` says in words what went wrong."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    failures: Sequence[str] = ()
    notes: Sequence[str] = ()

    def __str__(self) -> str:
        lines = [self.columns, *self.rows]
        widths = [max(len(line[at]) for line in lines) for at in range(len(self.columns))]
        told = [
            "  "
            + "  ".join(
                cell.ljust(width) if at == 0 else cell.rjust(width)
                for at, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        ]
        wrong = [f"  WRONG: {each}" for each in self.failures[:MOST_TOLD]]
        if len(self.failures) > MOST_TOLD:
            wrong.append(f"  and {len(self.failures) - MOST_TOLD} more")
        return "\n".join([self.title, *told, *(f"  {note}" for note in self.notes), *wrong])


def sampled(total: int, sample: int) -> list[int]:
    """The numbers 1 to `total`, or so many of them at even distances; all where `sample` is 0."""
    if not sample or sample >= total:
        return list(range(1, total + 1))
    return [1 + (2 * at + 1) * total // (2 * sample) for at in range(sample)]
