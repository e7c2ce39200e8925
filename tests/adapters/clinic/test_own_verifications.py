"""How an identity was verified is kept by unstuck where the clinic's system cannot record it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from adapters.clinic.actions import CATALOG, LOOK_BACK
from adapters.clinic.not_told import NOT_TOLD, NotTold
from adapters.clinic.own_verifications import OwnVerifications
from adapters.clinic.port import ActionFailed, CallContext
from adapters.mail.maildir import Maildir
from adapters.wiring import open_clinic
from engine import CannotTell, DidNotHappen, Failure, Finding, Happened, Value, misfit
from tests.adapters.clinic.bench import Clock

PASSED: dict[str, Value] = {
    "subject": "7",
    "method": "in_person",
    "outcome": "passed",
    "covers": ["update_email"],
}
ONE = CallContext("key-1", "alice", "session-1", 5.0)


class Inside:
    """A system that can do what it is told to, and remembers what it was asked."""

    def __init__(self, able: frozenset[str]) -> None:
        self.able = able
        self.asked: list[str] = []
        self.closed = False

    def capabilities(self) -> frozenset[str]:
        return self.able

    def perform(self, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        self.asked.append(action)
        return "theirs"

    def check_back(self, action: str, args: Mapping[str, Value], context: CallContext) -> Finding:
        return CannotTell()

    def close(self) -> None:
        self.closed = True


def test_what_the_system_cannot_record_is_kept_here_once() -> None:
    inside, clock = Inside(frozenset({"get_client"})), Clock()
    clinic = OwnVerifications(inside, clock)
    assert clinic.capabilities() == {"get_client", "record_verification", LOOK_BACK["record_verification"]}
    assert clinic.check_back("record_verification", PASSED, ONE) == DidNotHappen()
    kept = clinic.perform("record_verification", PASSED, ONE)
    at = clock.now.isoformat(timespec="seconds")
    assert kept == {"id": "key-1", **PASSED, "by": "alice", "at": at}
    clock.forward(minutes=1)
    assert clinic.perform("record_verification", PASSED, ONE) == kept
    assert clinic.check_back("record_verification", PASSED, ONE) == Happened(kept)
    assert inside.asked == []


@pytest.mark.parametrize(
    ("key", "args"),
    [
        ("", PASSED),
        ("key-1", {**PASSED, "outcome": "perhaps"}),
        ("key-1", {**PASSED, "more": "x"}),
        ("key-1", {"subject": "7"}),
    ],
)
def test_what_is_no_verification_is_refused(key: str, args: dict[str, Value]) -> None:
    clinic = OwnVerifications(Inside(frozenset()), Clock())
    with pytest.raises(ActionFailed) as failed:
        clinic.perform("record_verification", args, CallContext(key, "alice", "s", 5.0))
    assert failed.value.failure is Failure.INVALID_INPUT


def test_a_key_is_for_one_verification() -> None:
    clinic = OwnVerifications(Inside(frozenset()), Clock())
    clinic.perform("record_verification", PASSED, ONE)
    with pytest.raises(ActionFailed) as failed:
        clinic.perform("record_verification", {**PASSED, "subject": "8"}, ONE)
    assert failed.value.failure is Failure.INVALID_INPUT


def test_a_system_that_can_is_asked_itself() -> None:
    inside = Inside(frozenset({"record_verification"}))
    clinic = OwnVerifications(inside, Clock())
    assert clinic.perform("record_verification", PASSED, ONE) == "theirs"
    assert clinic.check_back("record_verification", PASSED, ONE) == CannotTell()
    assert clinic.perform("get_client", {"client": "7"}, ONE) == "theirs"
    assert inside.asked == ["record_verification", "get_client"]
    clinic.close()
    assert inside.closed


def test_a_mapping_without_it_can_record_verifications(tmp_path: Path) -> None:
    path = tmp_path / "own.rest.yaml"
    path.write_text("base: https://api.clinic.example\nactions: {list_contacts: {result: []}}\n")
    clinic = open_clinic(f"rest:{path}", Maildir(tmp_path / "mail"))
    own = {"record_verification", LOOK_BACK["record_verification"]}
    assert clinic.capabilities() == {"list_contacts", *own, *NOT_TOLD}
    assert clinic.perform("list_contacts", {"client": "7"}, ONE) == []
    told = clinic.perform("get_account", {"subject": "7"}, ONE)
    assert isinstance(told, dict)
    assert (told["subject"], told["state"], told["login_email"]) == ("7", "unknown", None)


@pytest.mark.parametrize("action", sorted(NOT_TOLD))
def test_what_the_system_does_not_tell_is_not_known(action: str) -> None:
    inside = Inside(frozenset())
    clinic = NotTold(inside)
    told = clinic.perform(action, {"subject": "7"}, ONE)
    declared = CATALOG.actions[action].result
    assert declared is not None
    assert misfit(told, declared) is None
    assert isinstance(told, dict)
    assert {name: of for name, of in told.items() if of is not None} == {"subject": "7", "state": "unknown"}
    with pytest.raises(ActionFailed) as failed:
        clinic.perform(action, {}, ONE)
    assert failed.value.failure is Failure.INVALID_INPUT
    assert inside.asked == []


def test_what_the_system_tells_is_asked_of_it() -> None:
    inside = Inside(frozenset({"get_account"}))
    clinic = NotTold(inside)
    assert clinic.perform("get_account", {"subject": "7"}, ONE) == "theirs"
    assert clinic.perform("get_client", {"client": "7"}, ONE) == "theirs"
    assert inside.asked == ["get_account", "get_client"]
    assert clinic.check_back("request_help", {}, ONE) == CannotTell()
    clinic.close()
    assert inside.closed
