"""Tables of plain text: columns side by side, as wide as what stands in them. Opens and prints nothing."""

from __future__ import annotations

from collections.abc import Sequence

from wcwidth import wcswidth

from adapters.sanitise import shown

BETWEEN = "  "


def table(columns: Sequence[str], rows: Sequence[Sequence[str]], title: str = "") -> str:
    """The rows under their column names, with a title above where there is one. The last column is not
    padded. Cells are made safe here, since their widths count."""
    cells = [[shown(cell) for cell in line] for line in (columns, *rows)]
    widths = [max(_width(line[place]) for line in cells) for place in range(len(columns))]
    lines = [
        BETWEEN.join(cell + " " * (width - _width(cell)) for cell, width in zip(line, widths, strict=True))
        for line in cells
    ]
    return "\n".join(line.rstrip() for line in ([title, *lines] if title else lines))


def _width(cell: str) -> int:
    return max(wcswidth(cell), 0)
