"""An application on a port of this machine, until it is stopped."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic, sleep

import uvicorn
from starlette.types import ASGIApp

from adapters.patience import PatientProtocol
from adapters.problems import Unusable

_START_SECONDS = 10.0


def listening(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 takes any free one. Raises Unusable, with what to do."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        opened = socket.create_server((host, port), family=family)
        # Connections inherit it. Otherwise the second part of a reply waits for the client to acknowledge the
        # first one, some 40 ms: asyncio sees to that itself only for sockets that name their protocol.
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    except (OSError, OverflowError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise Unusable(f"Nothing can listen at {host}:{port} ({why}).", "Name another --port.") from None
    return opened


def serve(
    application: ASGIApp, opened: socket.socket, grace: int = 0, ending: Callable[[], None] | None = None
) -> None:
    """Serve until the process is told to end; requests under way then have `grace` seconds to be answered.
    `ending` is called first, so that what would go on for long ends by itself."""
    _server(application, grace, ending).run(sockets=[opened])


@contextmanager
def serving(
    application: ASGIApp,
    host: str = "127.0.0.1",
    tls: ssl.SSLContext | None = None,
    port: int = 0,
    grace: int = 0,
    ending: Callable[[], None] | None = None,
) -> Iterator[str]:
    """Serve beside what is done inside of this; gives the address, such as `http://127.0.0.1:43210`. `grace`
    and `ending` as in `serve`; without grace, requests under way are let go at the end."""
    opened = listening(host, port)
    server = _server(application, grace, ending)
    if tls is not None:
        server.config.load()
        server.config.ssl = tls
    thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]}, daemon=True, name="server")
    thread.start()
    until = monotonic() + _START_SECONDS
    while not server.started:
        if monotonic() > until or not thread.is_alive():
            raise Unusable("Nothing could be served there.", "Try again.")
        sleep(0.005)
    try:
        yield f"{'http' if tls is None else 'https'}://{host}:{opened.getsockname()[1]}"
    finally:
        server.should_exit = True
        server.force_exit = not grace
        thread.join(_START_SECONDS + grace)
        opened.close()


class _Server(uvicorn.Server):
    """A server that says when it begins to end, before it waits for what is under way."""

    def __init__(self, config: uvicorn.Config, ending: Callable[[], None] | None) -> None:
        super().__init__(config)
        self._ending = ending

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """See `uvicorn.Server.shutdown`."""
        if self._ending is not None:
            self._ending()
        await super().shutdown(sockets)


def _server(application: ASGIApp, grace: int = 0, ending: Callable[[], None] | None = None) -> uvicorn.Server:
    return _Server(
        uvicorn.Config(
            application,
            http=PatientProtocol,
            lifespan="off",
            ws="none",
            log_config=None,
            log_level="critical",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=grace,
        ),
        ending,
    )
