"""The head's file: it goes on, never back, and survives a write that was cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.audit.chain import End
from adapters.audit.head import HeadBroken, HeadFile
from adapters.problems import Unusable

KEY = b"h" * 32


def end(number: int) -> End:
    return End(number, bytes([number % 256]) * 32)


def test_it_begins_with_none_and_goes_on(tmp_path: Path) -> None:
    head = HeadFile(tmp_path / "audit.head", KEY)
    assert head.read() is None
    for number in (1, 2, 5, 1000):
        head.move(end(number))
        assert HeadFile(tmp_path / "audit.head", KEY).read() == end(number)


def test_it_never_goes_back(tmp_path: Path) -> None:
    head = HeadFile(tmp_path / "audit.head", KEY)
    head.move(end(6))
    head.move(end(5))
    assert head.read() == end(6)


def test_it_is_for_its_owner_only(tmp_path: Path) -> None:
    head = HeadFile(tmp_path / "audit.head", KEY)
    head.move(end(1))
    assert (tmp_path / "audit.head").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("kept", range(0, 144, 9))
def test_a_write_cut_off_leaves_the_one_before(tmp_path: Path, kept: int) -> None:
    """The newest slot is spoilt from its `kept`th byte on."""
    path = tmp_path / "audit.head"
    head = HeadFile(path, KEY)
    head.move(end(7))
    head.move(end(8))
    whole = path.read_bytes()
    path.write_bytes(whole[:kept] + b"\xff" * (72 - kept) + whole[72:] if kept < 72 else whole)
    assert head.read() == (end(7) if kept < 72 else end(8))


def test_where_nothing_is_sound_it_says_so(tmp_path: Path) -> None:
    path = tmp_path / "audit.head"
    path.write_bytes(b"nonsense" * 18)
    with pytest.raises(HeadBroken, match=r"audit\.head, is damaged"):
        HeadFile(path, KEY).read()
    with pytest.raises(HeadBroken):
        HeadFile(path, KEY).move(end(1))
    assert path.read_bytes() == b"nonsense" * 18


def test_one_sealed_with_another_key_is_not_taken(tmp_path: Path) -> None:
    HeadFile(tmp_path / "audit.head", KEY).move(end(3))
    with pytest.raises(HeadBroken):
        HeadFile(tmp_path / "audit.head", b"o" * 32).read()


def test_a_folder_in_its_place_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unusable, match="cannot be used"):
        HeadFile(tmp_path, KEY).move(end(1))
