"""Requests that a client repeats: one reply each, whatever happens in between and in how many processes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Barrier, Thread

import pytest

from adapters.request import OtherRequest, Request
from adapters.stores.port import Commit, Store
from adapters.view import View
from engine import Audience
from tests.adapters.small_desk import SmallClinic, SmallDesk, small_desk

SEND = Request("r-1", "send")


def sent(desk: SmallDesk, session: str, request: Request = SEND) -> View:
    """The answer that sends."""
    return desk.driver.answer(session, "send", prompt="begin", seq=1, request=request)


def test_a_repeated_request_gets_its_reply_and_does_nothing(tmp_path: Path) -> None:
    with small_desk(tmp_path) as desk:
        session = desk.begin()
        first = sent(desk, session)
        assert first.did[0].outcome == "confirmed"
        desk.driver.answer(session, "yes")
        assert sent(desk, session) == first
        assert desk.clinic.writes() == ["send"]


def test_it_gets_it_from_another_process_and_after_the_end(tmp_path: Path) -> None:
    clinic = SmallClinic()
    with small_desk(tmp_path, clinic) as desk:
        session = desk.begin()
        first = sent(desk, session)
        assert desk.driver.answer(session, "yes").end is not None
    with small_desk(tmp_path, clinic) as desk:
        assert sent(desk, session) == first
    assert clinic.writes() == ["send"]


def test_another_request_under_the_same_key_is_refused_and_nothing_is_done(tmp_path: Path) -> None:
    with small_desk(tmp_path) as desk:
        session = desk.begin()
        desk.driver.answer(session, "look", request=Request("r-1", "look"))
        before = desk.store.load(session)
        with pytest.raises(OtherRequest, match="'r-1' was used for another request"):
            desk.driver.answer(session, "yes", request=SEND)
        assert desk.store.load(session) == before
        assert desk.clinic.writes() == []


def test_an_answer_that_was_not_understood_has_its_reply_too(tmp_path: Path) -> None:
    with small_desk(tmp_path) as desk:
        session = desk.begin()
        odd = Request("r-1", "odd")
        first = desk.driver.answer(session, "odd", request=odd)
        assert first.problem is not None
        assert desk.driver.answer(session, "odd", request=odd) == first
        assert len(desk.store.events(session)) == 2


def test_of_a_turn_of_several_commits_the_whole_reply_is_kept(tmp_path: Path) -> None:
    with small_desk(tmp_path) as desk:
        session = desk.begin()
        view = sent(desk, session)
        kept = desk.store.stored_reply(session, "r-1")
        assert SEND.reply(kept) == view
        assert [each.text for each in view.say] == ["a parcel is on its way."]


def test_a_secret_is_in_no_stored_reply(tmp_path: Path) -> None:
    with small_desk(tmp_path) as desk:
        session = desk.begin("word")
        desk.driver.answer(session, "open sesame 4711", request=Request("r-1", "word"))
        kept = desk.store.stored_reply(session, "r-1")
        assert kept is not None
        assert b"sesame" not in kept.reply


class BreaksOff:
    """A store whose process dies before the reply is kept."""

    def __init__(self, inside: Store) -> None:
        self._inside = inside
        self.begin, self.load, self.events, self.ledger = (
            inside.begin,
            inside.load,
            inside.events,
            inside.ledger,
        )
        self.sessions, self.keep_version = inside.sessions, inside.keep_version
        self.load_version, self.stored_reply = inside.load_version, inside.stored_reply
        self.close = inside.close

    def commit(self, session: str, expected_revision: int, commit: Commit) -> int:
        if commit.reply is not None:
            raise KeyboardInterrupt
        return self._inside.commit(session, expected_revision, commit)


def test_broken_off_before_the_reply_was_kept_it_is_not_done_again(tmp_path: Path) -> None:
    clinic = SmallClinic()
    with small_desk(tmp_path, clinic, wrapped=BreaksOff) as desk:
        session = desk.begin()
        with pytest.raises(KeyboardInterrupt):
            sent(desk, session)
    with small_desk(tmp_path, clinic) as desk:
        view = sent(desk, session)
        assert view.problem is not None
        assert view.problem.code == "stale"
        assert view.prompt is not None
        assert view.prompt.step == "arrived"
    assert clinic.writes() == ["send"]


@pytest.mark.parametrize("processes", [1, 2])
def test_the_same_request_at_the_same_moment_is_done_once(tmp_path: Path, processes: int) -> None:
    clinic = SmallClinic()
    with small_desk(tmp_path, clinic) as one, small_desk(tmp_path, clinic) as other:
        desks = [one, other][:processes] * (4 // processes)
        for _ in range(5):
            session = one.driver.start("sending", actor="kim", audience=Audience.AGENT).session
            views = together([partial(sent, desk, session) for desk in desks])
            assert views[1:] == views[:-1]
            assert views[0].problem is None
    assert clinic.writes() == ["send"] * 5


def together(work: list[Callable[[], View]]) -> list[View]:
    """What each of these returns, all begun at one moment."""
    start, found = Barrier(len(work)), []

    def run(each: Callable[[], View]) -> None:
        start.wait()
        found.append(each())

    threads = [Thread(target=run, args=(each,)) for each in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(work)
    return found
