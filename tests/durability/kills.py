"""The kill table: the process of the conversation is killed at every system call that writes, syncs, sends,
receives or connects, and the conversation is picked up again by another one.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from adapters.staging import held_at
from adapters.stores.port import LedgerEntry
from adapters.wiring import audit_looked_over, open_store_behind
from engine import Value
from tests.durability.conversation import ACTIONS, TURNS, Heard, Place, a_place, hold, make_clinic
from tests.durability.many import spread
from tests.durability.report import Table, sampled
from tests.durability.tracer import Kill, Kind, Point

KILLED = -9
KINDS: Mapping[str, str] = {
    "files": "files",
    "http": "the clinic over HTTP",
    "smtp": "the mail server",
}
_TRIES = 8
_COLD = 10
"""Every so many kills, a process that loads Python anew picks the conversation up, and its time is taken."""

_NOTICES = ("Your email address at The clinic was changed", "The clinic writes to this address now")
"""Mails that tell of a change: a crash may lose one, never the change."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What became of one kill. `where` is the call and what it was made on; `unknown` is whether an action
    had been sent and its end not recorded, `shown` whether that was shown; `resumed_after` is how many
    seconds a new process took to the first turn, where that was measured; `trouble` is what went wrong,
    nothing if all is well."""

    where: tuple[str, str]
    hit: bool
    lost: bool = False
    twice: bool = False
    unknown: bool = False
    shown: bool = False
    resumed_after: float | None = None
    trouble: tuple[str, ...] = ()


class Countdown:
    """Counts the calls that matter in a place, and kills at one of them; 0 never."""

    def __init__(self, place: Place, at: int = 0) -> None:
        self._place, self._at = place, at
        self.passed: list[Point] = []

    def __call__(self, point: Point) -> Kill | None:
        """See `watch`."""
        if not matters(point, self._place):
            return None
        self.passed.append(point)
        return Kill() if len(self.passed) == self._at else None


def matters(point: Point, place: Place) -> bool:
    """Whether a kill is tried there: on files and the standard output, or on sockets where others serve."""
    if place.kind != "files":
        return point.kind is Kind.SOCKET
    if point.kind is Kind.FILE:
        return point.path.startswith(str(place.folder))
    return point.kind is Kind.PIPE


def where(point: Point, place: Place) -> tuple[str, str]:
    """The call, and what it was made on, without what differs from run to run."""
    if point.kind is Kind.PIPE:
        return point.call, "the answer"
    if point.kind is Kind.SOCKET:
        return point.call, {"http": "the clinic", "smtp": "the mail server"}[place.kind]
    name = point.path.removeprefix(str(place.folder)).lstrip("/")
    for known in ("mail", "clinic.db", "gates.db"):
        if name.startswith(known):
            return point.call, known
    for own in ("key", "mark", "audit-head", "data-keys", "calls"):
        if name.startswith(f"sessions.db.{own}"):
            return point.call, f"sessions.db.{own}"
    return point.call, "sessions.db" if name.startswith("sessions.db") else "the folder"


@dataclass(slots=True)
class Undisturbed:
    """The conversation as it goes when nobody disturbs it: how many points there are, and what it leaves."""

    points: int
    held: Mapping[str, Value]
    calls: Counter[str] = field(default_factory=Counter)


def undisturbed(kind: str, folder: Path, fresh: Path) -> Undisturbed:
    """Hold it once to the end. Raises AssertionError if it does not come there."""
    with a_place(folder, fresh, kind) as place:
        counted = Countdown(place)
        heard = hold(place, decide=counted)
        assert heard.ended, heard.trouble or heard.said
        assert heard.code == 0, heard.said
        calls = Counter(point.call for point in counted.passed)
        held = Undisturbed(len(counted.passed), held_at(place.folder / "clinic.db", folder / "mail"), calls)
    shutil.rmtree(folder)
    return held


def killed_at(kind: str, number: int, folder: Path, fresh: Path, whole: Undisturbed) -> Ended:
    """Kill it at the point of this number, pick it up, and hold it to the end. Where that goes wrong, the
    folder stays for whoever looks into it."""
    for _ in range(_TRIES):
        ended = _killed_at(kind, number, folder, fresh, whole)
        if ended.hit:
            return ended
        # What comes over a socket comes in one piece or in two, so that there may be fewer points this time.
        shutil.rmtree(folder)
    return ended


def _killed_at(kind: str, number: int, folder: Path, fresh: Path, whole: Undisturbed) -> Ended:
    cold = number % _COLD == 0
    with a_place(folder, fresh, kind) as place:
        countdown = Countdown(place, number)
        before = hold(place, decide=countdown)
        if len(countdown.passed) < number:
            return Ended(("", ""), hit=False)
        spot = where(countdown.passed[-1], place)
        if before.code != KILLED or before.trouble:
            trouble = before.trouble or f"it ended with {before.code} instead of being killed: {before.said}"
            return Ended(spot, hit=True, trouble=(trouble,))
        left = _left(place)
        gone = _shown_without_clinic(place, left) if kind == "http" and left.unknown else ()
        after = hold(place, left.session, cold=cold)
        ended = _judged(spot, before, left, after, place, whole, cold, gone)
    if not ended.trouble:
        shutil.rmtree(folder)
    return ended


def _shown_without_clinic(place: Place, left: _Left) -> tuple[str, ...]:
    """Pick a copy of it up while the clinic cannot be asked what became of the action, and leave at the first
    question; what was wrong with that."""
    assert place.server is not None
    place.server.stop()
    copy = Place(place.folder / "without the clinic", place.kind)
    copy.folder.mkdir()
    copy.clinic = place.clinic
    for source in (*place.folder.glob("sessions.db*"), *place.folder.glob("gates.db*")):
        shutil.copy(source, copy.folder)
    try:
        heard = hold(copy, left.session, reply=lambda turn: None)
    finally:
        shutil.rmtree(copy.folder)
        place.server.start()
    if not heard.turns:
        return (f"without the clinic it is not picked up: {heard.code} {heard.said}",)
    outcomes = [each["outcome"] for each in did_in(heard.turns[:1])]
    return () if "unknown" in outcomes else (f"without the clinic it is told as {outcomes}",)


@dataclass(frozen=True, slots=True)
class _Left:
    """What the store held when the process was gone."""

    session: str
    ledger: tuple[LedgerEntry, ...]
    many: bool

    @property
    def unknown(self) -> bool:
        """Whether a call had been sent, and its end not been recorded."""
        return bool(self.ledger) and self.ledger[-1].status in ("sent", "unknown")


def _left(place: Place) -> _Left:
    """Look at a copy, so that whoever picks the conversation up is the first to open the store."""
    copy = place.folder / "copy"
    copy.mkdir()
    for name in ("", "-wal", "-journal", ".key", ".audit-head"):
        source = Path(f"{place.store}{name}")
        if source.exists():
            shutil.copy(source, copy)
    try:
        if not (copy / "sessions.db").exists():
            return _Left("", (), False)
        with open_store_behind(copy / "sessions.db") as store:
            sessions = [each.session for each in store.sessions(9)]
            if not sessions:
                return _Left("", (), False)
            return _Left(sessions[0], store.ledger(sessions[0]), len(sessions) > 1)
    finally:
        shutil.rmtree(copy)


def _judged(
    spot: tuple[str, str],
    before: Heard,
    left: _Left,
    after: Heard,
    place: Place,
    whole: Undisturbed,
    cold: bool,
    gone: tuple[str, ...],
) -> Ended:
    trouble = [*gone, after.trouble] if after.trouble else [*gone]
    if after.code != 0 or not after.ended:
        trouble.append(f"picked up, it ended with {after.code}: {after.said}")
    elif _outcome(after) != "solved":
        trouble.append(f"picked up, it came to {_outcome(after)}")
    if left.many:
        trouble.append("there are several sessions")
    lost = _lost(before, left, after)
    shown = any(each["outcome"] in ("reconciled", "unknown") for each in did_in(after.turns[:1]))
    if left.unknown != shown:
        trouble.append(f"unknown is {left.unknown}, and shown {shown}")
    open_still = any(each["outcome"] == "unknown" for each in did_in(after.turns[:1]))
    twice, amiss = compared(
        held_at(place.folder / "clinic.db", place.folder / "mail"), whole.held, open_still
    )
    trouble += amiss + _unsound(place)
    return Ended(
        spot,
        True,
        lost,
        twice,
        left.unknown,
        shown,
        after.first_after if cold else None,
        tuple(trouble),
    )


def _outcome(heard: Heard) -> str:
    end = heard.turns[-1]["end"]
    return str(end["outcome"]) if isinstance(end, dict) else ""


def did_in(turns: list[dict[str, object]]) -> list[dict[str, object]]:
    return [each for turn in turns if isinstance(turn["did"], list) for each in turn["did"]]


def _lost(before: Heard, left: _Left, after: Heard) -> bool:
    """Whether anything that had been told is gone: a turn, or an action that was told to be done."""
    if not before.turns:
        return False
    if not left.session or not after.turns:
        return True
    told = Counter(each["action"] for each in did_in(before.turns) if each["outcome"] == "confirmed")
    kept = Counter(entry.action for entry in left.ledger if entry.status == "confirmed")
    last, first = before.turns[-1], after.turns[0]
    return (
        before.turns[0]["session"] != left.session
        or int(str(first["seq"])) < int(str(last["seq"]))
        or any(kept[action] < times for action, times in told.items())
    )


def compared(
    held: Mapping[str, Value], wanted: Mapping[str, Value], open_still: bool
) -> tuple[bool, list[str]]:
    """Whether anything was done twice, and what else is not as it would be undisturbed. While the agent was
    told that nobody knows (`open_still`), a mail may be there or not."""
    actions, letters = _effects(held)
    of_actions, of_letters = _effects(wanted)
    twice = [*(actions - of_actions).elements(), *(letters - of_letters).elements()]
    missing = [each for each in (of_letters - letters).elements() if each[1] not in _NOTICES]
    if open_still:
        missing = missing[1:]
    amiss = [f"done twice: {each}" for each in twice]
    amiss += [f"never sent: {each}" for each in missing]
    amiss += [f"{name} are {held[name]}" for name in ("settings", "addresses") if held[name] != wanted[name]]
    return bool(twice), amiss


def _effects(held: Mapping[str, Value]) -> tuple[Counter[str], Counter[tuple[str, str]]]:
    journal, mailbox = held["journal"], held["mailbox"]
    assert isinstance(journal, list)
    assert isinstance(mailbox, list)
    letters = Counter((str(each["to"]), str(each["subject"])) for each in mailbox if isinstance(each, dict))
    return Counter(str(each) for each in journal), letters


def _unsound(place: Place) -> list[str]:
    with open_store_behind(place.store) as store:
        checked, health = audit_looked_over(store), store.health()
    found = [] if health.good else [f"the store is not sound: {health}"]
    return found if checked.flaw is None else [*found, f"the audit is not whole: {checked.flaw}"]


@dataclass(frozen=True, slots=True)
class Trial:
    """One kill to be tried: which place, at which point."""

    kind: str
    number: int
    folder: Path
    fresh: Path
    whole: Undisturbed


def tried(trial: Trial) -> Ended:
    """Try it."""
    folder = trial.folder / f"{trial.kind}-{trial.number}"
    return killed_at(trial.kind, trial.number, folder, trial.fresh, trial.whole)


def measured(pool: ProcessPoolExecutor, folder: Path, sample: int = 0) -> Table:
    """Kill at every point, or at so many of each place, and tell what came of it."""
    fresh = folder / "fresh.db"
    make_clinic(fresh)
    rows: list[Sequence[str]] = []
    failures: list[str] = []
    for kind, name in KINDS.items():
        whole = pool.submit(undisturbed, kind, folder / f"{kind}-whole", fresh).result()
        numbers = sampled(whole.points, sample)
        trials = [Trial(kind, number, folder, fresh, whole) for number in numbers]
        endings = list(spread(pool, tried, trials))
        rows += _rows(name, endings)
        for number, ended in zip(numbers, endings, strict=True):
            if ended.trouble or ended.lost:
                what = "; ".join(ended.trouble) or "something that was told is lost"
                failures.append(f"{kind} {number}, at {' on '.join(ended.where)}: {what}")
    title = f"A conversation of {TURNS} turns and {ACTIONS} actions, killed at each of its system calls"
    return Table(title, _COLUMNS, rows, failures, [_NOTE])


_COLUMNS = (
    "killed at",
    "kills",
    "told turns lost",
    "done twice",
    "sent, end unknown",
    "of these shown",
    "shown besides",
    "resumed after (median, slowest)",
)
_NOTE = "A tenth was resumed by a process that began with loading Python, which is what the times are of."
_GROUPS: Mapping[str, tuple[str, ...]] = {
    "write": ("write", "pwrite64", "writev", "pwritev"),
    "fsync, fdatasync": ("fsync", "fdatasync"),
    "connect": ("connect",),
    "send": ("sendto", "sendmsg", "sendmmsg"),
    "receive": ("recvfrom", "recvmsg", "read"),
}


def _rows(name: str, endings: Iterable[Ended]) -> list[Sequence[str]]:
    groups: dict[str, list[Ended]] = {}
    for ended in endings:
        if not ended.hit:
            groups.setdefault("(no longer there)", []).append(ended)
            continue
        known = [group for group, calls in _GROUPS.items() if ended.where[0] in calls]
        groups.setdefault(known[0] if known else "make, link, cut, remove", []).append(ended)
    return [_row(f"{name}: {group}", of) for group, of in sorted(groups.items())]


def _row(name: str, endings: list[Ended]) -> Sequence[str]:
    times = [ended.resumed_after for ended in endings if ended.resumed_after is not None]
    shown = sum(ended.unknown and ended.shown for ended in endings)
    besides = sum(ended.shown and not ended.unknown for ended in endings)
    return (
        name,
        str(sum(ended.hit for ended in endings)),
        str(sum(ended.lost for ended in endings)),
        str(sum(ended.twice for ended in endings)),
        str(sum(ended.unknown for ended in endings)),
        str(shown),
        str(besides),
        f"{median(times):.1f}, {max(times):.1f} s" if times else "",
    )
