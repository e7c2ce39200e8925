"""The table of disks that fail: no room, an input/output error or a read-only file system at every call of
the conversation that writes, until room is made again; and a real volume that is full.
"""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from adapters.staging import held_at
from adapters.wiring import audit_looked_over, open_store, open_store_behind
from engine import Value
from tests.durability.conversation import Heard, Place, a_place, answer_to, hold, make_clinic
from tests.durability.kills import Undisturbed, compared, did_in, undisturbed, where
from tests.durability.many import spread
from tests.durability.report import Table, sampled
from tests.durability.tracer import Fail, Kind, Point

TITLE = "The disk fails under the same conversation, at each of its calls that write"
_WRITE = frozenset({"write", "pwrite64", "writev", "pwritev"})
_SYNC = frozenset({"fsync", "fdatasync"})
_MAKE = frozenset({"openat", "mkdir", "mkdirat", "link", "linkat", "ftruncate", "fallocate"})
_CHANGE = frozenset({"openat to write", "unlink", "unlinkat", "rename", "renameat"})
_TROUBLE = ("!error", "!unknown", "not-now")
"""Questions that are put where an action did not come through."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What the disk says, to which calls, and whether it goes on until the trouble is over or fails once.
    `on` names the files that are on that disk, by how their names begin."""

    name: str
    error: int
    calls: frozenset[str]
    lasts: bool
    on: tuple[str, ...] = ("",)


FAULTS: Mapping[str, Fault] = {
    "full": Fault("full (ENOSPC), until there is room", errno.ENOSPC, _WRITE | _MAKE, True),
    "full-clinic": Fault(
        "full, only the clinic's and the mail's", errno.ENOSPC, _WRITE | _MAKE, True, ("clinic.db", "mail")
    ),
    "full-audit": Fault(
        "full, only where the audit's head is",
        errno.ENOSPC,
        _WRITE | _MAKE,
        True,
        ("sessions.db.audit-head",),
    ),
    "broken": Fault("failing once (EIO)", errno.EIO, _WRITE | _SYNC, False),
    "read-only": Fault("read-only (EROFS), until it is not", errno.EROFS, _WRITE | _MAKE | _CHANGE, True),
}


class Disk:
    """Fails the calls that a fault is about, from the one of this number on; 0 fails none."""

    def __init__(self, place: Place, fault: Fault, at: int = 0) -> None:
        self._place, self._fault, self._at = place, fault, at
        self.passed: list[Point] = []
        self.failed = 0
        self.over = False

    def repair(self) -> None:
        """From now on nothing fails."""
        self.over = True

    def __call__(self, point: Point) -> Fail | None:
        """See `watch`."""
        if point.kind is not Kind.FILE or point.call not in self._fault.calls:
            return None
        inside, _, name = point.path.partition(f"{self._place.folder}/")
        if inside or not name.startswith(self._fault.on):
            return None
        if self._fault.error == errno.ENOSPC and not takes_room(point):
            return None
        self.passed.append(point)
        fails = len(self.passed) >= self._at > 0 and not self.over and (self._fault.lasts or not self.failed)
        if not fails:
            return None
        self.failed += 1
        return Fail(self._fault.error)


def takes_room(point: Point) -> bool:
    """Whether a call takes more room than there is taken already."""
    return point.call not in ("openat", "mkdir") or not os.path.exists(point.path)


@dataclass(slots=True)
class Went:
    """What became of one trial. `told` is the trouble in the words the agent saw; `on_after` is how many
    seconds after the trouble was over the conversation went on."""

    where: tuple[str, str]
    before_start: bool = False
    told: list[str] = field(default_factory=list)
    alive: bool = True
    unintended: bool = False
    twice: bool = False
    on_after: float | None = None
    trouble: tuple[str, ...] = ()


class Agent:
    """Answers the questions; at trouble once more, in vain where it lasts, and then after it is over."""

    def __init__(self, place: Place, end_trouble: Callable[[], None], lasts: bool = True) -> None:
        self._place, self._end_trouble, self._lasts = place, end_trouble, lasts
        self._over_at: float | None = None
        self.told: list[str] = []
        self.on_after: float | None = None
        self.unintended: list[str] = []

    def __call__(self, turn: Mapping[str, object]) -> object | None:
        """What is said to this turn."""
        words = trouble_in(turn)
        if words:
            self._meets(words)
            return answer_again(turn)
        if self._over_at is not None and self.on_after is None:
            self.on_after = time.monotonic() - self._over_at
        return answer_to(turn)

    def _meets(self, words: str) -> None:
        self.told.append(words)
        self.unintended += without_intent(self._place)
        if len(self.told) > 12:
            raise AssertionError(f"it never went on: {self.told}")
        if self._over_at is None and (len(self.told) == 2 or not self._lasts):
            self._end_trouble()
            self._over_at = time.monotonic()


def trouble_in(turn: Mapping[str, object]) -> str:
    """What a turn says of trouble, nothing if there is none."""
    problem, prompt = turn.get("problem"), turn["prompt"]
    if isinstance(problem, dict):
        return f"{problem['code']}: {problem['text']}"
    if isinstance(prompt, dict) and str(prompt["step"]).endswith(_TROUBLE):
        return str(prompt["text"])
    did = turn["did"]
    assert isinstance(did, list)
    return "; ".join(str(each["text"]) for each in did if each["outcome"] in ("rejected", "unknown"))


def answer_again(turn: Mapping[str, object]) -> object:
    """What is said at trouble: the same once more."""
    prompt = turn["prompt"]
    assert isinstance(prompt, dict)
    return "again" if str(prompt["step"]).endswith(_TROUBLE) else answer_to(turn)


def without_intent(place: Place) -> list[str]:
    """The effects at the clinic that the session does not know of: each must have been recorded as sent."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for source in (*place.folder.glob("sessions.db*"), *place.folder.glob("clinic.db*")):
            if not source.name.endswith(("-shm", ".mark", ".calls")):
                shutil.copy(source, copy)
        with closing(sqlite3.connect(copy / "clinic.db")) as clinic:
            keys = [
                (str(key), str(action)) for key, action in clinic.execute("SELECT key, action FROM journal")
            ]
        with open_store(copy / "sessions.db") as store:
            sent = {
                entry.key
                for each in store.sessions(9)
                for entry in store.ledger(each.session)
                if entry.status != "planned"
            }
    return [f"{action} under {key}" for key, action in keys if key not in sent]


@dataclass(frozen=True, slots=True)
class Trial:
    """One failing call to be tried."""

    fault: str
    number: int
    folder: Path
    fresh: Path
    whole: Undisturbed


def counted(fault: str, folder: Path, fresh: Path) -> int:
    """How many calls of the undisturbed conversation the fault is about."""
    with a_place(folder, fresh, "files") as place:
        disk = Disk(place, FAULTS[fault])
        heard = hold(place, decide=disk)
        assert heard.ended, heard.said
    shutil.rmtree(folder)
    return len(disk.passed)


def tried(trial: Trial) -> Went:
    """Let the call of this number fail, and hold the conversation to its end. Where that goes wrong, the
    folder stays for whoever looks into it."""
    folder = trial.folder / f"{trial.fault}-{trial.number}"
    with a_place(folder, trial.fresh, "files") as place:
        fault = FAULTS[trial.fault]
        disk = Disk(place, fault, trial.number)
        agent = Agent(place, disk.repair, fault.lasts)
        heard = hold(place, decide=disk, reply=agent)
        hit = len(disk.passed) >= trial.number
        spot = where(disk.passed[trial.number - 1], place) if hit else ("", "")
        went = judged(spot, agent, heard, place, trial.whole)
    if not went.trouble:
        shutil.rmtree(folder)
    return went


def judged(spot: tuple[str, str], agent: Agent, heard: Heard, place: Place, whole: Undisturbed) -> Went:
    """What is to be said of a trial that has ended. One that ended before its first turn is begun again now,
    when nothing fails any more."""
    before_start = not heard.turns
    trouble = [heard.trouble] if heard.trouble else []
    if "Traceback" in heard.said or "unexpected" in heard.said:
        trouble.append(f"that is no plain message: {heard.said}")
    if before_start:
        # Nothing was begun, and the reason was told; the room is there again, so that it can be.
        if heard.code != 4 or not heard.said.strip():
            trouble.append(f"it ended with {heard.code}: {heard.said}")
        agent.told.append(heard.said)
        heard = hold(place)
    alive = heard.code == 0 and heard.ended
    if not alive:
        trouble.append(f"it ended with {heard.code}: {heard.said}")
    unintended = [*agent.unintended, *without_intent(place)]
    trouble += [f"done without having been recorded as sent: {each}" for each in unintended]
    held = held_at(place.folder / "clinic.db", place.folder / "mail")
    unknown = any(each["outcome"] == "unknown" for each in did_in(heard.turns))
    twice, amiss = compared(held, _as_asked(whole.held, heard), unknown)
    trouble += amiss
    with open_store_behind(place.store) as store:
        checked, health = audit_looked_over(store), store.health()
    if not health.good or checked.flaw is not None:
        trouble.append(f"not sound: {health} {checked.flaw}")
    return Went(
        spot,
        before_start,
        agent.told,
        alive,
        bool(unintended),
        twice,
        agent.on_after,
        tuple(trouble),
    )


def _as_asked(held: Mapping[str, Value], heard: Heard) -> Mapping[str, Value]:
    """What is to be there if the agent was asked more than once how the identity was verified: where the
    gates could not keep the first time, it does not count, and the second one is recorded as well."""
    asked = {turn["seq"] for turn in heard.turns if "!evidence" in str(turn["prompt"])}
    journal = held["journal"]
    assert isinstance(journal, list)
    return {**held, "journal": [*journal, *["record_verification"] * (len(asked) - 1)]}


def measured(pool: ProcessPoolExecutor, folder: Path, sample: int = 0) -> Table:
    """Try every call with every fault, or so many of each, and tell what came of it."""
    fresh = folder / "fresh.db"
    make_clinic(fresh)
    whole = pool.submit(undisturbed, "files", folder / "whole", fresh).result()
    rows: list[Sequence[str]] = []
    failures: list[str] = []
    for name, fault in FAULTS.items():
        total = pool.submit(counted, name, folder / f"{name}-whole", fresh).result()
        numbers = sampled(total, sample)
        went = list(spread(pool, tried, [Trial(name, number, folder, fresh, whole) for number in numbers]))
        rows.append(_row(fault.name, went))
        for number, each in zip(numbers, went, strict=True):
            if each.trouble:
                failures.append(f"{name} {number}, at {' on '.join(each.where)}: {'; '.join(each.trouble)}")
    why = no_volume()
    if why:
        return Table(TITLE, _COLUMNS, rows, failures, [f"a real volume of 2 MB was not tried: {why}"])
    sizes = sampled(VOLUME_STEPS, sample)
    went = list(
        spread(pool, tried_on_volume, [Trial("volume", size, folder, fresh, whole) for size in sizes])
    )
    rows.append(_row("a real volume of 2 MB, full, until it grows", went))
    failures += [
        f"volume {size}: {'; '.join(each.trouble)}"
        for size, each in zip(sizes, went, strict=True)
        if each.trouble
    ]
    return Table(TITLE, _COLUMNS, rows, failures)


# -- a real volume ------------------------------------------------------------------------------------------

VOLUME, GROWN, VOLUME_STEPS = 2, 16, 40


def no_volume() -> str:
    """Why no volume can be made here; empty where one can."""
    if os.geteuid() != 0:
        return "only root can mount one"
    with tempfile.TemporaryDirectory() as folder:
        mounted = _mount(folder, f"size={VOLUME}m")
        if mounted.returncode == 0:
            subprocess.run(["umount", folder], check=True)
    return mounted.stderr.strip()


def tried_on_volume(trial: Trial) -> Went:
    """Hold the conversation on a volume with room for so many steps of its size; it grows after the
    trouble."""
    mounted = trial.folder / f"volume-{trial.number}"
    mounted.mkdir()
    _mount(str(mounted), f"size={VOLUME}m").check_returncode()
    try:
        with a_place(mounted / "place", trial.fresh, "files") as place:
            room = trial.number * VOLUME * 1_048_576 // VOLUME_STEPS
            _fill(mounted / "ballast", room)

            def grow() -> None:
                _mount(str(mounted), f"remount,size={GROWN}m").check_returncode()

            agent = Agent(place, grow)
            heard = hold(place, reply=agent)
            if not heard.turns:
                grow()
            return judged(("", "the volume"), agent, heard, place, trial.whole)
    finally:
        subprocess.run(["umount", str(mounted)], check=True)


def _mount(folder: str, options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "unstuck-durability", folder],
        capture_output=True,
        text=True,
        check=False,
    )


def _fill(path: Path, room: int) -> None:
    """Leave only so much room on the volume."""
    free = os.statvfs(path.parent).f_bavail * os.statvfs(path.parent).f_frsize
    with path.open("wb") as ballast:
        os.posix_fallocate(ballast.fileno(), 0, max(free - room, 1))


# -- the table ----------------------------------------------------------------------------------------------

_COLUMNS = (
    "the disk is",
    "trials",
    "nobody noticed",
    "told before the start",
    "told in a turn",
    "ended by it",
    "effects not recorded before",
    "done twice",
    "went on after (half of them, all of them)",
)


def _row(name: str, went: Sequence[Went]) -> Sequence[str]:
    times = [each.on_after for each in went if each.on_after is not None]
    return (
        name,
        str(len(went)),
        str(sum(not each.told for each in went)),
        str(sum(each.before_start for each in went)),
        str(sum(bool(each.told) and not each.before_start for each in went)),
        str(sum(not each.alive for each in went)),
        str(sum(each.unintended for each in went)),
        str(sum(each.twice for each in went)),
        f"{median(times):.2f} s, {max(times):.2f} s" if times else "",
    )
