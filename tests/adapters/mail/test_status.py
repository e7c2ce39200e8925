"""Enhanced status codes in replies."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.mail.status import enhanced_status


@pytest.mark.parametrize(
    ("code", "reply", "expected"),
    [
        (550, "5.1.1 <nouser@clinic.example>: User unknown", "5.1.1"),
        (550, "5.1.10", "5.1.10"),
        (452, "4.2.2 Mailbox full", "4.2.2"),
        (450, "4.7.1\nGreylisted", "4.7.1"),
        (550, "No such user", "5.0.0"),
        (450, "", "4.0.0"),
        (550, "see 5.1.1 of our rules", "5.0.0"),
        (550, "5.1.1.1 odd", "5.0.0"),
        (550, "5.1.1x odd", "5.0.0"),
        (550, "5.1234.1 odd", "5.0.0"),
        (451, "5.1.1 of another class", "4.0.0"),
    ],
)
def test_the_status_is_read_or_made_of_the_class(code: int, reply: str, expected: str) -> None:
    assert enhanced_status(code, reply) == expected


@given(st.integers(400, 599), st.text())
def test_any_reply_gives_a_status_of_the_code_s_class(code: int, reply: str) -> None:
    status = enhanced_status(code, reply)
    assert re.fullmatch(r"[45]\.\d{1,3}\.\d{1,3}", status, re.ASCII)
    assert status[0] == str(code)[0]
