"""Finds and reads flow files in folders. What is in them is for the engine to say."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from stat import S_ISREG
from typing import NoReturn

import msgspec

from adapters.problems import PlainProblem
from engine import DEFAULT_LIMITS, Diagnostic, Limits, Place, Source, decode, finding

VOCABULARY = "vocabulary.yaml"
REPLAY = ".replay.yaml"
INVARIANTS = "invariants.yaml"
SETTINGS = ("policy.yaml", "limits.yaml", "retention.yaml", "embeds.yaml", "clinic.yaml")
PEOPLE = ".people.yaml"
REST = ".rest.yaml"


class FlowFiles(msgspec.Struct, frozen=True):
    """The texts that make up a pack: the flow files, the vocabulary if there is one, the paths of replays and
    of deployment files among them, and what could not be read."""

    flows: tuple[Source, ...]
    vocabulary: Source | None
    replays: tuple[Path, ...]
    settings: tuple[Path, ...]
    findings: tuple[Diagnostic, ...]


def shipped_flows() -> Path:
    """The folder of the flows that unstuck comes with."""
    return Path(__file__).resolve().parent.parent / "flows"


def is_settings(path: Path) -> bool:
    """Whether a file is, by its name, part of a deployment's settings: a policy, limits, people,
    or the mapping of an HTTP API."""
    return path.name in SETTINGS or path.name.endswith((PEOPLE, REST))


def read_flows(paths: Iterable[Path], limits: Limits = DEFAULT_LIMITS) -> FlowFiles:
    """Read every flow file in these files and folders; hidden folders inside them are passed over, and so is
    what comes after more than a pack may hold. A later vocabulary replaces an earlier one.

    Raises PlainProblem if a path does not exist or cannot be read, or a folder has no such file in it.
    """
    flows: list[Source] = []
    vocabulary: Source | None = None
    replays: list[Path] = []
    settings: list[Path] = []
    findings: list[Diagnostic] = []
    size = 0
    for path in _files(paths):
        if path.name.endswith(REPLAY):
            replays.append(path)
            continue
        if is_settings(path):
            settings.append(path)
            continue
        if path.name == INVARIANTS:
            continue
        source, problem = read_source(path, limits)
        size += len(source.text.encode("utf-8", "replace")) if source is not None else 0
        if problem is not None:
            findings.append(problem)
        if source is None:
            continue
        if path.name == VOCABULARY:
            vocabulary = source
        else:
            flows.append(source)
        if size > limits.pack_bytes:
            words = f"Up to here the files have {size:,} bytes; {limits.pack_bytes:,} are allowed."
            findings.append(finding("U220", Place(source, 1, 1), words))
            break
    return FlowFiles(tuple(flows), vocabulary, tuple(replays), tuple(settings), tuple(findings))


def read_source(path: Path, limits: Limits = DEFAULT_LIMITS) -> tuple[Source | None, Diagnostic | None]:
    """The text of one file, or what is wrong with its encoding or size. Raises PlainProblem if it cannot be
    read."""
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read() if size <= limits.pack_bytes else b""
    except (OSError, ValueError) as error:
        _refuse(path, error)
    if size > limits.pack_bytes:
        words = f"The file has {size:,} bytes; at most {limits.pack_bytes:,} are read."
        return None, finding("U004", Place(Source(shown_path(path), ""), 1, 1), words)
    return decode(shown_path(path), data)


def shown_path(path: Path) -> str:
    """The path as a person would recognise it: relative to where they are, if it is below that."""
    try:
        real, here = os.path.realpath(path), os.path.join(os.getcwd(), "")
    except (ValueError, OSError):
        return str(path)
    return real.removeprefix(here) if real.startswith(here) else str(path)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        try:
            mode = path.stat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            raise PlainProblem(
                f"There is no file or folder {path}.", "Check the spelling of the path."
            ) from None
        except (OSError, ValueError) as error:
            _refuse(path, error)
        if path.is_dir():
            yield from _inside(path)
        elif S_ISREG(mode):
            yield path
        else:
            raise PlainProblem(f"{path} is neither a file nor a folder.", "Name the folder of your flows.")


def _inside(folder: Path) -> list[Path]:
    """The files of a folder and the folders in it, in the order of their names."""
    try:
        found = sorted(_yaml_files(str(folder)), key=lambda path: path.split(os.sep))
    except OSError as error:
        _refuse(folder, error)
    if not found:
        advice = "Flow files have names that end in .yaml; the README shows how to write one."
        raise PlainProblem(f"There is no flow in the folder {folder}.", advice)
    return list(map(Path, found))


def _yaml_files(folder: str) -> Iterator[str]:
    """The paths as text, and without asking the file system more than once for each folder: every start goes
    through hundreds of them."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                if not entry.name.startswith("."):
                    yield from _yaml_files(entry.path)
            elif entry.name.endswith(".yaml") and entry.is_file():
                yield entry.path


def _refuse(path: Path, error: OSError | ValueError) -> NoReturn:
    why = (error.strerror if isinstance(error, OSError) else None) or "that is no path"
    where = error.filename if isinstance(error, OSError) and isinstance(error.filename, str) else path
    raise PlainProblem(f"{where} cannot be read ({why}).", "Check the path and its permissions.") from error
