"""Texts: how they look, what is said about wrong ones, and that values never become anything but values."""

from __future__ import annotations

import string
from typing import Final

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.codes import CODES
from engine.diagnostics import Severity
from engine.evaluation import ALLOWED
from engine.limits import Limits
from engine.markdown import is_https
from engine.rich import Block, RichText, Span
from engine.texts import CUT, LAYOUTS_KEPT, Template, check_text, parse_text
from engine.values import Value
from tests.engine.language import SCOPE, cases, everyday_facts, facts, scalar

TEXTS: Final = cases("texts.yaml")
WRONG: Final = cases("wrong_texts.yaml")
HOSTILE: Final = cases("hostile_templates.yaml")


def template(text: str, limits: Limits | None = None) -> Template:
    """The template of a text that can be read."""
    read, findings = parse_text(scalar(text), limits or Limits())
    assert not read.refused, [str(each) for each in findings]
    return read


def described(rich: tuple[Block, ...]) -> list[list[str]]:
    """The blocks in the notation of the cases."""
    return [[block.kind, *(_described(span) for span in block.spans)] for block in rich]


def _described(span: Span) -> str:
    style = "" if span.style == "plain" and not span.strong else f":{span.style}"
    return f"{span.text}{style}{'!' if span.strong else ''}{'=' + span.href if span.href else ''}"


@pytest.mark.parametrize("case", TEXTS, ids=lambda case: str(case["text"])[:40])
def test_how_a_text_looks(case: dict[str, object]) -> None:
    rendered = template(str(case["text"])).render(facts())
    assert rendered.text == case["plain"]
    if "rich" in case:
        assert described(rendered.rich) == [[str(each) for each in block] for block in _lists(case["rich"])]


def _lists(value: object) -> list[list[object]]:
    assert isinstance(value, list)
    return value


@pytest.mark.parametrize("case", WRONG, ids=lambda case: str(case["text"])[:40])
def test_a_wrong_text_is_found_at_its_place(case: dict[str, object]) -> None:
    read, findings = parse_text(scalar(str(case["text"])))
    findings = (*findings, *check_text(read, SCOPE))
    told = " ".join(str(each) for each in findings)
    found = [f"{each.code} {each.place.line} {each.place.column} {each.place.length}" for each in findings]
    assert found == case["found"]
    assert str(case.get("says", "")) in told


@pytest.mark.parametrize("text", HOSTILE, ids=repr)
def test_a_hostile_template_is_refused_with_its_place(text: str) -> None:
    read, findings = parse_text(scalar(text, line=3, column=5))
    assert read.refused
    assert read.render({}).text == ""
    assert findings
    assert all(each.place.line >= 3 and each.severity is Severity.ERROR for each in findings)


@pytest.mark.parametrize(
    "text",
    [
        "{{" * 2000,
        "{%" * 2000,
        "{% if a %}" * 400,
        "[[" * 2000,
        "**" * 2000,
        "`" * 4000,
        "[" * 4000,
        "[a](" * 1000,
        "\\" * 4000,
        "{{ " + "(" * 3990,
        "- " * 2000,
        "{% if a %}x{% endif %}" * 180,
        "'" * 4000,
        "{{ '" * 1000,
        "[[" + "→" * 3900,
        "{{ a" + ".a" * 1990 + "}}",
        "{{ a" + "|upper" * 600 + "}}",
    ],
    ids=lambda text: text[:12],
)
def test_text_made_to_take_long_takes_no_time(text: str) -> None:
    read, findings = parse_text(scalar(text))
    assert read.refused == any(each.severity is Severity.ERROR for each in findings)
    assert len(read.render({}).text) <= 20_001


def test_a_text_that_is_too_long_is_refused() -> None:
    read, findings = parse_text(scalar("x" * 4_001))
    assert read.refused
    assert [each.code for each in findings] == ["U117"]


def test_a_constant_text_is_made_once() -> None:
    text = template("Click **Save**.\n\n- and wait")
    assert text.constant is not None
    assert text.render({}) is text.constant
    assert template("{{ name }}").constant is None
    assert template("{% if sure %}a{% endif %}").constant is None


def test_a_text_knows_what_it_reads_and_asks() -> None:
    text = template(
        "{% if can('open_ticket') %}[[labels.save → name]]{% elif sure %}{{ client.name }}{% endif %}"
    )
    assert text.reads == {"labels", "name", "sure", "client"}
    assert text.actions == {"open_ticket"}
    assert text.place_of("sure").column == 58
    assert text.place_of("open_ticket").column == 7


def test_a_value_is_cut_where_the_limit_is() -> None:
    text = template("Hello {{ name }} and {{ name }}.", Limits(output_characters=50))
    rendered = text.render({"name": "n" * 1_000})
    assert rendered.text == "Hello " + "n" * 44 + CUT
    assert sum(len(span.text) for block in rendered.rich for span in block.spans) == 50 + len(CUT)
    assert text.render({"name": "Ana"}).text == "Hello Ana and Ana."


def test_more_ways_through_a_text_than_are_kept_all_look_right() -> None:
    names = [f"f{number}" for number in range(8)]
    text = template(
        " ".join(f"{{% if {name} is true %}}{name} {{{{ {name} }}}}{{% endif %}}." for name in names)
    )
    assert 2 ** len(names) > LAYOUTS_KEPT
    for number in range(2 ** len(names)):
        taken = [bool(number >> place & 1) for place in range(len(names))]
        shown = [f"{name} yes." if on else "." for name, on in zip(names, taken, strict=True)]
        world: dict[str, Value] = dict(zip(names, taken, strict=True))
        assert text.render(world).text == " ".join(shown)


# Values are data: whatever they are, the blocks and the styles stay what the author wrote.

NAUGHTY: Final = st.sampled_from(
    [
        "**b**",
        "`c`",
        "[x](https://x.example)",
        "[[a → b]]",
        "\n\n- item",
        "1. one",
        "{{ 7 }}",
        "{% if x %}",
        "\r\n",
        "\x00",
        "\x01a\x03",
        "\x02",
        "%s",
        "%",
        "\u2028",
        "\x1b[2J",
        "</b>",
        "\\*",
        "→",
        "a\tb",
        "",
        " ",
        "#",
    ]
)
DATA: Final = st.lists(NAUGHTY | st.text(max_size=6), max_size=4).map("".join)
SHOWING: Final = (
    "{{ a }} and **{{ b }}**, `{{ a }}`, [l {{ b }}](https://x.example)\n"
    "- {{ a }}\n1. {{ b }}\n{{ a }}\n\n[[a → b]]\n\n"
    "{{ a }}. {% if a == b %}x{% endif %}[[b -> 'c']] [y]({{ a }})"
)


@given(DATA, DATA)
def test_values_never_change_the_layout(a: str, b: str) -> None:
    assume(not is_https(a))
    text = template(SHOWING)
    calm, wild = text.render({"a": "x", "b": "y"}), text.render({"a": a, "b": b})
    if a == b:
        calm = text.render({"a": "x", "b": "x"})
    assert _skeleton(calm) == _skeleton(wild)
    assert calm.text.count("\n") == wild.text.count("\n")
    assert len(wild.text.splitlines()) == len(calm.text.splitlines())
    shown = [span for block in wild.rich for span in block.spans if span.style == "data"]
    assert {span.text for span in shown} <= {
        " ".join(each.splitlines()).replace("\t", " ") for each in (a, b)
    }


def _skeleton(rich: RichText) -> list[list[str]]:
    """The blocks without the values."""
    return [
        [block.kind, *(span.style if span.style == "data" else _described(span) for span in block.spans)]
        for block in rich.rich
    ]


@given(st.text(max_size=30))
def test_a_value_is_a_link_only_if_it_is_an_https_address(address: str) -> None:
    rendered = template("[go]({{ a }})").render({"a": address})
    assert not any(span.href for block in rendered.rich for span in block.spans)
    assert template("[go]({{ a }})").render({"a": "https://ok.example/" + "a" * 9}).rich[0].spans[0].href


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from([str(case["text"]) for case in TEXTS]),
    st.dictionaries(st.sampled_from([*everyday_facts(), ALLOWED]), JSON),
)
def test_no_facts_make_a_text_raise(text: str, world: dict[str, Value]) -> None:
    rendered = template(text).render(world)
    assert isinstance(rendered.text, str)


PIECES: Final = (
    "{{ name }}|{{ client.nme }}|{{ client.email }}|{% if sure %}|{% elif maybe is true %}|{% else %}|"
    "{% endif %}|**|`|[a](https://x.example)|[b](http://x)|[[labels.save → 'x']]|[[|]]|\n|\n\n|- |1. | |"
    "words|{{|}}|{%|%}|{#|#}|\\|("
).split("|")


@given(st.lists(st.sampled_from(PIECES) | st.sampled_from(string.printable), max_size=14).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    read, findings = parse_text(scalar(text))
    assert all(each.code in CODES for each in findings)
    assert read.refused == any(each.severity is Severity.ERROR for each in findings)
    check_text(read, SCOPE)
    if not read.refused:
        rendered = read.render(facts())
        assert len(rendered.rich) == len(rendered.text.split("\n")) or not rendered.rich
