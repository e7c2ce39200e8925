"""Filling a new clinic file with people: defaults, ids made of names, and the times things happened.

The defaults: an adult, active, both settings on where there is an address, no account, nothing sent. What
is said about an account, a setup email or a delivery implies the rest.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

import msgspec

from adapters.clinic.accounts import add_account, link_holder
from adapters.clinic.deliveries import is_hopeless, suppress
from adapters.clinic.moments import age, stored, zone
from adapters.clinic.names import folded, slug
from adapters.clinic.people import (
    AccountEntry,
    ClientEntry,
    ClinicEntry,
    ContactEntry,
    DeliveryEntry,
    InvitationEntry,
    Omitted,
    People,
    PersonEntry,
    VideoEntry,
    given,
)
from adapters.clinic.records import Clinic, load_clinic
from adapters.clinic.video_sessions import add_video_session
from adapters.problems import PlainProblem, Unusable

_DAY = 24 * 60
_USED_AGO = 30 * _DAY
_BOUNCED_AGO = _DAY
_PENDING_AGO = 3 * 60
_OPENED_AFTER = timedelta(minutes=40)
_STATES_BY_CLASS = {"2": "delivered", "4": "deferred", "5": "bounced"}
_STATUS_BY_STATE = {"bounced": "5.1.1", "suppressed": "5.1.1", "complained": "5.7.0"}


def populate(connection: sqlite3.Connection, people: People, now: datetime) -> None:
    """Write the clinic and its people into an empty file; times count back from `now`.

    Raises PlainProblem where the people contradict themselves, Unusable if the time zone is not known here.
    """
    _add_clinic(connection, people.clinic)
    fresh = filling(connection, now)
    ids: set[str] = set()
    clients = []
    for entry in people.clients:
        ids.add(id := slug(entry.name, ids))
        clients.append((id, entry))
        fresh.add_client(id, entry)
    for client, entry in clients:
        for contact in entry.contacts:
            ids.add(id := slug(contact.name, ids))
            fresh.add_contact(id, contact, client)


def filling(connection: sqlite3.Connection, now: datetime) -> Filling:
    """Fills a file that holds its clinic; accounts that are there already are known."""
    clinic = load_clinic(connection)
    logins = connection.execute(
        """SELECT login_email, account.id, name FROM account
           JOIN holder ON holder.account = account.id JOIN person ON person.id = holder.subject"""
    )
    known = {str(login).casefold(): (int(id), str(name)) for login, id, name in logins}
    return Filling(connection, clinic, now.astimezone(UTC), clinic.today(now), known)


def _add_clinic(connection: sqlite3.Connection, entry: ClinicEntry) -> None:
    login_url = given(entry.login_url, "https://clinic.example")
    host = urlsplit(login_url).hostname or "clinic.example"
    name = given(entry.name, "The clinic")
    timezone = given(entry.timezone, "America/Toronto")
    if zone(timezone) is None:
        raise Unusable(
            f"This machine does not know the time zone {timezone}.",
            "Install the time zones (on Debian: apt-get install tzdata), or name another time zone.",
        )
    connection.execute(
        "INSERT INTO clinic VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            slug(name),
            name,
            login_url,
            given(entry.support_email, f"support@{host}"),
            given(entry.mail_from, f"no-reply@{host}"),
            timezone,
            given(entry.invite_hours, 48),
            given(entry.resend_minutes, 5),
            given(entry.age_of_majority, 18),
            given(entry.mail_policy, "automatic"),
        ),
    )


class Filling(msgspec.Struct, frozen=True):
    """The file while it is filled. `logins` holds each login address with its account and its person."""

    connection: sqlite3.Connection
    clinic: Clinic
    now: datetime
    today: date
    logins: dict[str, tuple[int, str]]

    def add_client(self, id: str, entry: ClientEntry) -> None:
        self._add_person(id, entry, None)
        self.connection.execute(
            "UPDATE person SET birth_date = ?, city = ? WHERE id = ?",
            (self._birth_date(entry), given(entry.city, None), id),
        )
        see(self.connection, id, given(entry.practitioners, ()))
        self._add_history(id, entry)
        if not isinstance(entry.video, Omitted):
            self._add_video(id, entry.video)

    def add_contact(self, id: str, entry: ContactEntry, client: str) -> None:
        self._add_person(id, entry, client)
        self.connection.execute(
            "UPDATE person SET relationship = ?, is_primary = ?, consent = ? WHERE id = ?",
            (
                given(entry.relationship, "parent"),
                given(entry.primary, False),
                given(entry.consent, "none"),
                id,
            ),
        )
        self._add_history(id, entry)

    def _add_video(self, client: str, video: VideoEntry) -> None:
        add_video_session(
            self.connection,
            client,
            self.now + timedelta(minutes=video.starts),
            video.minutes,
            video.opens,
            has_link=video.link,
            cancelled=video.cancelled,
        )

    def _add_person(self, id: str, entry: PersonEntry, client: str | None) -> None:
        address = given(entry.email, None)
        self.connection.execute(
            """INSERT INTO person (id, client_id, relationship, place, name, email, phone, status,
                 online_access, email_notifications, switched_off_by)
               VALUES (?, ?, ?, (SELECT count(*) FROM person), ?, ?, ?, ?, ?, ?, ?)""",
            (
                id,
                client,
                None if client is None else "other",
                entry.name,
                address,
                given(entry.phone, None),
                given(entry.status, "active"),
                given(entry.online_access, address is not None),
                given(entry.email_notifications, address is not None),
                given(entry.switched_off_by, None),
            ),
        )

    def _birth_date(self, entry: ClientEntry) -> str | None:
        """The date as given, or one that makes the kind true today."""
        kind = given(entry.kind, None)
        born = entry.birth_date
        if not isinstance(born, Omitted):
            self._refuse_wrong_age(entry, born)
            return born
        if kind == "unknown":
            return None
        years = self.clinic.age_of_majority // 2 if kind == "minor" else self.clinic.age_of_majority + 17
        return date(self.today.year - years, 5, 20).isoformat()

    def _refuse_wrong_age(self, entry: ClientEntry, born: str | None) -> None:
        kind = given(entry.kind, None)
        if born is None or kind is None or kind == "unknown":
            return
        minor = age(date.fromisoformat(born), self.today) < self.clinic.age_of_majority
        if minor != (kind == "minor"):
            raise PlainProblem(
                f"{entry.name} is said to be of the kind {kind}, but with the birth date {born} "
                f"{'is a minor' if minor else 'is an adult'} today.",
                "Remove one of the two from the people file.",
            )

    def _add_history(self, id: str, entry: PersonEntry) -> None:
        """The account and the newest setup email, whichever of them was given."""
        invitation = _implied_invitation(entry)
        account = _implied_account(entry, invitation)
        address = given(entry.email, None)
        if account is not None:
            self._add_account(id, entry.name, account, account.login_email or address, invitation)
        if invitation is not None and address is not None:
            self._add_mail(id, entry, invitation, address)

    def _add_account(
        self, id: str, name: str, account: AccountEntry, login: str | None, invitation: InvitationEntry | None
    ) -> None:
        if login is None:
            raise PlainProblem(
                f"{name} has an account, but no address to log in with.",
                "Give an `email` or a `login_email` in the people file.",
            )
        taken = self.logins.get(login.casefold())
        if taken is not None and folded(taken[1]) != folded(name):
            raise PlainProblem(
                f"{taken[1]} and {name} cannot both have an account with one address.",
                "Give one of them another address, or no account, in the people file.",
            )
        if taken is None:
            sent = _sent(invitation, self.clinic) if invitation is not None else 0
            last = account.last_login if account.last_login is not None else max(sent - 40, 0)
            last_login = None if account.state == "invited" else stored(self.now - timedelta(minutes=last))
            number = add_account(self.connection, login, account.state, account.mfa, last_login)
            taken = self.logins[login.casefold()] = (number, name)
        link_holder(self.connection, id, taken[0])

    def _add_mail(self, id: str, entry: PersonEntry, invitation: InvitationEntry, address: str) -> None:
        minutes = _sent(invitation, self.clinic)
        state = invitation.state
        lifetime = timedelta(hours=self.clinic.invite_hours)
        expired = timedelta(minutes=minutes) >= lifetime
        if (state == "pending" and expired) or (state == "expired" and not expired):
            raise PlainProblem(
                f"{entry.name}: a setup email that lives {self.clinic.invite_hours} hours and was sent "
                f"{minutes} minutes ago cannot be {state}.",
                "Leave out `state` or correct `sent` in the people file.",
            )
        sent = self.now - timedelta(minutes=minutes)
        mail_state, status = _delivery(invitation, given(entry.delivery, None))
        self.connection.execute(
            """INSERT INTO message (id, n, purpose, subject, to_address, sent_at, state, status, state_at,
                 expires_at, used_at, ended_at)
               VALUES (?, (SELECT count(*) + 1 FROM message), 'invitation', ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (
                f"setup-{id}@{urlsplit(self.clinic.login_url).hostname}",
                id,
                address,
                stored(sent),
                mail_state,
                status,
                stored(sent),
                stored(sent + lifetime),
                stored(min(sent + _OPENED_AFTER, self.now)) if state == "used" else None,
                stored(sent) if state == "failed" else None,
            ),
        )
        if status is not None and (
            mail_state in ("suppressed", "complained") or is_hopeless(mail_state, status)
        ):
            suppress(self.connection, address, status, stored(sent))


def see(connection: sqlite3.Connection, client: str, practitioners: Sequence[str]) -> None:
    """Those practitioners see the client, and no others."""
    connection.execute("DELETE FROM seen_by WHERE client_id = ?", (client,))
    connection.executemany("INSERT INTO seen_by VALUES (?, ?)", [(client, each) for each in practitioners])


def _implied_invitation(entry: PersonEntry) -> InvitationEntry | None:
    """The setup email as given, or the one that a delivery or an account tells of."""
    if not isinstance(entry.invitation, Omitted):
        return entry.invitation
    if given(entry.delivery, None) is not None:
        return InvitationEntry(None, _BOUNCED_AGO)
    account = given(entry.account, None)
    if account is None:
        return None
    return InvitationEntry("pending", _PENDING_AGO) if account.state == "invited" else InvitationEntry("used")


def _implied_account(entry: PersonEntry, invitation: InvitationEntry | None) -> AccountEntry | None:
    """The account as given, or the one that a setup email tells of."""
    if not isinstance(entry.account, Omitted):
        return entry.account
    if invitation is None:
        return None
    return AccountEntry("active" if invitation.state == "used" else "invited")


def _sent(invitation: InvitationEntry, clinic: Clinic) -> int:
    """How many minutes ago the mail was sent."""
    if invitation.sent is not None:
        return invitation.sent
    return {
        "used": _USED_AGO,
        "expired": clinic.invite_hours * 60 + _DAY,
        "failed": _BOUNCED_AGO,
    }.get(invitation.state or "", min(_PENDING_AGO, clinic.invite_hours * 30))


def _delivery(invitation: InvitationEntry, delivery: DeliveryEntry | None) -> tuple[str, str | None]:
    """The state of the mail and its status, as far as the setup email tells of them, too."""
    if delivery is None or (delivery.state is None and delivery.status is None):
        state = {"used": "delivered", "failed": "bounced"}.get(invitation.state or "", "sent")
        return implied_delivery(DeliveryEntry(state))
    return implied_delivery(delivery)


def implied_delivery(delivery: DeliveryEntry) -> tuple[str, str | None]:
    """The state of a mail and its status, each following from the other where only one is given."""
    state, status = delivery.state, delivery.status
    if state is None:
        state = _STATES_BY_CLASS[status[0]] if status is not None else "sent"
    return state, status or _STATUS_BY_STATE.get(state)
