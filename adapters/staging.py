"""The world a replay is held in: a fresh embedded clinic, store and mailbox, in a folder of its own.

Chooses concrete parts, as `wiring` does for people.
"""

from __future__ import annotations

import email
import email.policy
import mailbox
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import msgspec

from adapters.clinic.actions import CATALOG
from adapters.clinic.by_hand import ByHand, change_by_hand
from adapters.clinic.database import open_database
from adapters.clinic.embedded import EmbeddedClinic
from adapters.clinic.names import slug
from adapters.clinic.people import ContactEntry, People, given
from adapters.clinic.people_file import load_people, people_of, sample_source
from adapters.clinic.port import ActionFailed, Backend, CallContext, OutcomeLost
from adapters.clinic.records import persons
from adapters.clinic.show import journal_lines
from adapters.driver import Driver, Parts
from adapters.gates.book_file import SqliteBook
from adapters.gates.policy_file import shipped_policy
from adapters.gates.policy_gate import PolicyGate
from adapters.library import Library
from adapters.mail.maildir import Maildir
from adapters.replay.port import CallMade
from adapters.replay.replay_file import LOST, Replay
from adapters.secrets.vault import MemoryVault
from adapters.stores.sqlite import SqliteStore
from adapters.view import View
from adapters.walks import walks
from engine import (
    CannotTell,
    Diagnostic,
    Effect,
    Failure,
    Finding,
    Flow,
    Node,
    Place,
    Scalar,
    Traced,
    Value,
)

SAMPLE = "sample"
_SECONDS = 10.0


def people_for(replay: Replay) -> tuple[People, tuple[Diagnostic, ...]]:
    """The people a replay starts with: the sample clinic by name, a list of its own, or both together
    (`{fixture: sample, clients: […]}`)."""
    node = replay.clinic
    if node is None or (isinstance(node, Scalar) and node.text == SAMPLE):
        return load_people(sample_source())
    return people_of(node, Place(replay.source, 1, 1))


class FaultyClinic:
    """A backend that does what the one inside does, but for the calls that were planned to go wrong."""

    def __init__(self, inside: Backend) -> None:
        self._inside = inside
        self._planned: dict[str, deque[str]] = {}
        self._untold: set[str] = set()
        self.made: list[CallMade] = []

    def plan(self, action: str, fault: str) -> None:
        """Let a coming call of `action` end in `fault`."""
        self._planned.setdefault(action, deque()).append(fault)

    def capabilities(self) -> frozenset[str]:
        """Those of the backend inside."""
        return self._inside.capabilities()

    def perform(self, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        """See `Backend.perform`; a planned fault comes instead."""
        planned = self._planned.get(action)
        fault = planned.popleft() if planned else ""
        try:
            result = (
                self._faulty(fault, action, args, context) if fault else self._done(action, args, context)
            )
        except (ActionFailed, OutcomeLost) as error:
            name = error.failure.value if isinstance(error, ActionFailed) else fault or LOST
            self.made.append(CallMade(action, name))
            raise
        self.made.append(CallMade(action, ""))
        return result

    def _done(self, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        return self._inside.perform(action, args, context)

    def _faulty(self, fault: str, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        if fault == LOST:
            self._done(action, args, context)
            raise OutcomeLost
        failure = Failure(fault)
        if failure is Failure.OUTCOME_UNKNOWN and CATALOG.actions[action].effect is not Effect.READ:
            self._untold.add(context.key)
            raise OutcomeLost
        raise ActionFailed(failure, "This was planned by the replay.")

    def check_back(self, action: str, args: Mapping[str, Value], context: CallContext) -> Finding:
        """See `Backend.check_back`; nothing is found out about a call that was planned to stay unknown."""
        if context.key in self._untold:
            return CannotTell()
        return self._inside.check_back(action, args, context)

    def close(self) -> None:
        """Close the backend inside."""
        self._inside.close()


class DriverStage:
    """Holds a replay on the driver itself, with everything it needs in `folder`."""

    def __init__(self, replay: Replay, people: People, library: Library, folder: Path) -> None:
        numbers = count(1)
        sessions = count(1)
        self._now = datetime.fromisoformat(replay.now)
        self._replay = replay
        self._library = library
        clock = self._clock
        self._path = folder / "clinic.db"
        self._mail = folder / "mail"
        EmbeddedClinic.create(self._path, people, clock)
        clinic = EmbeddedClinic.open(
            self._path, Maildir(self._mail), clock, lambda: f"token-{next(numbers):032d}"
        )
        self._clinic = FaultyClinic(clinic)
        self._store = SqliteStore(folder / "sessions.db")
        self._book = SqliteBook(folder / "gates.db")
        gate = PolicyGate(shipped_policy(), CATALOG, self._book)
        self._numbers = numbers
        self._parts = Parts(
            library,
            self._clinic,
            self._store,
            gate,
            clock,
            lambda: f"replay-{next(sessions)}",
            lambda: self._now.astimezone(UTC).date(),
            self._new_vault(),
        )
        self._driver = Driver(self._parts)
        self._session = ""

    def close(self) -> None:
        """Let go of everything."""
        self._driver.close()
        self._store.close()
        self._book.close()
        self._clinic.close()

    def start(self, flow: str = "", by: str = "") -> View:
        """See `Stage.start`."""
        view = self._driver.start(
            flow or self._replay.flow, actor=by or "replay", audience=self._replay.audience
        )
        self._session = view.session
        return view

    def answer(self, value: Value, by: str = "") -> View:
        """See `Stage.answer`."""
        return self._driver.answer(self._session, value, actor=by)

    def reveal(self, id: str) -> tuple[bool, View]:
        """See `Stage.reveal`."""
        value, view = self._driver.reveal(self._session, id)
        return value is not None, view

    def later(self, minutes: int) -> None:
        """See `Stage.later`."""
        self._now += timedelta(minutes=minutes)

    def restart(self) -> View:
        """See `Stage.restart`. What only memory held is gone."""
        self._driver.close()
        self._parts = msgspec.structs.replace(self._parts, vault=self._new_vault())
        self._driver = Driver(self._parts)
        return self._driver.resume(self._session)

    def _new_vault(self) -> MemoryVault:
        return MemoryVault(lambda: f"secret-{next(self._numbers)}")

    def _clock(self) -> datetime:
        return self._now

    def back(self) -> View:
        """See `Stage.back`."""
        return self._driver.back(self._session)

    def change(self, prompt: str) -> View:
        """See `Stage.change`."""
        return self._driver.change(self._session, prompt)

    def by_hand(self, change: Node) -> None:
        """See `Stage.by_hand`."""
        people, _ = people_of(change, Place(self._replay.source, 1, 1))
        database = open_database(self._path)
        try:
            with database.writing(_SECONDS) as connection:
                for client in people.clients:
                    for person in (client, *client.contacts):
                        account = given(person.account, None)
                        changes = ByHand(person.email, person.online_access, person.email_notifications)
                        if account is not None:
                            changes = replace(changes, account=account.state)
                        if isinstance(person, ContactEntry):
                            changes = replace(changes, consent=person.consent)
                        if _says_something(changes):
                            change_by_hand(connection, slug(person.name), changes, self._clock())
                    for contact in client.contacts:
                        if contact.primary is True:
                            connection.execute(
                                "UPDATE person SET is_primary = 1, version = version + 1 WHERE id = ?",
                                (slug(contact.name),),
                            )
        finally:
            database.close()

    def walks(self) -> Iterator[tuple[Flow, tuple[Traced, ...]]]:
        """What every session of this world went through so far."""
        return walks(self._store, self._library)

    def plan_fault(self, action: str, fault: str) -> None:
        """See `Stage.plan_fault`."""
        self._clinic.plan(action, fault)

    def why(self, step: str) -> str:
        """See `Stage.why`."""
        driver, session = self._driver, self._session
        return (driver.why_not(session, step) if step else driver.why(session)).info or ""

    def calls(self) -> tuple[CallMade, ...]:
        """See `Stage.calls`."""
        return tuple(self._clinic.made)

    def holds(self) -> dict[str, Value]:
        """See `Stage.holds`."""
        return held_at(self._path, self._mail)


def held_at(clinic: Path, mail: Path) -> dict[str, Value]:
    """What an embedded clinic and a Maildir hold, in the words of a replay's `holds`."""
    database = open_database(clinic)
    try:
        with database.reading(_SECONDS) as connection:
            settings: dict[str, Value] = {
                each.id: {
                    "online_access": each.online_access,
                    "email_notifications": each.email_notifications,
                }
                for each in persons(connection)
            }
            journal: list[Value] = [
                line.action for line in journal_lines(connection) if line.action in CATALOG.actions
            ]
            tickets = connection.execute("SELECT count(*) FROM ticket").fetchone()[0]
    finally:
        database.close()
    return {"settings": settings, "mailbox": _letters(mail), "tickets": tickets, "journal": journal}


def _says_something(changes: ByHand) -> bool:
    return changes != ByHand()


def _letters(folder: Path) -> list[Value]:
    """The messages in a Maildir, in the order in which they came."""
    if not folder.exists():
        return []
    box = mailbox.Maildir(folder, create=False)
    letters: list[Value] = []
    for key in sorted(box.keys(), key=_numbers):
        message = email.message_from_bytes(box.get_bytes(key), policy=email.policy.default)
        letters.append({"to": str(message["Delivered-To"]), "subject": str(message["Subject"])})
    return letters


def _numbers(key: str) -> list[int]:
    """What orders the names of a Maildir: their numbers, which are not padded to equal length."""
    return [int(digits) for digits in re.findall(r"\d+", key)]
