"""`limits.yaml`: what it changes, what it refuses, and that the limits hold where they are used."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.limits_file import read_limits
from adapters.problems import PlainProblem
from adapters.web.bounds import bounds_of
from adapters.web.refused import Refused
from adapters.wiring import open_library, open_limits
from engine import CODES, DEFAULT_LIMITS, Limits, Source, limit_facts

FLOW = "flow: {name}\naudience: [agent]\nsteps:\n{steps}  - end: stopped\n"


def reading(text: str) -> tuple[Limits | None, list[str]]:
    """The limits, and the findings as `line:column code`."""
    limits, findings = read_limits(Source("limits.yaml", text))
    return limits, [f"{each.place.line}:{each.place.column} {each.code}" for each in findings]


def test_a_file_changes_what_it_names_and_nothing_else() -> None:
    limits, findings = reading("depth: 20\nsteps_a_flow: 2000\n")
    assert findings == []
    assert limits == Limits(depth=20, steps_a_flow=2000)


def test_every_limit_is_declared_with_its_default_within_its_bounds() -> None:
    facts = limit_facts()
    assert set(facts) == set(Limits.__struct_fields__)
    for name, each in facts.items():
        assert getattr(DEFAULT_LIMITS, name) == each.default
        assert each.least <= each.default <= each.most
        assert each.doc


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dept: 20\nsteps: 3\n", ["1:1 U560", "2:1 U560"]),
        ("depth: many\n", ["1:8 U561"]),
        ("depth: 5000\nvisit_depth: 0\n", ["1:8 U561", "2:14 U561"]),
        ("depth: true\n", ["1:8 U561"]),
        ("depth: 20.5\n", ["1:8 U561"]),
        ("depth: [20]\n", ["1:8 U561"]),
        ("- depth\n", ["1:1 U561"]),
        ("", ["1:1 U003"]),
        ("depth: 20\ndepth: 21\n", ["2:1 U011"]),
    ],
)
def test_what_is_no_limit_is_found_at_its_place(text: str, expected: list[str]) -> None:
    assert reading(text) == (None, expected)


@pytest.mark.parametrize("code", ["U560", "U561"])
def test_the_example_of_a_code_has_it(code: str) -> None:
    _, findings = read_limits(Source("limits.yaml", CODES[code].example))
    assert [each.code for each in findings] == [code]


def config(folder: Path, text: str) -> Path:
    """A folder of settings with these limits."""
    made = folder / "settings"
    made.mkdir()
    (made / "limits.yaml").write_text(text, encoding="utf-8")
    return made


def own_flow(folder: Path, steps: int) -> Path:
    """A folder with a flow of so many steps."""
    made = folder / "flows"
    made.mkdir()
    says = "".join(f"  - say: Number {number}\n" for number in range(steps - 1))
    (made / "flow.yaml").write_text(FLOW.format(name="long", steps=says), encoding="utf-8")
    return made


def test_a_limit_of_the_settings_holds_where_flows_are_opened(tmp_path: Path) -> None:
    flows = own_flow(tmp_path, 1_100)
    with pytest.raises(PlainProblem, match="U220"):
        open_library(flows)
    settings = config(tmp_path, "steps_a_flow: 2000\nsteps_a_turn: 2000\n")
    assert open_library(flows, settings).flow("long").limits.steps_a_flow == 2000


def test_limits_that_cannot_be_used_are_said_plainly(tmp_path: Path) -> None:
    settings = config(tmp_path, "depth: 5000\n")
    with pytest.raises(PlainProblem, match=r"limits\.yaml:1:8") as caught:
        open_limits(settings)
    assert "unstuck check --config" in caught.value.advice


def test_without_a_file_the_defaults_hold(tmp_path: Path) -> None:
    assert open_limits(tmp_path) == DEFAULT_LIMITS


def test_how_much_may_be_asked_for_over_the_web_is_a_limit_too(tmp_path: Path) -> None:
    settings = config(tmp_path, "sessions_a_minute: 2\nbody_bytes: 4096\n")
    bounds = bounds_of(open_limits(settings))
    bounds.session("192.0.2.1")
    bounds.session("192.0.2.1")
    with pytest.raises(Refused) as caught:
        bounds.session("192.0.2.1")
    assert caught.value.status == 429
    assert bounds.body_bytes == 4096
