"""Stored sessions in words."""

from __future__ import annotations

from adapters.session_words import details_of, list_of
from adapters.stores.port import LedgerEntry, SessionSummary, StoredSession

SUMMARY = SessionSummary(
    "abc",
    "email-not-received",
    "v" * 64,
    "eve",
    "agent",
    "2026-11-23T09:00:00Z",
    "2026-11-23T09:05:00Z",
    3,
    2,
    "f/q",
)
STORED = StoredSession(
    "abc",
    "email-not-received",
    "v" * 64,
    "eve",
    "agent",
    "2026-11-23T09:00:00Z",
    "2026-11-23T09:05:00Z",
    3,
    2,
    "f/q",
    b"{}",
)
CALL = LedgerEntry(
    "abc/send/1", "send_invitation", "ana", "send", "confirmed", b"{}", b"", "2026-11-23T09:04:00Z"
)


def test_the_list_says_what_each_session_waits_for() -> None:
    assert list_of((SUMMARY,)).splitlines()[1].split() == [
        "abc",
        "email-not-received",
        "eve",
        "2026-11-23T09:05:00Z",
        "f/q",
    ]


def test_a_damaged_session_is_marked() -> None:
    broken = SessionSummary("abc", "f", "v", "eve", "agent", "", "", 1, 1, "f/q", damaged=True)
    assert list_of((broken,)).endswith("damaged")


def test_an_empty_list_says_how_to_begin() -> None:
    assert "unstuck chat" in list_of(())


def test_what_happened_is_told_in_order() -> None:
    events = [
        (1, b'{"type":"Started","flow":"email-not-received","at":"2026-11-23T09:00:00Z"}'),
        (2, b'{"type":"Answered","value":"ana souza","prompt":"f/q","at":"2026-11-23T09:01:00Z"}'),
        (3, b"\xff"),
        (4, b"[]"),
    ]
    told = details_of(STORED, events, [CALL])
    assert "   2  2026-11-23T09:01:00Z  Answered  prompt f/q  value ana souza" in told
    assert told.count("(cannot be read)") == 2
    assert told.endswith("  2026-11-23T09:04:00Z  send_invitation  confirmed  abc/send/1")


def test_a_long_value_is_cut() -> None:
    told = details_of(STORED, [(1, b'{"type":"Noted","text":"' + b"x" * 500 + b'"}')], [])
    assert max(map(len, told.splitlines())) < 120
    assert "calls:" not in told
