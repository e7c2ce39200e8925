"""What SQLite and the file system complain about, as plain sentences with advice."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.problems import Unusable
from adapters.stores.rows import Damaged

_KEPT = "Nothing that was acknowledged is lost."
_NO_KEY = "Without it nothing in the store can be trusted; `--store sqlite:///PATH` names another store."

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
        return in_use(path)
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


def in_use(path: Path) -> Unusable:
    """Somebody else holds the file for too long."""
    return Unusable(
        f"The session store {path} is in use by another program and did not become free.",
        f"Try again; if it stays so, close the other program. {_KEPT}",
    )


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


def key_missing(path: Path, key: Path) -> Unusable:
    """The file with the key is not there."""
    return Unusable(
        f"The key of the session store {path} is missing: there is no file {key}.",
        f"Put the key file back from where you keep a copy of it; the store is as it was. {_NO_KEY}",
    )


def key_wrong(path: Path, key: Path) -> Unusable:
    """The key is another store's."""
    return Unusable(
        f"The key in {key} is not the one with which the session store {path} was written.",
        f"Put the right key file back; the store is as it was. {_NO_KEY}",
    )


def key_unreadable(key: Path) -> Unusable:
    """The file with the key cannot be opened, or holds none."""
    return Unusable(
        f"The key file {key} cannot be read, or holds no key.",
        "Check that it belongs to you, or put it back from where you keep a copy of it.",
    )


def cut_back(path: Path, missing: int) -> Unusable:
    """The store is what it was at an earlier moment."""
    what = "The last commit is" if missing == 1 else f"The last {missing} commits are"
    return Unusable(
        f"{what} missing from the session store {path}, although acknowledged.",
        "An older copy was put in its place, or a part of it was lost. Put the newest copy back, or save what"
        " can still be found: `unstuck sessions recover NEW-FILE`."
        f" If the older one is wanted, remove the file {path}.mark and try again; what was done since then"
        " may be done a second time.",
    )


def not_there(path: Path) -> Unusable:
    """There is no file where a store should be."""
    return Unusable(f"There is no session store {path}.", "Check the path after `--store`.")


def exists_already(path: Path) -> Unusable:
    """A file would have to be written over."""
    return Unusable(f"There is a file {path} already.", "It was left as it is. Name another one.")


def still_read(path: Path) -> Unusable:
    """Somebody keeps the log of the store from being emptied."""
    return Unusable(
        f"The conversations are gone from the session store {path}, but traces of them may be left in its"
        " log, because another program went on reading.",
        "Close it, and purge once more.",
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
            " `unstuck sessions recover NEW-FILE` saves all that are whole. Keep a copy of the file for"
            " whoever looks into it.",
        )
    return Unusable(
        f"The session store {path} is damaged.",
        "Put back a copy of it, or save what is intact: `unstuck sessions recover NEW-FILE`."
        " Keep the file for whoever looks into it.",
    )
