"""Mail into a Maildir: a folder that every mail program can open. The default where no server is set up.

Follows https://cr.yp.to/proto/maildir.html.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.letters import Accepted, Carried, Unreachable
from adapters.on_disk import sync
from adapters.problems import Unusable

if TYPE_CHECKING:
    # Slow to import: what handles messages is imported with the first one.
    from email.message import EmailMessage

_PARTS = ("cur", "new", "tmp")
_numbers = count(1)


class Maildir:
    """Delivers into one Maildir, which is made when the first message comes."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def send(self, message: EmailMessage, sender: str, recipient: str) -> Carried:
        """Write the message to `tmp` and move it to `new`, so that no reader ever sees half of one."""
        from email.policy import SMTP

        # Lines end in LF only, and the envelope is kept, as local delivery does it.
        policy = SMTP.clone(linesep="\n", utf8=True)
        data = (
            f"Return-Path: <{_one_line(sender)}>\nDelivered-To: {_one_line(recipient)}\n".encode()
            + message.as_bytes(policy=policy)
        )
        try:
            _made(self._path)
            _delivered(self._path, data)
        except OSError as error:
            why = error.strerror or str(error)
            return Unreachable(f"The mail folder {self._path} cannot be written: {why}.")
        return Accepted()

    def check(self) -> None:
        """Make the folder now. Raises Unusable, with what to do, if mail cannot be kept there."""
        try:
            _made(self._path)
        except OSError as error:
            raise Unusable(
                f"The mail folder {self._path} cannot be used: {error.strerror or error}.",
                "Name another folder with `--mail maildir:PATH`, or make this one writable for you.",
            ) from None


def _one_line(address: str) -> str:
    """An address that cannot begin a header of its own."""
    return " ".join(address.split())


def _made(path: Path) -> None:
    """Make what is missing of the Maildir at `path`. Raises OSError."""
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    for part in _PARTS:
        (path / part).mkdir(mode=0o700, exist_ok=True)


def _delivered(path: Path, data: bytes) -> None:
    """Put a message into `new`, whole and on the disk, by the last step that can fail. Raises OSError, and
    then it is not there.

    The mailbox of the standard library links it into `new` and then removes it from `tmp`: where the disk
    refuses that last step, it says that nothing was delivered, and the message would be sent again.
    """
    name = _new_name()
    written = path / "tmp" / name
    try:
        with open(written, "xb", opener=_for_the_owner) as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        written.rename(path / "new" / name)
    except BaseException:
        with suppress(OSError):
            written.unlink()
        raise
    with suppress(OSError):
        sync(path / "new")


def _new_name() -> str:
    """A name as Maildirs have them, which nobody else makes: moment, process, number, host."""
    host = os.uname().nodename.replace("/", "\\057").replace(":", "\\072")
    seconds, rest = divmod(time.time_ns(), 1_000_000_000)
    return f"{seconds}.M{rest // 1000}P{os.getpid()}Q{next(_numbers)}.{host}"


def _for_the_owner(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
