"""What SQLite and the file system complain about, as plain sentences with advice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.problems import Unusable
from adapters.stores.rows import Damaged

_KEPT = "Nothing that was acknowledged is lost."

_LOCKED = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_FULL = frozenset({sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR})
_CLOSED_OFF = frozenset(
    {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
)


@contextmanager
def in_plain_words(path: Path, subject: str = "") -> Iterator[None]:
    """Turn whatever the store file at `path` does wrong into `Unusable`. `subject` names what was being
    read or written, as in "session ab12", if it was one thing."""
    try:
        yield
    except (Damaged, UnicodeDecodeError) as error:
        # sqlite3 fails to decode its own message where that quotes a damaged schema.
        raise damaged(path, subject) from error
    except sqlite3.Error as error:
        raise trouble(error, path, subject) from error
    except OSError as error:
        raise closed_off(path) from error


def trouble(error: sqlite3.Error, path: Path, subject: str = "") -> Unusable:
    """The problem behind an error of SQLite."""
    # Errors of the Python module itself carry no code; they come from data it cannot take.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    primary = code & 0xFF if isinstance(code, int) else sqlite3.SQLITE_ERROR
    if primary in _LOCKED:
        return Unusable(
            f"The session store {path} is in use by another program and did not become free.",
            f"Try again; if it stays so, close the other program. {_KEPT}",
        )
    if primary in _FULL:
        return Unusable(
            f"The session store {path} could not be written: the disk is full or has failed.",
            f"Make room on the disk, then answer again. {_KEPT}",
        )
    if primary in _CLOSED_OFF:
        return closed_off(path)
    if primary == sqlite3.SQLITE_NOTADB:
        return not_ours(path)
    if primary == sqlite3.SQLITE_NOMEM:
        return Unusable(
            "There was not enough memory to use the session store.", f"Close other programs. {_KEPT}"
        )
    return damaged(path, subject)


def closed_off(path: Path) -> Unusable:
    """The file or its folder cannot be opened, made or written."""
    return Unusable(
        f"The session store {path} cannot be opened or written.",
        "Check that the file and its folder belong to you and can be written,"
        " or name another place with `--store sqlite:///PATH`.",
    )


def not_ours(path: Path) -> Unusable:
    """The file is something else."""
    return Unusable(
        f"The file {path} is not a session store.",
        "It was left as it is. Name another place with `--store sqlite:///PATH`.",
    )


def too_new(path: Path, found: int, known: int) -> Unusable:
    """The file was written by a later release."""
    return Unusable(
        f"The session store {path} was written by a newer unstuck (format {found}; this one knows {known}).",
        "Use the newer unstuck, or name another place with `--store sqlite:///PATH`.",
    )


def moved(path: Path) -> Unusable:
    """The file is no longer where it was when it was opened."""
    return Unusable(
        f"The session store {path} was moved, replaced or removed while it was in use.",
        "Put it back, or start again to begin a new one.",
    )


def damaged(path: Path, subject: str = "") -> Unusable:
    """What was read is not what was written; `subject` alone is affected, if it is known."""
    if subject:
        return Unusable(
            f"What the session store {path} holds of {subject} is damaged.",
            "Start a new conversation in its place; other sessions are not affected as long as they load."
            " Keep a copy of the file for whoever looks into it.",
        )
    return Unusable(
        f"The session store {path} is damaged.",
        "Put back a copy of it, or name another place with `--store sqlite:///PATH`."
        " Keep the file for whoever looks into it.",
    )
