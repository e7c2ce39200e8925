"""The world a replay is held in: a fresh embedded clinic, store and mailbox, in a folder of its own.

Chooses concrete parts, as `wiring` does for people.
"""

from __future__ import annotations

import email
import email.policy
import mailbox
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import msgspec

from adapters.clinic.actions import CATALOG
from adapters.clinic.database import open_database
from adapters.clinic.embedded import EmbeddedClinic
from adapters.clinic.holdings import held_by
from adapters.clinic.laid_over import lay_over
from adapters.clinic.people import People
from adapters.clinic.people_file import load_people, people_of, sample_source
from adapters.clinic.port import ActionFailed, Backend, CallContext, OutcomeLost
from adapters.clinic.show import journal_lines
from adapters.driver import Driver, Parts
from adapters.gates.book import Book
from adapters.gates.book_file import SqliteBook
from adapters.gates.policy import Policy
from adapters.gates.policy_file import policy_of, shipped_policy
from adapters.gates.policy_gate import PolicyGate
from adapters.gates.port import Question
from adapters.library import Library
from adapters.mail.maildir import Maildir
from adapters.problems import PlainProblem
from adapters.replay.port import CallMade, StageFailed
from adapters.replay.replay_file import LOST, NOT_DONE, Replay
from adapters.secrets.vault import MemoryVault
from adapters.stores.port import Store
from adapters.stores.sqlite import SqliteStore
from adapters.view import View
from adapters.walks import walks
from engine import (
    Allow,
    CannotTell,
    Catalog,
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
    Verdict,
)

SAMPLE = "sample"
ACTOR = "replay"
"""Who begins a replay's conversation, if nothing else is said."""

EMBEDDED, REST = "embedded", "rest"
"""Whether the clinic of a world is called as it is, or over HTTP."""

CLINIC, STORE, MAIL = "clinic.db", "sessions.db", "mail"
"""What the parts of a world are called in its folder."""

_MOST_NUMBERS = 10_000
_SECONDS = 10.0


def people_for(replay: Replay) -> tuple[People, tuple[Diagnostic, ...]]:
    """The people a replay starts with: the sample clinic by name, a list of its own, or both together
    (`{fixture: sample, clients: […]}`)."""
    node = replay.clinic
    if node is None or (isinstance(node, Scalar) and node.text == SAMPLE):
        return load_people(sample_source())
    return people_of(node, Place(replay.source, 1, 1))


def policy_for(replay: Replay) -> tuple[Policy, tuple[Diagnostic, ...]]:
    """The policy that holds in a replay: the shipped one, and over it what the replay says."""
    shipped = shipped_policy()
    if replay.policy is None:
        return shipped, ()
    policy, findings = policy_of(replay.policy, shipped, CATALOG)
    return policy or shipped, findings


class FaultyClinic:
    """A backend that does what the one inside does, but for the calls that were planned to go wrong."""

    def __init__(self, inside: Backend, log: Path | None = None) -> None:
        self._inside = inside
        self._log = log
        self._calls = Counter(each.action for each in logged_calls(log)) if log is not None else Counter()
        self._planned: dict[tuple[str, int], str] = {}
        self._untold: set[str] = set()
        self.made: list[CallMade] = []

    def plan(self, action: str, fault: str, call: int) -> None:
        """See `Stage.plan_fault`. Calls that an earlier process made count."""
        free = (number for number in count(1) if (action, number) not in self._planned)
        self._planned[action, call or next(free)] = fault

    def capabilities(self) -> frozenset[str]:
        """Those of the backend inside."""
        return self._inside.capabilities()

    def perform(self, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        """See `Backend.perform`; a planned fault comes instead."""
        self._calls[action] += 1
        fault = self._planned.get((action, self._calls[action]), "")
        try:
            result = (
                self._faulty(fault, action, args, context) if fault else self._done(action, args, context)
            )
        except (ActionFailed, OutcomeLost) as error:
            name = error.failure.value if isinstance(error, ActionFailed) else fault or LOST
            self._note(CallMade(action, name, context.key))
            raise
        self._note(CallMade(action, "", context.key))
        return result

    def _note(self, call: CallMade) -> None:
        self.made.append(call)
        if self._log is not None:
            with self._log.open("ab") as file:
                file.write(msgspec.json.encode(call) + b"\n")

    def _done(self, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        return self._inside.perform(action, args, context)

    def _faulty(self, fault: str, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        if fault == LOST:
            self._done(action, args, context)
            raise OutcomeLost
        if fault == NOT_DONE:
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


class NotingGate(PolicyGate):
    """The gate as it is, with a list of the keys of the calls it allowed."""

    def __init__(self, policy: Policy, catalog: Catalog, book: Book) -> None:
        super().__init__(policy, catalog, book)
        self.allowed_calls: set[str] = set()

    def decide(self, question: Question) -> Verdict:
        """See `Gate.decide`."""
        verdict = super().decide(question)
        if isinstance(verdict, Allow):
            self.allowed_calls.add(question.call.key)
        return verdict


def logged_calls(log: Path) -> tuple[CallMade, ...]:
    """The calls that were written to a log."""
    lines = log.read_bytes().splitlines() if log.exists() else []
    return tuple(msgspec.json.decode(line, type=CallMade) for line in lines)


class World:
    """Everything a replay is held with, in a folder of its own.

    A world can be opened again after the process that had it open has ended; `generation` counts that, so
    that no token is given out twice. `log` is where the calls are written, for other processes to read, and
    `over` how the clinic is called.
    """

    def __init__(
        self,
        replay: Replay,
        library: Library,
        folder: Path,
        clock: Callable[[], datetime],
        generation: int = 0,
        log: Path | None = None,
        over: str = EMBEDDED,
    ) -> None:
        self._numbers = count(1 + generation * _MOST_NUMBERS)
        self._library = library
        self.clock = clock
        self.store = SqliteStore(folder / STORE)
        self._book = SqliteBook(folder / "gates.db")
        mail = Maildir(folder / MAIL)
        inside: Backend = EmbeddedClinic.open(
            folder / CLINIC, mail, clock, lambda: f"token-{next(self._numbers):032d}"
        )
        if over == REST:
            from adapters.clinic.served.behind import BehindHttp

            inside = BehindHttp(inside)
        self.clinic = FaultyClinic(inside, log)
        self.gate = NotingGate(policy_for(replay)[0], CATALOG, self._book)
        self._sessions = count(1 + len(self.store.sessions(_MOST_NUMBERS)))
        self.driver = self._new_driver()

    def restarted(self) -> None:
        """Go on with a new driver; what only memory held is gone."""
        self.driver.close()
        self.driver = self._new_driver()

    def close(self) -> None:
        """Let go of everything."""
        self.driver.close()
        self.store.close()
        self._book.close()
        self.clinic.close()

    def _new_driver(self) -> Driver:
        return Driver(
            Parts(
                self._library,
                self.clinic,
                self.store,
                self.gate,
                self.clock,
                lambda: f"replay-{next(self._sessions)}",
                lambda: self.clock().astimezone(UTC).date(),
                MemoryVault(lambda: f"secret-{next(self._numbers)}"),
            )
        )


def make_clinic(folder: Path, people: People, clock: Callable[[], datetime]) -> None:
    """Make the clinic of a world, with its people."""
    EmbeddedClinic.create(folder / CLINIC, people, clock)


class DriverStage:
    """Holds a replay on the driver itself, with everything it needs in `folder`."""

    def __init__(
        self, replay: Replay, people: People, library: Library, folder: Path, over: str = EMBEDDED
    ) -> None:
        self._now = datetime.fromisoformat(replay.now)
        self._replay = replay
        self._library = library
        self._folder = folder
        make_clinic(folder, people, self._clock)
        self._world = World(replay, library, folder, self._clock, over=over)
        self._session = ""

    def close(self) -> None:
        """Let go of everything."""
        self._world.close()

    def start(self, flow: str = "", by: str = "") -> View:
        """See `Stage.start`."""
        view = self._world.driver.start(
            flow or self._replay.flow,
            actor=by or ACTOR,
            audience=self._replay.audience,
            own=self._replay.own,
        )
        self._session = view.session
        return view

    def answer(self, value: Value, by: str = "") -> View:
        """See `Stage.answer`."""
        return self._world.driver.answer(self._session, value, actor=by)

    def reveal(self, id: str) -> tuple[bool, View]:
        """See `Stage.reveal`."""
        value, view = self._world.driver.reveal(self._session, id)
        return value is not None, view

    def later(self, minutes: int) -> None:
        """See `Stage.later`."""
        self._now += timedelta(minutes=minutes)

    def restart(self) -> View:
        """See `Stage.restart`. What only memory held is gone."""
        self._world.restarted()
        return self._world.driver.resume(self._session)

    def _clock(self) -> datetime:
        return self._now

    def back(self) -> View:
        """See `Stage.back`."""
        return self._world.driver.back(self._session)

    def change(self, prompt: str) -> View:
        """See `Stage.change`."""
        return self._world.driver.change(self._session, prompt)

    def hand_over(self, text: str) -> View:
        """See `Stage.hand_over`."""
        return self._world.driver.hand_over(self._session, text)

    def stop(self) -> View:
        """See `Stage.stop`."""
        return self._world.driver.stop(self._session)

    def by_hand(self, change: Node) -> None:
        """See `Stage.by_hand`."""
        change_people(self._folder, self._replay, change, self._now)

    @property
    def allowed_calls(self) -> frozenset[str]:
        """The keys of the calls that the gates allowed so far."""
        return frozenset(self._world.gate.allowed_calls)

    @property
    def store(self) -> Store:
        """Where the conversations of this world are kept."""
        return self._world.store

    def walks(self) -> Iterator[tuple[Flow, tuple[Traced, ...]]]:
        """What every session of this world went through so far."""
        return walks(self._world.store, self._library)

    def events(self) -> tuple[tuple[bytes, ...], ...]:
        """See `Stage.events`."""
        return events_of(self._world.store)

    def plan_fault(self, action: str, fault: str, call: int) -> None:
        """See `Stage.plan_fault`."""
        self._world.clinic.plan(action, fault, call)

    def why(self, step: str) -> str:
        """See `Stage.why`."""
        driver, session = self._world.driver, self._session
        return (driver.why_not(session, step) if step else driver.why(session)).info or ""

    def calls(self) -> tuple[CallMade, ...]:
        """See `Stage.calls`."""
        return tuple(self._world.clinic.made)

    def holds(self) -> dict[str, Value]:
        """See `Stage.holds`."""
        return held_at(self._folder / CLINIC, self._folder / MAIL)


def events_of(store: Store) -> tuple[tuple[bytes, ...], ...]:
    """The events of every session of a store, in the order in which they were begun."""
    names = sorted(each.session for each in store.sessions(_MOST_NUMBERS))
    return tuple(tuple(body for _, body in store.events(name)) for name in names)


def change_people(folder: Path, replay: Replay, change: Node, now: datetime) -> None:
    """Change people of the world in this folder by hand, as a turn of the replay says."""
    people, _ = people_of(change, Place(replay.source, 1, 1))
    database = open_database(folder / CLINIC)
    try:
        with database.writing(_SECONDS) as connection:
            lay_over(connection, people, now)
    except (ActionFailed, PlainProblem) as error:
        raise StageFailed(f"this cannot be changed by hand: {error}") from None
    finally:
        database.close()


def held_at(clinic: Path, mail: Path) -> dict[str, Value]:
    """What an embedded clinic and a Maildir hold, in the words of a replay's `holds`."""
    database = open_database(clinic)
    try:
        with database.reading(_SECONDS) as connection:
            held = held_by(connection)
            journal: list[Value] = [
                line.action for line in journal_lines(connection) if line.action in CATALOG.actions
            ]
            tickets = connection.execute("SELECT count(*) FROM ticket").fetchone()[0]
    finally:
        database.close()
    return {**held, "mailbox": _letters(mail), "tickets": tickets, "journal": journal}


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
