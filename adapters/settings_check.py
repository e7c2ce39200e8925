"""Looks for mistakes in deployment files: a policy, limits, people, mappings. Each is known by its name.

What a file means is for its own reader to say; here they are only put together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

from adapters.clinic.actions import CATALOG
from adapters.clinic.people_file import load_people
from adapters.clinic.rest.mapping_file import read_mapping
from adapters.flowdir import PEOPLE, REST, SETTINGS, is_settings, read_source
from adapters.gates.policy_file import read_policy, shipped_policy
from adapters.limits_file import read_limits
from adapters.problems import PlainProblem
from adapters.retention import read_retention
from engine import Diagnostic, Place, Source, did_you_mean, finding, heed_remarks, read

_Check: TypeAlias = Callable[[Source], tuple[Diagnostic, ...]]


def check_settings(path: Path) -> tuple[Diagnostic, ...]:
    """Everything wrong with one deployment file. Raises PlainProblem if it cannot be read."""
    source, problem = read_source(path)
    if source is None:
        return (problem,) if problem is not None else ()
    endings = (PEOPLE, REST)
    kind = next((ending for ending in endings if path.name.endswith(ending)), path.name)
    return heed_remarks(source, _CHECKS[kind](source))


def check_folder(folder: Path) -> tuple[Diagnostic, ...]:
    """Everything wrong with a folder of settings. Raises PlainProblem if it cannot be read."""
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml"))
    except OSError as error:
        raise PlainProblem(
            f"{folder} cannot be read ({error.strerror}).", "Check its permissions."
        ) from error
    return tuple(found for path in files for found in _in_folder(path))


def _in_folder(path: Path) -> tuple[Diagnostic, ...]:
    if is_settings(path):
        return check_settings(path)
    source, problem = read_source(path)
    if source is None:
        return (_unknown(path.name, problem.place),) if problem is not None else ()
    root, _ = read(source)
    place = root.place if root is not None else Place(source, 1, 1)
    return heed_remarks(source, (_unknown(path.name, place),))


def _unknown(name: str, place: Place) -> Diagnostic:
    message = f"Nothing reads a file named `{name}` among the settings."
    expected = f"Known are {', '.join(SETTINGS)}."
    return finding("U562", place, message, expected, did_you_mean(name, SETTINGS))


def _policy(source: Source) -> tuple[Diagnostic, ...]:
    return read_policy(source, shipped_policy(), CATALOG)[1]


def _embeds(source: Source) -> tuple[Diagnostic, ...]:
    from adapters.web.embeds_file import check_embeds

    return check_embeds(source)


_CHECKS: Mapping[str, _Check] = {
    "policy.yaml": _policy,
    "limits.yaml": lambda source: read_limits(source)[1],
    "retention.yaml": lambda source: read_retention(source)[1],
    "embeds.yaml": _embeds,
    "clinic.yaml": lambda source: load_people(source)[1],
    PEOPLE: lambda source: load_people(source)[1],
    REST: lambda source: read_mapping(source)[1],
}
