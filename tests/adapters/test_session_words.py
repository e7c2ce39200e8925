"""Stored sessions in words."""

from __future__ import annotations

import time
from collections.abc import Iterator

import msgspec
import pytest

from adapters.session_words import details_of, list_of
from adapters.stores.port import LedgerEntry, SessionSummary, StoredSession
from engine import (
    Allow,
    Answered,
    Audience,
    CheckedBack,
    Deny,
    DidNotHappen,
    Event,
    Failed,
    Failure,
    Gated,
    HandedOver,
    Lost,
    NeedConfirmation,
    Noted,
    Started,
    Stopped,
    Succeeded,
    WentBack,
    state_to_json,
)
from tests.engine.play import NOW, Play, flow_of
from tests.engine.test_outline import TREE

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
        "2026-11-23",
        "09:05",
        "waits",
        "at",
        "“q”",
    ]


def test_a_damaged_session_is_marked() -> None:
    broken = SessionSummary("abc", "f", "v", "eve", "agent", "", "", 1, 1, "f/q", damaged=True)
    assert list_of((broken,)).endswith("damaged")


def test_an_empty_list_says_how_to_begin() -> None:
    assert "unstuck chat" in list_of(())


def ended(outcome: str) -> SessionSummary:
    return SessionSummary("abc", "f", "v", "eve", "agent", "", "", 1, 1, f"end {outcome}")


def test_how_a_session_stands_is_told_in_words() -> None:
    assert list_of((ended("solved"),)).endswith("ended: solved")
    going_on = msgspec.structs.replace(SUMMARY, waiting="call abc:send:1")
    assert list_of((going_on,)).endswith("something is being done")
    for_each = msgspec.structs.replace(SUMMARY, waiting="f/each[ana-souza]/g/still-missing!confirm")
    assert list_of((for_each,)).endswith("waits at “still missing”")


@pytest.fixture
def in_berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_berlin")
def test_times_are_those_of_the_own_clock_and_say_so() -> None:
    told = details_of(STORED, [(1, event(Noted("later", at="2026-11-23T23:30:00Z")))], [])
    assert "begun 2026-11-23 10:00, last touched 2026-11-23 10:05. Times are CET, UTC+01:00." in told
    assert "2026-11-24 00:30:00  Note: later" in told
    assert "last touched (CET, UTC+01:00)" in list_of((SUMMARY,))


def event(one: Event) -> bytes:
    return msgspec.json.encode(one)


def test_what_happened_is_told_in_order_and_in_words() -> None:
    at = "2026-11-23T09:01:00Z"
    send, look = "abc/send/1", "abc/look/1"
    events = [
        event(Started("abc", "f", at, "2026-11-23", Audience.AGENT, "eve", frozenset())),
        event(Gated(look, Allow(), at)),
        event(Succeeded(look, {}, at)),
        event(Answered("Ana", at, "f/who", 1)),
        event(Answered(["a", "b"], at, "f/which-ones", 2, actor="kim")),
        event(Answered(None, at, "f/more", 3)),
        event(WentBack(at)),
        event(Gated(send, NeedConfirmation(), at)),
        event(Gated(send, Deny("Not twice a day."), at)),
        event(Gated(send, Allow(), at)),
        event(Lost(send, at)),
        event(CheckedBack(send, DidNotHappen(), at)),
        event(Failed(send, Failure.UNAVAILABLE, at, "gone fishing")),
        b"\xff",
        b"[]",
        event(Noted("call\nagain", at)),
        event(HandedOver("", at)),
        event(Stopped(at)),
    ]
    told = details_of(STORED, enumerate(events, 1), [CALL])
    when = "2026-11-23 09:01:00  "
    assert told.splitlines()[4:] == [
        f"{when}Begun",
        f"{when}Looked something up",
        f"{when}“who”: Ana",
        f"{when}“which ones”: a, b (by kim)",
        f"{when}“more”: skipped",
        f"{when}Went back to the question before",
        f"{when}Send invitation: approval was asked for",
        f"{when}Send invitation was refused: Not twice a day.",
        f"{when}Send invitation: no answer came, so that nobody knew whether it was done",
        f"{when}Send invitation: a look afterwards showed that it was not done",
        f"{when}Send invitation: The clinic's system cannot be reached; nothing was changed."
        " The clinic's system said: gone fishing",
        " " * 21 + "(cannot be read)",
        " " * 21 + "(cannot be read)",
        f"{when}Note: call again",
        f"{when}Handed over",
        f"{when}Given up",
        "",
        "Changes in the clinic's system:",
        "2026-11-23 09:04:00  Send invitation: done",
    ]


def test_questions_and_labels_are_told_as_they_were_put() -> None:
    play = Play(flow_of(TREE))
    play.answer("Ana")
    play.answer("ill")
    asked = play.here.trail
    stored = msgspec.structs.replace(STORED, state=state_to_json(play.here))
    events = [event(Answered(mark.value, NOW, mark.path, mark.seq)) for mark in asked]
    events.append(event(Answered("well", NOW, asked[1].path, asked[1].seq)))
    told = details_of(stored, enumerate(events, 1), [])
    assert [line[21:] for line in told.splitlines()[4:]] == [
        "“Who is it?”: Ana",
        "“How is it?”: It is ill",
        "“How is it?”: well",
    ]
    assert "Changes" not in told
