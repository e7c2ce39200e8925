"""What is kept in a Maildir, for whoever has to find or remove it: by age, or by whom it went to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from adapters.problems import Unusable


def letters(folder: Path, *, before: float | None = None, to: frozenset[str] = frozenset()) -> list[Path]:
    """The messages that were written before that moment (seconds since 1970), or that name one of these
    addresses. Raises Unusable."""
    try:
        return [path for path in _all(folder) if _is_meant(path, before, to)]
    except OSError as error:
        raise _unusable(folder, error) from error


def remove(folder: Path, paths: list[Path]) -> None:
    """Take messages out. Raises Unusable."""
    try:
        for path in paths:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise _unusable(folder, error) from error


def _all(folder: Path) -> Iterator[Path]:
    for part in ("cur", "new", "tmp"):
        if (folder / part).is_dir():
            yield from sorted(path for path in (folder / part).iterdir() if path.is_file())


def _is_meant(path: Path, before: float | None, to: frozenset[str]) -> bool:
    if before is not None and path.stat().st_mtime < before:
        return True
    if not to:
        return False
    words = path.read_bytes().decode("utf-8", "replace").casefold()
    return any(address.casefold() in words for address in to)


def _unusable(folder: Path, error: OSError) -> Unusable:
    return Unusable(
        f"The mail folder {folder} cannot be looked through ({error.strerror}).", "Check its permissions."
    )
