"""Group commit: what several threads want written at one moment becomes one transaction and one sync.

Whoever finds nobody writing writes for all that wait by then; nobody is answered before the transaction is on
the disk. There is no thread for it: a single writer would only wait for it to wake up.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from threading import Event, Lock
from typing import Protocol, TypeVar

from adapters.stores.totals import Totals

MOST = 128
"""How many pieces of work share a transaction at most."""

_PATIENCE = 0.05
"""After how many seconds a thread that waits looks again whether it is its turn, in case whoever was to wake
it was interrupted."""

T = TypeVar("T")


class Writing:
    """An open transaction, as a piece of work sees it; `totals` is kept with it at the end."""

    def __init__(self, db: sqlite3.Connection, totals: Totals) -> None:
        self.db = db
        self.totals = totals


class Transactions(Protocol):
    """Opens transactions that are on the disk when they are left, and undone if anything is raised."""

    def writing(self) -> AbstractContextManager[Writing]:
        """One transaction."""
        ...


class _Order:
    """A piece of work that waits to be done, and what came of it."""

    def __init__(self, do: Callable[[Writing], None]) -> None:
        self.do = do
        self.error: Exception | None = None
        self.settled = False
        self.news = Event()

    def settle(self) -> None:
        """What came of it is final: it is on the disk, or has failed."""
        self.settled = True
        self.news.set()


class GroupWriter:
    """Does pieces of work in transactions of `file`. May be used by any number of threads."""

    def __init__(self, file: Transactions) -> None:
        self._file = file
        self._turn = Lock()
        self._waiting: deque[_Order] = deque()

    def run(self, work: Callable[[Writing], T]) -> T:
        """Do the work, and return what it returned once that is on the disk. What it raises undoes this work
        alone. It may be begun anew, and must then do the same."""
        done: list[T] = []

        def do(writing: Writing) -> None:
            done[:] = [work(writing)]

        order = _Order(do)
        self._waiting.append(order)
        try:
            self._wait_for(order)
        except BaseException:
            with suppress(ValueError, IndexError):
                self._waiting.remove(order)
            raise
        if order.error is not None:
            raise order.error
        return done[0]

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Inside, nothing is written by the writer."""
        with self._turn:
            yield
        self._wake_next()

    def _wait_for(self, order: _Order) -> None:
        while not order.settled:
            if self._turn.acquire(blocking=False):
                try:
                    self._write_for_all(order)
                finally:
                    self._turn.release()
                    self._wake_next()
            else:
                order.news.wait(_PATIENCE)
                order.news.clear()

    def _wake_next(self) -> None:
        with suppress(IndexError):
            self._waiting[0].news.set()

    def _write_for_all(self, mine: _Order) -> None:
        orders: list[_Order] = []
        with suppress(IndexError):
            while len(orders) < MOST:
                orders.append(self._waiting.popleft())
        try:
            self._write(orders)
        except BaseException:
            # This thread was interrupted; the work of the others is still to be done.
            left = [order for order in orders if not order.settled and order is not mine]
            self._waiting.extendleft(reversed(left))
            raise

    def _write(self, orders: Sequence[_Order]) -> None:
        """Do all of it in one transaction; where that fails as a whole, each in its own."""
        if len(orders) == 1:
            try:
                with self._file.writing() as writing:
                    orders[0].do(writing)
            except Exception as error:
                orders[0].error = error
        elif orders:
            try:
                with self._file.writing() as writing:
                    for order in orders:
                        _do_apart(order, writing)
            except Exception:
                for order in orders:
                    order.error = None
                    self._write([order])
                return
        for order in orders:
            order.settle()


def _do_apart(order: _Order, writing: Writing) -> None:
    """Do the work of one among others, and undo it alone if it fails."""
    db, totals = writing.db, writing.totals
    db.execute("SAVEPOINT piece")
    try:
        order.do(writing)
    except Exception as error:
        if not db.in_transaction:
            # SQLite gave the whole transaction up, as it does for a full disk.
            raise
        db.execute("ROLLBACK TO piece")
        writing.totals = totals
        order.error = error
    db.execute("RELEASE piece")
