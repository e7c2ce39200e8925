"""The JSON Schemas accept what the readers accept, and refuse what has a wrong shape."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, TypeAlias

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from adapters.clinic import people_file, people_schema
from adapters.clinic.actions import CATALOG
from adapters.clinic.people_file import load_people, sample_source
from adapters.clinic.rest.mapping_file import read_mapping
from adapters.commands import schema as command
from adapters.flowdir import read_flows, shipped_flows
from adapters.gates.policy_file import SHIPPED, read_policy, shipped_policy
from adapters.limits_file import read_limits
from adapters.replay import replay_file
from adapters.replay.replay_file import plain_value, read_replay
from adapters.retention import KINDS as RETENTION
from adapters.retention import MOST_DAYS, read_retention
from adapters.schemas import KINDS, schema_of
from engine import CODES, Source, Value, compile_pack, has_errors, limit_facts, read
from engine.steps.kinds import KINDS as STEP_KINDS
from tests.faulty_case import cases as faulty_cases

CASES: Final = Path(__file__).parent.parent / "cases"
OTHER: Final = "flow: other\naudience: [agent]\nexits: [done]\nsteps:\n  - return: done\n"
SHAPES: Final = frozenset(
    {"U200", "U201", "U202", "U203", "U204", "U205", "U208", "U209", "U217", "U302", "U303", "U304", "U309"}
)
"""The codes of what one file alone shows to be wrong in its shape."""
VALIDATORS: Final[Mapping[str, Draft7Validator]] = {kind: Draft7Validator(schema_of(kind)) for kind in KINDS}
Document: TypeAlias = Value


def plain(text: str) -> Document:
    """The plain data of a YAML text."""
    node, _ = read(Source("x.yaml", text))
    return plain_value(node) if node is not None else None


def refused(kind: str, document: Document) -> list[str]:
    """What a schema has against a document."""
    return [f"{error.json_path}: {error.message[:200]}" for error in VALIDATORS[kind].iter_errors(document)]


def codes_of(text: str) -> set[str]:
    """The codes of everything wrong with a flow, beside another one; but for what only the flow it visits
    tells."""
    files = [Source("another.yaml", OTHER), Source("flow.yaml", text)]
    found = compile_pack(files, CATALOG).findings
    return {
        each.code
        for each in found
        if each.code not in ("U302", "U303") or "visit" not in each.place.source.line(each.place.line)
    }


def written(document: Document) -> str:
    """A document as the YAML of a file; every text in quotes stays the text it is."""
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=10_000)


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_one_and_describes_what_it_names(kind: str) -> None:
    schema = schema_of(kind)
    Draft7Validator.check_schema(schema)
    properties = schema["properties"]
    assert isinstance(properties, dict)
    assert [name for name, each in properties.items() if "description" not in str(each)] == []


def test_the_command_knows_every_schema() -> None:
    assert command.KINDS == KINDS


def test_every_shipped_file_is_accepted() -> None:
    files = read_flows([shipped_flows()])
    assert files.vocabulary is not None
    texts = [("flow", each.text, each.path) for each in files.flows]
    texts += [("vocabulary", files.vocabulary.text, "vocabulary")]
    texts += [("replay", path.read_text(encoding="utf-8"), path.name) for path in files.replays]
    texts += [("policy", SHIPPED.read_text(encoding="utf-8"), "policy")]
    texts += [("clinic", sample_source().text, "sample")]
    assert len(texts) > 100
    wrong = {name: found for kind, text, name in texts if (found := refused(kind, plain(text)))}
    assert wrong == {}


@pytest.mark.parametrize("code", sorted(code for code in CODES if code[1] in "123"))
def test_of_every_kind_of_mistake_the_schema_refuses_those_of_shape_and_no_others(code: str) -> None:
    example = CODES[code].example
    if CODES[code].file == "flow.yaml":
        assert bool(refused("flow", plain(example))) == bool(codes_of(example) & SHAPES)


def cases() -> list[str]:
    """Every flow of the files with faulty flows."""
    loaded = yaml.safe_load((CASES / "wrong_flows.yaml").read_text(encoding="utf-8"))
    return [flow for case in loaded for flow in case["flows"]]


def test_of_faulty_flows_those_with_a_wrong_shape_are_refused_and_no_others() -> None:
    # A file that is no clean YAML, or visits a flow that is not there, hides what follows.
    every = [(flow, codes_of(flow)) for flow in cases()]
    told = [
        (flow, codes) for flow, codes in every if min(codes, default="") >= "U100" and "U214" not in codes
    ]
    assert len(told) > 20
    assert [flow for flow, codes in told if bool(refused("flow", plain(flow))) != bool(codes & SHAPES)] == []


def kind_of(name: str) -> str:
    """The kind of schema for a file of this name."""
    endings = {".replay.yaml": "replay", ".people.yaml": "clinic", ".rest.yaml": "rest"}
    named = name.removeprefix("settings/").removesuffix(".yaml")
    by_ending = next((kind for ending, kind in endings.items() if name.endswith(ending)), None)
    return by_ending or (named if named in KINDS else "flow")


def test_every_repaired_file_is_accepted() -> None:
    told = [
        (case.name, name, kind_of(name), text)
        for case in faulty_cases()
        for name, text in case.twin("+").items()
        if kind_of(name) != "flow" or not name.startswith("settings/")
    ]
    assert len(told) > 150
    assert [each[:2] for each in told if refused(each[2], plain(each[3]))] == []


MAPPINGS: Final = sorted(
    path
    for folder in ("adapters", "tests/adapters")
    for path in (CASES.parent.parent / folder / "clinic").rglob("*.rest.yaml")
)


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: path.name)
def test_every_mapping_that_is_used_is_accepted(path: Path) -> None:
    assert refused("rest", plain(path.read_text(encoding="utf-8"))) == []


@pytest.mark.parametrize(
    ("code", "shape"),
    [("U563", True), ("U570", True), ("U571", False), ("U572", True), ("U573", False), ("U574", False)],
)
def test_of_embeds_and_mappings_the_schema_refuses_what_has_a_wrong_shape(code: str, shape: bool) -> None:
    example = CODES[code]
    assert bool(refused(kind_of(example.file), plain(example.example))) is shape


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"rest": 5}, "$.rest"),
        ({"deadline": 90}, "$.deadline"),
        ({"auth": {"bearer": "secret"}}, "$.auth.bearer"),
        ({"auth": {"bearer": {"env": "T"}, "basic": {}}}, "$.auth"),
        ({"auth": {"api_key": {"key": {"env": "K"}}}}, "$.auth.api_key"),
        ({"errors": [{"status": 404}]}, "$.errors[0]"),
        ({"errors": [{"status": 999, "error": "not_found"}]}, "$.errors[0].status"),
        ({"look_back": {"get": "/x"}}, "$.look_back"),
        ({"actions": {"get_clinic": {"get": "clinic", "result": "body"}}}, "$.actions.get_clinic.get"),
        ({"actions": {"get_clinic": {"calls": [{"query": {}}], "result": "body"}}}, "$.actions.get_clinic"),
    ],
)
def test_a_mapping_with_a_wrong_part_is_refused_there(change: dict[str, Document], key: str) -> None:
    right: dict[str, Document] = {
        "base": "https://api.clinic.example",
        "auth": {"bearer": {"env": "TOKEN"}},
        "actions": {"get_clinic": {"get": "/clinic", "result": {"id": "body.id", "name": ["a", 5]}}},
    }
    assert refused("rest", right) == []
    found = refused("rest", {**right, **change})
    assert [each for each in found if each.startswith(key)]
    source = Source("x.rest.yaml", written({**right, **change}))
    assert has_errors(read_mapping(source)[1])


@pytest.mark.parametrize("kind", sorted(STEP_KINDS))
def test_a_step_is_told_by_its_key_and_what_it_is_for(kind: str) -> None:
    definitions = schema_of("flow")["definitions"]
    assert isinstance(definitions, dict)
    step = definitions[f"step-{kind.replace(' ', '-')}"]
    assert isinstance(step, dict)
    assert step["title"] == f"{kind} …"
    assert step["description"]


WORDS: Final = st.sampled_from(
    ["a", "step", "get_clinic", "clinic", "solved", "agent", "done", "other", "Not-A-Name", "true", "", "12"]
)
SCALARS: Final = st.one_of(WORDS, st.none(), st.booleans(), st.integers(-3, 3), st.just(1.5))
KEYS: Final = st.sampled_from(
    sorted({each.name for kind in STEP_KINDS.values() for each in kind.all_fields} | {"lable", "steps", "a"})
)
VALUES: Final = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=2), st.dictionaries(st.one_of(KEYS, WORDS.filter(bool)), inner, max_size=3)
    ),
    max_leaves=4,
)

TOPS: Final = st.sampled_from("labels note depth mail roles clients clinic x".split())


@st.composite
def steps(draw: st.DrawFn) -> Document:
    """A step that is mostly right, with a field or two that may be anything."""
    good = draw(st.sampled_from(GOOD_STEPS))
    step: dict[str, Value] = dict(good)
    for name in draw(st.lists(KEYS, max_size=2, unique=True)):
        if draw(st.booleans()):
            step.pop(name, None)
        else:
            step[name] = draw(VALUES)
    return step


GOOD_STEPS: Final[list[dict[str, Value]]] = [
    {"say": "Hello"},
    {"id": "q", "ask": "Well?", "answers": {"a": "A", "b": {"label": "B", "then": "over"}}},
    {"id": "p", "ask": "How many?", "kind": "number", "min": 1, "save": "number"},
    {"do": "get_clinic", "save": "clinic"},
    {"do": "get_client", "with": {"client": "'x'"}, "save": "client", "on": {"not_found": "over"}},
    {"if": "true", "then": "over", "else": [{"say": "Bye"}]},
    {"set": {"fact": "'x'", "other": 1}},
    {"visit": "other", "then": {"done": "over"}},
    {"go": "over"},
    {"return": "done"},
    {"id": "h", "hand over": "I pass it on", "summary": "x"},
]


@given(st.lists(steps(), min_size=1, max_size=3), st.dictionaries(WORDS, VALUES, max_size=1))
@settings(max_examples=150)
def test_schema_and_reader_agree_on_the_shape_of_any_flow(made: list[Value], more: dict[str, Value]) -> None:
    header = {name: value for name, value in more.items() if name}
    document: dict[str, Value] = {
        "flow": "example",
        "audience": ["agent"],
        **header,
        "steps": [*made, {"id": "over", "end": "stopped"}],
    }
    text = written(document)
    codes = codes_of(text)
    # A file that is no clean YAML, or texts and expressions that are none, hide what follows.
    assume(not any(code < "U200" for code in codes))
    found = refused("flow", plain(text))
    assert bool(found) == bool(codes & SHAPES), (codes, found, text)


@pytest.mark.parametrize("kind", ["vocabulary", "limits", "retention", "policy", "clinic"])
@given(
    document=st.dictionaries(
        st.sampled_from("labels note depth mail roles clients clinic x".split()), VALUES, max_size=2
    )
)
@settings(max_examples=60)
def test_what_a_reader_of_settings_accepts_the_schema_accepts(kind: str, document: dict[str, Value]) -> None:
    text = written(document)
    source = Source("x.yaml", text)
    match kind:
        case "vocabulary":
            findings = compile_pack([Source("o.yaml", OTHER)], CATALOG, source).findings
        case "limits":
            findings = read_limits(source)[1]
        case "retention":
            findings = read_retention(source)[1]
        case "policy":
            findings = read_policy(source, shipped_policy(), CATALOG)[1]
        case _:
            findings = load_people(source)[1]
    if not findings:
        assert refused(kind, plain(text)) == []


def test_every_key_of_a_people_file_is_told_and_no_other() -> None:
    assert set(people_schema.CLINIC) == set(people_file.CLINIC_KEYS)
    assert set(people_schema.CLIENT) == set(people_file.CLIENT_KEYS)
    assert set(people_schema.CONTACT) == set(people_file.CONTACT_KEYS)


def test_every_key_of_a_replay_is_told() -> None:
    schema = schema_of("replay")
    told = schema["properties"]
    assert isinstance(told, dict)
    turns = told["turns"]
    assert isinstance(turns, dict)
    turn = turns["items"]
    assert isinstance(turn, dict)
    assert isinstance(turn["properties"], dict)
    assert set(told) == set(replay_file.KEYS)
    assert set(turn["properties"]) == set(replay_file.TURN_KEYS)
    assert [key for key, each in turn["properties"].items() if not each] == []


@pytest.mark.parametrize(
    "text",
    [
        "replay: x\nflow: y\nturns: []\n",
        "replay: x\nflow: y\nturns: [{ask: a}]\nend: solved\n",
        "replay: x\nflow: y\nturns: [{ask: a, answer: b, did: get_clinic}]\nend: solved\n",
        "replay: x\nflow: y\nturns: [{did: get_clinics}]\nend: solved\n",
        "replay: x\nflow: y\nturns: [{later: 0}]\nend: solved\n",
        "replay: x\nflow: y\nturns: [{reveal: maybe}]\nend: solved\n",
        "replay: x\nflow: y\nturns: []\nend: well\n",
        "replay: x\nflow: y\nturns: []\nend: solved\nholds: {mail: []}\n",
        "replay: x\nflow: y\nas: robot\nturns: []\nend: solved\n",
    ],
)
def test_a_replay_with_a_wrong_shape_is_refused_by_both(text: str) -> None:
    assert read_replay(Source("x.replay.yaml", text), CATALOG)[1]
    assert refused("replay", plain(text))


def test_every_kind_of_data_is_told_with_its_bounds() -> None:
    for name, kind in RETENTION.items():
        for days, good in (
            (kind.least, True),
            (MOST_DAYS, True),
            (kind.least - 1, False),
            (MOST_DAYS + 1, False),
        ):
            assert (refused("retention", {name: days}) == []) is good
            assert (read_retention(Source("x", f"{name}: {days}\n"))[1] == ()) is good


def test_every_limit_is_told_with_its_bounds() -> None:
    for name, facts in limit_facts().items():
        assert refused("limits", {name: facts.least}) == refused("limits", {name: facts.most}) == []
        assert refused("limits", {name: facts.least - 1})
        assert refused("limits", {name: facts.most + 1})
