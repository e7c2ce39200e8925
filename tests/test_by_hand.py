"""Where the clinic's system cannot do an action, or refuses it: no conversation crashes, loops or lies."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

import pytest

from adapters.clinic.actions import CATALOG
from adapters.clinic.embedded import EmbeddedClinic
from adapters.clinic.port import ActionFailed, CallContext
from adapters.library import Library
from adapters.wandering import conversation, surrounding
from adapters.wiring import open_library
from engine import Failure, Value

REFUSALS = (Failure.UNSUPPORTED, Failure.FORBIDDEN)


class Seeded:
    """The same chance in each run."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed)

    def below(self, number: int) -> int:
        return self._random.randrange(number)


@pytest.fixture(scope="module")
def library() -> Library:
    return open_library(None)


def refusing(monkeypatch: pytest.MonkeyPatch, refused: str, failure: Failure) -> None:
    """Let every embedded clinic refuse this action."""
    as_it_is = EmbeddedClinic.perform

    def perform(self: EmbeddedClinic, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        if action == refused:
            raise ActionFailed(failure, "This clinic's system does not do this.")
        return as_it_is(self, action, args, context)

    monkeypatch.setattr(EmbeddedClinic, "perform", perform)


@pytest.mark.parametrize("failure", REFUSALS, ids=lambda failure: failure.value)
@pytest.mark.parametrize("action", sorted(CATALOG.actions))
def test_a_conversation_goes_on_without_an_action(
    action: str, failure: Failure, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing(monkeypatch, action, failure)
    for number in range(2):
        conversation(Seeded(f"{action} {failure} {number}"), library, surrounding(library, ()))


@pytest.mark.soak
@pytest.mark.parametrize("failure", REFUSALS, ids=lambda failure: failure.value)
@pytest.mark.parametrize("action", sorted(CATALOG.actions))
def test_many_conversations_go_on_without_an_action(
    action: str, failure: Failure, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusing(monkeypatch, action, failure)
    for number in range(100):
        conversation(Seeded(f"many {action} {failure} {number}"), library, surrounding(library, ()))
