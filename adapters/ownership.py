"""Says so when another installed distribution owns one of unstuck's top-level names.

unstuck's packages have plain names (`engine`, `adapters`, `flows`) and want an environment of their own;
where they share one, the wrong `engine` could be imported without a word. Nothing else is known here.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence

OURS = "unstuck"
NAMES = ("engine", "adapters", "flows")


def clash(owners: Mapping[str, Sequence[str]] | None = None) -> str | None:
    """A sentence that says which other distribution owns one of our names and what to do; None if none does.

    `owners` maps each importable name to the distributions that install it; by default those of the
    running environment.
    """
    installed = installed_owners(sys.path) if owners is None else owners
    strangers = {name: set(installed.get(name, ())) - {OURS} for name in NAMES}
    found = [f"`{name}` (of {', '.join(sorted(theirs))})" for name, theirs in strangers.items() if theirs]
    if not found:
        return None
    return (
        f"Other packages in this Python environment use names of unstuck's own: {', '.join(found)}. "
        "Install unstuck into an environment of its own: python3 -m venv NEW-FOLDER, then "
        "NEW-FOLDER/bin/pip install unstuck."
    )


def installed_owners(folders: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """The distributions below these folders that install one of our names.

    It is what `importlib.metadata.packages_distributions` tells, without reading what is not asked for:
    every start of the program waits for it.
    """
    found: dict[str, list[str]] = {name: [] for name in NAMES}
    for name, distribution in (pair for folder in dict.fromkeys(folders) for pair in _owned_in(folder)):
        found[name].append(distribution)
    return found


def _owned_in(folder: str) -> Iterator[tuple[str, str]]:
    """Each of our names with a distribution in this folder that installs it."""
    try:
        entries = os.listdir(folder or ".")
    except OSError:
        return
    for entry in entries:
        if entry.endswith((".dist-info", ".egg-info")):
            distribution = entry.rpartition(".")[0].partition("-")[0]
            for name in _names_in(os.path.join(folder, entry)):
                yield name, distribution


def _names_in(info: str) -> set[str]:
    """Those of our names that a distribution says it installs (core metadata: top_level.txt, or RECORD)."""
    told = _read(os.path.join(info, "top_level.txt"))
    if told is not None:
        return {name for name in NAMES if name.encode() in told.split()}
    record = b"\n" + (_read(os.path.join(info, "RECORD")) or b"")
    return {name for name in NAMES if any(sign in record for sign in _IN_RECORD[name])}


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return None


# Looked for as bytes: environments can have megabytes of records, and every start looks through them.
_IN_RECORD = {name: (f"\n{name}/".encode(), f"\n{name}.py,".encode()) for name in NAMES}
