"""Expressions: what they may hold, what their types are, what is said about wrong ones, and their values."""

from __future__ import annotations

import re
from typing import Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from adapters.clinic.actions import CATALOG
from engine.codes import CODES
from engine.compiler import compile_pack
from engine.evaluation import ALLOWED, Facts
from engine.expression_parser import read_expression
from engine.expression_tree import Member, Name, parts
from engine.expressions import Expression, parse_expression, value_expression
from engine.limits import DEFAULT_LIMITS, Limits
from engine.nodes import Mapping, Scalar
from engine.reader import read
from engine.ruled_out import parts_of
from engine.source import Source
from engine.types import (
    ChoiceType,
    DateType,
    IdType,
    ListType,
    MomentType,
    NothingType,
    NumberType,
    OptionalType,
    RecordType,
    SecretType,
    TextType,
    TruthType,
    Type,
    in_words,
)
from engine.typing_rules import Scope, check_condition, check_expression
from engine.values import Value
from tests.engine.language import SCOPE, TYPES, cases, everyday_facts, facts, scalar

RIGHT: Final = cases("expressions.yaml")
WRONG: Final = cases("wrong_expressions.yaml")


def wrong(text: str, scope: Scope = SCOPE) -> list[str]:
    """`CODE COLUMN LENGTH` of everything wrong with an expression."""
    expression, findings = parse_expression(scalar(text))
    assert (expression is None) == bool(findings)
    if expression is not None:
        findings = check_expression(expression, scope).findings
    return [f"{each.code} {each.place.column} {each.place.length}" for each in findings]


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: str(case["is"]))
def test_a_right_expression_has_a_type_a_value_and_knowledge(case: dict[str, object]) -> None:
    expression, findings = parse_expression(scalar(str(case["is"])))
    assert findings == ()
    assert expression is not None
    checked = check_expression(expression, SCOPE)
    assert checked.findings == ()
    assert checked.type is not None
    assert in_words(checked.type) == case["type"]
    assert expression.evaluate(facts()) == case["value"]
    assert type(expression.evaluate(facts())) is type(case["value"])
    assert sorted(checked.when_true) == case.get("sure", [])
    assert sorted(checked.when_false) == case.get("else", [])


@pytest.mark.parametrize("case", WRONG, ids=lambda case: str(case["is"]))
def test_a_wrong_expression_is_found_at_its_place(case: dict[str, object]) -> None:
    text = str(case["is"])
    expected = case.get("all", [f"{case.get('code')} {case.get('at')} {case.get('length')}"])
    assert isinstance(expected, list)
    expression, findings = parse_expression(scalar(text))
    if expression is not None:
        findings = check_expression(expression, SCOPE).findings
    told = " ".join(str(each) for each in findings)
    found = [f"{each.code} {each.place.column} {each.place.length}" for each in findings]
    assert set(expected) <= set(found) if "all" in case else found == expected
    assert str(case.get("says", "")) in told


def test_places_are_those_of_the_file() -> None:
    node = scalar("sure and\nclient.nme == 'x'", line=7, column=11)
    expression, _ = parse_expression(node)
    assert expression is not None
    (found,) = check_expression(expression, SCOPE).findings
    assert (found.place.line, found.place.column, found.place.length) == (8, 8, 3)
    assert expression.place_of("sure").column == 11
    assert expression.place_of("client").line == 8


def test_an_expression_knows_what_it_reads_and_asks() -> None:
    expression, _ = parse_expression(scalar("can('open_ticket') and client.name in [name, clinic.name]"))
    assert expression is not None
    assert expression.reads == {"client", "name", "clinic"}
    assert expression.actions == {"open_ticket"}


@pytest.mark.parametrize(
    ("text", "value", "gives"),
    [("12", 12, 12), ("1.5", 1.5, 1.5), ("true", True, True), ("False", False, False), ("0", 0, 0)],
)
def test_a_plain_number_or_truth_is_itself(text: str, value: Value, gives: Value) -> None:
    expression, findings = value_expression(scalar(text, value))
    assert findings == ()
    assert expression is not None
    assert expression.evaluate({}) is gives or expression.evaluate({}) == gives


def test_a_text_as_value_is_an_expression() -> None:
    expression, _ = value_expression(scalar("client.name"))
    assert expression is not None
    assert expression.reads == {"client"}


def test_a_word_that_would_fit_is_told_its_quotes() -> None:
    expression, _ = parse_expression(scalar("resend"))
    assert expression is not None
    (found,) = check_expression(expression, SCOPE, ChoiceType(("first", "resend"))).findings
    assert found.code == "U116"
    assert found.repair == "Put it in quotes: 'resend'."


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("sure", None),
        ("guardian", None),
        ("client.email", None),
        ("name", "U110"),
        ("maybe", "U106"),
        ("number", "U110"),
        ("contacts", "U110"),
        ("client", "U110"),
        ("password", "U111"),
        ("'x'", "U110"),
    ],
)
def test_a_condition_is_true_or_false_or_may_be_unknown(text: str, code: str | None) -> None:
    expression, _ = parse_expression(scalar(text))
    assert expression is not None
    assert [each.code for each in check_condition(expression, SCOPE).findings] == ([code] if code else [])


@pytest.mark.parametrize("opening", ["(", "[", "not ", "-", "x.y | lower | ", "a or (", "{", "[["])
def test_endless_nesting_is_refused_at_once(opening: str) -> None:
    limits = Limits(template_characters=100_000)
    expression, findings = parse_expression(scalar(opening * 5_000 + "x"), limits)
    assert expression is None
    assert len(findings) == 1


@pytest.mark.parametrize("joint", [" and ", " or ", ".", " | lower | ", " == "])
def test_endless_chains_are_refused_at_once(joint: str) -> None:
    limits = Limits(template_characters=1_000_000)
    expression, findings = parse_expression(scalar(joint.join(["lower"] * 20_000)), limits)
    assert expression is None
    assert {each.code for each in findings} <= {"U118", "U102"}


def test_nesting_within_the_limit_is_read() -> None:
    expression, findings = parse_expression(scalar("(" * 50 + "sure" + ")" * 50))
    assert findings == ()
    assert expression is not None


def test_length_is_limited() -> None:
    expression, findings = parse_expression(scalar("a" * 4_001 + " == b"))
    assert expression is None
    assert [each.code for each in findings] == ["U117"]


@given(st.text(max_size=60))
def test_any_text_is_an_expression_or_a_finding(text: str) -> None:
    expression, findings = parse_expression(scalar(text))
    assert (expression is None) == bool(findings)
    for each in findings:
        assert each.place.line >= 1
        assert each.place.column >= 1


PIECES: Final = (
    "client name number portal online_access email kind sure maybe words contacts password today labels "
    "and or not is in true false known unknown empty null == != < > <= >= ( ) [ ] , . | upper count first "
    "default('x') only('is_primary') can('open_ticket') 'minor' 'x' 3 -1 if else {{ }} {% %} + * ~ __class__"
).split()


ODD_VALUES: Final[tuple[Value, ...]] = (None, 1, True, "", [None], {}, {"name": {"name": None}})


@given(st.lists(st.sampled_from(PIECES), max_size=12))
def test_any_row_of_words_is_checked_and_evaluated_without_raising(words: list[str]) -> None:
    expression, findings = parse_expression(scalar(" ".join(words)))
    if expression is None:
        assert findings
        return
    check_expression(expression, SCOPE)
    check_condition(expression, SCOPE)
    worlds: list[Facts] = [{}, facts(), *(dict.fromkeys(TYPES, value) for value in ODD_VALUES)]
    for world in worlds:
        expression.evaluate(world)
        assert isinstance(expression.holds(world), bool)


@given(st.from_regex(re.compile(r"[a-z]{1,5}(\.[a-z_]{1,5}){0,3}"), fullmatch=True))
def test_the_short_way_reads_paths_as_the_parser_does(text: str) -> None:
    short, findings = read_expression(scalar(text), 0, len(text), DEFAULT_LIMITS)
    long, others = read_expression(scalar(f"({text})"), 0, len(text) + 2, DEFAULT_LIMITS)
    assert [each.code for each in findings] == [each.code for each in others]
    assume(short is not None and long is not None)
    assert short is not None
    assert long is not None
    named = [
        [(each.name, each.start, each.end) for each in parts(tree) if isinstance(each, Name | Member)]
        for tree in (short, long)
    ]
    assert [(name, start + 1, end + 1) for name, start, end in named[0]] == named[1]


# A checked expression gives a value of its type, for any facts that fit theirs.


def values(kind: Type) -> st.SearchStrategy[Value]:
    """Values that fit a type."""
    match kind:
        case TextType() | IdType():
            return st.text(max_size=5)
        case NumberType():
            return st.integers(-5, 5) | st.floats(-2, 2)
        case TruthType():
            return st.booleans()
        case DateType():
            return st.dates().map(str)
        case MomentType():
            return st.datetimes().map(lambda moment: moment.isoformat() + "Z")
        case ChoiceType(options=options):
            return st.sampled_from(options)
        case SecretType():
            return st.just({"$secret": "s-1", "checks": []})
        case NothingType():
            return st.none()
        case RecordType(members=members):
            return st.fixed_dictionaries({name: values(of) for name, of in members})
        case ListType(of=of):
            return st.lists(values(of), max_size=3)
        case OptionalType(of=of):
            return st.none() | values(of)


WORLDS: Final = st.fixed_dictionaries({name: values(kind) for name, kind in SCOPE.facts.items()})


@given(st.sampled_from([str(case["is"]) for case in RIGHT]), WORLDS, st.booleans())
def test_a_checked_expression_keeps_its_word_for_any_facts_that_fit(
    text: str, world: dict[str, Value], allowed: bool
) -> None:
    expression, _ = parse_expression(scalar(text))
    assert expression is not None
    checked = check_expression(expression, SCOPE)
    assert checked.type is not None
    names = ["open_ticket"] if allowed else []
    value = expression.evaluate({**world, ALLOWED: frozenset(names)})
    assert _fits(value, checked.type), (value, in_words(checked.type))
    known = (
        checked.when_true if expression.holds({**world, ALLOWED: frozenset(names)}) else checked.when_false
    )
    for note in known:
        path, word = parts_of(note)
        if word:
            assert str(_at(world, path)).lower() != word
        elif " " in path:
            assert _bound(note).holds(world)
        elif not path.startswith("can:"):
            assert _at(world, path) is not None


def _bound(note: str) -> Expression:
    """The note of a bound as the comparison that it says."""
    expression, findings = parse_expression(scalar(re.sub(r"(\d{4}-\S+)$", r"'\1'", note)))
    assert expression is not None, findings
    return expression


def _at(world: dict[str, Value], path: str) -> Value:
    value: Value = world
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _fits(value: Value, kind: Type) -> bool:
    match kind:
        case OptionalType(of=of):
            return value is None or _fits(value, of)
        case NothingType():
            return value is None
        case TruthType():
            return isinstance(value, bool)
        case NumberType():
            return isinstance(value, int | float) and not isinstance(value, bool)
        case ChoiceType(options=options):
            return value in options
        case ListType(of=of):
            return isinstance(value, list) and all(_fits(item, of) for item in value)
        case RecordType(members=members):
            return isinstance(value, dict) and all(_fits(value.get(name), of) for name, of in members)
        case SecretType():
            return isinstance(value, dict)
        case _:
            return isinstance(value, str)


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from([str(case["is"]) for case in RIGHT]),
    st.dictionaries(st.sampled_from(sorted(SCOPE.facts)), JSON),
)
def test_a_broken_backend_cannot_make_an_expression_raise(text: str, world: dict[str, Value]) -> None:
    expression, _ = parse_expression(scalar(text))
    assert expression is not None
    expression.evaluate(world)
    expression.holds(world)


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ("sure == 1", {"sure": True}),
        ("number == true", {"number": 1}),
        ("maybe != 'x'", {"maybe": None}),
        ("maybe not in ['x']", {"maybe": None}),
        ("number < 'x'", {"number": 1}),
        ("day < sent_at", {}),
        ("nothing == null", {}),
        ("nothing != null", {}),
    ],
)
def test_what_cannot_be_compared_compares_false(text: str, changed: dict[str, Value]) -> None:
    expression, _ = parse_expression(scalar(text))
    assert expression is not None
    assert expression.evaluate(facts(**changed)) is False


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("id == told", True),
        ("told == id", True),
        ("id != told", False),
        ("told in ids", True),
        ("total > id", True),
        ("id < total", True),
        ("id == padded", False),
        ("padded > id", False),
        ("id == '7'", True),
        ("id == truth", False),
        ("id == words", False),
        ("words > id", False),
    ],
)
def test_a_number_of_an_api_is_the_text_that_says_it(text: str, holds: bool) -> None:
    facts: dict[str, Value] = {"id": 7, "told": "7", "ids": [6, 7], "total": "10", "padded": "07"}
    found, findings = value_expression(scalar(text))
    assert findings == ()
    assert found is not None
    assert found.holds({**facts, "truth": True, "words": "seven"}) is holds


def test_moments_are_compared_as_moments() -> None:
    expression, _ = parse_expression(scalar("sent_at == other"))
    assert expression is not None
    world = everyday_facts()
    assert expression.evaluate({**world, "other": "2026-11-23T14:30:00Z"}) is True
    assert expression.evaluate({**world, "other": "2026-11-23T09:30:00Z"}) is False


@pytest.mark.parametrize("kept", [frozenset({"open_ticket"}), ["open_ticket"], {"open_ticket": True}])
def test_what_is_allowed_may_be_kept_in_several_forms(kept: frozenset[str] | list[Value]) -> None:
    expression, _ = parse_expression(scalar("can('open_ticket')"))
    assert expression is not None
    assert expression.evaluate({ALLOWED: kept}) is True
    assert expression.evaluate({ALLOWED: []}) is False
    assert expression.evaluate({}) is False


VOCABULARY: Final = Source("vocabulary.yaml", "labels:\n  client_chart: Client Chart Modal\n")


@pytest.mark.parametrize("code", [code for code in CODES if code.startswith("U1")])
def test_the_example_of_a_code_shows_that_and_nothing_else(code: str) -> None:
    example = CODES[code].example
    marked = next(row for row, line in enumerate(example.splitlines(), 1) if "# <- here" in line)
    findings = compile_pack([Source("flow.yaml", example)], CATALOG, VOCABULARY).findings
    of_flow = [each for each in findings if each.place.source is not VOCABULARY]
    assert [(each.code, each.place.line) for each in of_flow] == [(code, marked)]


@pytest.mark.parametrize(
    ("written", "line", "column"),
    [
        ("if: sure and nme == 'x'", 1, 14),
        ("if: \"sure and nme == 'x'\"", 1, 15),
        ("if: 'sure and nme == \"it''s\"'", 1, 15),
        ('if: "sure\\u0020and nme"', 1, 20),
        ("if: |\n  sure\n  and nme\n", 3, 7),
        ("if: >-\n  sure and\n  nme\n", 3, 3),
        ("if: sure\n  and nme", 2, 7),
    ],
)
def test_a_finding_stands_where_the_file_has_it(written: str, line: int, column: int) -> None:
    node, _ = read(Source("flow.yaml", written))
    assert isinstance(node, Mapping)
    value = node.get("if")
    assert isinstance(value, Scalar)
    expression, _ = parse_expression(value)
    assert expression is not None
    (found,) = check_expression(expression, SCOPE).findings
    assert (found.place.line, found.place.column) == (line, column)
