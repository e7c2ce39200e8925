"""A secret that a person types: it reaches the backend, and nothing else. Searched for in the raw files."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest

from adapters.clinic.port import ActionFailed, CallContext, OutcomeLost
from adapters.problems import Unusable
from adapters.stores.port import Store
from adapters.view import as_json
from engine import Failure, Value, secret_id
from tests.adapters.small_desk import GOOD, Perform, SmallClinic, SmallDesk, opened, small_desk
from tests.adapters.test_driver import TornStore, asked, at_status, outcomes, texts

PLANTED = "Zebra-Mangrove\\Tulip 4711"
ENCODED = {
    "plain": PLANTED.encode(),
    "as JSON": json.dumps(PLANTED)[1:-1].encode(),
    "UTF-16": PLANTED.encode("utf-16-le"),
    "hexadecimal": PLANTED.encode().hex().encode(),
    "base 64": base64.b64encode(PLANTED.encode())[:-4],
    "quoted": quote(PLANTED).encode(),
    "backwards": PLANTED[::-1].encode(),
    "a part": b"Mangrove",
}


def found_in(folder: Path) -> list[str]:
    """Where the secret stands in the files of a folder, in any encoding."""
    return [
        f"{path.name}: {name}"
        for path in folder.rglob("*")
        if path.is_file()
        for name, form in ENCODED.items()
        if form in path.read_bytes()
    ]


def test_the_search_would_find_it(tmp_path: Path) -> None:
    with small_desk(tmp_path) as desk:
        desk.driver.note(desk.begin(), PLANTED)
        assert any("sessions.db" in place for place in found_in(tmp_path))


def typed(desk: SmallDesk) -> str:
    """A session in which the secret was typed, and the next question waits."""
    session = desk.begin("word")
    assert asked(desk.driver.answer(session, PLANTED)) == "ready"
    return session


def test_a_secret_reaches_its_action_and_no_file(tmp_path: Path) -> None:
    with small_desk(tmp_path) as desk:
        session = typed(desk)
        (reference,) = (secret_id(frame) for frame in [desk.state(session).frames[0].facts["word"]])
        assert reference is not None
        assert desk.vault.reveal(reference, session) == PLANTED
        view = desk.driver.answer(session, "yes")
        assert (asked(view), outcomes(view)) == ("done", ["confirmed"])
        assert desk.clinic.arguments == [{"word": PLANTED}]
        assert PLANTED not in json.dumps(as_json(view))
        assert desk.vault.reveal(reference, session) is None
        assert found_in(tmp_path) == []
        desk.driver.back(session)
        desk.driver.answer(session, "yes")
    assert found_in(tmp_path) == []


def test_a_secret_that_is_not_used_is_forgotten_with_the_session(tmp_path: Path) -> None:
    with small_desk(tmp_path) as desk:
        session = typed(desk)
        reference = secret_id(desk.state(session).frames[0].facts["word"])
        assert reference is not None
        desk.driver.answer(session, "no")
        assert desk.vault.reveal(reference, session) is None


@pytest.mark.parametrize("odd", [4711, ["Mangrove"], {"$secret": "secret-1"}, True, {"a": "Mangrove"}])
def test_what_is_no_text_is_dropped_and_asked_again(tmp_path: Path, odd: Value) -> None:
    with small_desk(tmp_path) as desk:
        desk.vault.put("of another session", "another")
        session = desk.begin("word")
        view = desk.driver.answer(session, odd)
        assert view.problem is not None
        assert (view.problem.code, asked(view)) == ("not_secret", "word")
        kept = b"".join(body for _, body in desk.store.events(session))
        assert b"4711" not in kept
        assert b"$secret" not in kept
    assert found_in(tmp_path) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [("", "empty"), ("  ", "empty"), (PLANTED * 200, "too_long"), (f"{PLANTED}\ud800", "hidden_character")],
)
def test_a_secret_that_cannot_be_taken_is_not_kept(tmp_path: Path, text: str, code: str) -> None:
    with small_desk(tmp_path) as desk:
        view = desk.driver.answer(desk.begin("word"), text)
        assert view.problem is not None
        assert (view.problem.code, asked(view)) == (code, "word")
    assert found_in(tmp_path) == []


def test_a_secret_typed_too_late_is_not_kept(tmp_path: Path) -> None:
    with small_desk(tmp_path) as desk:
        session = typed(desk)
        for seq in (1, None):
            view = desk.driver.answer(session, PLANTED, prompt="word/word", seq=seq)
            assert view.problem is not None
            assert (view.problem.code, asked(view)) == ("stale", "ready")
        desk.driver.stop(session)
        view = desk.driver.answer(session, PLANTED, prompt="word/word")
        assert view.problem is not None
        assert view.problem.code == "ended"
    assert found_in(tmp_path) == []


def test_of_two_who_type_at_once_the_loser_is_forgotten(tmp_path: Path) -> None:
    with small_desk(tmp_path) as one, small_desk(tmp_path, one.clinic) as other:
        for _ in range(8):
            session = one.begin("word")
            gate = threading.Barrier(2)

            def run(desk: SmallDesk, session: str, gate: threading.Barrier) -> None:
                gate.wait()
                desk.driver.answer(session, PLANTED, seq=1)

            threads = [threading.Thread(target=run, args=(desk, session, gate)) for desk in (one, other)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            kept = [secret.owner for desk in (one, other) for secret in desk.vault._secrets.values()]
            assert kept.count(session) == 1
    assert found_in(tmp_path) == []


def test_a_secret_lost_in_a_crash_is_not_sent_but_asked_again(tmp_path: Path) -> None:
    with small_desk(tmp_path) as before:
        session = typed(before)
    with small_desk(tmp_path) as desk:
        assert asked(desk.driver.resume(session)) == "ready"
        view = desk.driver.answer(session, "yes")
        assert asked(view) == "word"
        assert "Please type it again" in texts(view)
        assert (desk.clinic.made, desk.ledger(session)) == ([], [])
        desk.driver.answer(session, PLANTED)
        assert asked(desk.driver.answer(session, "yes")) == "done"
        assert desk.clinic.arguments == [{"word": PLANTED}]
    assert found_in(tmp_path) == []


@pytest.mark.parametrize("status", ["sent", "confirmed"])
def test_a_secret_lost_while_its_call_was_planned_or_sent(tmp_path: Path, status: str) -> None:
    """Planned: it is asked again. Sent: it is looked up, without the secret."""

    def torn(store: Store) -> Store:
        return TornStore(store, at_status(status))

    with small_desk(tmp_path, wrapped=torn) as before:
        session = typed(before)
        with pytest.raises(Unusable):
            before.driver.answer(session, "yes")
        clinic = before.clinic
    with small_desk(tmp_path, clinic) as desk:
        view = desk.driver.resume(session)
        if status == "sent":
            assert (asked(view), clinic.made) == ("word", [])
            assert desk.ledger(session) == ["rejected"]
            assert "Please type it again" in texts(view)
        else:
            assert (asked(view), outcomes(view)) == ("done", ["reconciled"])
            assert len(clinic.made) == 1
    assert found_in(tmp_path) == []


def telling(
    error: Callable[[str], Exception],
) -> Callable[[Perform, str, Mapping[str, Value], CallContext], Value]:
    def during(perform: Perform, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        raise error(str(opened(args, context)["word"]))

    return during


REPEATED: dict[str, Callable[[str], Exception]] = {
    "a failure": lambda word: ActionFailed(Failure.INVALID_INPUT, f"{word} is too weak"),
    "a failure that may be repeated": lambda word: ActionFailed(Failure.UNAVAILABLE, f"not {word} now"),
    "a part": lambda word: ActionFailed(Failure.PARTIAL, "half", {"name": f"x{word}", "size": 1}),
    "a lost answer": lambda word: OutcomeLost(word),
    "a bug": lambda word: ValueError(word),
}


@pytest.mark.parametrize("name", REPEATED)
def test_a_backend_that_repeats_a_secret_in_its_words(tmp_path: Path, name: str) -> None:
    with small_desk(tmp_path, SmallClinic(during=telling(REPEATED[name]))) as desk:
        session = typed(desk)
        view = desk.driver.answer(session, "yes")
        assert PLANTED not in json.dumps(as_json(view))
        assert asked(view) in ("word", "setting!error", "setting!unknown")
        if name == "a failure":
            assert "(secret) is too weak" in texts(view)
    assert found_in(tmp_path) == []


def test_a_backend_that_repeats_a_secret_in_its_result(tmp_path: Path) -> None:
    with small_desk(tmp_path, SmallClinic(answer={"name": f"set to {PLANTED}", "size": 1})) as desk:
        session = typed(desk)
        desk.driver.answer(session, "yes")
        assert desk.state(session).frames[0].facts["thing"] == {"name": "set to (secret)", "size": 1}
    assert found_in(tmp_path) == []


def test_a_call_that_may_be_tried_again_still_has_its_secret(tmp_path: Path) -> None:
    clinic = SmallClinic(during=telling(REPEATED["a failure that may be repeated"]))
    with small_desk(tmp_path, clinic) as desk:
        session = typed(desk)
        assert asked(desk.driver.answer(session, "yes")) == "setting!error"
        clinic.during = None
        assert asked(desk.driver.answer(session, "again")) == "done"
        assert clinic.arguments == [{"word": PLANTED}]


def test_a_secret_is_forgotten_when_its_slow_call_was_looked_up(tmp_path: Path) -> None:
    def during(perform: Perform, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        perform(action, args, context)
        time.sleep(0.3)
        return GOOD

    with small_desk(tmp_path, SmallClinic(during=during), deadline=0.2) as desk:
        session = typed(desk)
        view = desk.driver.answer(session, "yes")
        assert (asked(view), outcomes(view)) == ("done", ["reconciled"])
        assert desk.vault._secrets == {}
    assert found_in(tmp_path) == []
