"""Every code is found in its own example, at the marked line; and nothing but that is found there."""

from __future__ import annotations

import pytest

from adapters.clinic.actions import CATALOG
from engine.codes import CODES
from engine.compiler import Compiled, compile_pack
from engine.diagnostics import Severity
from engine.limits import DEFAULT_LIMITS, Limits
from engine.source import Source

OTHER = "flow: other\naudience: [agent]\nexits: [done]\nsteps:\n  - return: done\n"
VISITOR = "flow: visitor\naudience: [agent]\nsteps:\n  - visit: unnoticed\n  - end: stopped\n"
BESIDE = {code: [Source("visitor.yaml", VISITOR)] for code in ("U322", "U325")}
TIGHT = {"U004": Limits(pack_bytes=50), "U006": Limits(file_nodes=8), "U220": Limits(steps_a_flow=2)}
# Found in the bytes of a file, before there is a text.
IN_BYTES = {"U018"}
OF_FLOWS = sorted(code for code in CODES if code[1] in "01236" and CODES[code].file == "flow.yaml")
MARK = "# <- here"


def compiled_example(code: str) -> Compiled:
    """The example of a code, compiled beside a flow it may visit."""
    sources = [Source("another.yaml", OTHER), Source("flow.yaml", CODES[code].example), *BESIDE.get(code, [])]
    return compile_pack(sources, CATALOG, limits=TIGHT.get(code, DEFAULT_LIMITS))


@pytest.mark.parametrize("code", sorted(set(OF_FLOWS) - IN_BYTES))
def test_a_code_is_found_in_its_example_at_the_marked_line(code: str) -> None:
    example = CODES[code].example
    found = [each for each in compiled_example(code).findings if each.code == code]
    assert found
    marked = {number for number, line in enumerate(example.splitlines(), 1) if line.rstrip().endswith(MARK)}
    if marked:
        assert {each.place.line for each in found} == marked
    assert all(each.severity is CODES[code].severity for each in found)


@pytest.mark.parametrize("code", [code for code in OF_FLOWS if code[1] in "1236"])
def test_an_example_shows_nothing_else(code: str) -> None:
    assert {each.code for each in compiled_example(code).findings} == {code}


@pytest.mark.parametrize("code", sorted(CODES))
def test_a_code_says_what_it_means_and_what_to_do(code: str) -> None:
    entry = CODES[code]
    assert entry.title
    assert entry.meaning.endswith(".")
    assert entry.repair.endswith(".")
    assert entry.example.endswith("\n")


@pytest.mark.parametrize("code", [code for code in OF_FLOWS if CODES[code].severity is Severity.WARNING])
def test_a_warning_keeps_nobody_from_running_a_flow(code: str) -> None:
    assert compiled_example(code).pack is not None


@pytest.mark.parametrize(
    "code", [code for code in OF_FLOWS if CODES[code].severity is Severity.ERROR and code not in IN_BYTES]
)
def test_an_error_does(code: str) -> None:
    assert compiled_example(code).pack is None
