"""The table of upkeep: what an operator does with a store, killed at each of its calls that change a file.
Afterwards the store is whole, what was to be made is there whole or not at all, and the same can be done
again.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from adapters.cli import run
from adapters.keys import keys_path
from adapters.problems import PlainProblem
from adapters.stores.key_file import key_path
from adapters.wiring import open_store_behind, over_keys
from tests.durability.conversation import make_clinic
from tests.durability.damage import contents, copied, filled, whole
from tests.durability.many import spread
from tests.durability.report import Table, sampled
from tests.durability.tracer import Kill, Kind, Point, traced, watch

TITLE = "Looking after a store, killed at each call that changes a file"
KILLED = -9
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
    assert state[:200] in (folder / _NAME).read_bytes()
    return state[:200]


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


def _run(task: Task, folder: Path, at: int) -> tuple[int, int]:
    """How the command ended, killed at its call of this number (0: not at all), and how many calls it
    made."""
    passed = 0

    def decide(point: Point) -> Kill | None:
        nonlocal passed
        if point.kind is not Kind.FILE or not point.path.startswith(str(folder)):
            return None
        passed += 1
        return Kill() if passed == at else None

    def child() -> int:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in range(3):
            os.dup2(nowhere, descriptor)
        return run([each.replace("{}", str(folder)) for each in task.arguments])

    return watch(traced(child), decide), passed


@dataclass(frozen=True, slots=True)
class Trial:
    """One command, killed at its call of this number."""

    task: int
    at: int
    folder: Path
    held: Mapping[str, object]


def tried(trial: Trial) -> str:
    """Kill it there, look, and do the same again; what was wrong. The folder stays where something was."""
    task = tasks(trial.held)[trial.task]
    folder = copied(trial.folder / "closed", trial.folder / f"{trial.task}-{trial.at}")
    code, _ = _run(task, folder, trial.at)
    if code != KILLED:
        return f"it ended with {code} instead of being killed"
    wrong = task.wrong(folder, trial.held, False)
    if not wrong:
        code, _ = _run(task, folder, 0)
        wrong = task.wrong(folder, trial.held, True)
        if not wrong and code not in task.ends_with:
            wrong = f"done again it ended with {code}"
    if not wrong:
        shutil.rmtree(folder)
    return wrong


def counted(trial: Trial) -> int:
    """How many calls the command makes when nothing disturbs it."""
    folder = copied(trial.folder / "closed", trial.folder / f"{trial.task}-whole")
    code, passed = _run(tasks(trial.held)[trial.task], folder, 0)
    assert code == 0
    shutil.rmtree(folder)
    return passed


def measured(pool: ProcessPoolExecutor, folder: Path, sample: int = 0) -> Table:
    """Kill each command everywhere, or at so many places, and tell what came of it."""
    fresh = folder / "fresh.db"
    make_clinic(fresh)
    pool.submit(filled, folder, fresh).result()
    held = whole(copied(folder / "closed", folder / "whole"))
    rows: list[Sequence[str]] = []
    failures: list[str] = []
    for number, task in enumerate(tasks(held)):
        total = pool.submit(counted, Trial(number, 0, folder, held)).result()
        places = sampled(total, sample)
        wrong = list(spread(pool, tried, [Trial(number, at, folder, held) for at in places]))
        rows.append((task.name, str(len(places)), str(sum(map(bool, wrong)))))
        failures += [f"{task.name} {at}: {each}" for at, each in zip(places, wrong, strict=True) if each]
    return Table(TITLE, ("command", "kills", "not whole afterwards"), rows, failures)
