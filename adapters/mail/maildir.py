"""Mail into a Maildir: a folder that every mail program can open. The default where no server is set up."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.letters import Accepted, Carried, Unreachable
from adapters.problems import Unusable

if TYPE_CHECKING:
    # Slow to import: what handles messages is imported with the first one.
    import mailbox
    from email.message import EmailMessage

_PARTS = ("cur", "new", "tmp")


class Maildir:
    """Delivers into one Maildir, which is made when the first message comes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()

    def send(self, message: EmailMessage, sender: str, recipient: str) -> Carried:
        """Write the message to `tmp` and move it to `new`, so that no reader ever sees half of one."""
        from email.policy import SMTP

        # mailbox wants lines that end in LF only; the envelope is kept as local delivery keeps it.
        policy = SMTP.clone(linesep="\n", utf8=True)
        data = (
            f"Return-Path: <{_one_line(sender)}>\nDelivered-To: {_one_line(recipient)}\n".encode()
            + message.as_bytes(policy=policy)
        )
        try:
            with self._lock:
                _opened(self._path).add(data)
        except OSError as error:
            why = error.strerror or str(error)
            return Unreachable(f"The mail folder {self._path} cannot be written: {why}.")
        return Accepted()

    def check(self) -> None:
        """Make the folder now. Raises Unusable, with what to do, if mail cannot be kept there."""
        try:
            _opened(self._path)
        except OSError as error:
            raise Unusable(
                f"The mail folder {self._path} cannot be used: {error.strerror or error}.",
                "Name another folder with `--mail maildir:PATH`, or make this one writable for you.",
            ) from None


def _one_line(address: str) -> str:
    """An address that cannot begin a header of its own."""
    return " ".join(address.split())


def _opened(path: Path) -> mailbox.Maildir:
    """The Maildir at `path`, with the parts that are missing. Raises OSError."""
    import mailbox

    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    for part in _PARTS:
        (path / part).mkdir(mode=0o700, exist_ok=True)
    return mailbox.Maildir(path, create=False)
