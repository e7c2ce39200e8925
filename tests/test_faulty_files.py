"""Every fault is found at its line and column, and nothing is found in what was repaired.

With UNSTUCK_RENEW_CASES=1 the findings in tests/cases/faulty are written anew, as a diff to read.
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from engine import CODES
from tests.faulty_case import CASES, Case, cases, findings_in, read_case, spot_of, write_case

RENEW = bool(os.environ.get("UNSTUCK_RENEW_CASES"))
ALL = [pytest.param(case, id=case.name) for case in cases()]


@pytest.mark.parametrize("case", ALL)
def test_every_fault_is_found_where_it_is(case: Case, tmp_path: Path) -> None:
    found = findings_in(case.twin("-"), tmp_path)
    if RENEW:
        case = case.told_anew(found)
        write_case(case, CASES / f"{case.name}.case")
    said = [str(each) for each in found]
    spots = sorted(spot_of(each) for each in found)
    assert spots == sorted(each.spot for each in case.expected()), "\n".join(said)
    words = [each.words for each in case.expected()]
    assert [each for each in words if not any(each in sentence for sentence in said)] == [], "\n".join(said)
    assert bool(found) == case.changed()


@pytest.mark.parametrize("case", ALL)
def test_nothing_is_found_in_the_repaired_twin(case: Case, tmp_path: Path) -> None:
    assert [str(each) for each in findings_in(case.twin("+"), tmp_path)] == []


def test_there_is_a_case_of_every_code_alone() -> None:
    alone: Counter[str] = Counter()
    for case in cases():
        codes = [each.code for each in case.expected()]
        alone.update(codes if len(codes) == 1 else ())
    assert sorted(set(CODES) - set(alone)) == []


def test_many_faults_stand_together() -> None:
    together = [case for case in cases() if len({each.code for each in case.expected()}) > 2]
    assert len(together) >= 10


def test_a_case_is_read_and_written_alike(tmp_path: Path) -> None:
    for path in CASES.glob("*.case"):
        write_case(read_case(path), tmp_path / path.name)
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


@pytest.mark.parametrize("line", ["say: Hello", "+say: Hello", "?x", "! say"])
def test_a_line_that_a_case_cannot_have_is_refused(line: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.case"
    path.write_text(f"  flow: a\n{line}\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"wrong\.case:2 begins with"):
        read_case(path)
