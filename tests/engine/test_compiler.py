"""From files to a pack: headers, names, limits, versions; and nothing is raised for what authors write."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.actions import Action, Audience, Catalog, Effect
from engine.checks.checking import RESERVED, Checking
from engine.compiler import compile_pack
from engine.errors import UnknownFlow
from engine.expressions import Expression
from engine.flow import Pack
from engine.knowledge import Knowledge
from engine.limits import Limits
from engine.source import Source
from engine.types import NUMBER, TEXT, ListType, Type, optional
from tests.engine.play import FLOWS, compiled, flow_of, shipped

ONE = "flow: one\naudience: [agent]\nexits: [done]\nsteps: [{say: Hello}, {return: done}]\n"
TWO = "flow: two\naudience: [agent]\nsteps: [{visit: one}, {end: stopped}]\n"


def codes(*texts: str, limits: Limits | None = None, catalog: Catalog | None = None) -> list[str]:
    """The codes of everything wrong with flows."""
    sources = [Source(f"{number}.yaml", text) for number, text in enumerate(texts, 1)]
    made = compile_pack(sources, catalog or Catalog({}, {}), limits=limits or Limits())
    return [each.code for each in made.findings]


def pack_of(*texts: str) -> Pack:
    """The pack of these flows."""
    made = compiled(*texts)
    assert made.pack is not None
    return made.pack


def test_a_flow_knows_what_its_header_says() -> None:
    tree = flow_of(
        "flow: a\ntitle: A flow\naudience: [agent, admin]\nsymptoms: [it hurts]\nexits: [well, ill]\n"
        "inputs: {number: number, words: optional list of text}\nresults: {}\nnote: for authors\n"
        "steps: [{return: well}]\n"
    ).tree
    assert (tree.title, tree.symptoms, tree.exits) == ("A flow", ("it hurts",), ("well", "ill"))
    assert tree.audience == {Audience.AGENT, Audience.ADMIN}
    assert list(tree.inputs) == ["number", "words"]
    assert tree.inputs["number"] == NUMBER
    assert tree.inputs["words"] == optional(ListType(TEXT))


def test_a_flow_without_a_title_has_its_name() -> None:
    assert flow_of(ONE).tree.title == "one"


def test_a_flow_takes_what_it_visits_along_and_nothing_else() -> None:
    made = compiled(TWO, ONE, ONE.replace("one", "three"))
    assert made.pack is not None
    assert list(made.pack.flow("two").trees) == ["two", "one"]
    assert list(made.pack.flow("one").trees) == ["one"]


def test_an_unknown_flow_is_the_callers_fault_and_says_what_there_is() -> None:
    with pytest.raises(UnknownFlow, match=r"'four'.*one"):
        pack_of(ONE).flow("four")


def test_a_version_is_of_everything_the_flow_is_made_of_and_of_nothing_else() -> None:
    def versions(*texts: str, words: str = "labels: {save: Save}\n") -> dict[str, str]:
        made = compiled(*texts, vocabulary=words)
        assert made.pack is not None
        return dict(made.pack.versions)

    before = versions(ONE, TWO)
    assert versions(TWO, ONE) == before
    assert versions(ONE, TWO, ONE.replace("one", "three"))["two"] == before["two"]
    changed = versions(ONE.replace("Hello", "Good day"), TWO)
    assert changed["one"] != before["one"]
    assert changed["two"] != before["two"]
    changed = versions(ONE, TWO.replace("stopped", "solved"))
    assert changed["one"] == before["one"]
    assert changed["two"] != before["two"]
    assert versions(ONE, TWO, words="labels: {save: Keep}\n")["one"] != before["one"]


def test_of_two_flows_with_one_name_the_second_is_found() -> None:
    made = compiled(ONE, "# a remark\n" + ONE)
    assert [(each.code, each.place.source.path, each.place.line) for each in made.findings] == [
        ("U219", "2.yaml", 2)
    ]
    assert "1.yaml" in str(made.findings[0])


def test_a_flow_and_a_pack_have_so_many_steps_and_no_more() -> None:
    three = "flow: a\naudience: [agent]\nsteps: [{say: A}, {say: B}, {end: stopped}]\n"
    assert codes(three, limits=Limits(steps_a_flow=3)) == []
    assert codes(three, limits=Limits(steps_a_flow=2)) == ["U220"]
    other = three.replace("flow: a", "flow: b")
    assert codes(three, other, limits=Limits(steps_a_pack=6)) == []
    assert codes(three, other, limits=Limits(steps_a_pack=5)) == ["U220"]


def test_a_flow_has_at_most_as_many_facts_as_steps() -> None:
    text = "flow: a\naudience: [agent]\nsteps:\n  - set: {one: 1, two: 2, three: 3}\n  - end: stopped\n"
    assert codes(text, limits=Limits(steps_a_flow=2)) == ["U220"]
    assert "U220" not in codes(text, limits=Limits(steps_a_flow=3))


def test_what_many_facts_are_is_worked_out_a_few_times_for_each(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[Expression] = []
    before = Checking.quietly_type_of

    def counted(self: Checking, expression: Expression, known: Knowledge) -> Type | None:
        looks.append(expression)
        return before(self, expression, known)

    monkeypatch.setattr(Checking, "quietly_type_of", counted)
    facts = ", ".join(f"fact{number}: 1" for number in range(200))
    codes(f"flow: a\naudience: [agent]\nsteps:\n  - set: {{{facts}}}\n  - end: stopped\n")
    assert len(looks) <= 10 * 200


def test_visits_stand_inside_each_other_so_deeply_and_no_more() -> None:
    chain = [
        f"flow: f{number}\naudience: [agent]\nexits: [done]\n"
        f"steps: [{{visit: f{number + 1}}}, {{return: done}}]\n"
        for number in range(4)
    ]
    last = "flow: f4\naudience: [agent]\nexits: [done]\nsteps: [{return: done}]\n"
    assert codes(*chain, last, limits=Limits(visit_depth=4)) == []
    assert codes(*chain, last, limits=Limits(visit_depth=3)) == ["U220"]


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_what_has_a_meaning_of_its_own_is_no_input(name: str) -> None:
    text = f"flow: a\naudience: [agent]\ninputs: {{{json.dumps(name)}: text}}\nsteps: [{{end: stopped}}]\n"
    assert codes(text) == ["U311"]


def test_what_gives_nothing_cannot_be_saved() -> None:
    tell = Action("tell", "Tells.", (), None, Effect.READ, 0, frozenset(Audience), frozenset())
    text = "flow: a\nsteps: [{do: tell, save: x}, {end: stopped}]\n"
    assert codes(text, catalog=Catalog({"tell": tell}, {})) == ["U301"]
    assert codes(text.replace(", save: x", ""), catalog=Catalog({"tell": tell}, {})) == []


def test_the_vocabulary_is_read_with_the_flows() -> None:
    def found(words: str) -> list[str]:
        return [each.code for each in compiled(ONE, vocabulary=words).findings if each.code != "U324"]

    assert found("labels: {save: Save, page: 5}\n") == []
    assert found("labels: {Save: Save, page: [x], nothing: null}\n") == ["U209", "U203", "U203"]
    assert found("words: {}\n") == ["U201", "U202"]
    assert found("- x\n") == ["U203"]
    assert found("labels: {\n") == ["U023"]


def test_all_shipped_flows_are_without_a_finding() -> None:
    assert len(shipped().trees) == len([each for each in FLOWS.rglob("*.yaml") if _is_flow(each.read_text())])


def _is_flow(text: str) -> bool:
    return "\nsteps:" in text and (text.startswith("flow:") or "\nflow:" in text)


WORDS = st.sampled_from(
    "flow,title,audience,inputs,results,exits,on,steps,id,say,ask,kind,answers,save,of,each,as,with,then,do,if,"
    "else,choose,cases,set,visit,go,return,end,text,label,optional,min,max,a,b,agent,one,several,yes-no,"
    "get_clinic,clinic.name,solved,done,true,null,5,today,hand over,{{ clinic.name }},{% if x %},"
    "find_clients,clinic.,'x',list of Client,".split(",")
)
NODES = st.recursive(
    WORDS | st.none() | st.booleans() | st.integers(-3, 3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=5),
    max_leaves=25,
)
STEPS = st.lists(st.dictionaries(WORDS, NODES, max_size=5), max_size=5)


@given(st.fixed_dictionaries({"flow": st.just("a"), "steps": STEPS}, optional={"on": NODES, "inputs": NODES}))
def test_whatever_stands_in_a_flow_it_is_found_or_it_runs(data: dict[str, object]) -> None:
    made = compiled(json.dumps(data))
    assert (made.pack is None) == any(each.severity == "error" for each in made.findings)
    for each in made.findings:
        assert each.place.source.line(each.place.line) or each.place.line == 1


@settings(max_examples=max(30, settings.default.max_examples // 3 if settings.default else 0))
@given(st.data())
def test_a_shipped_flow_with_lines_missing_or_twice_is_found_or_it_runs(data: st.DataObject) -> None:
    sources = {tree.source.path: tree.source for tree in shipped().trees.values()}
    path = data.draw(st.sampled_from(sorted(sources)))
    lines = sources[path].text.splitlines(keepends=True)
    first = data.draw(st.integers(0, len(lines) - 1))
    last = data.draw(st.integers(first, min(first + 4, len(lines))))
    again = data.draw(st.integers(0, 2))
    text = "".join(lines[:first] + lines[first:last] * again + lines[last:])
    changed = [Source(each.path, text if each.path == path else each.text) for each in sources.values()]
    made = compile_pack(changed, shipped().catalog)
    assert (made.pack is None) == any(each.severity == "error" for each in made.findings)
