"""Every fault at every action over rest: the right outcome, in time, nothing written twice.

One table: a row is an action, a column a fault; the outcome is what the driver would be told.
"""

from __future__ import annotations

import shutil
import socket
import ssl
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import monotonic

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
# These results say nothing of whom they are about, so that nobody could see that they are somebody else's.
ANONYMOUS = frozenset(
    "get_clinic find_clients check_email get_delivery send_invitation send_password_reset open_ticket"
    " request_help clear_suppression".split()
)


def outcome(backend: RestClinic, bench: Bench, action: Action, args: Mapping[str, Value], key: str) -> str:
    """How one call ends, and for a lost one what looking back says, in two words."""
    context = CallContext(key, "alice", "session-1", 5.0, bench.vault)
    try:
        backend.perform(action.name, args, context)
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


@pytest.mark.parametrize("name", sorted(GOOD_ARGS))
def test_every_fault_at_every_action(
    name: str, server: tuple[Switched, str], untouched: Path, tmp_path: Path
) -> None:
    action = CATALOG.actions[name]
    rest = {seconds: example_at(server[1], tmp_path, seconds) for seconds in (SHORT, LONG)}
    wrong: dict[str, tuple[str, int]] = {}
    for fault, how in FAULTS.items():
        path = tmp_path / f"{fault}.db"
        shutil.copy(untouched, path)
        bench = bench_over(path)
        args = BackendContract().good_args(bench, name)
        served = ServedClinic(bench.backend)
        server[0].now = served.application()
        backend = RestClinic.open(rest[SHORT if fault in SILENT else LONG], EGRESS)
        served.faults.plan(name, fault)
        began = monotonic()
        came = outcome(backend, bench, action, args, "the-key")
        assert monotonic() - began < 10.0
        # The same key again is never a second effect, whatever became of the first.
        outcome(backend, bench, action, args, "the-key")
        effects = len(journal_of(path))
        right = effects == int(action.effect is not Effect.READ and how.acts)
        if came not in expected(action, fault) or not right:
            wrong[fault] = (came, effects)
        bench.backend.close()
    assert wrong == {}


@pytest.mark.parametrize("name", sorted(GOOD_ARGS))
def test_where_nothing_can_be_sent_nothing_happened(name: str, untouched: Path, tmp_path: Path) -> None:
    bench = bench_over(shutil.copy(untouched, tmp_path / "clinic.db"))
    args = BackendContract().good_args(bench, name)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    for address in (f"http://127.0.0.1:{port}", "https://no-such-host.invalid"):
        backend = RestClinic.open(example_at(address, tmp_path, LONG), EGRESS)
        assert outcome(backend, bench, CATALOG.actions[name], args, "the-key") == "unavailable"
    bench.backend.close()


@pytest.mark.parametrize("trusts", [True, False])
def test_a_certificate_is_checked(trusts: bool, untouched: Path, tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.create_default_context()
    if trusts:
        authority.configure_trust(context)
    there = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(there)
    bench = bench_over(shutil.copy(untouched, tmp_path / "clinic.db"))
    with serving(ServedClinic(bench.backend).application(), tls=there) as address:
        backend = RestClinic.open(example_at(address, tmp_path, LONG), Egress(context))
        ended = outcome(backend, bench, CATALOG.actions["get_clinic"], {}, "")
    assert ended == ("done" if trusts else "unavailable")
    bench.backend.close()
