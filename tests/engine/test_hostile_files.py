"""The YAML test suite, naughty strings and bombs as flow files: a finding or a clean read, never a crash.

They are read by a process of its own, under bounds of time and memory (see `hostile_child`).
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final, TypedDict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.reader import read
from engine.source import Source
from tests.engine.hostile_child import READERS
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


class Apart:
    """A process that reads files under bounds of time and memory."""

    def __init__(self) -> None:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.engine.hostile_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=CASES.parent.parent,
        )

    def read(self, kind: str, data: bytes) -> list[str]:
        """The codes of what is found in a file of this kind; fails if the process does not survive it."""
        assert self._child.stdin is not None
        assert self._child.stdout is not None
        self._child.stdin.write(json.dumps([kind, base64.b64encode(data).decode()]) + "\n")
        self._child.stdin.flush()
        told = self._child.stdout.readline()
        assert told, (kind, data[:200], self._said())
        found: list[str] = json.loads(told)
        return found

    def _said(self) -> str:
        _, said = self._child.communicate()
        return f"{said[-2000:]} (exit code {self._child.returncode})"

    def close(self) -> None:
        """End it."""
        self._child.communicate()


@pytest.fixture(scope="module")
def apart() -> Iterator[Apart]:
    """One process for all files of this module."""
    with closing(Apart()) as process:
        yield process


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


@pytest.mark.parametrize("kind", READERS)
def test_every_file_of_the_yaml_test_suite_is_a_finding_or_a_clean_read(kind: str, apart: Apart) -> None:
    cases = yaml_cases()
    assert len(cases) > 400
    found = [apart.read(kind, case["yaml"].encode()) for case in cases]
    assert sum(bool(each) for each in found) > 390


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


# Where a person's text stands in each kind of file; `%s` is the text, as JSON and therefore as YAML.
PLACES: Final = {
    "flow": (
        FLOW + "  - say: %s\n  - end: stopped\n",
        FLOW + "  - if: %s\n    then: [end: stopped]\n",
        FLOW + "  - {id: a, ask: A?, kind: text, pattern: %s, save: b}\n  - say: '{{ b }}'\n",
        "flow: %s\naudience: [%s]\nsteps:\n  - {id: %s, go: %s}\n",
    ),
    "vocabulary": ("labels:\n  a: %s\n", "labels:\n  %s: a\n"),
    "replay": ("replay: %s\nflow: %s\nas: agent\nturns:\n  - {ask: %s, answer: %s}\nend: solved\n",),
    "people": ("clients:\n  - {name: %s, email: %s, phone: %s, birth_date: %s, city: %s}\n",),
    "policy": ("roles:\n  people: {%s: agent}\n", "actions: {%s: {%s: %s}}\n"),
    "mapping": ("base: %s\nactions:\n  get_client: {get: %s, headers: {%s: %s}, result: %s}\n",),
    "limits": ("%s: 5\n",),
    "retention": ("mail: %s\n",),
    "embeds": ("embeds:\n  %s:\n    origins: [%s]\n    keys: {%s: {algorithm: %s, from_file: %s}}\n",),
}


@pytest.mark.parametrize("kind", READERS)
def test_every_naughty_string_is_a_finding_or_a_clean_read(kind: str, apart: Apart) -> None:
    strings = naughty_strings()
    assert len(strings) > 450
    for each in strings:
        apart.read(kind, each.encode())
        for place in PLACES[kind]:
            apart.read(kind, place.replace("%s", json.dumps(each)).encode())


def test_every_naughty_string_without_quotes_is_a_finding_or_a_clean_read(apart: Apart) -> None:
    for each in naughty_strings():
        apart.read("flow", f"{FLOW}  - say: {each}\n  - end: stopped\n".encode())


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_defused(name: str, apart: Apart) -> None:
    # All kinds of files are read by the same reader; here each bomb is also another kind than a flow.
    others = [kind for kind in READERS if kind != "flow"]
    for kind in ("flow", others[list(BOMBS).index(name) % len(others)]):
        assert apart.read(kind, BOMBS[name].encode()), kind


GOOD: Final = {
    "flow": FLOW
    + "  - {id: a, ask: 'A?', answers: {b: B, c: {label: C, then: d}}}\n  - {id: d, end: stopped}\n",
    "vocabulary": "labels:\n  save: Save\n",
    "replay": "replay: a\nflow: b\nas: agent\nturns:\n  - {ask: a, answer: b}\nend: solved\n",
    "people": "clients:\n  - {name: Ana Souza, birth_date: 1990-02-03, kind: adult}\n",
    "policy": "roles: {usual: agent}\nactions:\n  send_invitation: {agent: [self, evidence]}\n",
    "mapping": "base: https://api.example\nactions:\n  get_clinic: {get: /clinic, result: body}\n",
    "limits": "steps_a_turn: 50\n",
    "retention": "conversations: 100\n",
    "embeds": "embeds:\n  a:\n    origins: ['https://a.example']\n",
}


SIGNS: Final = (b"\x00", b"\t", b"{", b"[", b"'", b'"', b": ", b"- ", b"*", b"&a ", b"\n", b"\xff")


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, bytes]:
    """A kind of file, and one that is made of any bytes, or of a good one with some bytes put in or lost."""
    kind = draw(st.sampled_from(sorted(READERS)))
    if draw(st.booleans()):
        bombs = st.sampled_from(sorted(BOMBS)).map(lambda name: BOMBS[name][:60].encode())
        return kind, b"".join(draw(st.lists(st.one_of(st.binary(max_size=40), bombs))))
    data = GOOD[kind].encode()
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(data)))
        signs = st.sampled_from(
            [b"\x00", b"\t", b"{", b"[", b"'", b'"', b": ", b"- ", b"*", b"&a ", b"\n", b"\xff"]
        )
        put = draw(st.one_of(signs, st.binary(max_size=4)))
        data = data[:at] + put + data[at + draw(st.integers(0, 3)) :]
    return kind, data


@given(damaged())
@settings(max_examples=150)
def test_any_bytes_are_a_finding_or_a_clean_read(apart: Apart, made: tuple[str, bytes]) -> None:
    kind, data = made
    found = apart.read(kind, data)
    assert found == sorted(set(found))


@pytest.mark.parametrize("kind", READERS)
def test_the_files_that_are_damaged_are_good(kind: str, apart: Apart) -> None:
    assert set(apart.read(kind, GOOD[kind].encode())) <= {"U324"}
