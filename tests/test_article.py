"""Every rule of the help article is held somewhere: by a step, a label, or a replay."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.clinic.actions import CATALOG
from adapters.flowdir import read_flows, shipped_flows
from adapters.replay.replay_file import plain_value, read_replay
from engine import Pack, Source, Value, compile_pack, read

TABLE = Path(__file__).parent / "cases" / "article.yaml"
RULES = [*(f"S{number:02}" for number in range(1, 24)), *(f"T{number}" for number in range(1, 16))]


def rules() -> list[dict[str, Value]]:
    root, findings = read(Source(TABLE.name, TABLE.read_text(encoding="utf-8")))
    assert root is not None
    assert not findings
    table = plain_value(root)
    assert isinstance(table, list)
    return [rule for rule in table if isinstance(rule, dict)]


@pytest.fixture(scope="module")
def pack() -> Pack:
    files = read_flows([shipped_flows()])
    compiled = compile_pack(files.flows, CATALOG, files.vocabulary)
    assert compiled.pack is not None
    return compiled.pack


@pytest.fixture(scope="module")
def replays() -> frozenset[str]:
    """The names of the replay files that can be read."""
    paths = read_flows([shipped_flows()]).replays
    read_ones = {
        path.name.partition(".")[0]
        for path in paths
        if read_replay(Source(path.name, path.read_text(encoding="utf-8")), CATALOG)[0] is not None
    }
    assert len(read_ones) == len(paths)
    return frozenset(read_ones)


def test_the_table_has_every_rule_once_and_in_order() -> None:
    assert [rule["id"] for rule in rules()] == RULES


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["id"]))
def test_what_holds_a_rule_is_there(rule: dict[str, Value], pack: Pack, replays: frozenset[str]) -> None:
    holders = rule["held_by"]
    assert isinstance(holders, list)
    assert holders
    for holder in holders:
        match holder:
            case {"flow": str(flow), "step": str(step)}:
                assert step in pack.trees[flow].steps, f"{flow} has no step {step}"
            case {"label": str(label)}:
                assert label in pack.labels, f"the vocabulary has no label {label}"
            case {"replay": str(name)}:
                assert name in replays, f"there is no replay {name}"
            case {"flow_later": str(flow)}:
                assert flow not in pack.trees, f"{flow} is here; name the step that holds the rule"
            case _:
                pytest.fail(f"not a holder: {holder}")


def test_every_label_is_used_in_a_flow(pack: Pack) -> None:
    texts = " ".join(tree.source.text for tree in pack.trees.values())
    assert [label for label in pack.labels if f"labels.{label}" not in texts] == []
