"""Reading a people file (YAML): who is at a clinic, and in which situation.

Everything wrong is reported at once, with its place; nothing is raised for an author's mistake. Defaults and
ids are not known here (see `populate`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from importlib.resources import files
from typing import TypeVar

from adapters.clinic.addresses import well_formed
from adapters.clinic.moments import zone
from adapters.clinic.names import folded
from adapters.clinic.node_reader import NodeReader
from adapters.clinic.people import (
    OMITTED,
    AccountEntry,
    ClientEntry,
    ClinicEntry,
    ContactEntry,
    DeliveryEntry,
    InvitationEntry,
    MaybeWord,
    Omitted,
    People,
    VideoEntry,
    Word,
    given,
)
from engine import (
    Diagnostic,
    Mapping,
    Node,
    Place,
    Scalar,
    Source,
    finding,
    in_reading_order,
    read,
)
from engine import (
    Sequence as NodeList,
)

KINDS = ("adult", "minor", "adult_with_guardian", "unknown")
ACCOUNT_STATES = ("none", "invited", "active", "disabled", "locked")
INVITATION_STATES = ("none", "pending", "used", "expired", "failed")
DELIVERY_STATES = (
    "unknown",
    "queued",
    "sent",
    "delivered",
    "deferred",
    "bounced",
    "suppressed",
    "complained",
)
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_PERSON_KEYS = (
    "name email phone status online_access email_notifications switched_off_by account invitation delivery"
).split()
CONTACT_KEYS = (*_PERSON_KEYS, "relationship", "primary", "consent")
CLIENT_KEYS = (*_PERSON_KEYS, "kind", "birth_date", "city", "practitioners", "video", "contacts")
CLINIC_KEYS = (
    "name login_url support_email mail_from timezone invite_hours resend_minutes age_of_majority mail_policy"
).split()

_Entry = TypeVar("_Entry")


def load_people(source: Source) -> tuple[People, tuple[Diagnostic, ...]]:
    """The people of one file and everything wrong with it; what is wrong is left out of the people."""
    node, findings = read(source)
    people, more = people_of(node, Place(source, 1, 1)) if node is not None else (People(), ())
    return people, in_reading_order((*findings, *more))


def people_of(node: Node, place: Place) -> tuple[People, tuple[Diagnostic, ...]]:
    """The same from nodes that were read already, as where a replay holds people inline.

    `place` stands for the whole where the node is of another kind than a mapping.
    """
    reading = _Reading()
    top = reading.mapping(node, "the file", ("clinic", "clients"))
    if top is None:
        return People(), tuple(reading.findings)
    clinic = top.get("clinic")
    people = People(
        reading.clinic(clinic) if clinic is not None else ClinicEntry(),
        reading.people(top, "clients", reading.client),
    )
    return people, in_reading_order(reading.findings)


def sample_source() -> Source:
    """The sample clinic's file, as it ships."""
    text = files("adapters.clinic").joinpath("sample.yaml").read_text(encoding="utf-8")
    return Source("sample.yaml", text)


def sample_people() -> People:
    """The people of the sample clinic."""
    return load_people(sample_source())[0]


class _Reading(NodeReader):
    """Reads nodes into entries."""

    def clinic(self, node: Node) -> ClinicEntry:
        """The section `clinic`."""
        top = self.mapping(node, "the clinic", CLINIC_KEYS)
        if top is None:
            return ClinicEntry()
        return ClinicEntry(
            name=self.text(top, "name"),
            login_url=self.checked(top, "login_url", _is_https, "an https address"),
            support_email=self.checked(top, "support_email", well_formed, "an email address"),
            mail_from=self.checked(top, "mail_from", well_formed, "an email address"),
            timezone=self.checked(top, "timezone", _is_zone, "a time zone such as America/Toronto"),
            invite_hours=self.whole(top, "invite_hours", 1, 24 * 31),
            resend_minutes=self.whole(top, "resend_minutes", 0, 24 * 60),
            age_of_majority=self.whole(top, "age_of_majority", 1, 30),
            mail_policy=self.word(top, "mail_policy", ("automatic", "manual", "prompt")),
        )

    def people(self, top: Mapping, key: str, each: Callable[[Mapping, str], _Entry]) -> tuple[_Entry, ...]:
        """The list of people under `key`."""
        node = top.get(key)
        if node is None:
            return ()
        if not isinstance(node, NodeList):
            self.wrong(node, f"`{key}` must be a list of people, each beginning with `- name:`")
            return ()
        keys = CLIENT_KEYS if key == "clients" else CONTACT_KEYS
        entries = []
        seen: dict[tuple[str, ...], Place] = {}
        for item in node.items:
            person = self.mapping(item, "a person", keys)
            name = self._name(person) if person is not None else None
            if person is not None and name is not None:
                self._refuse_twice(person, name, seen)
                entries.append(each(person, name))
        return tuple(entries)

    def client(self, top: Mapping, name: str) -> ClientEntry:
        """One client."""
        contacts = self.people(top, "contacts", self.contact)
        kind = self.word(top, "kind", KINDS)
        birth_date = self._birth_date(top)
        self._refuse_contradiction(top, kind, birth_date, contacts)
        return ClientEntry(
            name=name,
            email=self.maybe_text(top, "email"),
            phone=self.maybe_text(top, "phone"),
            status=self.word(top, "status", ("active", "archived")),
            online_access=self.maybe_truth(top, "online_access"),
            email_notifications=self.maybe_truth(top, "email_notifications"),
            switched_off_by=self._switched_off_by(top),
            account=self._account(top),
            invitation=self._invitation(top),
            delivery=self._delivery(top),
            kind=kind,
            birth_date=birth_date,
            city=self.maybe_text(top, "city"),
            practitioners=self.words(top, "practitioners"),
            video=self._video(top),
            contacts=contacts,
        )

    def contact(self, top: Mapping, name: str) -> ContactEntry:
        """One contact of a client."""
        return ContactEntry(
            name=name,
            email=self.maybe_text(top, "email"),
            phone=self.maybe_text(top, "phone"),
            status=self.word(top, "status", ("active", "archived")),
            online_access=self.maybe_truth(top, "online_access"),
            email_notifications=self.maybe_truth(top, "email_notifications"),
            switched_off_by=self._switched_off_by(top),
            account=self._account(top),
            invitation=self._invitation(top),
            delivery=self._delivery(top),
            relationship=self.word(top, "relationship", ("parent", "guardian", "spouse", "other")),
            primary=self.truth(top, "primary"),
            consent=self.word(top, "consent", ("none", "active", "inactive")),
        )

    def _switched_off_by(self, top: Mapping) -> MaybeWord:
        node = top.get("switched_off_by")
        if isinstance(node, Scalar) and node.value is None:
            return None
        return self.word(top, "switched_off_by", ("client", "staff", "system"))

    def _birth_date(self, top: Mapping) -> MaybeWord:
        value = self.maybe_text(top, "birth_date")
        if isinstance(value, str) and not _is_date(value):
            self.wrong_at(top, "birth_date", "`birth_date` must be a date such as 1990-02-03")
            return OMITTED
        return value

    def _account(self, top: Mapping) -> AccountEntry | Omitted | None:
        node = top.get("account")
        if node is None:
            return OMITTED
        if isinstance(node, Scalar):
            state = self.option(node, "account", ACCOUNT_STATES)
            return OMITTED if state is None else _account(state)
        inner = self.mapping(node, "an account", ("state", "login_email", "mfa", "last_login"))
        state = self.needed(inner, "state", ACCOUNT_STATES)
        if inner is None or state is None:
            return OMITTED
        login, mfa = self.maybe_text(inner, "login_email"), self.truth(inner, "mfa")
        return _account(
            state,
            login if isinstance(login, str) else None,
            mfa is True,
            self.ago(inner, "last_login"),
        )

    def _invitation(self, top: Mapping) -> InvitationEntry | Omitted | None:
        node = top.get("invitation")
        if node is None:
            return OMITTED
        if isinstance(node, Scalar):
            state = self.option(node, "invitation", INVITATION_STATES)
            return OMITTED if state is None else _invitation(state, None)
        inner = self.mapping(node, "an invitation", ("state", "sent"))
        if inner is None:
            return OMITTED
        state = None
        if inner.get("state") is not None:
            state = self.needed(inner, "state", INVITATION_STATES)
        return _invitation(state, self.ago(inner, "sent"))

    def _delivery(self, top: Mapping) -> DeliveryEntry | Omitted | None:
        node = top.get("delivery")
        if node is None:
            return OMITTED
        if isinstance(node, Scalar):
            state = self.option(node, "delivery", DELIVERY_STATES)
            return OMITTED if state is None else DeliveryEntry(state)
        inner = self.mapping(node, "a delivery", ("state", "status"))
        if inner is None:
            return OMITTED
        status = self.checked(inner, "status", _is_status, 'a status such as "5.1.1"')
        found = self.word(inner, "state", DELIVERY_STATES)
        return DeliveryEntry(
            None if isinstance(found, Omitted) else found, None if isinstance(status, Omitted) else status
        )

    def _video(self, top: Mapping) -> VideoEntry | Omitted:
        node = top.get("video")
        if node is None:
            return OMITTED
        inner = self.mapping(node, "a video session", ("starts", "minutes", "opens", "link", "cancelled"))
        if inner is None:
            return OMITTED
        if inner.get("starts") is None:
            self.findings.append(
                finding("U503", inner.place, "`starts` is missing.", repair='Add `starts: "in 2 days"`.')
            )
        starts = self.from_now(inner, "starts")
        if starts is None:
            return OMITTED
        usual = VideoEntry(starts)
        return VideoEntry(
            starts,
            given(self.whole(inner, "minutes", 1, 24 * 60), usual.minutes),
            given(self.whole(inner, "opens", 0, 24 * 60), usual.opens),
            given(self.truth(inner, "link"), usual.link),
            given(self.truth(inner, "cancelled"), usual.cancelled),
        )

    def _name(self, person: Mapping) -> str | None:
        if person.get("name") is None:
            self.findings.append(
                finding(
                    "U503",
                    person.place,
                    "This person has no name.",
                    repair="Add `name:` with the whole name.",
                )
            )
            return None
        name = self.text(person, "name")
        return None if isinstance(name, Omitted) else name

    def _refuse_twice(self, person: Mapping, name: str, seen: dict[tuple[str, ...], Place]) -> None:
        """Two people may have one name; the same name with the same address and birth date is one person."""
        parts = (person.get("email"), person.get("birth_date"), person.get("kind"), person.get("city"))
        mark = (folded(name), *(part.text if isinstance(part, Scalar) else "" for part in parts))
        first = seen.setdefault(mark, person.place)
        if first is not person.place:
            self.findings.append(
                finding(
                    "U504",
                    person.place,
                    f"{name} is here twice, the first time in line {first.line}.",
                    repair="Remove one of them, or give them different addresses, birth dates or cities.",
                )
            )

    def _refuse_contradiction(
        self, top: Mapping, kind: Word, birth_date: MaybeWord, contacts: tuple[ContactEntry, ...]
    ) -> None:
        key = top.key("kind")
        if key is None:
            return
        if kind == "unknown" and isinstance(birth_date, str):
            self.findings.append(
                finding(
                    "U505",
                    key.place,
                    "The kind is said to be unknown, but there is a birth date.",
                    repair="Remove one of them.",
                )
            )
        if kind in ("adult", "minor") and any(contact.relationship == "guardian" for contact in contacts):
            if kind == "adult":
                self.findings.append(
                    finding(
                        "U505",
                        key.place,
                        "An adult with a contact who is a guardian is an adult_with_guardian.",
                        repair="Write `kind: adult_with_guardian`, or another relationship.",
                    )
                )
        elif (
            kind == "adult_with_guardian"
            and top.get("contacts") is not None
            and not any(contact.relationship == "guardian" for contact in contacts)
        ):
            self.findings.append(
                finding(
                    "U505",
                    key.place,
                    "An adult_with_guardian needs a contact who is a guardian.",
                    repair="Add `relationship: guardian` to that contact.",
                )
            )


def _account(
    state: str, login_email: str | None = None, mfa: bool = False, last_login: int | None = None
) -> AccountEntry | None:
    return None if state == "none" else AccountEntry(state, login_email, mfa, last_login)


def _invitation(state: str | None, sent: int | None) -> InvitationEntry | None:
    return None if state == "none" else InvitationEntry(state, sent)


def _is_https(text: str) -> bool:
    return bool(re.fullmatch(r"https://[A-Za-z0-9.-]+(:\d+)?(/[^\s\"<>]*)?", text))


def _is_zone(text: str) -> bool:
    return zone(text) is not None


def _is_status(text: str) -> bool:
    return _STATUS.fullmatch(text) is not None


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
