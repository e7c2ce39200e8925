"""Places at which processes run, one at a time: each is a driver with a store of its own on the one file."""

from __future__ import annotations

from itertools import count
from pathlib import Path

from adapters.audit.scribe import Scribe
from adapters.driver import Driver, Parts
from adapters.keys import derived
from adapters.leases import Leases, NoLeases
from adapters.library import Library
from adapters.secrets.vault import MemoryVault
from adapters.stores.sqlite import SqliteStore
from adapters.trying_again import TryingAgain
from adapters.wiring import open_trail, over_keys
from tests.simulator.clinic import CATALOG
from tests.simulator.gate import WaryGate
from tests.simulator.leases import Table, TableLeases
from tests.simulator.line import Line
from tests.simulator.shelf import Shelf
from tests.simulator.surroundings import Surroundings
from tests.simulator.turns import Process, TakingTurns


class Desk:
    """One process: it is used until it is killed."""

    def __init__(self, process: Process, store: SqliteStore, driver: Driver) -> None:
        self.process = process
        self.store = store
        self.driver = driver


class Desks:
    """All places. `encrypted` stores keep what is personal encrypted."""

    def __init__(self, around: Surroundings, path: Path, library: Library, *, encrypted: bool) -> None:
        self._around = around
        self._path = path
        self._library = library
        self._encrypted = encrypted
        self._leases: Table = {}
        self._here: dict[str, Desk] = {}
        self._opened: list[SqliteStore] = []
        self._numbers = count(1)
        self._names = count(1)

    def at(self, place: str) -> Desk:
        """The process at this place; a new one where the one before was killed."""
        desk = self._here.get(place)
        if desk is None or not desk.process.alive:
            desk = self._here[place] = self._begun(place)
        return desk

    def close(self) -> None:
        """Let go of all files."""
        for store in self._opened:
            store.close()

    def _begun(self, place: str) -> Desk:
        around = self._around
        process = Process(f"{place}.{next(self._numbers)}")
        store = SqliteStore(self._path, open_trail)
        self._opened.append(store)
        leases: Leases = TableLeases(self._leases, process) if around.leased else NoLeases()
        parts = Parts(
            self._library,
            Line(around, process),
            Shelf(around, process, over_keys(store) if self._encrypted else store),
            WaryGate(around, process),
            around.clock,
            lambda: f"s{next(self._names)}",
            around.today,
            MemoryVault(lambda: f"secret-{next(self._names)}"),
            around.deadline,
            leases,
            Scribe(derived(store.master, "unstuck scribe"), CATALOG),
            TryingAgain(lambda: 0.5, lambda seconds: _wait(around, seconds)),
            TakingTurns(around.turns, process),
        )
        around.note(f"{process.name} begins")
        return Desk(process, store, Driver(parts))


def _wait(around: Surroundings, seconds: float) -> None:
    around.turns.wait(lambda: False, around.turns.now + seconds)
