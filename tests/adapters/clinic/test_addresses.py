"""Looking addresses over: typing errors, masks, look-alikes."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from adapters.clinic.addresses import (
    looks_alike,
    masked,
    often_blocked,
    suggested_domain,
    typing_errors,
    well_formed,
)
from adapters.clinic.tickets import without_addresses

CASES = yaml.safe_load((Path(__file__).parents[2] / "cases" / "addresses.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["address"] for case in CASES])
def test_a_mistyped_domain_is_seen(case: dict[str, str | bool | None]) -> None:
    own = frozenset({"post.example"}) if case.get("own") else frozenset()
    assert suggested_domain(str(case["address"]), own) == case["domain"]


@pytest.mark.parametrize("case", CASES, ids=[case["address"] for case in CASES])
def test_providers_that_block_are_known(case: dict[str, str | bool | None]) -> None:
    assert often_blocked(str(case["address"])) is bool(case.get("blocked"))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("ana.souza@post.example", "a***a@post.example"),
        ("ab@post.example", "a***@post.example"),
        ("a@post.example", "a***@post.example"),
        ("no at sign", "n***"),
        (None, None),
    ],
)
def test_an_address_is_masked(address: str | None, expected: str | None) -> None:
    assert masked(address) == expected


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("ana@post.example", False),
        ("zoë@post.example", False),
        ("ana+portal.2@post-office.example", False),
        ("ana@p\u043est.example", True),  # a Cyrillic o
        ("\u0430na@post.example", True),  # a Cyrillic a
        ("\uff41na@post.example", True),  # a full-width a
        ("ana@xn--pst-jlc.example", True),
    ],
)
def test_letters_that_pass_for_others_are_seen(address: str, expected: bool) -> None:
    assert looks_alike(address) is expected


@pytest.mark.parametrize(
    "address", ["ana", "ana@", "@post.example", "ana souza@post.example", "a@b@c.example"]
)
def test_what_cannot_be_an_address_is_not_well_formed(address: str) -> None:
    assert not well_formed(address)
    assert well_formed("ana.souza@post.example")


@given(st.text(), st.text())
def test_typing_errors_are_a_distance(left: str, right: str) -> None:
    errors = typing_errors(left, right)
    assert errors == typing_errors(right, left)
    assert (errors == 0) == (left == right)
    assert abs(len(left) - len(right)) <= errors <= max(len(left), len(right))


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [("post", "pots", 1), ("post", "pst", 1), ("post", "host", 1), ("", "ab", 2)],
)
def test_a_swap_is_one_typing_error(left: str, right: str, expected: int) -> None:
    assert typing_errors(left, right) == expected


@given(st.text())
def test_any_text_can_be_looked_over(text: str) -> None:
    domain = suggested_domain(text)
    assert domain is None or domain != text.rpartition("@")[2]
    looks_alike(text)
    often_blocked(text)
    well_formed(text)
    assert masked(text)


@pytest.mark.parametrize(
    "address",
    [
        "sean.o'brien@x.example",
        '"ana b"@x.example',
        "d'a@x.example",
        "ana@post.example",
        "a" * 90 + "@x.example",
    ],
)
@pytest.mark.parametrize("around", ["Wrote to {} twice.", "<{}>", "({}), then called", "tried '{}'"])
def test_no_address_is_whole_in_a_ticket(address: str, around: str) -> None:
    told = without_addresses(around.format(address))
    local, _, domain = address.rpartition("@")
    assert local.strip('"') not in told
    assert "***" in told
    assert domain in told
