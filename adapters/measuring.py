"""Coverage of the flows: from what conversations touched to the table, the reports and the verdict.

Chooses concrete parts, as `replaying` does for the conversations.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from adapters.coverage.changes import changed_lines
from adapters.coverage.gate import Unmet, enough, unmet_changes
from adapters.coverage.measure import Coverage, in_words, measure, walked
from adapters.coverage.table import coverage_table, percent
from adapters.coverage.tally import Tally
from adapters.problems import PlainProblem
from engine import Flow, Pack, Traced

TITLE = "Coverage of the flows"


class Wanted(msgspec.Struct, frozen=True):
    """What is wanted of coverage: the table alone, or files as well; and below how many percent, or since
    which revision of Git, something uncovered is a failure."""

    html: Path | None = None
    lcov: Path | None = None
    cobertura: Path | None = None
    json: Path | None = None
    fail_under: float | None = None
    against: str | None = None


class Verdict(msgspec.Struct, frozen=True):
    """The coverage in words, and what is wrong with it (empty: nothing)."""

    text: str
    complaints: tuple[str, ...]


class Measuring:
    """Takes what conversations went through, and says at the end what that covers."""

    def __init__(self, wanted: Wanted) -> None:
        self.tally = Tally()
        self._wanted = wanted

    def take(self, conversation: str, flow: Flow, trace: tuple[Traced, ...]) -> None:
        """Count what one conversation touched, under its name."""
        self.tally.take(conversation, flow, trace)

    def verdict(self, pack: Pack, paths: Sequence[Path]) -> Verdict:
        """See `verdict_on`."""
        return verdict_on(self.tally, pack, paths, self._wanted)


def verdict_on(tally: Tally, pack: Pack, paths: Sequence[Path], wanted: Wanted) -> Verdict:
    """Measure the flows in these files and folders, or where there is none in them, those that were walked;
    write the files that are wanted. Raises PlainProblem."""
    measured = measure(pack, tally, _named(pack, paths) or walked(tally))
    if any((wanted.html, wanted.lcov, wanted.cobertura, wanted.json)):
        _write(measured, wanted)
    complaints = [*_too_little(measured, wanted.fail_under), *_unmet(measured, wanted.against)]
    return Verdict(coverage_table(measured), tuple(complaints))


def _named(pack: Pack, paths: Sequence[Path]) -> frozenset[str]:
    """The flows whose files are among the paths, or in folders among them."""
    whole = [path.resolve() for path in paths]
    return frozenset(
        name
        for name, tree in pack.trees.items()
        if any(Path(tree.source.path).resolve().is_relative_to(each) for each in whole)
    )


def _write(measured: Coverage, wanted: Wanted) -> None:
    try:
        from adapters.coverage.reports import Reports, write_reports
    except ModuleNotFoundError as error:
        if error.name != "coverage":
            raise
        raise PlainProblem(
            "Reports of coverage are written by coverage.py, which is not installed.",
            "Install it with `pip install 'unstuck[coverage]'`, or ask for the table alone.",
        ) from None
    write_reports(measured, Reports(wanted.html, wanted.lcov, wanted.cobertura, wanted.json), TITLE)


def _too_little(measured: Coverage, least: float | None) -> list[str]:
    if least is None or enough(measured, least):
        return []
    return [f"Covered are {percent(measured.total())}; wanted are at least {least:g} %."]


def _unmet(measured: Coverage, revision: str | None) -> list[str]:
    if revision is None:
        return []
    found: list[Unmet] = []
    for flow in measured.flows:
        found += unmet_changes(flow, changed_lines(Path(flow.tree.source.path), revision))
    if not found:
        return []
    lines = [f"  {each.path}:{each.at.line}: {in_words(each.at.point)}" for each in found]
    return ["\n".join((f"Changed since {revision}, and met by no conversation:", *lines))]
