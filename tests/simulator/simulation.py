"""One whole simulation: people at desks in a storm, then calm, in which everybody comes back and ends."""

from __future__ import annotations

import shutil
from contextlib import closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from adapters.library import Library
from adapters.problems import PlainProblem
from adapters.stores.sqlite import SqliteStore
from adapters.view import View
from adapters.wiring import open_trail, over_keys
from tests.simulator.client import Client, Told, quiet_answer
from tests.simulator.clinic import Clinic, desk_library
from tests.simulator.desks import Desk, Desks
from tests.simulator.promises import broken
from tests.simulator.surroundings import Storm, Surroundings
from tests.simulator.tape import Tape
from tests.simulator.turns import Stuck, Turns

PLACES = ("desk", "other desk", "third desk")

LONGEST_END = 120
"""After so many quiet answers a conversation does not end."""


class Simulated(NamedTuple):
    """What came of a simulation: the promises that were broken, what happened, how many numbers it drew, how
    often calls took effect."""

    broken: tuple[str, ...]
    notes: tuple[str, ...]
    drawn: tuple[int, ...]
    effects: int


@cache
def library() -> Library:
    """The flow that everybody uses; compiled once."""
    return desk_library()


def simulate(tape: Tape) -> Simulated:
    """Hold one simulation in a folder of its own."""
    with TemporaryDirectory(prefix="unstuck-simulated-", dir=_fast_folder()) as folder:
        path = Path(folder) / "sessions.db"
        with closing(SqliteStore(path, open_trail)) as probe:
            return _Simulation(tape, path, probe).whole()


def _fast_folder() -> Path | None:
    """Memory, where there is some to put files into: what survives a power cut is not tried here."""
    memory = Path("/dev/shm")
    return memory if memory.is_dir() and shutil.disk_usage(memory).free > 100 * 2**20 else None


class _Simulation:
    def __init__(self, tape: Tape, path: Path, probe: SqliteStore) -> None:
        storm = Storm(*(tape.one((0, often, 3 * often)) for often in (15, 150, 15, 50, 100)))
        clinic = Clinic(forgetful=tape.below(4) == 3)
        encrypted = tape.below(4) == 3
        clear = over_keys(probe) if encrypted else probe
        self._around = Surroundings(tape, Turns(tape), clinic, storm, probe, clear, tape.below(2) == 0)
        self._desks = Desks(self._around, path, library(), encrypted=encrypted)
        sessions: list[str] = []
        places = PLACES[: 1 + tape.below(len(PLACES))]
        self._clients = [
            Client(self._around, self._desks, place, 12 + tape.below(18), sessions) for place in places
        ]
        self._around.note(f"seed {tape.seed}: {storm}, forgetful: {clinic.forgetful}, places: {len(places)}")

    def whole(self) -> Simulated:
        """The storm, the calm, and what must hold then."""
        around = self._around
        for number, client in enumerate(self._clients):
            around.turns.begin(f"client {number}", None, client.live)
        try:
            around.turns.run()
            around.calm = True
            around.turns.begin("calm", None, self._everybody_comes_back)
            around.turns.run()
        except Stuck as stuck:
            around.breaks(str(stuck))
        told = [each for client in self._clients for each in client.told]
        for word in broken(around, library().flow("desk"), told):
            around.breaks(word)
        self._desks.close()
        return Simulated(
            tuple(around.broken), tuple(around.notes), tuple(around.tape.drawn), len(around.clinic.done)
        )

    def _everybody_comes_back(self) -> None:
        """Take every conversation up in a new process, and answer until it ends."""
        for summary in self._around.probe.sessions(1_000):
            desk = self._desks.at(f"calm {summary.session}")
            before = self._around.turns.enter(desk.process)
            try:
                self._to_the_end(desk, summary.session)
            except PlainProblem as problem:
                self._around.breaks(f"{summary.session} cannot be taken up: {problem}")
            except Exception as error:
                self._around.breaks(f"{summary.session}: the driver raised {type(error).__name__}: {error}")
            self._around.turns.enter(before)

    def _to_the_end(self, desk: Desk, session: str) -> None:
        view = desk.driver.resume(session)
        for _ in range(LONGEST_END):
            self._around.note(f"calm {session}: {_in_short(view)}")
            if view.end is not None:
                return
            view = self._quietly(desk, session, view)
        self._around.breaks(f"{session} does not end: {_in_short(view)}")

    def _quietly(self, desk: Desk, session: str, view: View) -> View:
        if view.reveal is not None:
            return desk.driver.reveal(session, view.reveal.id)[1]
        if view.prompt is None:
            raise RuntimeError("nothing waits")
        actor = "rui" if view.prompt.step.endswith("!second") else ""
        return desk.driver.answer(
            session, quiet_answer(view.prompt), prompt=view.prompt.id, seq=view.seq, actor=actor
        )


def _in_short(view: View) -> str:
    waits = view.prompt.id if view.prompt is not None else f"{view.reveal or view.end}"
    problem = f" ({view.problem.code})" if view.problem is not None else ""
    return f"{waits}{problem}{''.join(f' {did.action} {did.outcome}' for did in view.did)}"


__all__ = ["Simulated", "Told", "simulate"]
