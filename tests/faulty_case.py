"""The cases in `tests/cases/faulty`: a faulty file and its repaired twin, written as one.

A case reads like a diff, with the findings below the lines that have them:

    # A step that leads to one which does not exist.
      flow: greeting
      audience: [agent]
      steps:
        - say: Hello
    -     then: ovre
    ?           ^^^^ U207 Did you mean `over`?
    +     then: over
        - id: over
          end: stopped

The first two columns say what a line is:

    `# `  a remark
    two blanks, or nothing at all: a line of both twins
    `- `  a line of the faulty twin only
    `+ `  a line of the repaired twin only
    `? `  a finding in the line above of the faulty twin: a sign for each character it marks, its code, and
          words that must be part of what is said, if any are written
    `= `  the name of the file that begins here (`flow.yaml` without one); a twin in which a file has no line
          does not have that file

Bytes that are no UTF-8 stand as themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from adapters.clinic.actions import CATALOG
from adapters.flowdir import REPLAY, VOCABULARY, is_settings
from adapters.library import Library
from adapters.limits_file import read_limits
from adapters.replaying import load_replay
from adapters.settings_check import check_folder, check_settings
from engine import (
    DEFAULT_LIMITS,
    Diagnostic,
    Limits,
    Source,
    compile_pack,
    decode,
    in_reading_order,
)

CASES: Final = Path(__file__).parent / "cases" / "faulty"
SETTINGS: Final = "settings/"
_FINDING: Final = re.compile(r"\? ( *)(\^+) (\w+)(?: (.*))?")


@dataclass(frozen=True, slots=True)
class Expected:
    """A finding as a case writes it; lines and columns count from 1."""

    file: str
    line: int
    column: int
    length: int
    code: str
    words: str = ""

    @property
    def spot(self) -> tuple[str, int, int, int, str]:
        """What a real finding is compared by."""
        return self.file, self.line, self.column, self.length, self.code


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a case: what it is (`kind`, its first sign), and what stands there."""

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class Case:
    """One case, line by line; `name` is that of its file."""

    name: str
    lines: tuple[Line, ...]

    def twin(self, kind: str) -> dict[str, str]:
        """The files of the faulty twin (kind `-`) or of the repaired one (`+`), by name."""
        files: dict[str, list[str]] = {}
        name = "flow.yaml"
        for line in self.lines:
            if line.kind == "=":
                name = line.text
            elif line.kind in (" ", kind):
                files.setdefault(name, []).append(line.text)
        return {name: "".join(f"{line}\n" for line in lines) for name, lines in files.items()}

    def expected(self) -> list[Expected]:
        """The findings it writes, in its order."""
        found: list[Expected] = []
        name, number = "flow.yaml", 0
        for line in self.lines:
            if line.kind == "=":
                name, number = line.text, 0
            elif line.kind in " -":
                number += 1
            elif line.kind == "?":
                match = _FINDING.fullmatch(f"? {line.text}")
                if match is None:
                    raise ValueError(f"{self.name}: a finding is `? ^^^ CODE`, not `? {line.text}`")
                blanks, carets, code, words = match.groups()
                spot = (name, max(number, 1), len(blanks) + 1, len(carets), code)
                found.append(Expected(*spot, words or ""))
        return found

    def changed(self) -> bool:
        """Whether the twins differ."""
        return any(line.kind in "-+" for line in self.lines)

    def told_anew(self, found: Sequence[Diagnostic]) -> Case:
        """The same with these findings; words stay where the finding still says them."""
        words = {each.spot: each.words for each in self.expected()}
        waiting = [(spot_of(each), str(each)) for each in found]
        lines: list[Line] = []
        name, number = "flow.yaml", 0
        last_of_file = 1_000_000

        def put(last: int) -> None:
            for spot, said in [each for each in waiting if each[0][0] == name and each[0][1] <= last]:
                waiting.remove((spot, said))
                kept = words.get(spot, "")
                tail = f" {kept}" if kept and kept in said else ""
                lines.append(Line("?", f"{' ' * (spot[2] - 1)}{'^' * spot[3]} {spot[4]}{tail}"))

        for line in self.lines:
            if line.kind == "?":
                continue
            if line.kind == "=":
                put(last_of_file if number else 0)
                name, number = line.text, 0
            number += line.kind in " -"
            lines.append(line)
            if line.kind in " -":
                put(number)
        put(last_of_file)
        if waiting:
            raise ValueError(f"{self.name}: findings in no file of the case: {waiting}")
        return Case(self.name, tuple(lines))


def spot_of(found: Diagnostic) -> tuple[str, int, int, int, str]:
    """What of a finding is compared."""
    place = found.place
    return place.source.path, place.line, place.column, place.length, found.code


def read_case(path: Path) -> Case:
    """Read one case. Raises ValueError where a line begins otherwise than a case's lines do."""
    lines: list[Line] = []
    text = path.read_bytes().decode("utf-8", "surrogateescape")
    for number, line in enumerate(text.split("\n")[:-1], 1):
        kind, text = line[:1] or " ", line[2:]
        if kind not in " -+?=#" or line[1:2] not in ("", " "):
            raise ValueError(f"{path.name}:{number} begins with `{line[:2]}`")
        lines.append(Line(kind, text))
    return Case(path.stem, tuple(lines))


def write_case(case: Case, path: Path) -> None:
    """Write one case."""
    text = "".join(f"{line.kind} {line.text}".rstrip(" ") + "\n" for line in case.lines)
    path.write_bytes(text.encode("utf-8", "surrogateescape"))


def cases() -> list[Case]:
    """All of them, by name."""
    return [read_case(path) for path in sorted(CASES.glob("*.case"))]


def findings_in(files: Mapping[str, str], folder: Path) -> tuple[Diagnostic, ...]:
    """Everything wrong with these files, as `unstuck check` finds it. They are written to `folder`; the paths
    of the findings are their names."""
    data = {name: text.encode("utf-8", "surrogateescape") for name, text in files.items()}
    for name, content in data.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    of_settings = [name for name in files if is_settings(Path(name)) and not name.startswith(SETTINGS)]
    found = [*_in_flows_and_replays(data, folder)]
    found += [each for name in of_settings for each in check_settings(folder / name)]
    if any(name.startswith(SETTINGS) for name in files):
        found += check_folder(folder / SETTINGS)
    return in_reading_order(_with_short_paths(found, folder))


def _in_flows_and_replays(data: Mapping[str, bytes], folder: Path) -> Iterator[Diagnostic]:
    flows: list[Source] = []
    vocabulary: Source | None = None
    replays = [name for name in data if name.endswith(REPLAY)]
    for name, content in data.items():
        if name in replays or is_settings(Path(name)) or name.startswith(SETTINGS):
            continue
        source, problem = decode(name, content)
        if problem is not None:
            yield problem
        if source is not None and name == VOCABULARY:
            vocabulary = source
        elif source is not None:
            flows.append(source)
    compiled = compile_pack(flows, CATALOG, vocabulary, _limits(data))
    yield from compiled.findings
    if compiled.pack is not None:
        library = Library(compiled.pack, vocabulary, CATALOG)
        for name in replays:
            yield from load_replay(folder / name, library)[1]


def _limits(data: Mapping[str, bytes]) -> Limits:
    if "limits.yaml" not in data:
        return DEFAULT_LIMITS
    limits, _ = read_limits(Source("limits.yaml", data["limits.yaml"].decode("utf-8")))
    return limits or DEFAULT_LIMITS


def _with_short_paths(found: Sequence[Diagnostic], folder: Path) -> Iterator[Diagnostic]:
    """The findings, each with the path that its case gives the file."""
    for each in found:
        place = each.place
        path = Path(place.source.path)
        if path.is_absolute():
            short = str(path.relative_to(folder.resolve()))
            place = msgspec.structs.replace(place, source=Source(short, place.source.text))
        yield msgspec.structs.replace(each, place=place)
