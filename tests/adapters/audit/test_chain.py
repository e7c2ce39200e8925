"""The chain: whatever is changed, put in, taken out or moved is found, and the first such entry is named."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.audit.chain import NO_SEAL, START, Checked, End, Link, look_over, seal_of

KEY = b"k" * 32


def chain(bodies: list[bytes], key: bytes = KEY) -> list[Link]:
    links: list[Link] = []
    previous = NO_SEAL
    for number, body in enumerate(bodies, start=1):
        previous = seal_of(key, number, previous, body)
        links.append(Link(number, body, previous))
    return links


def flaw_at(checked: Checked) -> int:
    assert checked.flaw is not None, "nothing was found"
    return checked.flaw.number


def test_a_sound_chain_has_no_flaw_and_an_end() -> None:
    links = chain([b"one", b"two", b"three"])
    assert look_over(links, KEY) == Checked(3, End(3, links[-1].seal), None)
    assert look_over([], KEY) == Checked(0, START, None)


def test_a_part_is_sound_after_the_entry_it_begins_after() -> None:
    links = chain([b"one", b"two", b"three"])
    assert look_over(links[1:], KEY, End(1, links[0].seal)).flaw is None
    assert flaw_at(look_over(links[1:], KEY)) == 1
    assert flaw_at(look_over(links[1:], KEY, End(1, NO_SEAL))) == 2


def test_another_key_finds_nothing_sound() -> None:
    assert flaw_at(look_over(chain([b"one"]), b"other".ljust(32))) == 1


def test_a_cut_is_found_against_the_head_only() -> None:
    links = chain([b"one", b"two", b"three"])
    head = End(3, links[2].seal)
    assert look_over(links[:2], KEY).flaw is None
    assert flaw_at(look_over(links[:2], KEY, head=head)) == 3
    assert flaw_at(look_over([], KEY, head=head)) == 1
    # The head may be behind: it is written after the entries.
    assert look_over(links, KEY, head=End(2, links[1].seal)).flaw is None
    assert flaw_at(look_over(links, KEY, head=End(2, links[0].seal))) == 2


def test_a_chain_begun_anew_is_found_against_the_head() -> None:
    old, new = chain([b"one", b"two"]), chain([b"uno", b"due", b"tre"])
    assert flaw_at(look_over(new, KEY, head=End(2, old[1].seal))) == 2


def harmed(links: list[Link], how: str, at: int, dice: random.Random) -> tuple[list[Link], int]:
    """The chain after one harm to the entry number `at`, and the number that must be named."""
    here = links[at - 1]
    match how:
        case "edit":
            spot = dice.randrange(len(here.body))
            body = (
                here.body[:spot] + bytes([here.body[spot] ^ dice.randrange(1, 256)]) + here.body[spot + 1 :]
            )
            return [*links[: at - 1], Link(at, body, here.seal), *links[at:]], at
        case "reseal":
            # Somebody who knows how, but not the key.
            before = links[at - 2].seal if at > 1 else NO_SEAL
            forged = Link(at, here.body + b" ", seal_of(b"x" * 32, at, before, here.body + b" "))
            return [*links[: at - 1], forged, *links[at:]], at
        case "delete":
            return [*links[: at - 1], *links[at:]], at
        case "delete and renumber":
            later = [Link(link.number - 1, link.body, link.seal) for link in links[at:]]
            return [*links[: at - 1], *later], at
        case "insert":
            copy = links[dice.randrange(len(links))]
            later = [Link(link.number + 1, link.body, link.seal) for link in links[at - 1 :]]
            return [*links[: at - 1], Link(at, copy.body, copy.seal), *later], at if copy != here else at + 1
        case _:
            there = links[at]
            swapped = [Link(at, there.body, there.seal), Link(at + 1, here.body, here.seal)]
            return [*links[: at - 1], *swapped, *links[at + 1 :]], at


@pytest.mark.parametrize("how", ["edit", "reseal", "delete", "delete and renumber", "insert", "reorder"])
def test_a_thousand_harms_are_found_and_the_first_bad_entry_named(how: str) -> None:
    dice = random.Random(how)
    links = chain([b"entry %d" % number for number in range(1, 61)])
    head = End(60, links[-1].seal)
    for _ in range(170):
        at = dice.randrange(1, 60)
        changed, named = harmed(links, how, at, dice)
        assert flaw_at(look_over(changed, KEY, head=head)) == named


@given(st.lists(st.binary(max_size=20), min_size=1, max_size=8), st.data())
def test_no_other_chain_of_the_same_entries_is_sound(bodies: list[bytes], data: st.DataObject) -> None:
    links = chain(bodies)
    shuffled = data.draw(st.permutations(links))
    if shuffled != links:
        assert look_over(shuffled, KEY, head=End(len(links), links[-1].seal)).flaw is not None
