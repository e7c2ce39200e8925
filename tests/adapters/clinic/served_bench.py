"""The served clinic behind rest: the same bench as the embedded clinic's, with HTTP in between."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from adapters.clinic.rest.backend import RestClinic
from adapters.clinic.rest.egress import Egress
from adapters.clinic.served import app
from adapters.clinic.served.app import ServedClinic
from adapters.clinic.served.server import serving
from tests.adapters.clinic.bench import Bench

EGRESS = Egress()
SHIPPED = Path(app.__file__).with_name("served.rest.yaml")


def mapping_to(address: str, folder: Path, deadline: float = 8.0) -> Path:
    """The shipped mapping with this address."""
    text = SHIPPED.read_text(encoding="utf-8").replace("http://127.0.0.1:8140", address)
    text = text.replace("deadline: 8", f"deadline: {deadline:g}")
    path = folder / f"served-{deadline:g}.rest.yaml"
    path.write_text(text, encoding="utf-8")
    return path


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
    backend = RestClinic.open(mapping_to(address, folder), EGRESS)
    return Bench(backend, bench.carrier, bench.clock)
