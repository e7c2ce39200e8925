"""`retention.yaml`: what it changes, and what it refuses."""

from __future__ import annotations

import pytest

from adapters.retention import KINDS, Retention, read_retention
from engine import Source


def test_what_is_not_said_is_as_by_default() -> None:
    found, findings = read_retention(Source("retention.yaml", "mail: 7\n"))
    assert found is not None
    assert (findings, found.mail, found.audit) == ((), 7, KINDS["audit"].days)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("mial: 7\n", "U560"),
        ("mail: soon\n", "U561"),
        ("mail: 0\n", "U561"),
        ("verifications: 1\n", "U561"),
        ("audit: true\n", "U561"),
        ("- mail\n", "U561"),
    ],
)
def test_what_is_wrong_is_a_finding_with_its_place(text: str, code: str) -> None:
    found, findings = read_retention(Source("retention.yaml", text))
    assert found is None
    assert [each.code for each in findings] == [code]


def test_every_kind_has_its_setting() -> None:
    assert tuple(KINDS) == Retention.__struct_fields__
