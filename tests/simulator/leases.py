"""Leases of simulated processes: the operating system frees them when their process is gone."""

from __future__ import annotations

from adapters.leases import Lease
from tests.simulator.turns import Process


class _Held(Lease):
    """A lease that is a line in a table."""

    def __init__(self, table: dict[str, tuple[Process, _Held]], session: str) -> None:
        super().__init__(-1)
        self._table = table
        self._session = session
        self._kept_by = 1

    def keep(self) -> None:
        """See `Lease.keep`."""
        self._kept_by += 1

    def let_go(self) -> None:
        """See `Lease.let_go`."""
        self._kept_by -= 1
        if self._kept_by == 0 and self._table.get(self._session, (None, None))[1] is self:
            del self._table[self._session]


class TableLeases:
    """See `Leases`; the table is shared by all processes."""

    def __init__(self, table: dict[str, tuple[Process, _Held]], process: Process) -> None:
        self._table = table
        self._process = process

    def take(self, session: str) -> Lease | None:
        """See `Leases.take`."""
        if self.is_held(session):
            return None
        held = _Held(self._table, session)
        self._table[session] = (self._process, held)
        return held

    def is_held(self, session: str) -> bool | None:
        """See `Leases.is_held`."""
        return session in self._table and self._table[session][0].alive


Table = dict[str, tuple[Process, _Held]]
