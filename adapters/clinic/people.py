"""The people of a clinic as somebody described them: what a people file holds, before defaults.

What was left out is `OMITTED`, so that one description can be laid over another: of the same person only
what the second one says changes. Knows neither YAML nor the database.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from enum import Enum
from typing import TypeAlias, TypeVar

from adapters.clinic.names import folded


class Omitted(Enum):
    """The one value of what was left out (an explicit null is None)."""

    OMITTED = "omitted"


OMITTED = Omitted.OMITTED

Word: TypeAlias = str | Omitted
MaybeWord: TypeAlias = str | Omitted | None
Truth: TypeAlias = bool | Omitted
MaybeTruth: TypeAlias = bool | Omitted | None
Whole: TypeAlias = int | Omitted


@dataclass(frozen=True, slots=True)
class ClinicEntry:
    """The clinic's own facts."""

    name: Word = OMITTED
    login_url: Word = OMITTED
    support_email: Word = OMITTED
    mail_from: Word = OMITTED
    timezone: Word = OMITTED
    invite_hours: Whole = OMITTED
    resend_minutes: Whole = OMITTED
    age_of_majority: Whole = OMITTED
    mail_policy: Word = OMITTED


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """A portal account; `login_email` None means the address on record, `last_login` is in minutes ago."""

    state: str
    login_email: str | None = None
    mfa: bool = False
    last_login: int | None = None


@dataclass(frozen=True, slots=True)
class InvitationEntry:
    """The newest setup email; `state` None follows from the age, `sent` is in minutes ago."""

    state: str | None = None
    sent: int | None = None


@dataclass(frozen=True, slots=True)
class DeliveryEntry:
    """What became of the newest setup email; one of them may follow from the other."""

    state: str | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True)
class VideoEntry:
    """A video session: `starts` in so many minutes from now (negative: so many ago), `opens` so many minutes
    before its start."""

    starts: int
    minutes: int = 50
    opens: int = 10
    link: bool = True
    cancelled: bool = False


@dataclass(frozen=True, slots=True)
class PersonEntry:
    """What clients and contacts have in common."""

    name: str
    email: MaybeWord = OMITTED
    phone: MaybeWord = OMITTED
    status: Word = OMITTED
    online_access: MaybeTruth = OMITTED
    email_notifications: MaybeTruth = OMITTED
    switched_off_by: MaybeWord = OMITTED
    account: AccountEntry | Omitted | None = OMITTED
    invitation: InvitationEntry | Omitted | None = OMITTED
    delivery: DeliveryEntry | Omitted | None = OMITTED


@dataclass(frozen=True, slots=True)
class ContactEntry(PersonEntry):
    """A contact on a client's People tab."""

    relationship: Word = OMITTED
    primary: Truth = OMITTED
    consent: Word = OMITTED


@dataclass(frozen=True, slots=True)
class ClientEntry(PersonEntry):
    """A client. A birth date, where it is given, decides about the kind; `practitioners` are the ids of those
    who see the client."""

    kind: Word = OMITTED
    birth_date: MaybeWord = OMITTED
    city: MaybeWord = OMITTED
    practitioners: tuple[str, ...] | Omitted = OMITTED
    video: VideoEntry | Omitted = OMITTED
    contacts: tuple[ContactEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class People:
    """A clinic and its clients, in the order in which they were entered."""

    clinic: ClinicEntry = ClinicEntry()
    clients: tuple[ClientEntry, ...] = ()


NOBODY = People()

# Who says the first without the second means another second than the description underneath.
_DECIDED_TOGETHER = (
    ("kind", "birth_date"),
    ("birth_date", "kind"),
    ("invitation", "account"),
    ("invitation", "delivery"),
    ("account", "invitation"),
    ("account", "delivery"),
    ("email", "delivery"),
)

_Entry = TypeVar("_Entry", ClinicEntry, ContactEntry, ClientEntry)
_Named = TypeVar("_Named", ContactEntry, ClientEntry)
_Given = TypeVar("_Given")


def given(value: _Given | Omitted, default: _Given) -> _Given:
    """The value, or the default where it was left out."""
    return default if isinstance(value, Omitted) else value


def merge(base: People, extra: People) -> People:
    """`base` with `extra` laid over it: people are matched by name, new ones are added at the end.

    Where several have one name, the first of `extra` is the first of `base`, and so on.
    """
    return People(_over(base.clinic, extra.clinic), _matched(base.clients, extra.clients, _client_over))


def _matched(
    base: Sequence[_Named], extra: Sequence[_Named], over: Callable[[_Named, _Named], _Named]
) -> tuple[_Named, ...]:
    result = list(base)
    used: set[int] = set()
    for entry in extra:
        spots = (n for n, own in enumerate(base) if n not in used and folded(own.name) == folded(entry.name))
        spot = next(spots, None)
        if spot is None:
            result.append(entry)
        else:
            used.add(spot)
            result[spot] = over(result[spot], entry)
    return tuple(result)


def _over(base: _Entry, extra: _Entry) -> _Entry:
    changes = {
        field.name: value
        for field in fields(extra)
        if field.name != "contacts" and (value := getattr(extra, field.name)) is not OMITTED
    }
    stated = frozenset(changes)
    for key, other in _DECIDED_TOGETHER:
        if key in stated and other not in stated and hasattr(base, other):
            changes[other] = OMITTED
    return replace(base, **changes)


def _client_over(base: ClientEntry, extra: ClientEntry) -> ClientEntry:
    return replace(_over(base, extra), contacts=_matched(base.contacts, extra.contacts, _over))
