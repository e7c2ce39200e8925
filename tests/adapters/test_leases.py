"""Leases between live processes, and what the driver does with them: it waits for the living only."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from adapters.clinic.port import CallContext
from adapters.leases import FileLeases, NoLeases
from adapters.stores.port import Commit
from adapters.waits import RealWaits
from engine import Value
from tests.adapters.small_desk import Perform, SmallClinic, small_desk

HOLD = """
import sys, time
from pathlib import Path
from adapters.leases import FileLeases
lease = FileLeases(Path(sys.argv[1])).take("s")
print(lease is not None, flush=True)
time.sleep(60)
"""


def test_a_lease_is_held_until_everybody_who_keeps_it_has_let_go(tmp_path: Path) -> None:
    leases = FileLeases(tmp_path / "calls")
    assert leases.is_held("s") is False
    lease = leases.take("s")
    assert lease is not None
    lease.keep()
    assert (leases.is_held("s"), leases.is_held("other"), leases.take("s")) == (True, False, None)
    lease.let_go()
    assert leases.is_held("s") is True
    lease.let_go()
    assert leases.is_held("s") is False


def test_a_killed_process_holds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "calls"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        assert (FileLeases(path).is_held("s"), FileLeases(path).take("s")) == (True, None)
        process.send_signal(signal.SIGKILL)
        process.wait(10)
    assert FileLeases(path).is_held("s") is False


def test_where_there_is_no_place_for_them_nobody_can_tell(tmp_path: Path) -> None:
    leases = FileLeases(tmp_path / "nowhere" / "calls")
    assert (leases.take("s"), leases.is_held("s")) == (None, None)
    assert (NoLeases().take("s"), NoLeases().is_held("s")) == (None, None)


def test_who_resumes_waits_for_a_process_that_is_at_the_call(tmp_path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow(really: Perform, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        begun.set()
        assert go_on.wait(20)
        return really(action, args, context)

    clinic = SmallClinic(during=slow)
    path = tmp_path / "calls"
    with (
        small_desk(tmp_path, clinic, leases=FileLeases(path)) as one,
        small_desk(tmp_path, clinic, leases=FileLeases(path)) as other,
    ):
        session = one.begin()
        sender = threading.Thread(target=one.driver.answer, args=(session, "send"))
        sender.start()
        assert begun.wait(10)
        threading.Timer(0.2, go_on.set).start()
        view = other.driver.resume(session)
        sender.join(10)
        assert [did.outcome for did in view.did] == ["confirmed"]
        assert clinic.looked == []
        assert clinic.writes() == ["send"]


class NoWaiting(RealWaits):
    """Nobody sleeps."""

    def sleep(self, seconds: float) -> None:
        raise AssertionError("it waits for a process that is gone")


def test_nobody_waits_for_the_dead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic = SmallClinic()
    with small_desk(tmp_path, clinic) as one:
        session = one.begin()
        commit = one.store.commit
        calls = iter(range(100))

        def dies_after_the_call(session: str, revision: int, change: Commit) -> int:
            if next(calls) == 2:
                raise SystemExit
            return commit(session, revision, change)

        monkeypatch.setattr(one.store, "commit", dies_after_the_call)
        with pytest.raises(SystemExit):
            one.driver.answer(session, "send")
    leases = FileLeases(tmp_path / "calls")
    with small_desk(tmp_path, clinic, leases=leases, waits=NoWaiting()) as other:
        view = other.driver.answer(session, "send")
        assert view.problem is not None
        assert [did.outcome for did in view.did] == ["reconciled"]
        assert clinic.writes() == ["send"]


def test_a_call_is_not_kept_before_its_process_is_known_to_live(tmp_path: Path) -> None:
    """Whoever keeps a call without the lease would be taken for dead, and the call be picked up by others."""
    clinic, leases = SmallClinic(), FileLeases(tmp_path / "calls")
    with small_desk(tmp_path, clinic, leases=leases) as desk:
        session = desk.begin()
        held = leases.take(session)
        assert held is not None
        sender = threading.Thread(target=desk.driver.answer, args=(session, "send"))
        sender.start()
        sender.join(0.3)
        assert sender.is_alive()
        assert desk.store.ledger(session) == ()
        held.let_go()
        sender.join(10)
        assert [entry.status for entry in desk.store.ledger(session)] == ["confirmed"]
        assert clinic.writes() == ["send"]
