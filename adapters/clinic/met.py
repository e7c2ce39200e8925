"""The people of a clinic as one conversation met them: found again from what its calls gave.

What a read told first is how a person was when the conversation began; what another read told later, and no
call of the conversation explains, somebody changed by hand in between. Nothing personal is replaced here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from engine import Value

Record = Mapping[str, Value]

BY_HAND = ("email", "online_access", "email_notifications", "account", "consent", "primary", "delivery")
ADDED = "added"
"""What a replay can change by hand; `ADDED` is a change by which a person came in."""

_OF_ACCOUNTS = frozenset(
    {
        "send_invitation",
        "send_password_reset",
        "set_temporary_password",
        "unlock_account",
        "revoke_sessions",
        "reset_mfa",
    }
)
_TOLD = ("state", "status")
_PORTAL = ("online_access", "email_notifications")


@dataclass(slots=True)
class Met:
    """One person. `facts` are as they were at first, by the keys of a people file. `masked` is what was seen
    of an address, and `written_to` says that there is one; `born` is the year of a birth date."""

    id: str
    client: str = ""
    name: str = ""
    kind: str = ""
    masked: str = ""
    born: int = 0
    facts: dict[str, Value] = field(default_factory=dict)
    account: Record | None = None
    invitation: Record | None = None
    delivery: Record | None = None
    video: Record | None = None
    check: Record | None = None
    written_to: bool = False
    since: dict[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Change:
    """Something that was changed by hand, before the turn with this number."""

    turn: int
    person: str
    what: str
    value: Value


@dataclass(frozen=True, slots=True)
class Search:
    """A search: what was looked for, and the ids of those that were found."""

    query: str
    found: tuple[str, ...]


class Meeting:
    """Takes the calls of a conversation in their order. `people` are in the order of the clinic's list as far
    as it was seen, clients and contacts together."""

    def __init__(self) -> None:
        self.people: dict[str, Met] = {}
        self.clinic: Record = {}
        self.searches: list[Search] = []
        self.changes: list[Change] = []
        self.added: set[str] = set()
        self._now: dict[tuple[str, str], Value] = {}
        self._written: set[tuple[str, str]] = set()
        self._messages: dict[str, str] = {}
        self._listed: dict[tuple[str, str], frozenset[str]] = {}
        self._turn = 0

    def take(self, action: str, args: Record, result: Value, at: datetime, turn: int) -> None:
        """Learn from one call that succeeded; `turn` is the number of the turn that led to it."""
        self._turn, self._at = turn, at
        about = _text(args.get("subject")) or _text(args.get("client"))
        match action, result:
            case "get_clinic", dict():
                self.clinic = self.clinic or result
            case "find_clients", dict():
                self._found(args, result)
            case "get_client", dict():
                self._record(self._person(_text(result.get("id"))), result)
            case "list_contacts", list():
                self._contacts(about, result)
            case "get_portal_settings", dict():
                person = self._person(about)
                for key in (*_PORTAL, "switched_off_by"):
                    self._learn(person, key, result.get(key))
            case "check_email", dict():
                person = self._person(about)
                person.check = person.check or result
                self._learn(person, "email", result.get("address"))
            case "get_account", dict():
                self._account(self._person(about), result, at)
            case "get_invitation", dict():
                self._messages[_text(result.get("message_id"))] = about
                if ("invitation", about) not in self._written:
                    self._first(self._person(about), "invitation", result, at)
            case "get_delivery", dict():
                self._delivery(_text(args.get("message")), result, at)
            case "get_consent", dict():
                self._learn(self._person(_text(args.get("contact"))), "consent", result.get("status"))
            case "next_video_session", dict():
                client = _text(result.get("client")) or about
                if client != about:
                    self._learn(self._person(about, client), "consent", "active")
                self._first(self._person(client), "video", result, at)
            case _, _:
                self._changed(action, args, result, about)

    def _person(self, id: str, client: str = "") -> Met:
        person = self.people.setdefault(id, Met(id))
        person.client = person.client or client
        return person

    def _first(self, person: Met, what: str, result: Record, at: datetime) -> None:
        if what not in person.since:
            setattr(person, what, result)
            person.since[what] = at

    def _learn(self, person: Met, what: str, value: Value) -> None:
        """What a person's record says now."""
        key = (person.id, what)
        if key not in self._now and key not in self._written:
            person.facts[what] = value
        elif key in self._now and self._now[key] != value and what in BY_HAND:
            self.changes.append(Change(self._turn, person.id, what, value))
        self._now[key] = value

    def _found(self, args: Record, result: Record) -> None:
        clients = [each for each in _list(result.get("clients")) if isinstance(each, dict)]
        if not result.get("truncated"):
            where = (_text(args.get("query")), _text(args.get("birth_date")))
            self._came_in(where, [_text(each.get("id")) for each in clients])
        for each in clients:
            person = self._person(_text(each.get("id")))
            person.name = person.name or _text(each.get("name"))
            person.kind = person.kind or _text(each.get("kind"))
            person.masked = person.masked or _text(each.get("email_masked"))
            year = each.get("birth_year")
            person.born = person.born or (year if isinstance(year, int) else 0)
            person.facts.setdefault("city", each.get("city"))
            if args.get("birth_date"):
                person.facts.setdefault("birth_date", args.get("birth_date"))
        self.searches.append(
            Search(_text(args.get("query")), tuple(_text(each.get("id")) for each in clients))
        )

    def _came_in(self, where: tuple[str, str], there: list[str]) -> None:
        """Whoever is in a list now, was not when it was read before, and had not been met, came in since."""
        before = self._listed.get(where)
        self._listed[where] = frozenset(there)
        for id in there:
            if before is not None and id not in before and id not in self.people:
                self.added.add(id)
                self.changes.append(Change(self._turn, id, ADDED, None))

    def _record(self, person: Met, record: Record) -> None:
        person.name = person.name or _text(record.get("name"))
        person.kind = person.kind or _text(record.get("kind"))
        for key in ("phone", "birth_date", "status"):
            person.facts.setdefault(key, record.get(key))
        self._learn(person, "email", record.get("email"))

    def _contacts(self, client: str, contacts: list[Value]) -> None:
        self._came_in(("", client), [_text(each.get("id")) for each in contacts if isinstance(each, dict)])
        for each in contacts:
            if isinstance(each, dict):
                person = self._person(_text(each.get("id")), client)
                self._record(person, {**each, "kind": "", "status": "active"})
                person.facts.setdefault("relationship", each.get("relationship"))
                self._learn(person, "primary", each.get("is_primary"))

    def _account(self, person: Met, result: Record, at: datetime) -> None:
        if ("account", person.id) not in self._written:
            self._first(person, "account", result, at)
        self._learn(person, "account", result.get("state"))
        person.facts.pop("account", None)

    def _delivery(self, message: str, result: Record, at: datetime) -> None:
        about = self._messages.get(message, "")
        if not about:
            return
        key, told = (about, "delivery"), {name: result.get(name) for name in _TOLD}
        if key not in self._now:
            self._first(self._person(about), "delivery", result, at)
        elif self._now[key] != told:
            self.changes.append(Change(self._turn, about, "delivery", told))
        self._now[key] = told

    def _changed(self, action: str, args: Record, result: Value, about: str) -> None:
        """What a call of the conversation changed itself."""
        told: Record = result if isinstance(result, dict) else {}
        if action == "set_portal_settings":
            self._set(about, {key: told.get(key) for key in _PORTAL})
        elif action == "update_email":
            self._set(about, {"email": args.get("new_email")})
        elif action in ("record_consent", "withdraw_consent"):
            self._set(_text(args.get("contact")), {"consent": told.get("status")})
        elif action in _OF_ACCOUNTS:
            person = self._person(about)
            if ("account", about) not in self._written and action != "send_invitation":
                state = "locked" if action == "unlock_account" else "active"
                self._first(person, "account", {"state": state}, self._at)
            person.written_to = True
            if action == "send_invitation":
                self._now[about, "delivery"] = dict(zip(_TOLD, ("sent", None), strict=True))
            self._now.pop((about, "account"), None)
            self._written |= {("account", about), ("invitation", about), (about, "account")}

    def _set(self, id: str, values: dict[str, Value]) -> None:
        for what, value in values.items():
            self._now[id, what] = value
            self._written.add((id, what))


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""


def _list(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []
