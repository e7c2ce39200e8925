"""Recordings of the conversations that shipped replays hold."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from adapters.flowdir import shipped_flows
from adapters.library import Library
from adapters.recording import Recording, record
from adapters.replay.runner import hold
from adapters.replaying import load_replay
from adapters.staging import DriverStage, people_for


def recorded(
    name: str, library: Library, folder: Path, session: str = "replay-1", after: tuple[str, ...] = ()
) -> tuple[Recording, str]:
    """The recording of a conversation of a shipped replay, and the text of that replay."""
    return recorded_at(shipped_flows() / f"{name}.replay.yaml", library, folder, session, after)


def recorded_at(
    path: Path, library: Library, folder: Path, session: str = "replay-1", after: tuple[str, ...] = ()
) -> tuple[Recording, str]:
    """The same of any replay."""
    replay, findings = load_replay(path, library)
    assert replay is not None, findings
    people, _ = people_for(replay)
    with closing(DriverStage(replay, people, library, folder)) as stage:
        assert hold(replay, stage) is None
        recording = record(stage.store, library, session, "recorded.replay.yaml", None, after)
        return recording, replay.source.text
