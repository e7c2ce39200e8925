"""What is kept of flows that were checked: found for these very flows, and for nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from adapters import proofs as kept
from adapters.problems import PlainProblem
from adapters.proofs import KEPT, Proofs, cache_folder, key_of
from adapters.wiring import open_library
from engine import DEFAULT_LIMITS, Proof, Source

PROOF = Proof((), {})
OWN = """\
flow: own
audience: [agent]
steps:
  - say: Hello
  - end: stopped
"""
BROKEN = OWN.replace("- end: stopped", "- go: nowhere")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    found = cache_folder()
    assert found is not None
    return found


def key(*texts: str, vocabulary: str | None = None, limits: int = 100) -> str:
    sources = [Source("x.yaml", text) for text in texts]
    words = Source("vocabulary.yaml", vocabulary) if vocabulary is not None else None
    found = key_of(sources, words, msgspec.structs.replace(DEFAULT_LIMITS, steps_a_turn=limits))
    assert found is not None
    return found


def test_whatever_went_in_changes_the_key() -> None:
    keys = [
        key("a", "b"),
        key("ab", ""),
        key("b", "a"),
        key("a"),
        key("a", vocabulary="b"),
        key("a", "b", vocabulary=""),
        key("a", "b", limits=101),
    ]
    assert len(set(keys)) == len(keys)
    assert key("a", "b") == key("a", "b")


def test_a_program_that_changed_changes_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = tmp_path / "engine" / "checks.py"
    module.parent.mkdir()
    module.write_text("old", encoding="utf-8")
    monkeypatch.setattr(kept, "TOP", tmp_path)
    before = key("a")
    module.write_text("new!", encoding="utf-8")
    assert key("a") != before
    module.with_name("more.py").touch()
    assert len({before, key("a")}) == 2


def test_a_program_that_cannot_be_seen_has_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "TOP", tmp_path / "nowhere")
    assert key_of([], None, DEFAULT_LIMITS) is None


def test_what_is_kept_is_found(tmp_path: Path) -> None:
    proofs = Proofs(tmp_path / "new" / "folder")
    assert proofs.find("k") is None
    proofs.keep("k", PROOF)
    assert proofs.find("k") == PROOF
    assert proofs.find("other") is None


@pytest.mark.parametrize("mode", [0o620, 0o602, 0o666])
def test_what_others_could_have_written_is_not_believed(tmp_path: Path, mode: int) -> None:
    Proofs(tmp_path).keep("k", PROOF)
    (tmp_path / "k.proof").chmod(mode)
    assert Proofs(tmp_path).find("k") is None


@pytest.mark.parametrize("data", [b"", b"\xff", b"nonsense", msgspec.msgpack.encode(["x"])])
def test_what_is_no_proof_is_passed_over(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "k.proof"
    path.write_bytes(data)
    path.chmod(0o600)
    assert Proofs(tmp_path).find("k") is None


def test_only_so_many_are_kept(tmp_path: Path) -> None:
    for number in range(KEPT + 3):
        Proofs(tmp_path).keep(f"k{number}", PROOF)
        os.utime(tmp_path / f"k{number}.proof", (number, number))
    Proofs(tmp_path).keep("last", PROOF)
    assert len(list(tmp_path.iterdir())) == KEPT
    assert Proofs(tmp_path).find("last") == PROOF


def test_a_folder_that_cannot_be_written_is_no_trouble(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    Proofs(file / "below").keep("k", PROOF)
    assert Proofs(file / "below").find("k") is None
    assert Proofs(None).find("k") is None


def test_flows_are_checked_again_as_soon_as_they_change(folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "flows"
    own.mkdir()
    flow = own / "own.yaml"
    flow.write_text(OWN, encoding="utf-8")
    first = open_library(own)
    assert len(list(folder.glob("*.proof"))) == 1
    second = open_library(own)
    assert second.flows == first.flows
    assert second.flow("own").version == first.flow("own").version
    flow.write_text(BROKEN, encoding="utf-8")
    for _ in range(2):
        with pytest.raises(PlainProblem, match="cannot be used"):
            open_library(own)
    assert len(list(folder.glob("*.proof"))) == 1
