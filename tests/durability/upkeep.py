"""The table of upkeep: what an operator does with a store, killed at each of its calls that change a file, or
on a disk that is full from there on. Afterwards the store is whole, what was to be made is there whole or not
at all, and the same can be done again.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from adapters.cli import run
from adapters.keys import keys_path
from adapters.problems import PlainProblem
from adapters.stores.key_file import key_path
from adapters.wiring import open_store_behind, over_keys
from tests.durability.conversation import make_clinic
from tests.durability.damage import contents, copied, filled, whole
from tests.durability.disk import FAULTS, takes_room
from tests.durability.many import spread
from tests.durability.report import Table, sampled
from tests.durability.tracer import Fail, Kill, Kind, Point, traced, watch

TITLE = "Looking after a store, killed at each call that changes a file, or out of room from there on"
KILLED = -9
NOT_DONE = (4,)
"""How a command ends that had no room: with a message that says so."""

_NAME, _NEW = "sessions.db", "new.db"


@dataclass(frozen=True, slots=True)
class Task:
    """A command with its arguments (`{}` is the folder), and what must hold of the folder after a kill, and
    then after it was done again: given the folder, the contents before, and whether it was done. Then it may
    end with one of these codes."""

    name: str
    arguments: tuple[str, ...]
    wrong: Callable[[Path, Mapping[str, object], bool], str]
    ends_with: tuple[int, ...] = (0,)


def _store_is(folder: Path, held: Mapping[str, object], but: str = "") -> str:
    """What is wrong with the store itself; `but` names a session that need not be there any more."""
    try:
        with open_store_behind(folder / _NAME) as behind:
            health, found = behind.health(), contents(over_keys(behind))
    except PlainProblem as problem:
        return f"the store cannot be used: {problem}"
    missing = [name for name in held if found.get(name) != held[name] and (not but or but not in name)]
    return f"the store has lost {missing}" if missing or not health.good else ""


def _copy_is(folder: Path, held: Mapping[str, object], done: bool) -> str:
    wrong = _store_is(folder, held)
    copy = folder / _NEW
    if wrong or not copy.exists():
        return wrong or ("there is no copy" if done else "")
    for place in (key_path, keys_path):
        shutil.copy(place(folder / _NAME), place(copy))
    try:
        with open_store_behind(copy) as behind:
            found, good = contents(over_keys(behind)), behind.health().good
    except PlainProblem as problem:
        return f"the copy cannot be used: {problem}"
    finally:
        for left in folder.glob(f"{_NEW}*"):
            left.unlink()
    return "" if good and found == held else "the copy is not whole"


def _purged_is(folder: Path, held: Mapping[str, object], done: bool) -> str:
    session = _first_of(held)
    wrong = _store_is(folder, held, but=session)
    if wrong or not done:
        return wrong
    told = _as_kept(folder.parent / "closed", session)
    left = [path.name for path in folder.iterdir() if told in path.read_bytes()]
    return f"something of it is left in {left}" if left else ""


def _as_kept(folder: Path, session: str) -> bytes:
    """A part of the state of a session, as its bytes are in the file."""
    # Others copy the folder meanwhile; looked at so, nothing appears beside the file.
    with closing(sqlite3.connect(f"{(folder / _NAME).as_uri()}?immutable=1", uri=True)) as db:
        (state,) = db.execute("SELECT state FROM sessions WHERE session = ?", (session,)).fetchone()
    assert isinstance(state, bytes)
    kept = (folder / _NAME).read_bytes()
    parts = (state[at : at + 200] for at in range(0, len(state) - 200, 50))
    # A row that is too long for a page goes on in another one, from anywhere in the state.
    return next(part for part in parts if part in kept)


def _first_of(held: Mapping[str, object]) -> str:
    return sorted(name for name in held if name.startswith("session "))[0].removeprefix("session ")


def tasks(held: Mapping[str, object]) -> Sequence[Task]:
    """What is tried; the conversation that comes first is the one that is purged."""
    store = ("--store", "sqlite:///{}/" + _NAME)
    purge = ("sessions", "purge", _first_of(held), "--open", "--yes", *store)
    return (
        Task("sessions backup", ("sessions", "backup", "{}/" + _NEW, *store), _copy_is),
        Task("sessions recover", ("sessions", "recover", "{}/" + _NEW, *store), _copy_is),
        # What was purged the first time is not there to be purged.
        Task("sessions purge", purge, _purged_is, ends_with=(0, 2)),
    )


@dataclass(frozen=True, slots=True)
class Trial:
    """One command, killed at its call of this number (0: not at all), or, where it is to be `full`, with no
    room on the disk from there on for files whose names match `on`."""

    task: int
    at: int
    folder: Path
    held: Mapping[str, object]
    full: bool = False
    once: bool = False
    on: str = ".*"

    @property
    def name(self) -> str:
        """What its folder is called."""
        return f"{self.task}-{'full' if self.full else 'killed'}-{self.at}"


class Trouble:
    """Counts the calls that a trial is about, and does at the one that is meant what is to be tried."""

    def __init__(self, trial: Trial, folder: Path) -> None:
        self._trial, self._folder = trial, folder
        self.passed = 0

    def __call__(self, point: Point) -> Kill | Fail | None:
        """See `watch`."""
        inside, _, name = point.path.partition(f"{self._folder}/")
        if point.kind is not Kind.FILE or inside or not re.fullmatch(self._trial.on, name):
            return None
        if self._trial.full:
            if point.call not in FAULTS["full"].calls or not takes_room(point):
                return None
            self.passed += 1
            fails = self.passed == self._trial.at or (
                self.passed > self._trial.at > 0 and not self._trial.once
            )
            return Fail(FAULTS["full"].error) if fails else None
        self.passed += 1
        return Kill() if self.passed == self._trial.at else None


def _run(trial: Trial, folder: Path) -> tuple[int, int]:
    """How the command ended, and how many calls there were."""
    task, trouble = tasks(trial.held)[trial.task], Trouble(trial, folder)

    def child() -> int:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in range(3):
            os.dup2(nowhere, descriptor)
        return run([each.replace("{}", str(folder)) for each in task.arguments])

    return watch(traced(child), trouble), trouble.passed


def tried(trial: Trial) -> str:
    """Let it happen there, look, and do the same again; what was wrong. The folder stays where something
    was."""
    task = tasks(trial.held)[trial.task]
    folder = copied(trial.folder / "closed", trial.folder / trial.name)
    code, _ = _run(trial, folder)
    if not trial.full and code != KILLED:
        return f"it ended with {code} instead of being killed"
    if code not in (KILLED, *task.ends_with, *NOT_DONE):
        return f"it ended with {code} for want of room"
    wrong = task.wrong(folder, trial.held, code == 0)
    if not wrong:
        code, _ = _run(replace(trial, at=0), folder)
        wrong = task.wrong(folder, trial.held, True)
        if not wrong and code not in task.ends_with:
            wrong = f"done again it ended with {code}"
    if not wrong:
        shutil.rmtree(folder)
    return wrong


def counted(trial: Trial) -> int:
    """How many calls it is about when nothing happens to the command."""
    folder = copied(trial.folder / "closed", trial.folder / trial.name)
    code, passed = _run(trial, folder)
    assert code == 0
    shutil.rmtree(folder)
    return passed


def measured(pool: ProcessPoolExecutor, folder: Path, sample: int = 0) -> Table:
    """Kill each command everywhere, and leave it without room everywhere, or at so many places, and tell what
    came of it."""
    held = prepared(pool, folder)
    rows: list[Sequence[str]] = []
    failures: list[str] = []
    for number, task in enumerate(tasks(held)):
        for full, what in ((False, "killed"), (True, "out of room")):
            undisturbed = Trial(number, 0, folder, held, full)
            total = pool.submit(counted, undisturbed).result()
            trials = [replace(undisturbed, at=at) for at in sampled(total, sample)]
            wrong = list(spread(pool, tried, trials))
            rows.append((task.name, what, str(len(trials)), str(sum(map(bool, wrong)))))
            failures += [
                f"{task.name} {what} at {trial.at}: {each}"
                for trial, each in zip(trials, wrong, strict=True)
                if each
            ]
    return Table(TITLE, ("command", "is", "trials", "not whole afterwards"), rows, failures)


def prepared(pool: ProcessPoolExecutor, folder: Path) -> Mapping[str, object]:
    """Make the store that all is tried on; what is in it."""
    fresh = folder / "fresh.db"
    make_clinic(fresh)
    pool.submit(filled, folder, fresh).result()
    return whole(copied(folder / "closed", folder / "whole"))
