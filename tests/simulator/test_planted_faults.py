"""The simulator finds faults: each of these, planted in the product, breaks something within a few seeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from unittest import mock

import msgspec
import pytest

from adapters import deeds
from adapters import driver as driver_module
from adapters.audit.chain import NO_SEAL, seal_of
from adapters.audit.trail import AuditTrail
from adapters.caller import Caller
from adapters.clinic.port import CallContext, OutcomeLost
from adapters.driver import Driver, Held
from adapters.leases import Lease
from adapters.request import Request
from adapters.stores.port import Commit, StoredReply
from adapters.stores.sqlite import SqliteStore
from adapters.view import View
from engine import Call, Lost, Value
from engine.run import Run
from tests.simulator.simulation import simulate
from tests.simulator.tape import Tape

SEEDS = 400
"""Within so many seeds each fault must be found."""


class Planted(NamedTuple):
    """A fault: what is put in the place of what, and a word of the promise that it breaks."""

    name: str
    plant: Callable[[], object]
    breaks: str


def sent_is_not_saved() -> object:
    real = Driver._commit

    def commit(self: Driver, held: Held, last: bool = False) -> None:
        if not (held.ledger and held.ledger[-1].status == "sent"):
            real(self, held, last)

    return mock.patch.object(Driver, "_commit", commit)


def acknowledged_before_it_is_kept() -> object:
    real = Driver._commit

    def commit(self: Driver, held: Held, last: bool = False) -> None:
        if not last or held.revision < 2 or held.ledger:
            real(self, held, last)

    return mock.patch.object(Driver, "_commit", commit)


def everybody_wins() -> object:
    real = SqliteStore.commit

    def commit(self: SqliteStore, session: str, expected_revision: int, commit: Commit) -> int:
        return real(self, session, self.load(session).revision, commit)

    return mock.patch.object(SqliteStore, "commit", commit)


def what_is_lost_counts_as_refused() -> object:
    return mock.patch.dict(driver_module._SETTLED, {Lost: "rejected"})


def a_repeated_request_gets_no_stored_reply() -> object:
    def reply(self: Request, kept: StoredReply | None) -> View | None:
        return None

    return mock.patch.object(Request, "reply", reply)


def what_is_lost_is_sent_again() -> object:
    real = Caller._result

    def result(self: Caller, call: Call, context: CallContext, lease: Lease | None) -> Value:
        try:
            return real(self, call, context, lease)
        except (OutcomeLost, TimeoutError):
            return real(self, call, context, lease)

    return mock.patch.object(Caller, "_result", result)


def what_was_sent_is_sent_again_after_a_crash() -> object:
    real = Driver._load

    def load(self: Driver, session: str) -> Held:
        held = real(self, session)
        held.recorded = {key: "planned" if at == "sent" else at for key, at in held.recorded.items()}
        return held

    return mock.patch.object(Driver, "_load", load)


def the_gates_are_not_asked_again_after_a_crash() -> object:
    real = Driver._load

    def load(self: Driver, session: str) -> Held:
        held = real(self, session)
        held.asked_gate = True
        return held

    return mock.patch.object(Driver, "_load", load)


def calls_hold_no_lease() -> object:
    def leased(self: Driver, session: str) -> Lease | None:
        return None

    return mock.patch.object(Driver, "_leased", leased)


def intents_are_not_audited() -> object:
    real = deeds.intent

    def intent(*what: object) -> object:
        return msgspec.structs.replace(real(*what), kind="read")

    return mock.patch.object(deeds, "intent", intent)


def entries_of_the_audit_are_not_chained() -> object:
    def seal(self: AuditTrail, number: int, previous: bytes, body: bytes) -> bytes:
        return seal_of(self._key, number, NO_SEAL, body)

    return mock.patch.object(AuditTrail, "seal", seal)


def keys_are_used_again() -> object:
    def new_key(self: Run, path: str) -> str:
        return f"{self.old.session}:{self.full(path)}:1"

    return mock.patch.object(Run, "new_key", new_key)


def a_planned_call_is_planned_again() -> object:
    real = Driver._load

    def load(self: Driver, session: str) -> Held:
        held = real(self, session)
        if held.asked_gate:
            held.recorded = {}
        return held

    return mock.patch.object(Driver, "_load", load)


def nobody_waits_for_the_living() -> object:
    def waited(self: Driver, session: str, at_work: object) -> Held:
        return self._load(session)

    return mock.patch.object(Driver, "_waited", waited)


QUICKLY_FOUND = (
    *("sent is not saved", "acknowledged before it is kept", "a repeated request gets no stored reply"),
    *("sent again after a crash", "intents are not audited", "keys are used again"),
)

PLANTED = (
    Planted("sent is not saved", sent_is_not_saved, "is made while the store says planned"),
    Planted("acknowledged before it is kept", acknowledged_before_it_is_kept, "is lost"),
    Planted("everybody wins", everybody_wins, ""),
    Planted("what is lost counts as refused", what_is_lost_counts_as_refused, ""),
    Planted("a repeated request gets no stored reply", a_repeated_request_gets_no_stored_reply, "replied to"),
    Planted("what is lost is sent again", what_is_lost_is_sent_again, "is made a second time"),
    Planted("sent again after a crash", what_was_sent_is_sent_again_after_a_crash, ""),
    Planted(
        "the gates are not asked again after a crash",
        the_gates_are_not_asked_again_after_a_crash,
        "was not allowed to",
    ),
    Planted("calls hold no lease", calls_hold_no_lease, "while the store says"),
    Planted("intents are not audited", intents_are_not_audited, "knows of no intent"),
    Planted("entries are not chained", entries_of_the_audit_are_not_chained, "audit"),
    Planted("keys are used again", keys_are_used_again, ""),
    Planted("a planned call is planned again", a_planned_call_is_planned_again, "from planned to planned"),
    Planted("nobody waits for the living", nobody_waits_for_the_living, "while the store says"),
)
QUICK = [each for each in PLANTED if each.name in QUICKLY_FOUND]


def found_after(planted: Planted) -> tuple[int, str]:
    """How many seeds it took to find this, and what was broken then."""
    with planted.plant():
        for seed in range(SEEDS):
            for each in simulate(Tape(seed)).broken:
                if planted.breaks in each:
                    return seed + 1, each
    return 0, ""


@pytest.mark.parametrize("planted", QUICK, ids=lambda planted: planted.name)
def test_a_planted_fault_is_found(planted: Planted) -> None:
    assert found_after(planted)[0]


@pytest.mark.soak
@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.name)
def test_every_planted_fault_is_found(planted: Planted) -> None:
    assert found_after(planted)[0]
