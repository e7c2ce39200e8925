"""Bounce reports and providers' events become one form, and the delivery state of the embedded clinic."""

from __future__ import annotations

import json
import mailbox
from collections.abc import Callable
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from adapters.clinic.embedded import EmbeddedClinic
from adapters.letters import Report
from adapters.mail.reports import EventFile, Mailbox, postmark, ses
from engine import Value
from tests.adapters.clinic.bench import Bench, Carrier, Clock, Tokens
from tests.adapters.clinic.test_embedded import contract_people


def dsn(message_id: str, recipient: str, action: str, status: str, whole: bool = True) -> bytes:
    """A report as Postfix writes it, on a mail with this Message-ID."""
    kept = f"Message-ID: <{message_id}>\nTo: {recipient}\nSubject: Your account\n\n"
    kind = "message/rfc822" if whole else "text/rfc822-headers"
    return (
        "Return-Path: <>\nFrom: MAILER-DAEMON@relay.example\nTo: no-reply@mapleleaf.example\n"
        "Subject: Undelivered Mail Returned to Sender\nMIME-Version: 1.0\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\nContent-Type: text/plain\n\nThis is the mail system.\n"
        "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; relay.example\n\n"
        f"Final-Recipient: rfc822; {recipient}\nAction: {action}\nStatus: {status}\n"
        f"Diagnostic-Code: smtp; 550 5.1.1 <{recipient}>: User unknown\n\n"
        f"--b\nContent-Type: {kind}\n\n{kept}--b--\n"
    ).encode()


@pytest.mark.parametrize("kind", ["maildir", "mbox"])
@pytest.mark.parametrize("whole", [True, False])
def test_a_bounce_is_read_once_from_a_mailbox(tmp_path: Path, kind: str, whole: bool) -> None:
    path = tmp_path / "bounces"
    box: mailbox.Mailbox[mailbox.MaildirMessage] | mailbox.mbox
    box = mailbox.Maildir(path) if kind == "maildir" else mailbox.mbox(path)
    letter = EmailMessage()
    letter["Subject"] = "Hello"
    letter.set_content("no report")
    box.add(letter.as_bytes(policy=SMTP.clone(linesep="\n")))
    box.add(dsn("token-1@mapleleaf.example", "ana@post.example", "failed", "5.1.1", whole))
    box.flush()
    box.close()
    read = Mailbox(path)
    assert read.reports() == (Report("token-1@mapleleaf.example", "ana@post.example", "bounced", "5.1.1"),)
    assert read.reports() == ()


def test_no_mailbox_is_no_report(tmp_path: Path) -> None:
    assert Mailbox(tmp_path / "nothing").reports() == ()


@pytest.mark.parametrize(
    ("action", "status", "state", "reason"),
    [
        ("failed", "5.1.1", "bounced", "bad_address"),
        ("failed", "5.2.2", "bounced", "mailbox_full"),
        ("delayed", "4.4.1", "deferred", "deferred"),
        ("delivered", "2.0.0", "delivered", None),
    ],
)
def test_a_report_becomes_the_delivery_state(
    tmp_path: Path, action: str, status: str, state: str, reason: str | None
) -> None:
    EmbeddedClinic.create(tmp_path / "clinic.db", contract_people(), Clock())
    carrier, clock = Carrier(), Clock()
    box = mailbox.Maildir(tmp_path / "bounces")
    reports = Mailbox(tmp_path / "bounces").reports
    clinic = EmbeddedClinic.open(tmp_path / "clinic.db", carrier, clock, Tokens(), reports=reports)
    bench = Bench(clinic, carrier, clock)
    sent = bench.record("send_invitation", subject="tom-becker", kind="first")
    assert bench.record("get_delivery", message=sent["message_id"])["state"] == "sent"
    box.add(dsn(str(sent["message_id"]), "Tom.Becker@mail.example", action, status))
    box.add(dsn("unknown@mapleleaf.example", "tom.becker@mail.example", "failed", "5.1.1"))
    box.add(dsn(str(sent["message_id"]), "somebody@else.example", "failed", "5.1.1"))
    found = bench.record("get_delivery", message=sent["message_id"])
    assert (found["state"], found["status"], found["reason"]) == (state, status, reason)
    box.add(dsn(str(sent["message_id"]), "tom.becker@mail.example", "delivered", "2.0.0"))
    later = bench.record("get_delivery", message=sent["message_id"])["state"]
    assert later == ("bounced" if state == "bounced" else "delivered")
    clinic.close()


ID = "883953f4-6105-42a2-a16a-77a8eac79483"
POSTMARK = {"MessageID": ID, "Email": "ana@post.example", "RecordType": "Bounce", "Inactive": True}


@pytest.mark.parametrize(
    ("event", "state", "status"),
    [
        ({**POSTMARK, "Type": "HardBounce", "Details": "smtp;550 5.1.1 User unknown"}, "bounced", "5.1.1"),
        ({**POSTMARK, "Type": "HardBounce"}, "bounced", "5.0.0"),
        ({**POSTMARK, "Type": "SoftBounce", "Details": "452 4.2.2 full"}, "deferred", "4.2.2"),
        ({**POSTMARK, "Type": "SpamComplaint"}, "complained", None),
        ({"MessageID": ID, "Recipient": "ana@post.example", "RecordType": "Delivery"}, "delivered", None),
    ],
)
def test_postmark_tells(event: dict[str, Value], state: str, status: str | None) -> None:
    found = postmark(event)
    assert found is not None
    assert (found.message_id, found.address, found.state, found.status) == (
        ID,
        "ana@post.example",
        state,
        status,
    )


MAIL: dict[str, Value] = {"messageId": "ses-1", "commonHeaders": {"messageId": "<ours@mapleleaf.example>"}}


@pytest.mark.parametrize(
    ("kind", "sub", "status", "state"),
    [
        ("Permanent", "General", "5.1.1", "bounced"),
        ("Permanent", "Suppressed", "5.1.1", "suppressed"),
        ("Transient", "MailboxFull", "4.2.2", "deferred"),
    ],
)
@pytest.mark.parametrize("wrapped", [True, False])
def test_ses_tells_of_bounces(kind: str, sub: str, status: str, state: str, wrapped: bool) -> None:
    row: Value = {"emailAddress": "ana@post.example", "action": "failed", "status": status}
    bounce: Value = {"bounceType": kind, "bounceSubType": sub, "bouncedRecipients": [row]}
    event: Value = {"notificationType": "Bounce", "bounce": bounce, "mail": MAIL}
    (found,) = ses({"Type": "Notification", "Message": json.dumps(event)} if wrapped else event)
    assert (found.message_id, found.state, found.status) == ("ours@mapleleaf.example", state, status)


def test_ses_tells_of_deliveries_and_complaints() -> None:
    delivery: Value = {
        "notificationType": "Delivery",
        "delivery": {"recipients": ["a@b.example"]},
        "mail": MAIL,
    }
    complaint: Value = {
        "eventType": "Complaint",
        "complaint": {"complainedRecipients": [{"emailAddress": "a@b.example"}]},
        "mail": MAIL,
    }
    assert [each.state for each in (*ses(delivery), *ses(complaint))] == ["delivered", "complained"]


def of_postmark(message: EmailMessage, address: str) -> Value:
    """The event that Postmark makes of a mail: with an id of its own, and the metadata it was sent with."""
    metadata: Value = {"message": str(message["X-PM-Metadata-message"])}
    return {**POSTMARK, "Type": "HardBounce", "Email": address, "Metadata": metadata}


def of_ses(message: EmailMessage, address: str) -> Value:
    """The notification that Amazon SES makes of a mail, where the original headers are included."""
    row: Value = {"emailAddress": address, "action": "failed", "status": "5.1.1"}
    bounce: Value = {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": [row]}
    mail: Value = {"messageId": "ses-1", "commonHeaders": {"messageId": str(message["Message-ID"])}}
    told: Value = {"notificationType": "Bounce", "bounce": bounce, "mail": mail}
    return {"Type": "Notification", "Message": json.dumps(told)}


@pytest.mark.parametrize("provider", [of_postmark, of_ses])
def test_a_provider_finds_the_mail_again(
    provider: Callable[[EmailMessage, str], Value], tmp_path: Path
) -> None:
    EmbeddedClinic.create(tmp_path / "clinic.db", contract_people(), Clock())
    carrier, clock, path = Carrier(), Clock(), tmp_path / "events.jsonl"
    reports = EventFile(path).reports
    clinic = EmbeddedClinic.open(tmp_path / "clinic.db", carrier, clock, Tokens(), reports=reports)
    bench = Bench(clinic, carrier, clock)
    sent = bench.record("send_invitation", subject="tom-becker", kind="first")
    ((letter, _, recipient),) = carrier.sent
    events = (provider(letter, address) for address in ("somebody@else.example", recipient))
    path.write_text("".join(f"{json.dumps(event)}\n" for event in events), encoding="utf-8")
    found = bench.record("get_delivery", message=sent["message_id"])
    assert (found["state"], found["status"]) in (("bounced", "5.1.1"), ("bounced", "5.0.0"))
    clinic.close()


@pytest.mark.parametrize(
    "event", [None, [], {}, {"Message": "{"}, {"notificationType": "Bounce"}, {"MessageID": 1}]
)
def test_what_is_no_event_says_nothing(event: Value) -> None:
    assert postmark(event) is None
    assert ses(event) == ()


def test_events_that_are_appended_to_a_file_are_read_once(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    events = EventFile(path)
    assert events.reports() == ()
    one = json.dumps({**POSTMARK, "Type": "HardBounce"})
    path.write_text(f"no event\n{one}\n{one[:9]}", encoding="utf-8")
    assert [each.state for each in events.reports()] == ["bounced"]
    with path.open("a", encoding="utf-8") as file:
        file.write(f"{one[9:]}\n")
    assert [each.state for each in events.reports()] == ["bounced"]
    assert events.reports() == ()
