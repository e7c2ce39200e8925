"""The setup email and the password reset: who may get one now, and what its one-time link is good for.

A mail is prepared and recorded in one transaction, carried outside of any, and settled in another: so a
crash in between leaves a mail that is known to be uncertain, never one that nobody knows of.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from adapters.clinic.accounts import account_of, confirm_login, ensure_account, open_account, refuse_set_up
from adapters.clinic.addresses import masked, normal, well_formed
from adapters.clinic.deliveries import Mail, last_mail, mails, reason_in_words, record_state, suppressed
from adapters.clinic.mail_texts import Envelope, reset_email, setup_email
from adapters.clinic.moments import handed_out, restored, stored
from adapters.clinic.outcomes import Broken, Call, note
from adapters.clinic.passwords import refuse_bad_password
from adapters.clinic.port import ActionFailed
from adapters.clinic.postings import Posting, add_mail, new_message_id, receipt
from adapters.clinic.records import Clinic, Person, find_person, is_archived
from adapters.clinic.sign_ins import keep_password, sign_out
from adapters.secret import Secret
from engine import Failure, Value

_NEVER_SENT = frozenset({"bounced", "suppressed", "deferred"})
_RESET_HOURS = 24  # a recovery link lives no longer, whatever the clinic sets for invitations


def get_invitation(connection: sqlite3.Connection, person: Person, clinic: Clinic, now: datetime) -> Value:
    """The record Invitation: the newest setup email, and whether its link still works."""
    mail = last_mail(connection, person.id, "invitation")
    state = "none" if mail is None else link_state(mail, now)
    if state == "failed" and any(
        sent.used_at for sent in mails(connection, "subject = ? AND purpose = ?", (person.id, "invitation"))
    ):
        # The newest never went out, and an older link has opened the account since.
        state = "used"
    return {
        "subject": person.id,
        "state": state,
        "sent_at": handed_out(mail.sent_at, clinic.zone) if mail else None,
        "expires_at": handed_out(mail.expires_at, clinic.zone) if mail else None,
        "sent_minutes_ago": _minutes_since(mail.sent_at, now) if mail else None,
        "to_address": mail.to_address if mail else None,
        "message_id": mail.id if mail else None,
    }


def link_state(mail: Mail, now: datetime) -> str:
    """used, failed (it was never sent, or a newer one replaced it), expired or pending."""
    if mail.used_at is not None:
        return "used"
    if mail.state in _NEVER_SENT or mail.ended_at is not None:
        return "failed"
    return "expired" if mail.expires_at is not None and stored(now) >= mail.expires_at else "pending"


def _minutes_since(moment: str, now: datetime) -> int:
    return max(0, int((now - restored(moment)).total_seconds() // 60))


def prepare_invitation(
    connection: sqlite3.Connection, call: Call, clinic: Clinic, tokens: Callable[[], str]
) -> Posting | Broken:
    """Check every rule, make the account if there is none, and record the mail that is about to be sent.

    Raises ActionFailed `not_found`, `not_ready`, `conflict` or `rate_limited`, having done nothing.
    """
    person = reachable(connection, call, "send_invitation")
    account = account_of(connection, person)
    refuse_set_up(account)
    refuse_access_off(person)
    address = address_on_record(person)
    earlier = last_mail(connection, person.id, "invitation")
    if call.args.text("kind") == "first" and account is not None:
        raise ActionFailed(Failure.CONFLICT, "A setup email was sent before; send a new one instead.")
    if call.args.text("kind") == "resend" and earlier is None and account is None:
        raise ActionFailed(Failure.NOT_READY, "No setup email was sent yet; send the first one.")
    _cool_down(earlier, address, clinic, call.now)
    given_up = _given_up(connection, call, address, "invitation", tokens, clinic)
    if given_up is not None:
        return given_up
    created = ensure_account(connection, person, address)
    link = _Link(tokens(), call.now + timedelta(hours=clinic.invite_hours))
    envelope = Envelope(clinic, address, new_message_id(clinic, tokens), call.now)
    add_mail(connection, envelope, "invitation", person.id, link.hash, stored(link.expires))
    letter = setup_email(envelope, person.first_name, link.token, link.expires)
    return Posting(envelope, letter, account_created=created)


def prepare_reset(
    connection: sqlite3.Connection, call: Call, clinic: Clinic, tokens: Callable[[], str]
) -> Posting | Broken:
    """The same for a password reset, which only an active account can have."""
    person = reachable(connection, call, "send_password_reset")
    account = account_of(connection, person)
    if account is None or account.state == "invited":
        raise ActionFailed(Failure.NOT_READY, "The account has not been set up yet; send the setup email.")
    if account.state != "active":
        raise ActionFailed(Failure.NOT_READY, f"The account is {account.state}; that must be lifted first.")
    refuse_access_off(person)
    address = address_on_record(person)
    _cool_down(last_mail(connection, person.id, "password_reset"), address, clinic, call.now)
    given_up = _given_up(connection, call, address, "password_reset", tokens, clinic)
    if given_up is not None:
        return given_up
    link = _Link(tokens(), call.now + timedelta(hours=min(clinic.invite_hours, _RESET_HOURS)))
    envelope = Envelope(clinic, address, new_message_id(clinic, tokens), call.now)
    add_mail(connection, envelope, "password_reset", person.id, link.hash, stored(link.expires))
    return Posting(envelope, reset_email(envelope, person.first_name, link.token, link.expires))


class _Link(msgspec.Struct, frozen=True):
    token: str
    expires: datetime

    @property
    def hash(self) -> bytes:
        return token_hash(self.token)


def token_hash(token: str) -> bytes:
    """What is kept of a token: whoever reads the file cannot follow the link."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def reachable(connection: sqlite3.Connection, call: Call, action: str) -> Person:
    """The person a call is about. Raises ActionFailed `not_found`, or `not_ready` for an archived record."""
    person = find_person(connection, call.args.text("subject"))
    if is_archived(connection, person):
        raise ActionFailed(
            Failure.NOT_READY, f"The client's record has been archived; {action} is not possible."
        )
    return person


def refuse_access_off(person: Person) -> None:
    """Raises ActionFailed `not_ready` for somebody who may not use the portal."""
    if person.online_access is False:
        raise ActionFailed(Failure.NOT_READY, "Online access is switched off; switch it on first.")


def address_on_record(person: Person) -> str:
    """The address to write to. Raises ActionFailed `not_ready` where there is none, or it cannot be right."""
    if not person.email:
        raise ActionFailed(Failure.NOT_READY, "There is no email address on record; add one first.")
    if not well_formed(person.email):
        raise ActionFailed(Failure.NOT_READY, "The address on record cannot be right; correct it first.")
    return person.email


def _cool_down(earlier: Mail | None, address: str, clinic: Clinic, now: datetime) -> None:
    if earlier is None or earlier.state in _NEVER_SENT or normal(earlier.to_address) != normal(address):
        return
    pause = timedelta(minutes=clinic.resend_minutes)
    # The clock may have been set back since: nobody waits longer than one whole pause.
    left = min(restored(earlier.sent_at) + pause - now, pause)
    if left > timedelta(0):
        seconds = int(-(-left.total_seconds() // 1))
        raise ActionFailed(
            Failure.RATE_LIMITED,
            f"One was sent a moment ago; the next can be sent in {-(-seconds // 60)} min.",
            retry_after=seconds,
        )


def _given_up(
    connection: sqlite3.Connection,
    call: Call,
    address: str,
    purpose: str,
    tokens: Callable[[], str],
    clinic: Clinic,
) -> Broken | None:
    """Record that nothing was sent to an address that had bounced before; None if it is written to."""
    status = suppressed(connection, address)
    if status is None:
        return None
    envelope = Envelope(clinic, address, new_message_id(clinic, tokens), call.now)
    add_mail(connection, envelope, purpose, call.subject, None, None)
    record_state(connection, envelope.message_id, "suppressed", status, call.now)
    return Broken(
        Failure.UNDELIVERABLE,
        f"Nothing was sent: mail to {masked(address)} came back before "
        f"({status}, {reason_in_words(status)}).",
        receipt(envelope, False, False),
    )


class LinkRefused(Exception):
    """A one-time link that does not work: `reason` is unknown, used, replaced or expired."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the link is {reason}")


class Redeemed(msgspec.Struct, frozen=True):
    """A link that was followed: whose it is, for what, and the login address of the account."""

    subject: str
    purpose: str
    login_email: str


def redeem(
    connection: sqlite3.Connection, token: str, now: datetime, password: Secret | None = None
) -> Redeemed:
    """Follow a one-time link, and choose a password there. It works once, until it expires or a newer one is
    sent; that of a setup email opens the account.

    Whoever follows a link has shown that the address it went to is theirs: only now does an address that was
    changed become the one to log in with. Raises LinkRefused, and ActionFailed `invalid_input` for a
    password that is too short.
    """
    mail = next(iter(_mails_with(connection, token)), None)
    if mail is None or mail.subject is None:
        raise LinkRefused("unknown")
    if mail.used_at is not None:
        raise LinkRefused("used")
    if mail.ended_at is not None:
        raise LinkRefused("replaced")
    if mail.expires_at is None or stored(now) >= mail.expires_at:
        raise LinkRefused("expired")
    connection.execute("UPDATE message SET used_at = ? WHERE id = ?", (stored(now), mail.id))
    if mail.purpose == "invitation":
        open_account(connection, mail.subject, stored(now))
    account = account_of(connection, find_person(connection, mail.subject))
    if account is None:
        raise LinkRefused("unknown")
    if password is not None:
        refuse_bad_password(password)
        keep_password(connection, account, password, None)
        sign_out(connection, account, now)
    login = confirm_login(connection, account, mail.to_address)
    note(connection, now, (mail.subject, "", ""), ("follow_link", mail.subject, mail.purpose))
    return Redeemed(mail.subject, mail.purpose, login)


def _mails_with(connection: sqlite3.Connection, token: str) -> list[Mail]:
    row = connection.execute("SELECT id FROM message WHERE token_hash = ?", (token_hash(token),)).fetchone()
    return [] if row is None else mails(connection, "id = ?", (str(row[0]),))
