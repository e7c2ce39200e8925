"""Random conversations with a clinic's system over HTTP that goes wrong at every fourth call: what must
always hold does, and nothing is sent there twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
from random import Random

import pytest

from adapters import wandering
from adapters.clinic.actions import CATALOG
from adapters.clinic.port import Backend, CallContext
from adapters.clinic.served import behind
from adapters.clinic.served.app import ServedClinic
from adapters.clinic.served.faults import FAULTS, Faults
from adapters.library import Library
from adapters.staging import REST, DriverStage
from adapters.wandering import conversation, surrounding
from adapters.wiring import open_library
from engine import Effect, Finding, Value
from tests.test_by_hand import Seeded

QUICK = sorted(set(FAULTS) - {"timeout-before", "timeout-after", "slow", "endless"})
PART = 4


class Often(Faults):
    """About every fourth call goes wrong, each time in a way of its own."""

    def __init__(self, seed: str) -> None:
        super().__init__()
        self._random = Random(seed)
        self.played: Counter[str] = Counter()

    def next(self, action: str) -> str | None:
        if self._random.randrange(PART):
            return None
        fault = self._random.choice(QUICK)
        self.played[fault] += 1
        return fault


class Counted:
    """A backend that counts how often each change has come to it."""

    def __init__(self, inside: Backend, came: Counter[str]) -> None:
        self._inside = inside
        self._came = came

    def capabilities(self) -> frozenset[str]:
        return self._inside.capabilities()

    def perform(self, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        if CATALOG.actions[action].effect is not Effect.READ:
            self._came[context.key] += 1
        return self._inside.perform(action, args, context)

    def check_back(self, action: str, args: Mapping[str, Value], context: CallContext) -> Finding:
        return self._inside.check_back(action, args, context)

    def close(self) -> None:
        self._inside.close()


@pytest.fixture(scope="module")
def library() -> Library:
    return open_library(None)


def held(seed: str, library: Library, monkeypatch: pytest.MonkeyPatch) -> tuple[Counter[str], Counter[str]]:
    """One conversation: the faults that were played, and how often each change has come."""
    faults, came = Often(seed), Counter[str]()
    monkeypatch.setattr(
        behind, "ServedClinic", lambda inside: ServedClinic(Counted(inside, came), None, faults)
    )
    monkeypatch.setattr(wandering, "DriverStage", partial(DriverStage, over=REST))
    conversation(Seeded(seed), library, surrounding(library, ()))
    return faults.played, came


def all_hold(numbers: range, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    played, came = Counter[str](), Counter[str]()
    for number in numbers:
        one = held(f"faulty {number}", library, monkeypatch)
        played += one[0]
        assert not [key for key, times in one[1].items() if times > 1]
        came += one[1]
    assert played
    assert came


def test_what_must_hold_does_over_a_faulty_line(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    all_hold(range(5), library, monkeypatch)


@pytest.mark.soak
def test_what_must_hold_does_over_a_faulty_line_for_long(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    all_hold(range(100, 500), library, monkeypatch)
