"""The served clinic behind rest: the same bench as the embedded clinic's, with HTTP in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.clinic.rest.backend import RestClinic
from adapters.clinic.rest.egress import Egress
from adapters.clinic.served.app import ServedClinic
from adapters.clinic.served.behind import example_at
from adapters.serving import serving
from tests.adapters.clinic.bench import Bench

EGRESS = Egress()


class Switched:
    """An application that can be exchanged while it is served: one server for many benches."""

    def __init__(self) -> None:
        self.now: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert self.now is not None
        await self.now(scope, receive, send)


@contextmanager
def switched() -> Iterator[tuple[Switched, str]]:
    """The exchangeable application, served, and its address."""
    application = Switched()
    with serving(application) as address:
        yield application, address


def rest_bench(bench: Bench, application: Switched, address: str, folder: Path) -> Bench:
    """A bench that calls over HTTP what the other one has at hand."""
    application.now = ServedClinic(bench.backend).application()
    backend = RestClinic.open(example_at(address, folder), EGRESS)
    return Bench(backend, bench.carrier, bench.clock)
