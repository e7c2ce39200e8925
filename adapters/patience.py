"""How long a server waits for the head of a request: who opens a connection and says little or nothing must
not keep it for ever. uvicorn has a limit only for what lies between two requests."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_SECONDS = 15.0
"""Within so many seconds a request's head must be whole, from the connection or its first byte on."""


class PatientProtocol(H11Protocol):
    """uvicorn's protocol with that limit; how long a body or a reply takes is no matter of it."""

    _gives_up: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        if isinstance(transport, asyncio.Transport):
            super().connection_made(transport)
            self._wait()

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        super().data_received(data)
        # Only before a request both sides are in the same state (idle).
        if self.conn.their_state is not self.conn.our_state:
            self._wait_no_more()
        elif self._gives_up is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self._gives_up = self.loop.call_later(HEAD_SECONDS, self.transport.abort)

    def _wait_no_more(self) -> None:
        if self._gives_up is not None:
            self._gives_up.cancel()
            self._gives_up = None
