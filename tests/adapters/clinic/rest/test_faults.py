"""Every fault at every action over rest: the right outcome, in time, nothing written twice.

The outcome is what the driver would be told. `make faults` prints all of it as one table.
"""

from __future__ import annotations

import shutil
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import monotonic

import msgspec
import pytest
import trustme

from adapters.clinic.actions import CATALOG
from adapters.clinic.port import ActionFailed, CallContext, OutcomeLost
from adapters.clinic.rest.backend import RestClinic
from adapters.clinic.rest.egress import Egress
from adapters.clinic.served.app import ServedClinic
from adapters.clinic.served.behind import example_at
from adapters.clinic.served.faults import FAULTS
from adapters.serving import serving
from engine import Action, CannotTell, DidNotHappen, Effect, Failure, Happened, Value
from tests.adapters.clinic.bench import Bench
from tests.adapters.clinic.contract import GOOD_ARGS, BackendContract
from tests.adapters.clinic.rest.fault_table import PROPERTY
from tests.adapters.clinic.served_bench import EGRESS, Switched, switched
from tests.adapters.clinic.test_embedded import bench_at, bench_over, journal_of

SHORT, LONG = 0.25, 8.0
SILENT = ("timeout-before", "timeout-after", "slow")
# What a read ends in; what a write ends in, and what looking back then says.
READ: Mapping[str, str] = {
    "timeout-before": "unavailable",
    "timeout-after": "unavailable",
    "reset": "unavailable",
    "slow": "unavailable",
    "endless": "unavailable",
    "500": "backend_bug",
    "502": "unavailable",
    "503": "unavailable",
    "429": "unavailable",
    "redirect": "backend_bug",
    "bad-json": "backend_bug",
    "wrong-shape": "backend_bug",
    "nan": "backend_bug",
    "duplicate-keys": "backend_bug",
    "other-client": "backend_bug",
    "error-in-200": "backend_bug",
}
CLEAN = {
    "503": "unavailable",
    "429": ("rate_limited", "unavailable"),
    "error-in-200": ("not_ready", "backend_bug"),
}
# These are about nobody.
ANONYMOUS = frozenset({"get_clinic", "request_help"})


def outcome(
    backend: RestClinic, bench: Bench, action: Action, args: Mapping[str, Value], seconds: float = LONG
) -> str:
    """How one call ends within so many seconds, and for a lost one what looking back says, in two words."""
    context = CallContext("the-key", "alice", "session-1", LONG, bench.vault)
    try:
        backend.perform(action.name, args, msgspec.structs.replace(context, deadline=seconds))
    except ActionFailed as failed:
        return failed.failure.value
    except OutcomeLost:
        match backend.check_back(action.name, args, context):
            case Happened():
                return "lost, happened"
            case DidNotHappen():
                return "lost, did not happen"
            case CannotTell():
                return "lost, cannot tell"
    return "done"


def expected(action: Action, fault: str) -> tuple[str, ...]:
    if fault not in FAULTS:
        return ("unavailable",)
    if fault == "other-client" and action.name in ANONYMOUS:
        return ("done",)
    if action.effect is Effect.READ:
        if fault == "error-in-200" and Failure.NOT_READY in action.failures:
            return ("not_ready",)
        return (READ[fault],)
    if fault in CLEAN:
        clean = CLEAN[fault]
        return (clean,) if isinstance(clean, str) else clean
    return ("lost, happened",) if FAULTS[fault].acts else ("lost, did not happen",)


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[Switched, str]]:
    with switched() as served:
        yield served


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("clinic") / "clinic.db"
    bench_at(path).backend.close()
    return path


@pytest.fixture(scope="module")
def unreachable() -> Iterator[Mapping[str, str]]:
    """Addresses at which nothing can be sent, each by a fault of its own."""
    there = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(there)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with serving(Switched(), tls=there) as distrusted:
        yield {
            "refused": f"http://127.0.0.1:{port}",
            "no-name": "https://no-such-host.invalid",
            "tls": distrusted,
        }


def folder(inside: Path, name: str) -> Path:
    (inside / name).mkdir()
    return inside / name


@pytest.mark.parametrize("name", sorted(GOOD_ARGS))
def test_every_fault_at_every_action(
    name: str,
    server: tuple[Switched, str],
    unreachable: Mapping[str, str],
    untouched: Path,
    tmp_path: Path,
    record_property: Callable[[str, object], None],
) -> None:
    action = CATALOG.actions[name]
    rest = {fault: example_at(at, folder(tmp_path, fault)) for fault, at in unreachable.items()}
    served_at = example_at(server[1], tmp_path)
    wrong: dict[str, tuple[str, int]] = {}
    for fault in (*unreachable, *FAULTS):
        path = tmp_path / f"{fault}.db"
        shutil.copy(untouched, path)
        bench = bench_over(path)
        args = BackendContract().good_args(bench, name)
        served = ServedClinic(bench.backend)
        server[0].now = served.application()
        if fault in FAULTS:
            served.faults.plan(name, fault)
        backend = RestClinic.open(rest.get(fault, served_at), EGRESS)
        seconds = SHORT if fault in SILENT else LONG
        began = monotonic()
        came = outcome(backend, bench, action, args, seconds)
        assert monotonic() - began < 10.0
        # The same key again is never a second effect, whatever became of the first.
        outcome(backend, bench, action, args, seconds)
        effects = len(journal_of(path))
        acts = fault in FAULTS and FAULTS[fault].acts and action.effect is not Effect.READ
        right = came in expected(action, fault) and effects == int(acts)
        if not right:
            wrong[fault] = (came, effects)
        record_property(PROPERTY, f"{name}|{fault}|{came}|{'right' if right else 'WRONG'}")
        bench.backend.close()
    assert wrong == {}


def test_a_certificate_that_is_trusted_is_taken(untouched: Path, tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context()
    authority.configure_trust(context)
    there = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(there)
    bench = bench_over(shutil.copy(untouched, tmp_path / "clinic.db"))
    with serving(ServedClinic(bench.backend).application(), tls=there) as address:
        backend = RestClinic.open(example_at(address, tmp_path), Egress(context))
        assert outcome(backend, bench, CATALOG.actions["get_clinic"], {}) == "done"
    bench.backend.close()
