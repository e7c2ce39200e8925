"""Reading what a person answered: what is taken, as what, and what is said instead."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.answers import (
    Accepted,
    Bound,
    NotAccepted,
    Question,
    address_warnings,
    compile_pattern,
    parse_answer,
)
from engine.characters import HIDDEN_IN_LINE
from engine.codes import CODES
from engine.diagnostics import Diagnostic
from engine.effects import Choice, PromptKind
from engine.nodes import Mapping, Scalar, Sequence
from engine.reader import read
from engine.source import Place, Source
from engine.values import SecretRef, Value

KINDS: tuple[PromptKind, ...] = (
    "choice", "yes-no", "text", "email", "phone", "date", "number", "one", "several", "secret"
)  # fmt: skip
FOUND = (Choice("found", "Yes, it was there"), Choice("missing", "No"), Choice("2", "Second  place"))
PEOPLE = (
    Choice("c-1", "Ana Souza", detail="born 1990"),
    Choice("c-2", "Ana Souza", detail="born 2014"),
    Choice("c-3", "Bo Li"),
    Choice("c-4", "BO LI"),
    Choice("none", "None of these"),
)
YES_NO = (Choice("yes", "Ja"), Choice("no", "Nein"))


def refusal(question: Question, raw: Value) -> str:
    """The word for why an answer was not taken."""
    answer = parse_answer(question, raw)
    assert isinstance(answer, NotAccepted), answer
    assert answer.text
    assert answer.text[-1] in ".…"
    return answer.code


@pytest.mark.parametrize(
    ("raw", "choice"),
    [
        ("found", "found"), (" missing ", "missing"), ("Yes, it was there", "found"), ("NO", "missing"),
        ("second place", "2"), ("Second   Place", "2"), ("2", "2"), (2, "2"),
    ],
)  # fmt: skip
def test_a_choice_is_known_by_its_id_or_its_label(raw: Value, choice: str) -> None:
    assert parse_answer(Question("choice", FOUND), raw) == Accepted(choice, choice)


@pytest.mark.parametrize(
    "raw", ["Found", "yes", "Yes", 1, True, 2.5, [], ["found"], {"id": "found"}, math.nan]
)
def test_anything_else_is_no_choice(raw: Value) -> None:
    assert refusal(Question("choice", FOUND), raw) == "not_a_choice"


def test_what_can_be_chosen_is_said() -> None:
    answer = parse_answer(Question("choice", FOUND), "perhaps")
    assert isinstance(answer, NotAccepted)
    assert "Yes, it was there; No; Second  place" in answer.text


def test_a_record_is_picked_by_its_id_or_a_name_that_only_one_has() -> None:
    question = Question("one", PEOPLE)
    assert parse_answer(question, "c-2") == Accepted("c-2", "c-2")
    assert parse_answer(question, "Bo Li") == Accepted("c-3", "c-3")
    assert parse_answer(question, "none of these") == Accepted("none", "none")
    assert refusal(question, "bo li") == "ambiguous"
    assert refusal(question, "Ana") == "not_a_choice"


def test_two_with_one_name_are_told_apart() -> None:
    answer = parse_answer(Question("one", PEOPLE), "Ana Souza")
    assert isinstance(answer, NotAccepted)
    assert answer.code == "ambiguous"
    assert "born 1990; born 2014" in answer.text


@pytest.mark.parametrize("raw", [True, "yes", "YES", "y", "true", " Yes ", "ja"])
def test_yes(raw: Value) -> None:
    assert parse_answer(Question("yes-no", YES_NO), raw) == Accepted(True, "yes")


@pytest.mark.parametrize("raw", [False, "no", "N", "False", "nein"])
def test_no(raw: Value) -> None:
    assert parse_answer(Question("yes-no", YES_NO), raw) == Accepted(False, "no")


@pytest.mark.parametrize("raw", [1, 0, "1", "perhaps", "on", [], {}, "yes!"])
def test_neither_yes_nor_no(raw: Value) -> None:
    assert refusal(Question("yes-no"), raw) == "not_yes_no"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("raw", [None, "", "  \t "])
def test_only_an_optional_answer_can_be_left_out(kind: PromptKind, raw: Value) -> None:
    assert parse_answer(Question(kind, PEOPLE, optional=True), raw) == Accepted(None)
    assert refusal(Question(kind, PEOPLE), raw) == "empty"


@pytest.mark.parametrize(
    ("raw", "ids"),
    [
        (["c-3", "c-1"], ["c-1", "c-3"]), (["c-1", "c-1"], ["c-1"]), (["None of these"], ["none"]),
        ("c-1", ["c-1"]), ("c-1, none of these", ["c-1", "none"]), (["Bo Li", "c-2"], ["c-2", "c-3"]),
    ],
)  # fmt: skip
def test_several_are_a_list_of_ids_in_the_order_of_the_choices(raw: Value, ids: list[str]) -> None:
    assert parse_answer(Question("several", PEOPLE), raw) == Accepted([*ids])


def test_a_label_with_a_comma_is_one_of_several() -> None:
    assert parse_answer(Question("several", FOUND), "yes, it was there") == Accepted(["found"])


def test_how_many_of_several_is_bounded() -> None:
    assert refusal(Question("several", PEOPLE), []) == "too_few"
    assert parse_answer(Question("several", PEOPLE, optional=True), []) == Accepted([])
    assert refusal(Question("several", PEOPLE, minimum=2), ["c-1"]) == "too_few"
    assert refusal(Question("several", PEOPLE, maximum=1), ["c-1", "c-2"]) == "too_many"
    assert refusal(Question("several", PEOPLE), ["c-1", "c-9"]) == "not_a_choice"
    assert refusal(Question("several", PEOPLE), [["c-1"]]) == "not_a_choice"
    assert refusal(Question("several", PEOPLE), ["Ana Souza"]) == "ambiguous"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("  Ana  Souza \n", "Ana  Souza"),
        ("نمی\u200cخواهم", "نمی\u200cخواهم"),
        ("👩\u200d⚕️", "👩\u200d⚕️"),
        (12, "12"),
        (1.5, "1.5"),
    ],
)
def test_a_text_is_kept_as_typed_but_for_its_ends(raw: Value, value: str) -> None:
    assert parse_answer(Question("text"), raw) == Accepted(value)


@pytest.mark.parametrize(
    "raw", ["a\nb", "a\tb", "a\x1b[2J", "a\x00", "a\u202eb", "a\u2028b", "a\ud800", "a\u200bb", "a\x9bb"]
)
def test_a_text_hides_nothing(raw: str) -> None:
    assert refusal(Question("text"), "x" + raw + "x") == "hidden_character"


@pytest.mark.parametrize("raw", [True, [], {}, ["a"], math.inf, 10**400])
def test_what_is_no_text(raw: Value) -> None:
    assert refusal(Question("text"), raw) == "not_text"


def test_a_text_has_a_length_and_a_form() -> None:
    assert refusal(Question("text", minimum=3), "ab") == "too_short"
    assert refusal(Question("text", maximum=3), "abcd") == "too_long"
    assert refusal(Question("text"), "a" * 4_097) == "too_long"
    assert refusal(Question("email", longest=10), "a@abcdefg.example") == "too_long"
    coded = Question("text", pattern="[A-Z]{2}[0-9]+")
    assert parse_answer(coded, "AB12") == Accepted("AB12")
    assert refusal(coded, "AB12x") == "pattern"
    assert refusal(coded, "xAB12") == "pattern"
    assert parse_answer(Question("text", pattern="(unusable"), "x") == Accepted("x")


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("ana@clinic.example", "ana@clinic.example"),
        (" Ana.Souza+x@Clinic.EXAMPLE ", "Ana.Souza+x@clinic.example"),
        ("é@clinic.example", "é@clinic.example"),
        ("a@bücher.example", "a@bücher.example"),
        ("a@XN--bcher-kva.example", "a@xn--bcher-kva.example"),
    ],
)
def test_an_address_keeps_its_name_and_has_a_small_domain(raw: str, value: str) -> None:
    assert parse_answer(Question("email"), raw) == Accepted(value)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("ana", "has an @"), ("Ana <ana@clinic.example>", "without a name"),
        ("mailto:a@b.example", "without a name"),
        ("a@b.example, c@d.example", "one address"), ("a@b.example c@d.example", "one address"),
        ("a@b@c.example", "one address"), ("ana souza@clinic.example", "spaces"),
        ("a@b", "not an email address"),
        ("a..b@c.example", "not an email address"), ("a@-b.example", "not an email address"),
        ("@b.example", "not an email address"), ("a@[127.0.0.1]", "not an email address"),
        ("a" * 300 + "@b.example", "not an email address"), ('"a"@b.example', "not an email address"),
    ],
)  # fmt: skip
def test_what_is_no_address_is_told_why(raw: str, said: str) -> None:
    answer = parse_answer(Question("email"), raw)
    assert isinstance(answer, NotAccepted)
    assert answer.code == "not_email"
    assert said in answer.text


@pytest.mark.parametrize("raw", ["+41 (0)79 123-45.67", "12345", "  555 0100 ", 5550100])
def test_a_phone_number_is_kept_as_typed(raw: Value) -> None:
    assert parse_answer(Question("phone"), raw) == Accepted(str(raw).strip())


@pytest.mark.parametrize("raw", ["1234", "1" * 21, "555-CALL", "12+345", "٠١٢٣٤٥", True, [], "555 0100 x 3"])
def test_what_is_no_phone_number(raw: Value) -> None:
    assert refusal(Question("phone"), raw) == "not_phone"


def test_a_date_is_iso() -> None:
    assert parse_answer(Question("date"), " 2024-02-29 ") == Accepted("2024-02-29")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("23.11.2026", "2026-11-23"), ("11/23/2026", "2026-11-23"), ("3/4/2026", "2026-03-04 or 2026-04-03"),
        ("2026-02-30", "no such day"), ("20261123", "year-month-day"), ("2026-W47-1", "year-month-day"),
        ("tomorrow", "year-month-day"), ("31.31.2026", "year-month-day"), ("2026-1-2", "year-month-day"),
    ],
)  # fmt: skip
def test_another_form_of_date_is_told_the_right_one(raw: str, said: str) -> None:
    answer = parse_answer(Question("date"), raw)
    assert isinstance(answer, NotAccepted)
    assert answer.code == "not_date"
    assert said in answer.text


@pytest.mark.parametrize(
    ("minimum", "maximum", "raw", "code"),
    [
        ("2026-01-01", None, "2025-12-31", "too_small"), (None, "today", "2026-11-24", "too_large"),
        ("today", None, "2026-11-22", "too_small"),
    ],
)  # fmt: skip
def test_a_date_is_bounded(minimum: Bound, maximum: Bound, raw: str, code: str) -> None:
    question = Question("date", minimum=minimum, maximum=maximum, today="2026-11-23")
    assert refusal(question, raw) == code
    assert parse_answer(question, "2026-11-23") == Accepted("2026-11-23")


@pytest.mark.parametrize(
    ("raw", "value"), [("3", 3), (" -3 ", -3), ("+3", 3), ("1.50", 1.5), (3, 3), (2.5, 2.5), ("007", 7)]
)
def test_a_number_is_whole_or_decimal(raw: Value, value: float) -> None:
    answer = parse_answer(Question("number"), raw)
    assert answer == Accepted(value)
    assert isinstance(answer, Accepted)
    assert type(answer.value) is type(value)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        ("1,5", "not a comma: 1.5"), ("1'000", "thousands"), ("1 000", "thousands"), ("three", "like 3"),
        ("1e5", "like 3"), ("٣", "like 3"), (True, "like 3"), ([], "like 3"), (math.nan, "too large"),
        (10**400, "too large"), ("9" * 18, "too large"), ("9" * 50, "like 3"),
    ],
)  # fmt: skip
def test_what_is_no_number_is_told_why(raw: Value, said: str) -> None:
    answer = parse_answer(Question("number"), raw)
    assert isinstance(answer, NotAccepted)
    assert answer.code == "not_number"
    assert said in answer.text


def test_a_number_is_bounded_and_its_bounds_belong_to_it() -> None:
    question = Question("number", minimum=0, maximum=9.5)
    assert [refusal(question, raw) for raw in (-1, "9.6")] == ["too_small", "too_large"]
    assert [parse_answer(question, raw) for raw in (0, "9.5")] == [Accepted(0), Accepted(9.5)]


def test_a_secret_comes_as_a_reference_only() -> None:
    reference = SecretRef("s-1", ("length",)).as_value()
    assert parse_answer(Question("secret"), reference) == Accepted(reference)
    assert parse_answer(Question("secret"), {"$secret": "s-1", "checks": 3, "more": "x"}) == Accepted(
        {"$secret": "s-1", "checks": []}
    )


def test_a_secret_in_plain_is_refused_and_not_repeated() -> None:
    answer = parse_answer(Question("secret"), "correct horse")
    assert isinstance(answer, NotAccepted)
    assert answer.code == "not_secret"
    assert "horse" not in answer.text


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(exclude_categories=()), max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=8,
)
bounds = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.just("today")
typed = st.from_regex(r"[0-9a-z@., +()'/-]{0,25}", fullmatch=True)


@given(
    st.sampled_from(KINDS),
    json_values | typed,
    st.booleans(),
    bounds,
    bounds,
    st.none() | st.text(max_size=10),
    st.text(max_size=10),
)
def test_no_answer_is_too_strange(
    kind: PromptKind,
    raw: Value,
    optional: bool,
    minimum: Bound,
    maximum: Bound,
    pattern: str | None,
    today: str,
) -> None:
    answer = parse_answer(Question(kind, PEOPLE, optional, minimum, maximum, pattern, today), raw)
    if isinstance(answer, NotAccepted):
        assert answer.code
        assert not HIDDEN_IN_LINE.search(answer.text)


@given(st.sampled_from(KINDS), json_values | typed)
def test_an_accepted_answer_is_accepted_again_as_the_same(kind: PromptKind, raw: Value) -> None:
    question = Question(kind, PEOPLE if kind != "yes-no" else YES_NO)
    answer = parse_answer(question, raw)
    if isinstance(answer, Accepted):
        assert parse_answer(question, answer.value) == answer


def node(text: str) -> Scalar:
    """A value in quotes on a line of its own."""
    source = Source("flow.yaml", f"pattern: '{text}'\n")
    return Scalar(text, text, Place(source, 1, 10, len(text) + 2), True, (Place(source, 1, 11),))


def test_a_pattern_matches_the_whole_text() -> None:
    made = compile_pattern("[a-z]+", node("[a-z]+"))
    assert not isinstance(made, Diagnostic)
    assert made.fullmatch("abc")
    assert not made.fullmatch("abc1")


@pytest.mark.parametrize(
    ("text", "column", "length"),
    [
        ("ab(?=c)", 13, 3),
        ("x[a", 12, 2),
        ("(a)\\1", 14, 2),
        ("a{5000}", 12, 6),
        ("a**", 12, 2),
        ("\ud800", 10, 3),
    ],
)
def test_a_pattern_that_cannot_be_used_is_a_finding_at_its_place(text: str, column: int, length: int) -> None:
    found = compile_pattern(text, node(text))
    assert isinstance(found, Diagnostic)
    assert (found.code, found.place.column, found.place.length) == ("U027", column, length)


def test_the_example_of_the_code_has_such_a_pattern() -> None:
    tree, findings = read(Source("flow.yaml", CODES["U027"].example))
    assert findings == ()
    assert isinstance(tree, Mapping)
    steps = tree.get("steps")
    assert isinstance(steps, Sequence)
    step = steps.items[0]
    assert isinstance(step, Mapping)
    pattern = step.get("pattern")
    assert isinstance(pattern, Scalar)
    found = compile_pattern(pattern.text, pattern)
    assert isinstance(found, Diagnostic)
    assert (found.code, found.place.line) == ("U027", 6)


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("аdmin@example.com", "mixes alphabets: “а” is Cyrillic, so that it is not the same as “admin”"),
        ("ana@раураl.example", "mixes alphabets"),
        ("ana@рауре.example", "looks like “paype”, but is written in Cyrillic letters"),
        ("ana@xn--80ak6aa92e.example", "stands for “аррӏе”. “аррӏе” looks like “apple”"),
        ("ana@xn--bcher-kva.example", "stands for “bücher”"),
        ("ana@xn--\u00e9.example", "cannot be read"),
        ("ａna@example.com", "wide or unusual forms of letters; in plain letters it is “ana@example.com”"),
        ("a\u200bna@example.com", "a zero-width space (U+200B)"),
        ("a\u202ena@example.com", "U+202E"),
    ],
)
def test_an_address_that_deceives_is_warned_of(address: str, said: str) -> None:
    assert said in " ".join(address_warnings(address))


@pytest.mark.parametrize(
    "address",
    ["ana@clinic.example", "O'Brien+x_1@clinic.example", "josé@müller.example", "иван@почта.example", ""],
)
def test_an_honest_address_is_not(address: str) -> None:
    assert address_warnings(address) == ()


@given(
    st.text(st.characters(exclude_categories=()), max_size=40)
    | st.from_regex(r"xn--[a-z0-9-]{0,9}@xn--.{0,9}")
)
def test_no_address_is_too_strange(address: str) -> None:
    assert not HIDDEN_IN_LINE.search("".join(address_warnings(address)))
