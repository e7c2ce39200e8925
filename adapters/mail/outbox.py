"""What is kept in a Maildir, for whoever has to find or remove it: by age, or by what is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from adapters.problems import Unusable


def older(folder: Path, before: float) -> list[Path]:
    """The messages that were written before that moment (seconds since 1970). Raises Unusable."""
    return _chosen(folder, lambda path: path.stat().st_mtime < before)


def telling(folder: Path, of: Callable[[str], bool]) -> list[Path]:
    """The messages with something in them that `of` says yes to: a header, or the text, decoded. Raises
    Unusable."""
    return _chosen(folder, lambda path: any(map(of, _texts(path.read_bytes()))))


def remove(folder: Path, paths: list[Path]) -> None:
    """Take messages out. Raises Unusable."""
    try:
        for path in paths:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise _unusable(folder, error) from error


def _chosen(folder: Path, is_meant: Callable[[Path], bool]) -> list[Path]:
    try:
        return [path for path in _all(folder) if is_meant(path)]
    except OSError as error:
        raise _unusable(folder, error) from error


def _all(folder: Path) -> Iterator[Path]:
    for part in ("cur", "new", "tmp"):
        if (folder / part).is_dir():
            yield from sorted(path for path in (folder / part).iterdir() if path.is_file())


def _texts(data: bytes) -> Iterator[str]:
    """The message as it is, its headers and its parts, decoded as far as they can be."""
    from email import message_from_bytes, policy

    yield data.decode("utf-8", "replace")
    message = message_from_bytes(data, policy=policy.default)
    yield from (str(value) for value in message.values())
    for part in message.walk():
        content = part.get_payload(decode=True)
        if isinstance(content, bytes):
            yield content.decode("utf-8", "replace")


def _unusable(folder: Path, error: OSError) -> Unusable:
    return Unusable(
        f"The mail folder {folder} cannot be looked through ({error.strerror}).", "Check its permissions."
    )
