"""Reading a people file (YAML): who is at a clinic, and in which situation.

Everything wrong is reported at once, with its place; nothing is raised for an author's mistake. Defaults and
ids are not known here (see `populate`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from datetime import date
from importlib.resources import files
from typing import TypeVar

from adapters.clinic.addresses import well_formed
from adapters.clinic.moments import zone
from adapters.clinic.names import folded
from adapters.clinic.people import (
    OMITTED,
    AccountEntry,
    ClientEntry,
    ClinicEntry,
    ContactEntry,
    DeliveryEntry,
    InvitationEntry,
    MaybeTruth,
    MaybeWord,
    Omitted,
    People,
    Truth,
    Whole,
    Word,
)
from engine import (
    Diagnostic,
    Mapping,
    Node,
    Place,
    Scalar,
    Source,
    did_you_mean,
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
_AGO = re.compile(r"(\d{1,5}) (minute|hour|day|week)s? ago")
_MINUTES = {"minute": 1, "hour": 60, "day": 1440, "week": 10080}
_PERSON_KEYS = (
    "name email phone status online_access email_notifications switched_off_by account invitation delivery"
).split()
_CONTACT_KEYS = (*_PERSON_KEYS, "relationship", "primary", "consent")
_CLIENT_KEYS = (*_PERSON_KEYS, "kind", "birth_date", "city", "contacts")
_CLINIC_KEYS = (
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


class _Reading:
    """Reads nodes into entries, and collects what is wrong on the way."""

    def __init__(self) -> None:
        self.findings: list[Diagnostic] = []

    def clinic(self, node: Node) -> ClinicEntry:
        """The section `clinic`."""
        top = self.mapping(node, "the clinic", _CLINIC_KEYS)
        if top is None:
            return ClinicEntry()
        return ClinicEntry(
            name=self.text(top, "name"),
            login_url=self._checked(top, "login_url", _is_https, "an https address"),
            support_email=self._checked(top, "support_email", well_formed, "an email address"),
            mail_from=self._checked(top, "mail_from", well_formed, "an email address"),
            timezone=self._checked(top, "timezone", _is_zone, "a time zone such as America/Toronto"),
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
            self._wrong(node, f"`{key}` must be a list of people, each beginning with `- name:`")
            return ()
        keys = _CLIENT_KEYS if key == "clients" else _CONTACT_KEYS
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

    def mapping(self, node: Node, what: str, known: Collection[str]) -> Mapping | None:
        """The node as a mapping; keys that are not known become findings."""
        if not isinstance(node, Mapping):
            self._wrong(node, f"{what} must have keys: {', '.join(known)}")
            return None
        for key, _ in node.entries:
            if key.text not in known:
                repair = did_you_mean(key.text, known) or f"Known are {', '.join(known)}."
                self.findings.append(
                    finding("U501", key.place, f"`{key.text}`: there is no such key here.", repair=repair)
                )
        return node

    def text(self, top: Mapping, key: str) -> Word:
        """A text that is not null."""
        value = self.maybe_text(top, key)
        if value is None:
            self._wrong_at(top, key, f"`{key}` needs a text")
            return OMITTED
        return value

    def maybe_text(self, top: Mapping, key: str) -> MaybeWord:
        """A text, or null for "there is none"."""
        node = top.get(key)
        if node is None:
            return OMITTED
        if isinstance(node, Scalar) and node.value is None:
            return None
        if isinstance(node, Scalar) and isinstance(node.value, str) and node.value.strip():
            return node.value.strip()
        self._wrong(node, f"`{key}` must be a text (in quotes, if it is a number or a truth) or null")
        return OMITTED

    def truth(self, top: Mapping, key: str) -> Truth:
        """True or false."""
        value = self.maybe_truth(top, key)
        if value is None:
            self._wrong_at(top, key, f"`{key}` must be true or false")
            return OMITTED
        return value

    def maybe_truth(self, top: Mapping, key: str) -> MaybeTruth:
        """True, false, or null for "not known"."""
        node = top.get(key)
        if node is None:
            return OMITTED
        if isinstance(node, Scalar) and (node.value is None or isinstance(node.value, bool)):
            return node.value
        self._wrong(node, f"`{key}` must be true or false")
        return OMITTED

    def whole(self, top: Mapping, key: str, least: int, most: int) -> Whole:
        """A whole number within bounds."""
        node = top.get(key)
        if node is None:
            return OMITTED
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, int) and not isinstance(value, bool) and least <= value <= most:
            return value
        self._wrong(node, f"`{key}` must be a whole number from {least} to {most}")
        return OMITTED

    def word(self, top: Mapping, key: str, options: Sequence[str]) -> Word:
        """One word of a closed list."""
        node = top.get(key)
        if node is None:
            return OMITTED
        found = self._option(node, key, options)
        return OMITTED if found is None else found

    def _option(self, node: Node, key: str, options: Sequence[str]) -> str | None:
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, str) and value in options:
            return value
        near = did_you_mean(value, options) if isinstance(value, str) else None
        self._wrong(node, f"`{key}` must be one of {', '.join(options)}", near)
        return None

    def _switched_off_by(self, top: Mapping) -> MaybeWord:
        node = top.get("switched_off_by")
        if isinstance(node, Scalar) and node.value is None:
            return None
        return self.word(top, "switched_off_by", ("client", "staff", "system"))

    def _birth_date(self, top: Mapping) -> MaybeWord:
        value = self.maybe_text(top, "birth_date")
        if isinstance(value, str) and not _is_date(value):
            self._wrong_at(top, "birth_date", "`birth_date` must be a date such as 1990-02-03")
            return OMITTED
        return value

    def _account(self, top: Mapping) -> AccountEntry | Omitted | None:
        node = top.get("account")
        if node is None:
            return OMITTED
        if isinstance(node, Scalar):
            state = self._option(node, "account", ACCOUNT_STATES)
            return OMITTED if state is None else _account(state)
        inner = self.mapping(node, "an account", ("state", "login_email", "mfa", "last_login"))
        state = self._needed(inner, "state", ACCOUNT_STATES)
        if inner is None or state is None:
            return OMITTED
        login, mfa = self.maybe_text(inner, "login_email"), self.truth(inner, "mfa")
        return _account(
            state,
            login if isinstance(login, str) else None,
            mfa is True,
            self._ago(inner, "last_login"),
        )

    def _invitation(self, top: Mapping) -> InvitationEntry | Omitted | None:
        node = top.get("invitation")
        if node is None:
            return OMITTED
        if isinstance(node, Scalar):
            state = self._option(node, "invitation", INVITATION_STATES)
            return OMITTED if state is None else _invitation(state, None)
        inner = self.mapping(node, "an invitation", ("state", "sent"))
        if inner is None:
            return OMITTED
        state = None
        if inner.get("state") is not None:
            state = self._needed(inner, "state", INVITATION_STATES)
        return _invitation(state, self._ago(inner, "sent"))

    def _delivery(self, top: Mapping) -> DeliveryEntry | Omitted | None:
        node = top.get("delivery")
        if node is None:
            return OMITTED
        if isinstance(node, Scalar):
            state = self._option(node, "delivery", DELIVERY_STATES)
            return OMITTED if state is None else DeliveryEntry(state)
        inner = self.mapping(node, "a delivery", ("state", "status"))
        if inner is None:
            return OMITTED
        status = self._checked(inner, "status", _is_status, 'a status such as "5.1.1"')
        found = self.word(inner, "state", DELIVERY_STATES)
        return DeliveryEntry(
            None if isinstance(found, Omitted) else found, None if isinstance(status, Omitted) else status
        )

    def _needed(self, inner: Mapping | None, key: str, options: Sequence[str]) -> str | None:
        node = inner.get(key) if inner is not None else None
        if node is not None:
            return self._option(node, key, options)
        if inner is not None:
            self.findings.append(
                finding(
                    "U503",
                    inner.place,
                    f"`{key}` is missing.",
                    repair=f"Add `{key}:`, one of {', '.join(options)}.",
                )
            )
        return None

    def _ago(self, top: Mapping, key: str) -> int | None:
        value = self.maybe_text(top, key)
        if not isinstance(value, str):
            return None
        found = _AGO.fullmatch(value)
        if found is None:
            self._wrong_at(top, key, f'`{key}` must be a time such as "3 days ago" or "20 minutes ago"')
            return None
        return int(found[1]) * _MINUTES[found[2]]

    def _checked(self, top: Mapping, key: str, fits: Callable[[str], bool], wanted: str) -> Word:
        value = self.maybe_text(top, key)
        if isinstance(value, Omitted):
            return OMITTED
        if value is None or not fits(value):
            self._wrong_at(top, key, f"`{key}` must be {wanted}")
            return OMITTED
        return value

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

    def _wrong_at(self, top: Mapping, key: str, expected: str) -> None:
        node = top.get(key)
        if node is not None:
            self._wrong(node, expected)

    def _wrong(self, node: Node, expected: str, repair: str | None = None) -> None:
        found = f"`{node.text}` does not fit." if isinstance(node, Scalar) else "This does not fit."
        self.findings.append(
            finding("U502", node.place, found, f"{expected[0].upper()}{expected[1:]}.", repair)
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
