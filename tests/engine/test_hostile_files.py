"""The YAML test suite, naughty strings and bombs as flow files: a finding or a clean read, never a crash.

They are read by a process of its own, under bounds of time and memory (see `hostile_child`).
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypedDict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.reader import read
from engine.source import Source
from tests.engine.hostile_child import codes
from tests.engine.test_reader import JSON, value_of

CASES: Final = Path(__file__).parent.parent / "cases"
ASK: Final = "flow: a\naudience: [agent]\nsteps:\n  - {id: a, ask: A?, kind: text, pattern: "
FLOW: Final = "flow: a\naudience: [agent]\nsteps:\n"

# Files that the suite calls broken and that libyaml reads all the same; what it reads is then no flow.
LENIENT: Final = frozenset("9C9N 9JBA CVW2 DK95-1 G5U8 QB6E S98Z SU5Z X4QW Y79Y-3 YJV2".split())
# Files that libyaml reads otherwise than the suite: `?foo` within brackets, and blanks at the end of a block.
OTHERWISE: Final = frozenset({"652Z", "HM87-1", "L24T-1"})


class YamlCase(TypedDict, total=False):
    """One file of the YAML test suite: what it means as JSON, or that it is broken."""

    id: str
    yaml: str
    json: str
    fail: bool


def yaml_cases() -> list[YamlCase]:
    """All files of the YAML test suite."""
    cases: list[YamlCase] = json.loads((CASES / "hostile_yaml.json").read_text(encoding="utf-8"))["cases"]
    return cases


def naughty_strings() -> list[str]:
    """The big list of naughty strings."""
    strings = json.loads((CASES / "hostile_strings.json").read_text(encoding="utf-8"))["strings"]
    return [base64.b64decode(each).decode("utf-8") for each in strings]


def read_apart(files: Sequence[bytes]) -> list[list[str]]:
    """What is found in each file by a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.engine.hostile_child"],
        input=json.dumps([base64.b64encode(each).decode() for each in files]),
        capture_output=True,
        text=True,
        check=False,
        cwd=CASES.parent.parent,
    )
    found = [json.loads(line) for line in done.stdout.splitlines()]
    last = files[len(found)][:200] if len(found) < len(files) else b""
    assert (done.returncode, last) == (0, b""), done.stderr[-2000:]
    return found


BOMBS: Final = {
    "brackets": "[" * 100_000,
    "braces": "{" * 100_000,
    "nested keys": "a: " * 50_000,
    "nested lists": "- " * 50_000 + "x",
    "question marks": "? " * 50_000,
    "aliases": "a: &a [x]\n"
    + "".join(f"{b}: &{b} [*{a},*{a}]\n" for a, b in zip("abcdefg", "bcdefgh", strict=True)),
    "merge keys": "".join(f"a{number}: &a{number}\n  <<: [{'*a0, ' * 50}]\n" for number in range(100)),
    "a million values": "a: [" + "x," * 500_000 + "]",
    "anchors": "".join(f"- &a{number} x\n" for number in range(30_000)),
    "tags": "- !a x\n" * 30_000,
    "duplicate keys": "a: 1\n" * 60_000,
    "one long key": f"{'k' * 500_000}: 1",
    "one long line": f"{FLOW}  - say: {'word ' * 180_000}",
    "quotes": f"{FLOW}  - say: {chr(34) * 400_001}",
    "open block": FLOW + "  - say: |\n" + "      x\n" * 100_000,
    "braces in a text": f'{FLOW}  - say: "{"{{" * 100_000}"',
    "an endless expression": f'{FLOW}  - if: "{"a and " * 50_000}a"\n    then: [end: solved]\n',
    "brackets in an expression": f'{FLOW}  - if: "{"(" * 1900}a{")" * 1900}"\n    then: [end: solved]\n',
    "nots in an expression": f'{FLOW}  - if: "{"not " * 900}a"\n    then: [end: solved]\n',
    "members": f'{FLOW}  - if: "a{".b" * 1900}"\n    then: [end: solved]\n',
    "branches": f'{FLOW}  - say: "{"{% if a %}" * 300}"\n',
    "stars": f"{FLOW}  - say: '{'*' * 3_900}'\n",
    "path brackets": f"{FLOW}  - say: '{'[[' * 1_900}'\n",
    "pattern": f"{ASK}'{'(' * 1000}a{')*' * 1000}'}}\n",
    "pattern repeats": f"{ASK}'((a{{1,100}}){{1,100}}){{1,100}}'}}\n",
    "pattern looks back": f"{ASK}'(?<=a)b'}}\n",
    "inline steps": f"{FLOW}  - if: a\n    then: {'[{if: a, then: ' * 300}x{'}]' * 300}\n",
    "steps in a ring": FLOW + "".join(f"  - {{id: s{n}, go: s{(n * 7 + 1) % 900}}}\n" for n in range(900)),
    "wide choice": FLOW
    + "  - {id: a, ask: A?, answers: {"
    + ", ".join(f"a{n}: A" for n in range(5_000))
    + "}}\n",
    "many sets": FLOW + "".join(f"  - set: {{a{n}: '1', b: a{n}}}\n" for n in range(990)),
    "types": "flow: a\naudience: [agent]\ninputs: {a: "
    + "list of " * 20_000
    + "text}\nsteps: [{end: solved}]\n",
    "misspelled facts": FLOW + "".join(f"  - set: {{fact_{n}: '1', b: fcat_{n}}}\n" for n in range(900)),
    "misspelled answers": FLOW
    + "  - {id: a, ask: A?, answers: {"
    + ", ".join(f"answer-{n}: A" for n in range(900))
    + "}, then: {"
    + ", ".join(f"anwser-{n}: a" for n in range(900))
    + "}}\n",
    "types or": "flow: a\ninputs: {a: " + " or ".join(["Client"] * 20_000) + "}\nsteps: [{end: solved}]\n",
    "null bytes": "\0" * 100_000,
    "tabs": "\t" * 100_000,
    "carriage returns": "a: 1\r" * 50_000,
    "misspelled steps": FLOW + "".join(f"  - sya{n}: Hello\n" for n in range(900)),
    "misspelled targets": FLOW + "".join(f"  - {{id: step-{n}, go: stpe-{n}}}\n" for n in range(900)),
}


def test_every_file_of_the_yaml_test_suite_is_a_finding_or_a_clean_read() -> None:
    cases = yaml_cases()
    assert len(cases) > 400
    assert len(read_apart([case["yaml"].encode() for case in cases])) == len(cases)


def test_what_the_suite_calls_broken_has_a_finding() -> None:
    broken = [case for case in yaml_cases() if case.get("fail")]
    assert len(broken) > 90
    clean = {case["id"] for case in broken if not read(Source("x.yaml", case["yaml"]))[1]}
    assert clean == LENIENT


def test_what_is_read_cleanly_means_what_the_suite_says() -> None:
    told = [case for case in yaml_cases() if "json" in case and not case.get("fail")]
    clean = {}
    for case in told:
        node, findings = read(Source("x.yaml", case["yaml"]))
        if not findings:
            meant: JSON = json.loads(case["json"])
            clean[case["id"]] = value_of(node) == meant
    assert len(clean) > 150
    assert {name for name, same in clean.items() if not same} == OTHERWISE


def test_every_naughty_string_is_a_finding_or_a_clean_read() -> None:
    strings = naughty_strings()
    assert len(strings) > 450
    files = [
        text.encode()
        for each in strings
        for text in (
            each,
            f"{FLOW}  - say: {each}\n  - end: solved\n",
            f"{FLOW}  - say: {json.dumps(each)}\n  - end: solved\n",
            f"{FLOW}  - if: {json.dumps(each)}\n    then: [end: solved]\n",
            f"{json.dumps(each)}: {json.dumps(each)}\n",
        )
    ]
    assert len(read_apart(files)) == len(files)


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_defused(name: str) -> None:
    (found,) = read_apart([BOMBS[name].encode()])
    assert found


@given(
    st.lists(
        st.one_of(
            st.binary(max_size=40), st.sampled_from(sorted(BOMBS)).map(lambda name: BOMBS[name][:60].encode())
        )
    )
)
@settings(max_examples=100)
def test_any_bytes_are_a_finding_or_a_clean_read(parts: list[bytes]) -> None:
    assert codes(b"".join(parts)) == sorted(set(codes(b"".join(parts))))
