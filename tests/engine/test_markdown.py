"""The small Markdown: blocks and runs of a pattern, and what may be a link."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.markdown import HOLE, PATH_END, PATH_JOINT, PATH_START, blemishes, is_https, lay_out


def kinds(pattern: str) -> list[tuple[str, str]]:
    """The kind and the characters of each block; holes are shown as their numbers in braces."""
    return [
        (block.kind, "".join(run.text if run.hole is None else f"{{{run.hole}}}" for run in block.runs))
        for block in lay_out(pattern)
    ]


@pytest.mark.parametrize(
    ("pattern", "blocks"),
    [
        ("", []),
        ("\n \n", []),
        ("a\nb", [("paragraph", "a b")]),
        ("a\n\n\nb", [("paragraph", "a"), ("paragraph", "b")]),
        ("- a\n- b", [("item", "a"), ("item", "b")]),
        ("a\n- b\n  c\nd", [("paragraph", "a"), ("item", "b c"), ("paragraph", "d")]),
        ("-a\n1.b\n-", [("paragraph", "-a 1.b -")]),
        ("  - a\n 12. b", [("item", "a"), ("number", "b")]),
        ("2026. a", [("paragraph", "2026. a")]),
        (f"{HOLE}. a\n- {HOLE}", [("paragraph", "{0}. a"), ("item", "{1}")]),
        (
            f"a\n{PATH_START}x{PATH_JOINT}{HOLE}{PATH_END}\nb",
            [("paragraph", "a"), ("path", "x{0}"), ("paragraph", "b")],
        ),
        (f"a {PATH_START}x{PATH_END}", [("paragraph", "a x")]),
    ],
)
def test_lines_become_blocks(pattern: str, blocks: list[tuple[str, str]]) -> None:
    assert kinds(pattern) == blocks


@pytest.mark.parametrize(
    ("pattern", "runs"),
    [
        ("**a** b", [("a", "strong"), (" b", "plain")]),
        ("a ** b", [("a ", "plain"), ("**", "plain"), (" b", "plain")]),
        ("**a** **b", [("a", "strong"), (" ", "plain"), ("**", "plain"), ("b", "plain")]),
        ("`**a**`", [("**a**", "code")]),
        (r"\*\*a", [("*", "plain"), ("*", "plain"), ("a", "plain")]),
        ("[a](https://x.example)", [("a", "link")]),
        ("[a](http://x.example)", [("[a](http://x.example)", "plain")]),
        ("[a] (b)", [("[a] (b)", "plain")]),
        ("*a* _b_", [("*a* _b_", "plain")]),
    ],
)
def test_marks_become_styles(pattern: str, runs: list[tuple[str, str]]) -> None:
    (block,) = lay_out(pattern)
    assert [(run.text, run.style) for run in block.runs] == runs


@given(st.text(alphabet=f"ab*`[]()-1. \n\\{HOLE}https:/x", max_size=40))
def test_every_hole_is_kept_once_and_in_order(pattern: str) -> None:
    numbers: list[int] = []
    for block in lay_out(pattern):
        for place, run in enumerate(block.runs):
            if run.hole is not None:
                numbers.append(run.hole)
            last = place + 1 == len(block.runs) or block.runs[place + 1].href_hole != run.href_hole
            if run.href_hole is not None and last:
                numbers.append(run.href_hole)
    assert numbers == list(range(pattern.count(HOLE)))


@given(st.text(alphabet="ab*`[]()-1. \n\\https:/x", max_size=40))
def test_blemishes_stand_inside_the_pattern(pattern: str) -> None:
    for each in blemishes(pattern):
        assert 0 <= each.start < each.end <= len(pattern)


@pytest.mark.parametrize(
    "address",
    [
        "https://clinic.example",
        "https://clinic.example/",
        "https://a-b.clinic.example:8443/site?x=1&y=%20#top",
        "https://10.0.0.1/x",
        "https://clinic.example?x",
        "https://clinic.example/" + "a" * 1900,
    ],
)
def test_an_https_address_is_a_link(address: str) -> None:
    assert is_https(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "https://",
        "http://clinic.example",
        "//clinic.example",
        "javascript:alert(1)",
        "https:clinic.example",
        "https://user@clinic.example",
        "https://user:pass@clinic.example",
        "https://clínic.example",
        "https:///x",
        "https://clinic.example/ x",
        "https://clinic.example/\nx",
        "https://clinic.example/<b>",
        "https://.example",
        "https://clinic.example/\u202e",
        'https://clinic.example/"',
        "https://clinic.example:port",
        "https://[::1]/",
        "https://clinic.example\\@evil.example",
        "https://clinic.example/" + "a" * 2000,
        " https://clinic.example",
    ],
)
def test_anything_else_is_no_link(address: str) -> None:
    assert not is_https(address)
