"""Another distribution that owns one of unstuck's names is noticed and named."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.ownership import clash


def install(site: Path, distribution: str, *names: str) -> None:
    """Put what pip would leave of a distribution that holds these top-level packages."""
    info = site / f"{distribution}-1.0.dist-info"
    info.mkdir(parents=True)
    info.joinpath("METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    info.joinpath("top_level.txt").write_text("\n".join(names))


def test_the_environment_of_the_tests_has_no_clash() -> None:
    assert clash() is None


def test_a_stranger_is_named_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "game", "engine", "sprites")
    monkeypatch.syspath_prepend(str(tmp_path))
    sentence = clash()
    assert sentence is not None
    assert "`engine` (of game)" in sentence
    assert "python3 -m venv" in sentence


def test_unstuck_itself_is_no_stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "unstuck", "engine", "adapters", "flows")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert clash() is None


def test_every_name_and_every_owner_is_told() -> None:
    sentence = clash({"adapters": ["b", "unstuck", "a", "a"], "flows": ["c"], "other": ["d"]})
    assert sentence is not None
    assert "`adapters` (of a, b), `flows` (of c)" in sentence
    assert "other" not in sentence.partition(":")[2]
