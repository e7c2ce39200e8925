"""The people that a conversation met, as the people of a replay: with stand-ins, and as they were at its
beginning."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from adapters.clinic.addresses import normal
from adapters.clinic.met import ADDED, Change, Meeting, Met, Record
from adapters.clinic.names import folded, slug
from adapters.clinic.stand_ins import NOBODY, StandIns
from engine import Value

Entry = dict[str, Value]

_KEPT = ("timezone", "invite_hours", "resend_minutes", "mail_policy")
"""What of the clinic's own facts says nothing of whose clinic it is."""

_UNITS = (("week", 10_080), ("day", 1_440), ("hour", 60), ("minute", 1))
_LONGEST = 99_999
_MAJORITY = 18


class Fixture:
    """Stands for the people of `meeting` as they were at the moment `began`; `seen_by` are the practitioners
    whose clients all of them are."""

    def __init__(self, meeting: Meeting, began: datetime, seen_by: tuple[str, ...] = ()) -> None:
        self._meeting = meeting
        self._began = began
        self._seen_by: list[Value] = [*seen_by]
        self._added = meeting.added
        people = meeting.people.values()
        self._clients = [each for each in people if not each.client]
        self._contacts = [each for each in people if each.client]
        checks = [each.check for each in people if each.check is not None]
        self.stand_ins = StandIns(
            (word for each in people for word in each.name.split()),
            dict(_suggestions(checks)),
            frozenset(_domain(_text(each.get("address"))) for each in checks if each.get("often_blocked")),
            began.date(),
        )
        self._names = {each.id: self.stand_ins.name(each.name or "Somebody") for each in people}
        self.ids = self._new_ids()
        self._known_addresses()

    def people(self) -> Entry:
        """What stands under `clinic` in a replay."""
        kept: Entry = {key: self._meeting.clinic[key] for key in _KEPT if key in self._meeting.clinic}
        clients: list[Value] = [self._client(each) for each in self._clients if each.id not in self._added]
        made: Entry = {"clinic": kept} if kept else {}
        return {**made, "clients": [*clients, *self._sharers()]}

    def by_hand(self, change: Change) -> Entry | None:
        """What stands under `by hand` for a change; None where a replay cannot say it."""
        person = self._meeting.people[change.person]
        if change.what == ADDED:
            entry = self._contact(person) if person.client else self._client(person)
            return self._among_namesakes(person, entry)
        value = change.value
        if change.what == "email" and isinstance(value, str):
            value = self.stand_ins.address(value, self._names[person.id])
        elif change.what == "primary" and value is not True:
            return None
        return self._among_namesakes(person, {"name": self._names[person.id], change.what: value})

    def _among_namesakes(self, person: Met, entry: Entry) -> Entry:
        """The change of one person, after those of the same name who come before: names are matched in
        order."""
        entries: list[Value] = [*self._namesakes_before(person), entry]
        if person.client:
            client = self._meeting.people[person.client]
            within: Entry = {"name": self._names[client.id], "contacts": entries}
            entries = [*self._namesakes_before(client), within]
        return {"clients": entries}

    def _namesakes_before(self, person: Met) -> list[Value]:
        listed = self._contacts_of(self._meeting.people[person.client]) if person.client else self._clients
        before = listed[: listed.index(person)]
        return [self._told_apart(each) for each in before if self._names[each.id] == self._names[person.id]]

    def _told_apart(self, person: Met) -> Entry:
        """Somebody who is named only to be passed over."""
        known = self._contact(person) if person.client else self._client(person)
        return {key: known[key] for key in ("name", "birth_date", "kind", "city") if key in known}

    def query(self, typed: str) -> str:
        """For what was searched for: words that find the stand-ins of those that were found."""
        searches = reversed(self._meeting.searches)
        found = next((each.found for each in searches if each.query == typed), None)
        if found is None:
            return self.stand_ins.typed(typed)
        if not found:
            return NOBODY
        wanted = set(found)
        return next((each for each in self._queries(typed, found) if self._finds(each) == wanted), NOBODY)

    def _queries(self, typed: str, found: tuple[str, ...]) -> Iterator[str]:
        """What might find them, the nearest to what was typed first."""
        yield " ".join(self._part(word) for word in typed.split())
        families = [each for each in self._meeting.people.values() if {each.id, each.client} & set(found)]
        for person in families:
            yield self._names[person.id]
            yield from self._names[person.id].split()
            address = _text(person.facts.get("email"))
            if address:
                yield self.stand_ins.address(address)
                yield _domain(self.stand_ins.address(address))
        yield "-"

    def _part(self, word: str) -> str:
        """For a word of a search: the stand-in of the name that it is a part of."""
        whole = self.stand_ins.word(word)
        if whole is not None:
            return whole
        for person in self._meeting.people.values():
            for part in person.name.split():
                if folded(word) in folded(part):
                    return self.stand_ins.word(part) or part
            if normal(word) == normal(_text(person.facts.get("email"))) or word == person.id:
                return self.ids[person.id]
        return word

    def _finds(self, query: str) -> set[str]:
        words = folded(query).split()
        return {
            each.client or each.id
            for each in self._meeting.people.values()
            if all(word in self._searched(each) for word in words)
        }

    def _searched(self, person: Met) -> str:
        address = self._address(person)
        return folded(f"{self._names[person.id]} {address or ''} {self.ids[person.id]}")

    def _new_ids(self) -> dict[str, str]:
        """The ids that the embedded clinic gives to the stand-ins: clients first."""
        taken: set[str] = set()
        ids: dict[str, str] = {}
        for client in self._clients:
            taken.add(new := slug(self._names[client.id], taken))
            ids[client.id] = new
        for client in self._clients:
            for contact in self._contacts_of(client):
                taken.add(new := slug(self._names[contact.id], taken))
                ids[contact.id] = new
        return ids

    def _contacts_of(self, client: Met) -> list[Met]:
        return [each for each in self._contacts if each.client == client.id]

    def _known_addresses(self) -> None:
        """Give every address its stand-in by its owner, before anybody types one."""
        for person in self._meeting.people.values():
            check = person.check or {}
            # What others share would make them be found by the owner's name.
            owner = self._names[person.id] if check.get("shared_with") in (None, 0) else ""
            for address in (person.facts.get("email"), (person.account or {}).get("login_email")):
                if isinstance(address, str):
                    self.stand_ins.address(address, owner)

    def _client(self, person: Met) -> Entry:
        entry = self._person(person)
        contacts: list[Value] = [
            self._contact(each)
            for each in self._contacts_of(person)
            if each.id not in self._added or person.id in self._added
        ]
        born = person.facts.get("birth_date") or (str(person.born) if person.born else None)
        if isinstance(born, str):
            entry["birth_date"] = self.stand_ins.birth_date(born, _MAJORITY)
        elif person.kind:
            entry["kind"] = person.kind
        if person.kind == "adult_with_guardian" and not any(
            each.facts.get("relationship") == "guardian" for each in self._contacts_of(person)
        ):
            contacts.append({"name": "Somebody Else", "relationship": "guardian"})
        city = person.facts.get("city")
        if isinstance(city, str):
            entry["city"] = self.stand_ins.city(city)
        if self._seen_by:
            entry["practitioners"] = self._seen_by
        video = _video(person.video, self._began) if person.video is not None else None
        if video is not None:
            entry["video"] = video
        return {**entry, "contacts": contacts} if contacts else entry

    def _contact(self, person: Met) -> Entry:
        entry = self._person(person)
        entry["relationship"] = person.facts.get("relationship", "other")
        if person.facts.get("primary") is True:
            entry["primary"] = True
        if person.facts.get("consent") in ("active", "inactive"):
            entry["consent"] = person.facts["consent"]
        return entry

    def _person(self, person: Met) -> Entry:
        facts = person.facts
        address = self._address(person)
        entry: Entry = {"name": self._names[person.id]}
        if address is not None:
            entry["email"] = address
        phone = facts.get("phone")
        if isinstance(phone, str):
            entry["phone"] = self.stand_ins.phone(phone)
        if facts.get("status") == "archived":
            entry["status"] = "archived"
        for key in ("online_access", "email_notifications"):
            if key in facts and facts[key] is not (address is not None):
                entry[key] = facts[key]
        if facts.get("switched_off_by"):
            entry["switched_off_by"] = facts["switched_off_by"]
        return {**entry, **self._history(person)}

    def _address(self, person: Met) -> str | None:
        address = person.facts.get("email")
        if isinstance(address, str):
            return self.stand_ins.address(address)
        if "email" in person.facts or not (person.masked or person.written_to):
            return None
        return self.stand_ins.address(person.masked or f"{person.id}@", self._names[person.id])

    def _history(self, person: Met) -> Entry:
        entry: Entry = {}
        if person.account is not None and person.account.get("state") != "unknown":
            entry["account"] = self._account(person, person.account)
        if person.invitation is not None and person.invitation.get("state") != "unknown":
            entry["invitation"] = _invitation(person.invitation, self._before(person, "invitation"))
        if person.delivery is not None and person.delivery.get("state") not in (None, "sent"):
            told = {"state": person.delivery["state"], "status": person.delivery.get("status")}
            entry["delivery"] = {key: value for key, value in told.items() if value is not None}
        return entry

    def _account(self, person: Met, account: Record) -> Value:
        more: Entry = {}
        login = account.get("login_email")
        if isinstance(login, str) and normal(login) != normal(_text(person.facts.get("email"))):
            more["login_email"] = self.stand_ins.address(login)
        if account.get("mfa") is True:
            more["mfa"] = True
        last = account.get("last_login")
        if isinstance(last, str):
            more["last_login"] = _ago(_minutes(self._began, last))
        state = account["state"]
        return {"state": state, **more} if more else state

    def _before(self, person: Met, what: str) -> int:
        """How many minutes after the beginning something was read."""
        return int((person.since[what] - self._began).total_seconds() // 60)

    def _sharers(self) -> list[Value]:
        """People of whom it is known only that they have somebody else's address, too."""
        made: list[Value] = []
        for person in self._meeting.people.values():
            check, address = person.check or {}, self._address(person)
            shared = check.get("shared_with")
            if not isinstance(shared, int) or address is None:
                continue
            others = {
                folded(self._names[each.id])
                for each in self._meeting.people.values()
                if self._address(each) == address and self._names[each.id] != self._names[person.id]
            }
            for _ in range(shared - len(others)):
                made.append({"name": f"Another Person {len(made) + 1}", "email": address})
        return made


def _suggestions(checks: list[Record]) -> Iterator[tuple[str, str]]:
    for check in checks:
        address, right = check.get("address"), check.get("suggested_domain")
        if isinstance(address, str) and isinstance(right, str):
            yield _domain(address), right


def _invitation(record: Record, since: int) -> Value:
    ago = record.get("sent_minutes_ago")
    if record["state"] == "none" or not isinstance(ago, int):
        return record["state"]
    sent = _ago(max(0, ago - since))
    return {"sent": sent} if record["state"] == "pending" else {"state": record["state"], "sent": sent}


def _video(record: Record, began: datetime) -> Entry | None:
    start, end, opens = (_text(record.get(key)) for key in ("start", "end", "join_opens"))
    if record.get("state") == "none" or not start:
        return None
    minutes = -_minutes(began, start)
    entry: Entry = {"starts": _ago(-minutes) if minutes < 0 else f"in {_spelled(minutes)}"}
    if end:
        entry["minutes"] = _between(start, end)
    if opens:
        entry["opens"] = _between(opens, start)
    if record.get("join_url_present") is False:
        entry["link"] = False
    if record.get("cancelled") is True:
        entry["cancelled"] = True
    return entry


def _between(first: str, second: str) -> int:
    return _minutes(datetime.fromisoformat(second), first)


def _minutes(until: datetime, since: str) -> int:
    """Whole minutes from one moment to another; negative where it is the other way round."""
    return round((until - datetime.fromisoformat(since)).total_seconds() / 60)


def _ago(minutes: int) -> str:
    return f"{_spelled(minutes)} ago"


def _spelled(minutes: int) -> str:
    """A time as a people file says it, in the largest unit that is exact or not too long."""
    for name, length in _UNITS:
        if minutes and minutes % length == 0 and minutes // length <= _LONGEST:
            return f"{minutes // length} {name}{'' if minutes == length else 's'}"
    if minutes <= _LONGEST:
        return f"{minutes} minutes"
    return f"{minutes // 1_440} days"


def _domain(address: str) -> str:
    return normal(address).rpartition("@")[2]


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""
