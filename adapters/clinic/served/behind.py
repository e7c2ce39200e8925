"""A backend seen through HTTP: served on this machine, and called by the mapping that is shipped for it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from adapters.clinic.port import Backend, CallContext
from adapters.clinic.rest.backend import RestClinic
from adapters.clinic.rest.egress import Egress
from adapters.clinic.served.app import ServedClinic
from adapters.serving import serving
from engine import Finding, Value

EXAMPLE = Path(__file__).with_name("served.rest.yaml")
"""The mapping of the served clinic."""

_ADDRESS = "http://127.0.0.1:8140"


class BehindHttp:
    """The same clinic, with HTTP in between. Closing it closes the one inside."""

    def __init__(self, inside: Backend, egress: Egress | None = None) -> None:
        with ExitStack() as stack:
            stack.callback(inside.close)
            address = stack.enter_context(serving(ServedClinic(inside).application()))
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="unstuck-rest-")))
            self._outside = RestClinic.open(example_at(address, folder), egress)
            self._held = stack.pop_all()

    def capabilities(self) -> frozenset[str]:
        """See `Backend.capabilities`."""
        return self._outside.capabilities()

    def perform(self, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        """See `Backend.perform`."""
        return self._outside.perform(action, args, context)

    def check_back(self, action: str, args: Mapping[str, Value], context: CallContext) -> Finding:
        """See `Backend.check_back`."""
        return self._outside.check_back(action, args, context)

    def close(self) -> None:
        """End the server, and close what it served."""
        self._held.close()


def example_at(address: str, folder: Path, deadline: float = 8.0) -> Path:
    """The shipped mapping, written into the folder with this address and deadline (in seconds)."""
    text = EXAMPLE.read_text(encoding="utf-8").replace(_ADDRESS, address)
    path = folder / f"served-{deadline:g}.rest.yaml"
    path.write_text(text.replace("deadline: 8", f"deadline: {deadline:g}"), encoding="utf-8")
    return path
