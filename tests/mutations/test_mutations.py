"""What must be found of the changes to real flows is found: one of each kind here, all in the soak."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest

from engine import Source
from tests.mutations import __main__ as command
from tests.mutations.check import Mutant, Tally, documents, found_by, mutants
from tests.mutations.kinds import KINDS_OF_CHANGE, Kind

ALWAYS_FOUND = [each for each in KINDS_OF_CHANGE.values() if each.least == 1]
A_FEW = 1


def some(kind: Kind) -> Iterator[Mutant]:
    """Changes of a kind, each in another flow."""
    flows = list(documents().items())
    first = list(KINDS_OF_CHANGE).index(kind.name) * 5 % len(flows)
    for path, document in (*flows[first:], *flows[:first]):
        for where, text in islice(kind.make(document), 1):
            yield Mutant(kind.name, where, Source(path, text))


@pytest.mark.parametrize("kind", ALWAYS_FOUND, ids=lambda kind: kind.name)
def test_a_change_that_can_be_found_is(kind: Kind) -> None:
    made = list(islice(some(kind), A_FEW))
    assert made
    assert [each.where for each in made if not found_by(each)] == []


def test_of_every_kind_that_cannot_always_be_found_the_reason_is_told() -> None:
    assert [each.name for each in KINDS_OF_CHANGE.values() if (each.least < 1) != bool(each.why)] == []


def test_the_table_says_how_much_was_found_and_why_not_the_rest() -> None:
    tally = Tally()
    mutant = next(mutants(["a choice dropped"]))
    tally.add(mutant, frozenset({"U210"}))
    tally.add(mutant, frozenset())
    lines = command.table({mutant.kind: tally})
    assert lines[1].split() == ["a", "choice", "dropped", "2", "1", "50.0%", "U210·1"]
    assert "the rest: of three answers or more one is gone" in lines[2]
    assert tally.unfound == [f"{mutant.source.path}: {mutant.where}"]


@pytest.mark.soak
@pytest.mark.parametrize("kind", KINDS_OF_CHANGE.values(), ids=lambda kind: kind.name)
def test_so_much_of_a_kind_is_found(kind: Kind) -> None:
    tally = Tally()
    for each in mutants([kind.name]):
        tally.add(each, found_by(each))
    assert tally.made > 0
    assert tally.share >= kind.least, tally.unfound
