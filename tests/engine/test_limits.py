"""The limits are those that are documented, and a turn cannot go on for ever."""

from __future__ import annotations

import pytest

from engine.limits import DEFAULT_LIMITS, Limits, limit_facts
from engine.state import AtEnd
from tests.engine.play import Play, flow_of


def test_the_defaults_are_the_documented_ones() -> None:
    limits = DEFAULT_LIMITS
    assert (limits.pack_bytes, limits.depth, limits.visit_depth) == (1_048_576, 32, 20)
    assert (limits.steps_a_flow, limits.steps_a_pack, limits.steps_a_turn) == (1_000, 10_000, 100)
    assert limits.turns_a_session == 500
    for name, facts in limit_facts().items():
        assert facts.least <= getattr(limits, name) == facts.default <= facts.most, name
        assert facts.doc, name


def saying(number: int) -> str:
    """A flow that says so many things before it asks."""
    lines = "".join(f"  - say: Number {each}.\n" for each in range(number))
    end = "  - {id: one, ask: One?, kind: text}\n  - end: solved\n"
    return f"flow: a\naudience: [agent]\nsteps:\n{lines}{end}"


def test_a_turn_of_too_many_steps_ends_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    # What the checks prove, the engine does not rely on.
    monkeypatch.setattr("engine.checks.pack.check_lengths", lambda *_: None)
    limits = Limits(steps_a_turn=20)
    assert Play(flow_of(saying(19), limits=limits)).prompt.step == "one"
    stopped = Play(flow_of(saying(20), limits=limits)).here.waiting
    assert isinstance(stopped, AtEnd)
    assert stopped.outcome == "stopped"
    assert stopped.text.text
