"""A secret that the backend made: shown once to the person, and to nobody else."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from adapters.clinic.port import CallContext
from adapters.secret import Secret
from adapters.view import View, as_json
from engine import Value
from tests.adapters.small_desk import Perform, SmallClinic, SmallDesk, small_desk
from tests.adapters.test_driver import asked, outcomes
from tests.adapters.test_driver_secrets import PLANTED, found_in


def making(perform: Perform, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
    perform(action, args, context)
    return {"name": "Ana", "word": context.secrets.keep(Secret(PLANTED))}


def made(desk: SmallDesk) -> tuple[str, str]:
    """A session in which a secret waits to be shown, and the secret's id."""
    session = desk.begin("making")
    view = desk.driver.answer(session, "yes")
    assert (asked(view), outcomes(view)) == ("nothing", ["confirmed"])
    assert view.reveal is not None
    assert PLANTED not in json.dumps(as_json(view))
    return session, view.reveal.id


@pytest.fixture
def clinic() -> SmallClinic:
    return SmallClinic(during=making)


def test_it_is_shown_once_and_kept_nowhere(tmp_path: Path, clinic: SmallClinic) -> None:
    with small_desk(tmp_path, clinic) as desk:
        session, id = made(desk)
        again = desk.driver.resume(session)
        assert again.reveal is not None
        assert again.reveal.id == id
        value, view = desk.driver.reveal(session, id)
        assert (value, asked(view)) == (PLANTED, "told")
        assert PLANTED not in json.dumps(as_json(view))
        value, view = desk.driver.reveal(session, id)
        assert (value, asked(view)) == (None, "told")
        assert view.problem is not None
        assert view.problem.code == "nothing_to_reveal"
        assert desk.vault.reveal(id, session) is None
        assert found_in(tmp_path) == []
    assert found_in(tmp_path) == []


def test_another_id_shows_nothing(tmp_path: Path, clinic: SmallClinic) -> None:
    with small_desk(tmp_path, clinic) as desk:
        session, id = made(desk)
        other, _ = made(desk)
        assert desk.driver.reveal(other, id)[0] is None
        assert desk.driver.reveal(session, "secret-0")[0] is None
        assert desk.driver.reveal(session, id)[0] == PLANTED


def test_an_answer_while_it_waits_changes_nothing(tmp_path: Path, clinic: SmallClinic) -> None:
    with small_desk(tmp_path, clinic) as desk:
        session, id = made(desk)
        before = desk.store.load(session)
        view = desk.driver.answer(session, "yes")
        assert view.problem is not None
        assert view.reveal is not None
        assert view.reveal.id == id
        assert desk.store.load(session) == before


def test_of_many_who_want_to_see_it_one_does(tmp_path: Path, clinic: SmallClinic) -> None:
    with small_desk(tmp_path, clinic) as desk:
        for _ in range(8):
            session, id = made(desk)
            seen: list[tuple[str | None, View]] = []
            gate = threading.Barrier(3)

            def look(
                session: str, id: str, seen: list[tuple[str | None, View]], gate: threading.Barrier
            ) -> None:
                gate.wait()
                seen.append(desk.driver.reveal(session, id))

            threads = [threading.Thread(target=look, args=(session, id, seen, gate)) for _ in range(3)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert sorted(str(value) for value, _ in seen) == ["None", "None", PLANTED]


def test_lost_before_it_was_shown_the_call_stays_done_and_nothing_is_shown(
    tmp_path: Path, clinic: SmallClinic
) -> None:
    with small_desk(tmp_path, clinic) as before:
        session, id = made(before)
    with small_desk(tmp_path, clinic) as desk:
        desk.driver.resume(session)
        value, view = desk.driver.reveal(session, id)
        assert value is None
        assert view.prompt is not None
        assert desk.ledger(session) == ["confirmed"]
        assert clinic.writes() == ["make_word"]
    assert found_in(tmp_path) == []


def test_another_process_that_shows_it_first_leaves_nothing_for_this_one(
    tmp_path: Path, clinic: SmallClinic
) -> None:
    """The other one does not have it, so that it is lost: but it is never shown after that was said."""
    with small_desk(tmp_path, clinic) as one, small_desk(tmp_path, clinic) as other:
        session, id = made(one)
        assert other.driver.reveal(session, id)[0] is None
        assert one.driver.reveal(session, id)[0] is None
