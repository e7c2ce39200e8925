"""Nothing is found in the examples of the codes once their marked lines are repaired as `explain` tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.clinic.actions import CATALOG
from adapters.library import Library
from adapters.replaying import replay_from
from adapters.wiring import open_library
from engine import CODES, DEFAULT_LIMITS, MENDED, Diagnostic, Source, compile_pack, read
from engine.codes import mended_example
from tests.engine.play import OF_EXAMPLES
from tests.engine.test_codes import BESIDE, MARK, OTHER, TIGHT
from tests.faulty_case import findings_in


@pytest.fixture(scope="module")
def library() -> Library:
    return open_library(None)


def findings(code: str, text: str, library: Library, folder: Path) -> tuple[Diagnostic, ...]:
    """What is found in the example of a code as it stands in `text`."""
    file = CODES[code].file
    if code < "U100":
        return read(Source(file, text))[1]
    if file == "flow.yaml":
        beside = [Source("another.yaml", OTHER), *BESIDE.get(code, [])]
        limits = TIGHT.get(code, DEFAULT_LIMITS)
        return compile_pack([Source(file, text), *beside], CATALOG, limits=limits).findings
    if file.endswith(".replay.yaml"):
        return replay_from(Source(file, text), library)[1]
    return findings_in({f"example.{file}" if file == "people.yaml" else file: text}, folder)


@pytest.mark.parametrize("code", sorted(MENDED))
def test_nothing_is_found_in_an_example_that_was_repaired(
    code: str, library: Library, tmp_path: Path
) -> None:
    assert MARK in CODES[code].example
    mended = mended_example(code, CODES[code].example)
    assert mended is not None
    told = findings(code, mended, library, tmp_path)
    assert [str(each) for each in told if each.code not in OF_EXAMPLES - {code}] == []


def test_most_codes_say_how_their_example_is_repaired() -> None:
    assert len(MENDED) / len(CODES) > 0.85
    assert mended_example("U003", CODES["U003"].example) is None
