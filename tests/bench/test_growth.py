"""The packs whose growth is measured are sound, and have as many steps as they are said to have."""

from __future__ import annotations

from pathlib import Path

from adapters.clinic.actions import CATALOG
from adapters.flowdir import read_flows
from engine import compile_pack
from tests.bench.growth import STEPS_A_FLOW, write_pack


def test_a_pack_has_no_findings_and_about_so_many_steps(tmp_path: Path) -> None:
    write_pack(2 * STEPS_A_FLOW, tmp_path)
    compiled = compile_pack(read_flows([tmp_path]).flows, CATALOG)
    assert [str(each) for each in compiled.findings] == []
    assert compiled.pack is not None
    assert [len(tree.steps) for tree in compiled.pack.trees.values()] == [STEPS_A_FLOW - 3] * 2
