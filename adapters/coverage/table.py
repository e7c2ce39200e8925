"""Coverage as plain text: a table of flows, what is missing with its line, and how actions never ended."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.coverage.measure import COLUMNS, Coverage, FlowMeasure, Share, in_words
from adapters.tables import table
from engine import PointAt

TITLE = "Coverage of the flows"


def coverage_table(measured: Coverage) -> str:
    """The whole of it."""
    rows = [_row(flow.tree.name, flow) for flow in measured.flows]
    if len(rows) > 1:
        rows.append(_row("all together", measured))
    columns = ("flow", "covered", *(name for name, _ in COLUMNS), "missing in lines")
    parts = [table(columns, rows, TITLE), *_missing(measured), _actions(measured)]
    return "\n\n".join(filter(None, parts))


def percent(share: Share) -> str:
    """A share in whole percent; 100 only where nothing is missing."""
    return f"{int(share.percent)} %"


def lines_in_words(missing: tuple[PointAt, ...]) -> str:
    """The lines, each once, runs of three and more as `4-9`."""
    runs: list[list[int]] = []
    for line in sorted({at.line for at in missing}):
        if runs and runs[-1][-1] == line - 1:
            runs[-1].append(line)
        else:
            runs.append([line])
    return ", ".join(part for run in runs for part in _run(run))


def _run(run: list[int]) -> list[str]:
    return [f"{run[0]}-{run[-1]}"] if len(run) > 2 else [str(line) for line in run]


def _row(name: str, measured: Coverage | FlowMeasure) -> tuple[str, ...]:
    whole = measured.share() if isinstance(measured, FlowMeasure) else measured.total()
    cells = []
    for _, kinds in COLUMNS:
        share = measured.share(*kinds) if isinstance(measured, FlowMeasure) else measured.total(*kinds)
        cells.append(f"{share.touched}/{share.of}" if share.of else "-")
    lines = lines_in_words(measured.missing()) if isinstance(measured, FlowMeasure) else ""
    return name, percent(whole), *cells, lines


def _missing(measured: Coverage) -> Iterator[str]:
    lines = [
        f"{flow.tree.source.path}:{at.line}: {in_words(at.point)}"
        for flow in measured.flows
        for at in flow.missing()
    ]
    if lines:
        yield "\n".join(("No conversation met", *(f"  {line}" for line in lines)))


def _actions(measured: Coverage) -> str:
    never: dict[str, list[str]] = {}
    for action, way in measured.uncovered_outcomes():
        never.setdefault(action, []).append(way)
    if not never:
        return ""
    lines = [f"  {action}: {', '.join(ways)}" for action, ways in sorted(never.items())]
    return "\n".join(("In no conversation a call ended like this", *lines))
