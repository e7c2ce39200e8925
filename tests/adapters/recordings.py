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


def recorded(name: str, library: Library, folder: Path) -> tuple[Recording, str]:
    """The recording of the conversation of a shipped replay, and the text of that replay."""
    replay, findings = load_replay(shipped_flows() / f"{name}.replay.yaml", library)
    assert replay is not None, findings
    people, _ = people_for(replay)
    with closing(DriverStage(replay, people, library, folder)) as stage:
        assert hold(replay, stage) is None
        return record(stage.store, library, "replay-1", "recorded.replay.yaml"), replay.source.text
