"""What all parts of one simulation share: tape, turns, clinic, weather, and what was noted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from adapters.clinic.port import CallContext
from adapters.stores.port import Store
from adapters.stores.sqlite import SqliteStore
from tests.simulator.clinic import Clinic
from tests.simulator.tape import Tape
from tests.simulator.turns import Crashed, Process, Turns

if TYPE_CHECKING:
    from tests.simulator.line import Sent

DEADLINE = 2.0
ZONE = ZoneInfo("Europe/Zurich")
BEGIN = datetime(2026, 10, 24, 23, 50, tzinfo=UTC)
"""Ten minutes before midnight in UTC, an hour and ten minutes before clocks in Zurich are put back."""

JUMPS = (60, 600, 3_600, -60, -600, -3_600, 86_400, -86_400, 40_000_000)


@dataclass(frozen=True)
class Storm:
    """How often things go wrong, out of a thousand chances: crashes, trouble on the line, trouble with the
    store, jumps of the clock, others who change records."""

    crashes: int = 0
    line: int = 0
    store: int = 0
    clock: int = 0
    others: int = 0


@dataclass
class Back:
    """Whether an answer has come back."""

    there: bool = False

    def set(self) -> None:
        """It has."""
        self.there = True


@dataclass
class Surroundings:
    """One simulation.

    `broken` are the promises that were found broken, `notes` what happened, in order. `probe` is the store as
    it lies in its file, and `store` the same in clear; `leased` processes see each other. `allowed` are the
    keys of calls that the gates let pass, and for which process, `shown` the secrets that people saw,
    `lied_about` the keys of calls that the clinic told nonsense of.
    """

    tape: Tape
    turns: Turns
    clinic: Clinic
    storm: Storm
    probe: SqliteStore
    store: Store
    leased: bool
    deadline: float = DEADLINE
    notes: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    allowed: set[tuple[str, Process]] = field(default_factory=set)
    shown: list[str] = field(default_factory=list)
    lied_about: set[str] = field(default_factory=set)
    shifted: timedelta = timedelta(0)
    calm: bool = False

    def note(self, what: str) -> None:
        """Write down what happened."""
        self.notes.append(f"{self.turns.now:9.3f} {what}")

    def breaks(self, what: str) -> None:
        """A promise is broken."""
        self.note(f"BROKEN: {what}")
        self.broken.append(what)

    def clock(self) -> datetime:
        """What the clock on the wall says, in UTC."""
        return BEGIN + self.shifted + timedelta(seconds=self.turns.now)

    def today(self) -> date:
        """The date at the clinic."""
        return self.clock().astimezone(ZONE).date()

    def clock_may_jump(self) -> None:
        """Somebody may set the clock."""
        if not self.calm and self.tape.happens(self.storm.clock):
            self.shifted += timedelta(seconds=self.tape.one(JUMPS))
            self.note(f"the clock is set to {self.clock():%Y-%m-%d %H:%M:%S}")

    def time_may_pass(self) -> None:
        """Whoever was cut off may come back later."""
        later = self.tape.one((0, 0, 0, 60, 600, 3_600, 86_400))
        if later:
            self.shifted += timedelta(seconds=later)
            self.note(f"{later} seconds later")

    def pause(self) -> None:
        """Let others go on."""
        self.turns.pause()

    def may_crash(self, process: Process, where: str, times: int = 1) -> None:
        """The process may be killed here, so many times as easily as elsewhere."""
        if not self.calm and self.tape.happens(times * self.storm.crashes):
            self.note(f"{process.name} is killed {where}")
            process.alive = False
            raise Crashed

    def line_drops(self) -> bool:
        """Whether a reply does not reach whoever waits for it."""
        dropped = not self.calm and self.tape.happens(self.storm.line // 2)
        if dropped:
            self.note("the reply is lost")
        return dropped

    def trouble(self, kinds: Sequence[str]) -> str:
        """Which trouble there is on the line; the first kind is none."""
        if self.calm or not self.tape.happens(self.storm.line):
            return kinds[0]
        kind = self.tape.one(kinds[1:])
        self.note(f"trouble on the line: {kind}")
        return kind

    def saved_before(self, process: Process, context: CallContext) -> None:
        """A call that changes something is going to be made: that must stand in the store by now."""
        standing = {entry.key: entry.status for entry in self.store.ledger(context.session)}
        # Where processes do not see each other, one may look after a call that another is just making.
        good = ("sent",) if self.leased else ("sent", "unknown", "reconciled")
        if standing.get(context.key) not in good:
            self.breaks(f"{context.key} is made while the store says {standing.get(context.key)}")
        if (context.key, process) not in self.allowed:
            self.breaks(f"{context.key} is made, and this process was not allowed to")
        if any(each.key == context.key for each in self.sent):
            self.breaks(f"{context.key} is made a second time")
