"""What `keeping` compares is the same conversation, with and without keys and audit."""

from __future__ import annotations

from pathlib import Path

from tests.bench.keeping import talks


def test_the_same_conversation_is_held_with_and_without(tmp_path: Path) -> None:
    with (
        talks(tmp_path / "bare", audit=False, hide=False) as bare,
        talks(tmp_path / "both", audit=True, hide=True) as both,
    ):
        assert bare() == both() == bare() > 4
    assert b"Souza" in everything(tmp_path / "bare")
    assert b"Souza" not in everything(tmp_path / "both")


def everything(folder: Path) -> bytes:
    """What is in the files of the store."""
    return b"".join(path.read_bytes() for path in folder.glob("sessions.db*"))
