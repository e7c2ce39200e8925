"""Everything wrong with a flow is found at once, at its place, and nothing that only follows from it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
import pytest
import yaml

from engine.compiler import Compiled
from engine.diagnostics import Severity
from engine.limits import Limits
from engine.run import CIRCLE
from engine.state import AtEnd
from tests.engine.play import OF_EXAMPLES, Play, compiled

CASES: Final = Path(__file__).parent.parent / "cases"
FILES: Final = [CASES / "wrong_flows.yaml", *sorted((CASES / "checks").glob("*.yaml"))]


def found_in(made: Compiled, several: bool) -> list[str]:
    """The findings as the cases write them."""
    return [
        (f"{each.place.source.path.removesuffix('.yaml')} " if several else "")
        + f"{each.place.line}:{each.place.column} {each.code}"
        for each in made.findings
        if each.place.source.path != "vocabulary.yaml"
    ]


@pytest.mark.parametrize(
    "case",
    [
        pytest.param({"exactly": path.parent.name == "checks", **each}, id=each["case"])
        for path in FILES
        for each in yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
    ],
)
def test_a_flow_with_mistakes(case: dict[str, list[str]]) -> None:
    made = compiled(*case["flows"])
    said = [str(each) for each in made.findings]
    found = found_in(made, len(case["flows"]) > 1)
    if not case["exactly"]:
        found = [each for each in found if each.split()[-1] not in OF_EXAMPLES]
    assert found == case["found"], "\n".join(said)
    assert [words for words in case.get("words", []) if not any(words in each for each in said)] == []
    assert (made.pack is None) == any(each.severity is Severity.ERROR for each in made.findings)


def test_labels_that_nobody_shows() -> None:
    text = (
        "flow: a\naudience: [agent]\nsteps:\n"
        "  - say: 'Click {{ labels.save }}{% if labels.used == labels.ok %}[[labels.shown]]{% endif %}'\n"
        "  - end: stopped\n"
    )
    words = "labels:\n  save: Save\n  used: Used\n  ok: OK\n  shown: Shown\n  left: Left"
    unused = f"{words}\n  kept: Kept # unstuck: allow U324 because the handbook shows it\n"
    assert [str(each) for each in compiled(text, vocabulary=unused).findings] == [
        "vocabulary.yaml:6:3: U324 No flow shows the label `left`. Use it, or take it out."
    ]
    assert compiled(text.replace("Click", "{{ labels.left }}"), vocabulary=unused).findings == ()


def test_what_a_mistake_may_hide_is_not_called_unused() -> None:
    text = (
        "flow: a\naudience: [agent]\nexits: [out]\nsteps:\n"
        "  - {do: get_clinic, save: clinic}\n  - say: '{{ clinc.name }}'\n  - end: stopped\n"
    )
    assert [each.code for each in compiled(text, vocabulary="labels: {left: Left}").findings] == ["U103"]


def test_flows_that_visit_one_another_without_end_in_sight_are_told_so() -> None:
    # More than Python lets calls stand inside each other.
    count = 1_100
    texts = [
        f"flow: f{each}\naudience: [client]\nexits: [x]\nsteps: [{{visit: f{each + 1}}}, {{return: x}}]"
        for each in range(count)
    ]
    made = compiled(*texts, f"flow: f{count}\naudience: [client]\nexits: [x]\nsteps: [{{return: x}}]")
    assert {each.code for each in made.findings} == {"U220"}


def _said(count: int, last: str) -> str:
    return "".join(f"  - say: Line {number}\n" for number in range(count)) + f"  - {last}\n"


LONG = {
    "in one flow": ("flow: a\naudience: [agent]\nsteps:\n", 98, "end: stopped", ()),
    "before a question": (
        "flow: a\naudience: [agent]\nsteps:\n",
        98,
        "{id: q, ask: Well?, answers: {x: X}}",
        (),
    ),
    "around a visit": (
        "flow: a\naudience: [agent]\nsteps:\n  - visit: b\n",
        47,
        "end: stopped",
        ("flow: b\naudience: [agent]\nexits: [out]\nsteps:\n" + _said(49, "return: out"),),
    ),
    "behind a branch": (
        "flow: a\naudience: [agent]\nsteps:\n  - {if: can('request_help'), then: far}\n"
        "  - {end: stopped}\n  - {id: far, say: Far}\n",
        96,
        "end: stopped",
        (),
    ),
}


@pytest.mark.parametrize("case", LONG)
def test_a_stretch_in_which_the_conversation_would_be_stopped_is_found(case: str) -> None:
    head, count, last, others = LONG[case]
    rest = "  - end: stopped\n" if "ask" in last else ""
    for more, stopped in ((1, False), (2, True)):
        made = compiled(head + _said(count + more, last) + rest, *others)
        found = {each.code for each in made.findings} - OF_EXAMPLES
        assert found == ({"U220"} if stopped else set())
        # What the check says is what happens.
        allowed = compiled(
            head + _said(count + more, last) + rest, *others, limits=Limits(steps_a_turn=count + more + 60)
        )
        assert allowed.pack is not None
        flow = msgspec.structs.replace(allowed.pack.flow("a"), limits=Limits())
        play = Play(flow)
        ended = play.here.waiting
        assert (isinstance(ended, AtEnd) and ended.text == CIRCLE) is stopped


def test_what_is_known_is_followed_as_often_as_it_takes() -> None:
    # Each answer leads back to the question by a longer way than the one before, and forgets something else.
    count = 43
    names = [f"s{number}" for number in range(count)]
    lines = [
        "flow: a",
        "audience: [agent]",
        "exits: [out]",
        f"inputs: {{{', '.join(f'{name}: PortalSettings' for name in names)}}}",
        "steps:",
        *(
            f"  - {{if: {name}.online_access is known, then: {name}-on}}\n  - return: out\n"
            f"  - {{id: {name}-on, say: On}}"
            for name in names
        ),
        "  - id: hub\n    ask: Which?\n    answers:",
        *(f"      {name}: {{label: Again, then: {name}-0}}" for name in names),
        "      out: {label: Out, then: out}",
    ]
    for length, name in enumerate(names):
        lines += [f"  - {{id: {name}-{each}, say: On, then: {name}-{each + 1}}}" for each in range(length)]
        lines.append(f"  - id: {name}-{length}\n    do: get_portal_settings")
        lines.append(f"    with: {{subject: {name}.subject}}\n    save: {name}\n    then: hub")
    lines.append("  - id: out\n    say: |")
    lines += [f"      {{{{ {name}.online_access }}}}" for name in names]
    made = compiled("\n".join([*lines, "  - return: out\n"]), limits=Limits(steps_a_flow=2_000))
    assert [each.code for each in made.findings] == ["U106"] * count


@pytest.mark.parametrize("around", ["round", "other", "second"])
def test_a_circle_is_told_as_a_circle_and_not_as_a_long_stretch(around: str) -> None:
    text = (
        "flow: a\naudience: [agent, admin]\nsteps:\n"
        f"  - {{id: round, if: audience == 'agent', then: {around}, else: other}}\n"
        f"  - {{id: other, if: audience == 'admin', then: second, else: {around}}}\n"
        "  - {id: second, say: Hello}\n  - end: stopped\n  - {id: alone, say: Alone, then: alone}\n"
    )
    found = {each.code for each in compiled(text).findings} - OF_EXAMPLES - {"U130"}
    assert found - {"U210"} <= {"U213"}
