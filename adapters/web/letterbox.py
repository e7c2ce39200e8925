"""The messages in a Maildir, as the demo page shows them."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import default
from email.utils import parseaddr
from pathlib import Path

from adapters.view import Json

_MOST_SHOWN = 20


def letters(folder: Path | None) -> list[Json]:
    """The newest messages first: from and to whom, when, about what, and their text. One that cannot be read
    is left out."""
    if folder is None or not folder.is_dir():
        return []
    files = [file for part in ("new", "cur") for file in (folder / part).glob("*")]
    newest = sorted(files, key=_moment, reverse=True)[:_MOST_SHOWN]
    return [read for file in newest if (read := _letter(file)) is not None]


def _moment(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except OSError:
        return 0


def _letter(file: Path) -> Json:
    try:
        message = message_from_bytes(file.read_bytes(), policy=default)
        body = message.get_body(("plain",))
        text = body.get_content() if body is not None else ""
        name, address = parseaddr(str(message["From"] or ""))
        return {
            "id": file.name.partition(":")[0],
            "from": name or address,
            "to": str(message["To"] or ""),
            "subject": str(message["Subject"] or ""),
            "at": _moment(file) // 1_000_000,
            "text": str(text),
        }
    except (OSError, LookupError, ValueError):
        return None
