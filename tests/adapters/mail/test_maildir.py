"""Mail into a Maildir."""

from __future__ import annotations

import errno
import mailbox
import os
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from threading import Thread

import pytest

from adapters.letters import Accepted, Unreachable
from adapters.mail.maildir import Maildir
from adapters.problems import Unusable


def message(subject: str = "Grüße") -> EmailMessage:
    made = EmailMessage()
    made["From"] = "no-reply@clinic.example"
    made["To"] = "ana@post.example"
    made["Subject"] = subject
    made["Message-ID"] = "<1@clinic.example>"
    made.set_content("Hello Zoë,\n\nFrom here on\n.\nit goes on.\n")
    made.add_alternative("<p>Hello Zoë</p>", subtype="html")
    return made


def test_a_message_can_be_opened_as_it_was_sent(tmp_path: Path) -> None:
    sent = Maildir(tmp_path / "a" / "mail").send(message(), "no-reply@clinic.example", "ana@post.example")
    assert sent == Accepted()
    (found,) = mailbox.Maildir(tmp_path / "a" / "mail", factory=None)
    kept = message_from_bytes(found.as_bytes(), policy=default)
    assert kept["Delivered-To"] == "ana@post.example"
    assert kept["Return-Path"] == "<no-reply@clinic.example>"
    assert kept["Subject"] == "Grüße"
    body, wanted = kept.get_body(("plain",)), message().get_body(("plain",))
    assert body is not None
    assert wanted is not None
    assert body.get_content() == wanted.get_content()


def test_the_folder_is_made_when_it_is_needed_and_is_the_owner_s(tmp_path: Path) -> None:
    carrier = Maildir(tmp_path / "mail")
    assert not (tmp_path / "mail").exists()
    carrier.send(message(), "a@clinic.example", "b@post.example")
    assert {entry.name for entry in (tmp_path / "mail").iterdir()} == {"cur", "new", "tmp"}
    assert (tmp_path / "mail").stat().st_mode & 0o777 == 0o700


def test_many_threads_lose_nothing(tmp_path: Path) -> None:
    carrier = Maildir(tmp_path / "mail")
    threads = [
        Thread(target=carrier.send, args=(message(str(n)), "a@clinic.example", "b@post.example"))
        for n in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept = sorted(int(str(found["Subject"])) for found in mailbox.Maildir(tmp_path / "mail"))
    assert kept == list(range(12))
    assert list((tmp_path / "mail" / "tmp").iterdir()) == []


def test_a_folder_that_cannot_be_made_sends_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    carrier = Maildir(tmp_path / "file" / "mail")
    assert isinstance(carrier.send(message(), "a@clinic.example", "b@post.example"), Unreachable)
    with pytest.raises(Unusable, match="maildir:PATH"):
        carrier.check()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_an_unwritable_folder_sends_nothing(tmp_path: Path) -> None:
    carrier = Maildir(tmp_path / "mail")
    carrier.check()
    (tmp_path / "mail" / "tmp").chmod(0o500)
    assert isinstance(carrier.send(message(), "a@clinic.example", "b@post.example"), Unreachable)


def test_where_the_last_step_fails_nothing_was_delivered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise whoever is told so sends it once more."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    carrier = Maildir(tmp_path / "mail")
    carrier.send(message("one"), "a@clinic.example", "b@post.example")
    for step in ("rename", "link", "unlink", "remove"):
        with monkeypatch.context() as patch:
            patch.setattr(os, step, refuse)
            sent = carrier.send(message(step), "a@clinic.example", "b@post.example")
        delivered = [str(found["Subject"]) for found in mailbox.Maildir(tmp_path / "mail")]
        assert (step in delivered) == (sent == Accepted())


def test_a_recipient_cannot_add_a_header(tmp_path: Path) -> None:
    carrier = Maildir(tmp_path / "mail")
    carrier.send(message(), "a@clinic.example", "b@post.example\nBcc: c@post.example")
    assert all(found["Bcc"] is None for found in mailbox.Maildir(tmp_path / "mail"))
