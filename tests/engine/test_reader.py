"""Reading YAML files: what is refused, where it is said to be, and that everything else keeps its place."""

from __future__ import annotations

import re
import time

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from engine.codes import CODES
from engine.limits import Limits
from engine.nodes import Mapping, Node, Scalar, Sequence
from engine.reader import FASTEST, MOST_FINDINGS, Loader, decode, read
from engine.source import Place, Source

READING = sorted(code for code in CODES if code.startswith("U0"))
# These are not found by reading alone: one is about bytes, one is about what a step's text means.
ELSEWHERE = {"U018", "U027", "U028"}
TIGHT = {"U004": Limits(pack_bytes=50), "U006": Limits(file_nodes=8)}
LOADERS = sorted({FASTEST, yaml.SafeLoader}, key=lambda loader: loader.__name__)
JSON = bool | int | float | str | list["JSON"] | dict[str, "JSON"] | None


def reading(text: str, limits: Limits | None = None) -> tuple[Node | None, list[str]]:
    """The node, and the findings as `line:column code`."""
    node, findings = read(Source("flow.yaml", text), limits or Limits())
    return node, [f"{each.place.line}:{each.place.column} {each.code}" for each in findings]


def value_of(node: Node | None) -> JSON:
    """The plain data of a node."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return [value_of(item) for item in node.items]
        case Mapping():
            return {key.text: value_of(each) for key, each in node.entries}
        case None:
            return None


def scalars(node: Node | None) -> list[Scalar]:
    """Every scalar in a node, the keys too."""
    match node:
        case Scalar():
            return [node]
        case Sequence():
            return [each for item in node.items for each in scalars(item)]
        case Mapping():
            return [each for key, item in node.entries for each in (key, *scalars(item))]
        case None:
            return []


def character_at(place: Place) -> str:
    """What stands in the file at a place."""
    return re.split(r"\r\n|\n|\r", place.source.text)[place.line - 1][place.column - 1 :][: place.length]


def first_value(text: str) -> Scalar:
    """The value of the first entry of a file without findings."""
    node, findings = reading(text)
    assert findings == []
    assert isinstance(node, Mapping)
    value = node.entries[0][1]
    assert isinstance(value, Scalar)
    return value


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("code", [code for code in READING if code not in ELSEWHERE])
def test_the_example_of_a_code_has_exactly_that_finding(code: str, loader: Loader) -> None:
    _, findings = read(Source("flow.yaml", CODES[code].example), TIGHT.get(code, Limits()), loader)
    assert [each.code for each in findings] == [code]
    marked = [number for number, line in enumerate(CODES[code].example.split("\n"), 1) if "# <- here" in line]
    assert [findings[0].place.line] == (marked or [findings[0].place.line])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"), ("no", "no"), ("on", "on"), ("off", "off"), ("y", "y"),
        ("true", True), ("True", True), ("TRUE", True), ("tRUE", "tRUE"), ("false", False), ("FALSE", False),
        ("null", None), ("Null", None), ("~", None), ("", None), ("nULL", "nULL"),
        ("12", 12), ("-12", -12), ("0", 0), ("0o17", 15), ("0x1F", 31), ("0b1", "0b1"), ("1_000", "1_000"),
        ("010", "010"), ("+41791234567", "+41791234567"), ("007.5", "007.5"), ("-", "-"), (".", "."),
        ("1.5", 1.5), ("-1.5e3", -1500.0), (".5", 0.5), ("1.", 1.0), ("1e3", 1000.0), ("1.2.3", "1.2.3"),
        ("12:30", "12:30"), ("190:20:30", "190:20:30"), ("2026-01-02", "2026-01-02"),
        ("9007199254740991", 9007199254740991), ('"12"', "12"), ("'true'", "true"), ('""', ""),
    ],
)  # fmt: skip
def test_a_plain_scalar_means_what_the_core_rules_say(text: str, value: JSON) -> None:
    if text == "-":
        text = "'-'"
    found = first_value(f"a: {text}\n").value
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize(
    ("number", "instead"),
    [
        (".inf", 2**53 - 1), ("-.Inf", 1 - 2**53), (".NaN", 0), ("9007199254740992", 2**53 - 1),
        ("-1e300", 1 - 2**53), ("1e999", 2**53 - 1), ("9" * 50, 2**53 - 1), ("0x" + "f" * 20, 2**53 - 1),
    ],
)  # fmt: skip
def test_a_number_nobody_can_use_is_a_finding_and_read_as_the_nearest(number: str, instead: int) -> None:
    node, findings = reading(f"a: {number}\n")
    assert findings == ["1:4 U017"]
    assert value_of(node) == {"a": instead}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\na: 2\nb: &x 3\nc: *x\nd: !t 4\n<<: {e: 5}\n1: 6\n",
         ["2:1 U011", "3:4 U007", "4:4 U008", "5:4 U009", "6:1 U010", "7:1 U012"]),
        ("a: {{ b }}\nc: {{ d }} is here\n", ["1:4 U020", "2:4 U020"]),
        ('a: "x\\e[2J\\u202e"\n"b\\u200bc": 1\n', ["1:6 U015", "1:11 U015", "2:3 U015"]),
        ("a: \x1b[2J\n# \u202e\nb: c\ufeff\n", ["1:4 U015", "2:3 U015", "3:5 U015"]),
        ("a: x\x00y\x85z\u2028w\nb: \ud800\n", ["1:5 U015", "1:7 U015", "1:9 U015", "2:4 U015"]),
        ("a\u00a0b: 1\n\u00a0c: 2\nd:\u00a0e: 1\n", ["1:2 U016", "2:1 U016", "3:3 U016"]),
        ("steps:\n  - say:\u00a0Hello\n", ["2:9 U016"]),
        ("“a”: 1\n", ["1:1 U016"]),
        ("? [a]\n: b\n? {c: d}\n: e\nf: 1\n", ["1:3 U012", "3:3 U012"]),
        ("? \n: x\n", ["1:2 U012"]), (": x\n", ["1:1 U023"]),
        ("~: x\ntrue: y\n1.5: z\n", ["1:1 U012", "2:1 U012", "3:1 U012"]),
        ("a: 1\n---\nb: 2\n", ["2:1 U013"]),
        ("%YAML 2.0\n---\na: 1\n", ["1:1 U014"]),
        ("%TAG ! tag:x,2000:\n---\na: 1\n", ["1:1 U014"]),
        ("%FOO x\n---\na: 1\n", ["1:1 U014"]),
        ("", ["1:1 U003"]), ("\n\n", ["1:1 U003"]), ("# only a remark\n", ["1:1 U003"]),
        ("a: **bold** text\n", ["1:4 U008"]), ("a: & b\n", ["1:4 U007"]), ("a: !important\n", ["1:4 U009"]),
        ("a: |\n\tx\n", ["2:1 U002"]), ("a:\n\t- b\n", ["2:1 U002"]),
        ("a: 'never closed\nb: c\n", ["1:4 U021"]), ("a: {b: c\n", ["1:4 U021"]),
        ("a: [b c: d e: f]\n", ["1:13 U021"]),
        ("a: `x`\n", ["1:4 U022"]), ("a: %x\n", ["1:4 U022"]),
        ("a: Note: this\n", ["1:8 U019"]), ("a: x\n b: y\n", ["2:2 U023"]), ("a: - b\n", ["1:4 U023"]),
        ("a: 1\nb\nc: 2\n", ["2:1 U023"]), ("a: 1\nsay：Hello\n", ["2:1 U023"]),
        ('a: "\\q"\n', ["1:5 U024"]), ('a: "\\xZZ"\n', ["1:5 U024"]), ('a: "\\ud800"\n', ["1:5 U024"]),
        ('a: "Yes" or no\n', ["1:9 U025"]), ("a: > quoted\n", ["1:6 U026"]),
    ],
)  # fmt: skip
def test_what_is_refused_is_found_at_its_place_all_at_once(text: str, expected: list[str]) -> None:
    assert reading(text)[1] == expected


def test_what_was_refused_is_left_out_and_the_rest_is_there() -> None:
    node, _ = reading("a: 1\na: 2\n<<: {z: 1}\nb: *x\n? [k]\n: v\nc: [{{ d }}, e]\nf: !!str 7\n")
    assert value_of(node) == {"a": 1, "b": "*x", "c": ["{{ d }}", "e"], "f": 7}


def test_a_broken_or_refused_file_has_no_node() -> None:
    assert [reading(text)[0] for text in ("a: [", "", "a: 'x", "[" * 50)] == [None, None, None, None]


def test_many_findings_are_cut() -> None:
    _, findings = reading("".join(f"k{number}: &a x\n" for number in range(5_000)))
    assert len(findings) == MOST_FINDINGS


HOSTILE = {
    "open brackets": "[" * 1_000_000,
    "open braces": "{" * 1_000_000,
    "pairs": "[],".join("[" for _ in range(300_000)),
    "dashes": "- " * 500_000,
    "question marks": "? " * 500_000,
    "keys": "? a\n" * 250_000,
    "values": "[" + "x, " * 300_000 + "]",
    "aliases": "a: &a [x,x]\n" + "".join(f"b{n}: &b{n} [*a,*a,*a,*a]\n" for n in range(30_000)),
    "merge keys": "a: &a {b: c}\n" + "".join(f"k{n}: {{<<: *a}}\n" for n in range(30_000)),
    "steps of indentation": "".join(" " * n + "a:\n" for n in range(1_400)),
    "hidden characters": "a: \x1b\n" * 200_000,
    "escapes": 'a: "' + "\\e" * 500_000 + '"',
    "blank lines in a block": "a: |\n" + "\n" * 1_000_000 + "  x",
    "one long key": "a" * 1_000_000 + ": b",
    "anchors": "- &a x\n" * 140_000,
    "directives": "%TAG !a! b\n" * 90_000,
    "double names": "a: 1\n" * 200_000,
    "templates": "- {{ x }}\n" * 100_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_or_read_within_moments(name: str) -> None:
    began = time.process_time()
    node, findings = read(Source("flow.yaml", HOSTILE[name]))
    assert time.process_time() - began < 4
    assert findings or value_of(node)
    assert len(findings) <= MOST_FINDINGS + 1


def test_size_counts_bytes_and_depth_and_values_are_bounded() -> None:
    assert reading("a: éé\n", Limits(pack_bytes=8))[1] == []
    assert reading("a: éé\n", Limits(pack_bytes=7))[1] == ["1:1 U004"]
    assert reading("[[[x]]]", Limits(depth=3))[1] == []
    assert reading("[[[[x]]]]", Limits(depth=3))[1] == ["1:4 U005"]
    assert reading("[a, b]", Limits(file_nodes=3))[1] == []
    assert reading("[a, b, c]", Limits(file_nodes=3))[1] == ["1:8 U006"]


@pytest.mark.parametrize(
    ("text", "word", "place"),
    [
        ("a: some words\n", "words", (1, 9)),
        ("a:\n    some words\n", "words", (2, 10)),
        ("a: first line\n  second line\n\n  third\n", "second", (2, 3)),
        ("a: first line\n  second line\n\n  third\n", "third", (4, 3)),
        ("a: 'some words'\n", "words", (1, 10)),
        ("a: 'it''s here'\n", "here", (1, 11)),
        ("a: 'one\n\n\n   two ''three'\n", "three", (4, 10)),
        ('a: "some words"\n', "words", (1, 10)),
        ('a: "\\x41\\u00e9\\" words"\n', "words", (1, 18)),
        ('a: "one \\\n      two\n      three"\n', "three", (3, 7)),
        ("a: |\n  one\n  two\n", "two", (3, 3)),
        ("a: |2-\n     one\n    two\n", "two", (3, 5)),
        ("a: |+ # remark\n\n\n    one\n\n    two\n\n", "two", (6, 5)),
        ("a:\n  - b: |\n        one\n          two\n", "two", (4, 11)),
        ("a: >\n  one\n  two\n\n  three\n", "two", (3, 3)),
        ("a: >\n  one\n  two\n\n  three\n", "three", (5, 3)),
        ("a: >-\n  one\n    more\n  two\n", "more", (3, 5)),
        ("a: |\r\n  one\r\n  two\r\n", "two", (3, 3)),
        ("\ufeffa: some words\n", "words", (1, 9)),
        ("a: 日本 語 x\n", "x", (1, 9)),
    ],
)
def test_an_offset_in_a_value_is_a_place_in_the_file(text: str, word: str, place: tuple[int, int]) -> None:
    node, findings = reading(text)
    assert findings == []
    value = next(each for each in scalars(node) if isinstance(each.value, str) and word in each.text)
    found = value.at(value.text.index(word), len(word))
    assert (found.line, found.column, found.length) == (*place, len(word))


def test_each_line_of_a_value_has_its_place() -> None:
    block = first_value("a: |\n  one\n  two\n")
    assert [(place.line, place.column) for place in block.lines] == [(2, 3), (3, 3), (4, 3)]
    quoted = first_value("a: 'one\n\n    two'\n")
    assert [(place.line, place.column) for place in quoted.lines] == [(1, 5), (3, 5)]
    assert quoted.lines[-1] == quoted.lines[1:][0]
    with pytest.raises(IndexError):
        quoted.lines[2]


def test_a_value_knows_its_length_on_its_first_line() -> None:
    texts = {"a: word\n": 4, "a: 'word'\n": 6, "a: one\n  two\n": 3, "a: |\n  one\n": 1, "a: >-\n  one\n": 2}
    assert {text: first_value(text).place.length for text in texts} == texts


words = st.text(st.sampled_from("ab é'\"\\:#-{}[]|>&*!%@`,?\t\n日😀"), max_size=30)
trees = st.recursive(
    words | st.none() | st.booleans() | st.integers(-1000, 1000),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abcxyz", min_size=1), inner, max_size=4)
    ),
    max_leaves=10,
)
styles = st.sampled_from([None, '"', "'", "|", ">"])


@given(words, styles, st.sampled_from([10, 30, 1000]), st.booleans())
@example("a b\n\n c d\n", ">", 10, True)
@example("it's\n\n here", "'", 10, True)
@example(" a\\ \t b", '"', 10, False)
def test_every_character_of_every_style_is_found_where_it_stands(
    text: str, style: str | None, width: int, unicode: bool
) -> None:
    written = yaml.dump({"a": [text]}, default_style=style, width=width, allow_unicode=unicode)
    node, findings = reading(written)
    assert findings == []
    value = scalars(node)[-1]
    assert value.text == text
    for offset, character in enumerate(text):
        there = character_at(value.at(offset))
        assert there == character or character.isspace() or there in ("\\", "'"), (written, offset)


@given(trees, styles.filter(lambda style: style in (None, '"')), st.booleans())
def test_what_was_written_is_read_back(tree: JSON, style: str | None, flow: bool) -> None:
    # Quoted everywhere, other types would come with tags; unquoted, the writer knows YAML 1.1 only.
    written = yaml.dump({"a": tree}, default_flow_style=flow, allow_unicode=True)
    node, findings = reading(written)
    assert findings == []
    assert value_of(node) == {"a": tree}


PIECES = r"""
    a b : :_ -_ - [ ] { } {{ }} , | > ' " \ &x_ *x !t_ << ?_ # % @ ... --- é ： |2 >- ~ 1 '' __ ____
""".split()
ODD = ["\n", "\t", "\r", "\x1b", "\u00a0", "\ufeff", "\ud800", "%YAML 1.2"]
yaml_like = st.lists(
    st.sampled_from([piece.replace("_", " ") for piece in PIECES] + ODD + ["\n"] * 3), max_size=40
).map("".join)


@given(yaml_like | st.text(max_size=60), st.sampled_from(LOADERS))
@example('a: "\\\n', yaml.SafeLoader)
@example("%\n", FASTEST)
@example("a: |9\n x", FASTEST)
def test_no_text_is_too_strange(text: str, loader: Loader) -> None:
    node, findings = read(Source("flow.yaml", text), Limits(), loader)
    assert node is not None or findings
    lines = re.split(r"\r\n|\n|\r", text)
    for each in findings:
        assert 1 <= each.place.line <= len(lines)
        assert 1 <= each.place.column <= len(lines[each.place.line - 1]) + 1
        assert each.code in CODES
        assert each.message
    for scalar in scalars(node):
        assert all(1 <= place.line <= len(lines) for place in scalar.lines)
        assert 1 <= scalar.at(len(scalar.text)).line <= len(lines) + 1


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"a: 1\n", "a: 1\n"),
        ("\ufeffa: é\n".encode(), "a: é\n"),
        (b"", ""),
    ],
)
def test_utf_8_is_decoded_with_or_without_a_mark(data: bytes, text: str) -> None:
    source, problem = decode("flow.yaml", data)
    assert problem is None
    assert source == Source("flow.yaml", text)


@pytest.mark.parametrize(
    ("data", "line", "column", "word"),
    [
        ("a: 1\nb: Grüezi\n".encode("cp1252"), 2, 6, "ü"),
        ("a: é\n".encode("utf-16"), 1, 1, "UTF-16"),
        ("\ufeffa: é\n".encode("utf-16-be"), 1, 1, "UTF-16"),
        (b"a: \xed\xa0\x80\n", 1, 4, "UTF-8"),
        (b"a: caf\xc3", 1, 7, "UTF-8"),
    ],
)
def test_other_encodings_are_a_finding_at_the_first_such_byte(
    data: bytes, line: int, column: int, word: str
) -> None:
    source, problem = decode("flow.yaml", data)
    assert source is None
    assert problem is not None
    assert (problem.code, problem.place.line, problem.place.column) == ("U018", line, column)
    assert word in problem.message
    assert "UTF-8" in (problem.repair or "")


@given(st.binary(max_size=60))
def test_any_bytes_are_text_or_a_finding(data: bytes) -> None:
    source, problem = decode("flow.yaml", data)
    assert (source is None) != (problem is None)


def test_the_example_in_another_encoding_is_found_so() -> None:
    _, problem = decode("flow.yaml", CODES["U018"].example.encode("cp1252"))
    assert problem is not None
    assert (problem.code, problem.place.line) == ("U018", 3)


def test_reading_costs_a_few_times_what_parsing_costs() -> None:
    step = "  - id: step-{0}\n    ask: Is {{{{ x.name }}}} in?\n    answers: {{yes: 'Yes'}}\n    then: a\n"
    text = "steps:\n" + "".join(step.format(number) for number in range(5_000))
    began = time.process_time()
    events = sum(1 for _ in yaml.parse(text, FASTEST))
    parsed = time.process_time()
    node, findings = read(Source("flow.yaml", text))
    assert (events > 50_000, findings, node is None) == (True, (), False)
    assert time.process_time() - parsed < 12 * (parsed - began)
