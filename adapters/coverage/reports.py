"""Coverage as files, all written by coverage.py: HTML over the YAML, lcov, Cobertura and JSON.

Everything is handed to it in memory; it neither reads nor writes data files or settings of anybody's Python
coverage. Only this module imports it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import coverage
import msgspec
from coverage.exceptions import CoverageException
from coverage.plugin import CodeRegion, CoveragePlugin, FileReporter

from adapters.coverage.lines import Arc, Ways, branches_of, marks_of, owners, regions_of, statements_of
from adapters.coverage.measure import Coverage, FlowMeasure
from adapters.problems import PlainProblem

_STYLE = Path(__file__).with_name("report.css")
_TOKEN = re.compile(
    r"(?P<com>(?:^|(?<=\s))#.*)"
    r"|(?P<key>(?:^[ -]*|(?<=\{)|(?<=, ))(?:hand over|by hand|[\w-]+)(?=:(?:\s|$)))"
    r"|(?P<str>(?<![\w})\]])(?:\"[^\"]*\"|'[^']*'))"
    r"|(?P<nam>\{\{.*?\}\}|\{%.*?%\})"
)
"""What is coloured in a line of YAML; only for the eye, so that it may err."""


class Reports(msgspec.Struct, frozen=True):
    """Which reports are wanted: a folder for HTML, and files."""

    html: Path | None = None
    lcov: Path | None = None
    cobertura: Path | None = None
    json: Path | None = None

    def wanted(self) -> bool:
        """Whether there is any."""
        return any((self.html, self.lcov, self.cobertura, self.json))


def write_reports(measured: Coverage, reports: Reports, title: str) -> None:
    """Write the reports that are wanted. Raises PlainProblem where one cannot be written."""
    try:
        if reports.html is not None:
            _html(_loaded(measured, marks_of), reports.html, title)
        counted = _loaded(measured, branches_of)
        if reports.lcov is not None:
            counted.lcov_report(outfile=str(reports.lcov))
        if reports.cobertura is not None:
            counted.xml_report(outfile=str(reports.cobertura))
        if reports.json is not None:
            counted.json_report(outfile=str(reports.json), pretty_print=True)
    except (CoverageException, OSError) as error:
        advice = "Name a folder for HTML, and files in folders you can write to."
        raise PlainProblem(f"The coverage report cannot be written ({error}).", advice) from error


def _html(loaded: coverage.Coverage, folder: Path, title: str) -> None:
    loaded.set_option("html:title", title)
    loaded.set_option("html:extra_css", str(_STYLE))
    loaded.set_option("html:show_contexts", True)
    loaded.html_report(directory=str(folder))


def _loaded(measured: Coverage, drawn: Callable[[FlowMeasure], Ways]) -> coverage.Coverage:
    """coverage.py with what was walked, under the names of the conversations that walked it."""
    flows = {str(Path(flow.tree.source.path).resolve()): (flow, drawn(flow)) for flow in measured.flows}
    plugin = _Flows(flows)
    made = coverage.Coverage(
        data_file=None,
        config_file=False,
        branch=True,
        messages=False,
        plugins=[lambda registry: registry.add_file_tracer(plugin)],
    )
    data = made.get_data()
    data.add_arcs(dict.fromkeys(flows, ()))
    for name in {name: None for _, ways in flows.values() for name in ways.by}:
        data.set_context(name)
        data.add_arcs({path: ways.by[name] for path, (_, ways) in flows.items() if name in ways.by})
    data.add_file_tracers(dict.fromkeys(flows, plugin._coverage_plugin_name))
    return made


class _Flows(CoveragePlugin):
    """Tells coverage.py what there is in each flow file. `flows` holds them by their whole paths."""

    def __init__(self, flows: dict[str, tuple[FlowMeasure, Ways]]) -> None:
        self._flows = flows

    def file_reporter(self, filename: str) -> FileReporter | str:
        """What there is in one file."""
        flow, ways = self._flows[filename]
        return _FlowFile(filename, flow, ways)


class _FlowFile(FileReporter):
    """One flow file, for coverage.py."""

    def __init__(self, filename: str, flow: FlowMeasure, ways: Ways) -> None:
        super().__init__(filename)
        self._flow = flow
        self._source = flow.tree.source
        self._ways = ways

    def relative_filename(self) -> str:
        """The path as it is shown."""
        return self._source.path

    def source(self) -> str:
        """The text of the flow as it was walked, whatever stands in the file by now."""
        return self._source.text

    def lines(self) -> set[int]:
        """Where steps, answers and branches begin."""
        return set(statements_of(self._flow))

    def arcs(self) -> set[Arc]:
        """All ways."""
        return set(self._ways.words)

    def exit_counts(self) -> dict[int, int]:
        """How many ways there are from each line."""
        return self._ways.exits()

    def multiline_map(self) -> dict[int, int]:
        """The first line of what each line belongs to, so that whole steps are marked."""
        return owners(self._source.text, statements_of(self._flow))

    def missing_arc_description(
        self, start: int, end: int, executed_arcs: Iterable[Arc] | None = None
    ) -> str:
        """Which way was not taken."""
        return f"line {start}: no conversation met {self._ways.words.get((start, end), 'this')}"

    def arc_description(self, start: int, end: int) -> str:
        """Which way this is."""
        return self._ways.words.get((start, end), f"on to line {end}")

    def source_token_lines(self) -> Iterator[list[tuple[str, str]]]:
        """The text with what is YAML in it marked."""
        for line in self._source.text.splitlines():
            yield list(_tokens(line))

    def code_regions(self) -> list[CodeRegion]:
        """Each step with its lines."""
        return [
            CodeRegion("step", path, min(lines), set(lines)) for path, lines in regions_of(self._flow).items()
        ]

    def code_region_kinds(self) -> list[tuple[str, str]]:
        """There are steps in it."""
        return [("step", "steps")]


def _tokens(line: str) -> Iterator[tuple[str, str]]:
    """A line in pieces, each with the kind that colours it."""
    end = 0
    for found in _TOKEN.finditer(line):
        if found.start() > end:
            yield "txt", line[end : found.start()]
        yield found.lastgroup or "txt", found.group()
        end = found.end()
    if end < len(line):
        yield "txt", line[end:]
