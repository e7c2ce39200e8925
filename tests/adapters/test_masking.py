"""Addresses in the words of a clinic's system, as somebody who is signed in reads them."""

from __future__ import annotations

import pytest

from adapters.masking import with_masks
from engine import Failed, Failure


@pytest.mark.parametrize(
    "address",
    ["sean.o'brien@x.example", '"ana b"@x.example', "d'a@x.example", "ana@post.example"],
)
def test_no_address_is_whole_in_what_is_said_of_an_error(address: str) -> None:
    failed = Failed("k", Failure.UNDELIVERABLE, "2026-11-23T09:30:00Z", f"550 <{address}>: no such mailbox.")
    masked = with_masks(failed, frozenset())
    assert isinstance(masked, Failed)
    local, _, domain = address.strip('"').partition("@")
    assert local.strip('"') not in masked.message
    assert "***" in masked.message
    assert domain in masked.message
