"""`unstuck check` looks at deployment files as well: among its paths, and in the folder of settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.wiring import check_paths
from engine import CODES

FLOW = "flow: small\naudience: [agent]\nsteps:\n  - end: stopped\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder one stands in."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(paths: list[Path], config: Path | None = None) -> list[str]:
    """The findings as `path:line:column code`."""
    return [f"{each.place} {each.code}" for each in check_paths(paths, config)]


def test_settings_are_checked_beside_flows_and_all_at_once(folder: Path) -> None:
    (folder / "flow.yaml").write_text(FLOW)
    settings = folder / "settings"
    settings.mkdir()
    (settings / "policy.yaml").write_text("actions: {send_invitations: never}\n")
    (settings / "limits.yaml").write_text("dept: 20\n")
    (settings / "clinic.yaml").write_text("clients:\n  - email: ana@clinic.example\n")
    (settings / "polcy.yaml").write_text("sends_a_day: 3\n")
    expected = [
        "settings/clinic.yaml:2:5 U503",
        "settings/limits.yaml:1:1 U560",
        "settings/polcy.yaml:1:1 U562",
        "settings/policy.yaml:1:11 U551",
    ]
    assert found([folder / "flow.yaml"], settings) == expected


@pytest.mark.parametrize(
    "name", ["policy.yaml", "limits.yaml", "clinic.yaml", "sample.people.yaml"], ids=lambda name: name
)
def test_a_deployment_file_can_be_named_itself_and_is_no_flow(folder: Path, name: str) -> None:
    (folder / name).write_text("nonsense: 1\n")
    codes = [each.split()[1] for each in found([folder / name])]
    assert len(codes) == 1
    assert codes[0] in {"U501", "U550", "U560"}


def test_every_example_of_a_deployment_file_has_its_finding(folder: Path) -> None:
    examples = {code: each for code, each in CODES.items() if code.startswith("U5")}
    for code, each in examples.items():
        name = "clinic.yaml" if each.file == "people.yaml" else each.file
        settings = folder / code
        settings.mkdir()
        (settings / name).write_text(each.example, encoding="utf-8")
        (folder / "flow.yaml").write_text(FLOW)
        assert {line.split()[1] for line in found([folder / "flow.yaml"], settings)} == {code}


def test_limits_of_the_settings_bound_what_is_checked(folder: Path) -> None:
    says = "".join(f"  - say: Number {number}\n" for number in range(1_100))
    (folder / "flow.yaml").write_text(FLOW.replace("steps:\n", f"steps:\n{says}"))
    settings = folder / "settings"
    settings.mkdir()
    assert [line.split()[1] for line in found([folder / "flow.yaml"])] == [
        "U220",
        "U220",
    ]
    (settings / "limits.yaml").write_text("steps_a_flow: 2000\nsteps_a_turn: 2000\n")
    assert found([folder / "flow.yaml"], settings) == []


def test_a_file_that_is_no_text_is_said_so(folder: Path) -> None:
    (folder / "flow.yaml").write_text(FLOW)
    settings = folder / "settings"
    settings.mkdir()
    (settings / "policy.yaml").write_bytes(b"actions: \xff\n")
    (settings / "other.yaml").write_bytes(b"\xff")
    assert found([folder / "flow.yaml"], settings) == [
        "settings/other.yaml:1:1 U562",
        "settings/policy.yaml:1:10 U018",
    ]
