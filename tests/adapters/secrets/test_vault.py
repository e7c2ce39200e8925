"""The vault: gives back what was put in, to its owner only, and shows it nowhere else."""

from __future__ import annotations

import pickle
import traceback
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.secrets.vault import MemoryVault

PLANTED = "correct horse battery staple"


def new_vault() -> MemoryVault:
    numbers = count(1)
    return MemoryVault(lambda: f"id-{next(numbers)}")


@given(st.text(st.characters(), min_size=1))
def test_any_text_comes_back_as_it_was(text: str) -> None:
    vault = new_vault()
    assert vault.reveal(vault.put(text, "one").id, "one") == text


def test_a_secret_is_its_owners_only() -> None:
    vault = new_vault()
    reference = vault.put(PLANTED, "one")
    assert vault.reveal(reference.id, "two") is None
    assert vault.reveal("id-2", "one") is None


def test_a_forgotten_secret_is_gone() -> None:
    vault = new_vault()
    one, two, other = vault.put("a", "one"), vault.put("b", "one"), vault.put("c", "two")
    vault.forget(one.id)
    vault.forget(one.id)
    assert vault.reveal(one.id, "one") is None
    assert vault.reveal(two.id, "one") == "b"
    vault.forget_all("one")
    assert vault.reveal(two.id, "one") is None
    assert vault.reveal(other.id, "two") == "c"


@pytest.mark.parametrize(
    ("text", "checks"),
    [
        ("short", ("one-line", "no-outer-blanks")),
        (" two words", ("one-line",)),
        ("line\nline", ("no-outer-blanks",)),
        (PLANTED, ("one-line", "no-outer-blanks")),
    ],
)
def test_the_reference_names_the_checks_that_were_passed(text: str, checks: tuple[str, ...]) -> None:
    assert new_vault().put(text, "one").checks == checks


def test_nothing_shows_a_secret() -> None:
    vault = new_vault()
    reference = vault.put(PLANTED, "one")
    (kept,) = vault._secrets.values()
    assert PLANTED not in f"{vault!r} {reference!r} {kept!r} {kept} {vault.__dict__!r}"
    for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
        with pytest.raises(TypeError) as caught:
            pickle.dumps(kept, protocol)
        assert PLANTED not in "".join(traceback.format_exception(caught.value))


def test_a_forgotten_secret_is_overwritten() -> None:
    vault = new_vault()
    reference = vault.put(PLANTED, "one")
    (kept,) = vault._secrets.values()
    vault.forget(reference.id)
    assert kept.value() == "\0" * len(PLANTED)
