"""Says so when another installed distribution owns one of unstuck's top-level names.

unstuck's packages have plain names (`engine`, `adapters`, `flows`) and want an environment of their own;
where they share one, the wrong `engine` could be imported without a word. Nothing else is known here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import packages_distributions

OURS = "unstuck"
NAMES = ("engine", "adapters", "flows")


def clash(owners: Mapping[str, Sequence[str]] | None = None) -> str | None:
    """A sentence that says which other distribution owns one of our names and what to do; None if none does.

    `owners` maps each importable name to the distributions that install it; by default those of the
    running environment, which takes some milliseconds to read.
    """
    installed = packages_distributions() if owners is None else owners
    strangers = {name: set(installed.get(name, ())) - {OURS} for name in NAMES}
    found = [f"`{name}` (of {', '.join(sorted(theirs))})" for name, theirs in strangers.items() if theirs]
    if not found:
        return None
    return (
        f"Other packages in this Python environment use names of unstuck's own: {', '.join(found)}. "
        "Install unstuck into an environment of its own: python3 -m venv NEW-FOLDER, then "
        "NEW-FOLDER/bin/pip install unstuck."
    )
