"""What mail systems report later about a mail they had accepted: bounce reports (RFC 3464) in a Maildir or a
mailbox file, and the events of two providers, all in one form.

Correlated by the Message-ID that was given to the mail; what cannot be correlated is left out. Nothing here
knows a clinic.
"""

from __future__ import annotations

import email
import email.policy
import json
import mailbox
import re
from collections.abc import Iterator, Mapping
from email.message import Message
from email.utils import parseaddr
from pathlib import Path
from typing import Final

from adapters.letters import Report, ReportState
from engine import Value

_ENHANCED: Final = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_BY_ACTION: Final[Mapping[str, ReportState]] = {
    "failed": "bounced",
    "delayed": "deferred",
    "delivered": "delivered",
    "relayed": "sent",
    "expanded": "sent",
}
# Postmark's types of bounces that are not permanent.
_POSTMARK_SOFT: Final = frozenset({"SoftBounce", "Transient", "DnsError", "AutoResponder", "Subscribe"})
_MOST_BYTES: Final = 1_048_576


def reports_in(message: Message) -> Iterator[Report]:
    """What a bounce report says of each recipient; nothing where the mail is none."""
    if message.get_content_type() != "multipart/report":
        return
    original = _original_id(message)
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status" or not original:
            continue
        blocks = part.get_payload()
        for block in blocks[1:] if isinstance(blocks, list) else ():
            if isinstance(block, Message):
                report = _of_recipient(block, original)
                if report is not None:
                    yield report


def _of_recipient(block: Message, original: str) -> Report | None:
    """The fields of one recipient (RFC 3464, section 2.3)."""
    recipient = str(block.get("Original-Recipient") or block.get("Final-Recipient") or "")
    address = recipient.partition(";")[2].strip()
    state = _BY_ACTION.get(str(block.get("Action", "")).strip().lower())
    if not address or state is None:
        return None
    status = _status(str(block.get("Status", ""))) or _status(str(block.get("Diagnostic-Code", "")))
    return Report(original, address, state, status or ("5.0.0" if state == "bounced" else None))


def _original_id(message: Message) -> str:
    """The Message-ID of the mail that is reported on, from the copy of it or of its headers."""
    for part in message.walk():
        kind = part.get_content_type()
        if kind == "message/rfc822":
            inside = part.get_payload()
            if isinstance(inside, list) and inside and isinstance(inside[0], Message):
                return _plain_id(str(inside[0].get("Message-ID", "")))
        elif kind == "text/rfc822-headers":
            text = part.get_payload(decode=True)
            if isinstance(text, bytes):
                headers = email.message_from_bytes(text, policy=email.policy.default)
                return _plain_id(str(headers.get("Message-ID", "")))
    return ""


def _plain_id(text: str) -> str:
    return text.strip().removeprefix("<").removesuffix(">")


def _status(text: str) -> str | None:
    found = _ENHANCED.search(text)
    return found[0] if found is not None else None


class Mailbox:
    """The Maildir or the mailbox file to which reports are delivered. Each mail is read once by a process;
    nothing in it is changed, so that others may read it as well."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen: set[str] = set()

    def reports(self) -> tuple[Report, ...]:
        """What came since the last time. What cannot be read is passed over."""
        found: list[Report] = []
        try:
            for name, data in self._mails():
                if name not in self._seen:
                    self._seen.add(name)
                    found += reports_in(email.message_from_bytes(data, policy=email.policy.default))
        except OSError:
            return tuple(found)
        return tuple(found)

    def _mails(self) -> Iterator[tuple[str, bytes]]:
        """The mails with a name each, the oldest first."""
        if self._path.is_dir():
            paths = [path for part in ("new", "cur") for path in (self._path / part).glob("*")]
            for path in sorted(paths, key=lambda each: each.stat().st_mtime_ns):
                if path.stat().st_size <= _MOST_BYTES:
                    # What a reader adds behind the colon when it has seen a mail is no part of its name.
                    yield path.name.partition(":")[0], path.read_bytes()
        elif self._path.exists():
            box = mailbox.mbox(self._path, create=False)
            try:
                for number, key in enumerate(box.keys()):
                    yield str(number), box.get_bytes(key)
            finally:
                box.close()


def postmark(event: Value) -> Report | None:
    """One webhook event of Postmark; None where it says nothing of a delivery.

    It names the mail by its metadata `message`, if it was sent with that, and else by Postmark's own id.
    """
    if not isinstance(event, dict):
        return None
    kind, at = event.get("RecordType", "Bounce"), event.get("Email") or event.get("Recipient")
    told = event.get("Metadata")
    message = told.get("message") if isinstance(told, dict) else None
    message = message or event.get("MessageID")
    if not isinstance(at, str) or not isinstance(message, str):
        return None
    if kind == "Delivery":
        return Report(message, at, "delivered", None)
    if kind == "SpamComplaint" or event.get("Type") == "SpamComplaint":
        return Report(message, at, "complained", None)
    if kind != "Bounce":
        return None
    said = _status(f"{event.get('Details', '')} {event.get('Description', '')}")
    if event.get("Type") in _POSTMARK_SOFT:
        return Report(message, at, "deferred", said if said and said.startswith("4") else "4.0.0")
    return Report(message, at, "bounced", said if said and said.startswith("5") else "5.0.0")


def ses(event: Value) -> tuple[Report, ...]:
    """One notification of Amazon SES (as SNS carries it, or itself): a report for each recipient."""
    if isinstance(event, dict) and isinstance(event.get("Message"), str):
        try:
            event = json.loads(str(event["Message"]))
        except ValueError:
            return ()
    if not isinstance(event, dict):
        return ()
    mail = event.get("mail")
    message = _ses_id(mail) if isinstance(mail, dict) else ""
    match event.get("notificationType") or event.get("eventType"):
        case "Bounce":
            return tuple(_ses_bounces(event.get("bounce"), message))
        case "Complaint":
            said = event.get("complaint")
            rows = said.get("complainedRecipients") if isinstance(said, dict) else None
            return tuple(Report(message, at, "complained", None) for at, _ in _recipients(rows))
        case "Delivery":
            said = event.get("delivery")
            rows = said.get("recipients") if isinstance(said, dict) else None
            listed = [each for each in rows if isinstance(each, str)] if isinstance(rows, list) else []
            return tuple(Report(message, at, "delivered", None) for at in listed)
        case _:
            return ()


def _ses_id(mail: Mapping[str, Value]) -> str:
    """The Message-ID that we gave, where SES hands the headers back; else its own."""
    common = mail.get("commonHeaders")
    given = common.get("messageId") if isinstance(common, dict) else None
    named = given if isinstance(given, str) else mail.get("messageId")
    return _plain_id(named) if isinstance(named, str) else ""


def _ses_bounces(bounce: Value, message: str) -> Iterator[Report]:
    if not isinstance(bounce, dict):
        return
    hard = bounce.get("bounceType") == "Permanent"
    held_back = bounce.get("bounceSubType") in ("Suppressed", "OnAccountSuppressionList")
    for at, row in _recipients(bounce.get("bouncedRecipients")):
        status = _status(str(row.get("status", ""))) or ("5.0.0" if hard else "4.0.0")
        state: ReportState = "suppressed" if held_back else "bounced" if hard else "deferred"
        yield Report(message, at, state, status)


def _recipients(rows: Value) -> Iterator[tuple[str, Mapping[str, Value]]]:
    for row in rows if isinstance(rows, list) else ():
        at = row.get("emailAddress") if isinstance(row, dict) else None
        if isinstance(row, dict) and isinstance(at, str):
            yield parseaddr(at)[1] or at, row


class EventFile:
    """A file to which a provider's events are appended, one JSON text a line: by whatever takes the webhooks
    of Postmark or the notifications of SES. Each line is read once by a process."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def reports(self) -> tuple[Report, ...]:
        """What came since the last time. A line that is no event is passed over."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._read)
                data = file.read()
        except OSError:
            return ()
        whole = data[: data.rfind(b"\n") + 1]
        self._read += len(whole)
        return tuple(report for line in whole.splitlines() for report in _of_line(line))


def _of_line(line: bytes) -> Iterator[Report]:
    try:
        event: Value = json.loads(line)
    except (ValueError, RecursionError):
        return
    found = postmark(event)
    yield from (found,) if found is not None else ses(event)
