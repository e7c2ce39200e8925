"""The driver on a real store: what is kept before what is done, time-outs, odd backends, and words for it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from adapters.clinic.port import ActionFailed, CallContext, OutcomeLost
from adapters.problems import PlainProblem, Unusable
from adapters.stores.port import Commit, Store
from adapters.stores.sqlite import SqliteStore
from adapters.view import View
from engine import (
    Audience,
    CannotTell,
    Deny,
    DidNotHappen,
    Event,
    Failure,
    Finding,
    NeedConfirmation,
    State,
    Value,
    advance,
    state_to_json,
)
from tests.adapters.small_desk import Perform, SmallClinic, SmallDesk, library, now, small_desk

HOLD = Mapping[str, Value]


def asked(view: View) -> str:
    """The step that asks, or how it ended."""
    if view.prompt is not None:
        return view.prompt.step
    return f"end {view.end.outcome}" if view.end is not None else "nothing"


def texts(view: View) -> str:
    """Everything on the screen."""
    said = [text.text for text in view.say] + [did.text for did in view.did]
    return "\n".join([*said, view.prompt.text.text if view.prompt is not None else ""])


def outcomes(view: View) -> list[str]:
    return [f"{did.outcome} {did.error or ''}".strip() for did in view.did]


def replayed(desk: SmallDesk, session: str) -> bytes:
    """The state that the events in the store lead to."""
    kept = desk.store.load(session)
    state: State | None = None
    for _, body in desk.store.events(session):
        event: Event = msgspec.json.decode(body, type=Event)
        state = advance(library().revive(kept.flow, kept.version, dict), state, event).state
    assert state is not None
    return state_to_json(state)


# -- a plain conversation -----------------------------------------------------------------------------


def test_a_conversation_from_start_to_end(tmp_path: Path) -> None:
    with small_desk(tmp_path) as desk:
        view = desk.driver.start("sending", actor="kim", audience=Audience.AGENT)
        session = view.session
        assert (asked(view), view.seq) == ("begin", 1)
        assert asked(desk.driver.answer(session, "look")) == "seen"
        view = desk.driver.answer(session, "yes")
        assert asked(view) == "arrived"
        assert outcomes(view) == ["confirmed"]
        assert [text.text for text in view.say] == ["a parcel is on its way."]
        view = desk.driver.answer(session, "yes")
        assert asked(view) == "end solved"
        assert desk.ledger(session) == ["confirmed"]
        assert desk.clinic.writes() == ["send"]
        assert replayed(desk, session) == desk.store.load(session).state


def test_back_note_why_stop_and_current(tmp_path: Path) -> None:
    with small_desk(tmp_path) as desk:
        session = desk.begin()
        assert (first := desk.driver.back(session).problem) is not None
        assert first.code == "first"
        desk.driver.answer(session, "look")
        assert asked(desk.driver.note(session, "caller is in a hurry")) == "seen"
        assert desk.state(session).notes == ("caller is in a hurry",)
        assert "seen" in (desk.driver.why(session).info or "")
        assert "right now" in (desk.driver.why_not(session, "seen").info or "")
        assert "It can still come" in (desk.driver.why_not(session, "arrived").info or "")
        assert asked(desk.driver.current(session)) == "seen"
        assert asked(desk.driver.back(session)) == "begin"
        assert asked(desk.driver.stop(session)) == "end abandoned"
        assert asked(desk.driver.current(session)) == "end abandoned"
        assert replayed(desk, session) == desk.store.load(session).state


def test_an_answer_after_the_end_says_so_and_is_not_kept(tmp_path: Path) -> None:
    with small_desk(tmp_path) as desk:
        session = desk.begin()
        desk.driver.stop(session)
        before = desk.store.load(session)
        view = desk.driver.answer(session, "look")
        assert view.problem is not None
        assert (view.problem.code, asked(view)) == ("ended", "end abandoned")
        assert desk.store.load(session) == before


@pytest.mark.parametrize("odd", ["half \ud800", ["\udfff"], {"a": "\ud800"}])
def test_what_cannot_be_kept_is_not_taken(tmp_path: Path, odd: Value) -> None:
    with small_desk(tmp_path) as desk:
        session = desk.begin()
        before = desk.store.load(session)
        view = desk.driver.answer(session, odd)
        assert view.problem is not None
        assert (view.problem.code, asked(view)) == ("hidden_character", "begin")
        assert desk.store.load(session) == before


def test_a_note_that_cannot_be_kept_is_not_taken(tmp_path: Path) -> None:
    with small_desk(tmp_path) as desk:
        view = desk.driver.note(desk.begin(), "half \ud800")
        assert view.problem is not None
        assert view.problem.code == "hidden_character"


def test_an_unknown_session_or_flow_is_a_plain_problem(tmp_path: Path) -> None:
    with small_desk(tmp_path) as desk:
        for call in (desk.driver.resume, desk.driver.current, desk.driver.why, desk.driver.back):
            with pytest.raises(PlainProblem) as caught:
                call("nobody")
            assert caught.value.advice
        with pytest.raises(PlainProblem, match="no flow 'sendin'"):
            desk.driver.start("sendin", actor="kim", audience=Audience.AGENT)
        with pytest.raises(PlainProblem, match="not for the role client"):
            desk.driver.start("sending", actor="kim", audience=Audience.CLIENT)


def test_a_state_of_another_version_of_unstuck_is_a_plain_problem(tmp_path: Path) -> None:
    with small_desk(tmp_path) as desk:
        session = desk.begin()
        kept = desk.store.load(session)
        strange = Commit((), b'{"of": "tomorrow"}', 1, kept.waiting, (), kept.updated_at)
        desk.store.commit(session, kept.revision, strange)
        with pytest.raises(Unusable, match="another version of unstuck") as caught:
            desk.driver.resume(session)
        assert f"sessions show {session}" in caught.value.advice


# -- the order of things --------------------------------------------------------------------------------


def test_a_write_is_kept_as_sent_before_it_is_made(tmp_path: Path) -> None:
    seen: list[tuple[list[str], str]] = []

    def during(perform: Perform, action: str, args: HOLD, context: CallContext) -> Value:
        with SqliteStore(tmp_path / "sessions.db") as other:
            standing = [entry.status for entry in other.ledger(context.session)]
            seen.append(([str(each) for each in standing], other.load(context.session).waiting))
        return perform(action, args, context)

    with small_desk(tmp_path, SmallClinic(during=during)) as desk:
        session = desk.begin()
        desk.driver.answer(session, "send")
        key = desk.clinic.made[0][1]
        assert seen == [(["sent"], f"call {key}")]
        assert key == f"{session}:sending/sending:1"
        (entry,) = desk.store.ledger(session)
        assert (entry.status, entry.key, entry.action) == ("confirmed", key, "send")
        assert msgspec.json.decode(entry.result)["result"] == {"name": "a parcel", "size": 3}


class TornStore:
    """A store that fails at one commit, as a full disk does; before it, nothing is kept."""

    def __init__(self, inside: Store, fails: Callable[[Commit], bool]) -> None:
        self._inside = inside
        self._fails = fails
        self.begin = inside.begin
        self.load, self.events, self.ledger = inside.load, inside.events, inside.ledger
        self.sessions, self.keep_version = inside.sessions, inside.keep_version
        self.load_version, self.stored_reply = inside.load_version, inside.stored_reply
        self.close = inside.close

    def commit(self, session: str, expected_revision: int, commit: Commit) -> int:
        if self._fails(commit):
            raise Unusable("The disk is full.", "Make room.")
        return self._inside.commit(session, expected_revision, commit)


def at_status(status: str) -> Callable[[Commit], bool]:
    return lambda commit: any(entry.status == status for entry in commit.ledger)


@pytest.mark.parametrize("status", ["planned", "sent"])
def test_no_effect_without_its_saved_intent(tmp_path: Path, status: str) -> None:
    broken = [True]
    fails = at_status(status)
    with small_desk(
        tmp_path, wrapped=lambda store: TornStore(store, lambda commit: broken[0] and fails(commit))
    ) as desk:
        session = desk.begin()
        with pytest.raises(Unusable):
            desk.driver.answer(session, "send")
        assert desk.clinic.writes() == []
        broken[0] = False
        view = desk.driver.resume(session)
        if status == "planned":
            assert asked(view) == "begin"
            view = desk.driver.answer(session, "send")
        assert (asked(view), desk.clinic.writes()) == ("arrived", ["send"])
        assert desk.ledger(session) == ["confirmed"]


def test_a_result_that_could_not_be_kept_is_looked_up_and_not_made_again(tmp_path: Path) -> None:
    broken = [True]
    fails = at_status("confirmed")
    with small_desk(
        tmp_path, wrapped=lambda store: TornStore(store, lambda commit: broken[0] and fails(commit))
    ) as desk:
        session = desk.begin()
        with pytest.raises(Unusable):
            desk.driver.answer(session, "send")
        assert (desk.clinic.writes(), desk.ledger(session)) == (["send"], ["sent"])
        broken[0] = False
        view = desk.driver.answer(session, "send")
        assert view.problem is not None
        assert (view.problem.code, asked(view), outcomes(view)) == ("stale", "arrived", ["reconciled"])
        assert (desk.clinic.writes(), desk.ledger(session)) == (["send"], ["reconciled"])
        assert replayed(desk, session) == desk.store.load(session).state


def test_what_came_of_a_write_is_kept_before_the_next_call(tmp_path: Path) -> None:
    flow = """\
flow: both
symptoms: [both]
steps:
  - id: begin
    ask: Shall I?
    kind: yes-no
  - id: sending
    do: send
  - do: look
    save: thing
  - id: end
    ask: "{{ thing.name }}: all well?"
    kind: yes-no
  - end: solved
"""
    standing: list[list[str]] = []

    def during(perform: Perform, action: str, args: HOLD, context: CallContext) -> Value:
        if action == "look":
            with SqliteStore(tmp_path / "sessions.db") as other:
                standing.append([entry.status for entry in other.ledger(context.session)])
        return perform(action, args, context)

    with small_desk(tmp_path, SmallClinic(during=during), flows=library(flow)) as desk:
        session = desk.begin("both")
        assert asked(desk.driver.answer(session, "yes")) == "end"
        assert standing == [["confirmed"]]


# -- slow, broken and odd backends ----------------------------------------------------------------------


def slow(seconds: float, only: str) -> Callable[[Perform, str, HOLD, CallContext], Value]:
    def during(perform: Perform, action: str, args: HOLD, context: CallContext) -> Value:
        if action == only:
            time.sleep(seconds)
        return perform(action, args, context)

    return during


def test_a_read_that_is_too_slow_is_unavailable_and_can_be_tried_again(tmp_path: Path) -> None:
    clinic = SmallClinic(during=slow(0.4, "look"))
    with small_desk(tmp_path, clinic, deadline=0.1) as desk:
        session = desk.begin()
        began = time.monotonic()
        view = desk.driver.answer(session, "look")
        assert time.monotonic() - began < 0.35
        assert asked(view) == "looking!error"
        assert view.prompt is not None
        assert [choice.id for choice in view.prompt.choices] == ["again", "stop"]
        clinic.during = None
        assert asked(desk.driver.answer(session, "again")) == "seen"


def test_a_write_that_is_too_slow_is_looked_up_when_it_has_ended(tmp_path: Path) -> None:
    clinic = SmallClinic(during=slow(0.6, "send"))
    with small_desk(tmp_path, clinic, deadline=0.5) as desk:
        session = desk.begin()
        view = desk.driver.answer(session, "send")
        assert (asked(view), outcomes(view)) == ("arrived", ["reconciled"])
        assert (clinic.writes(), desk.ledger(session)) == (["send"], ["reconciled"])


def test_nothing_found_is_not_believed_while_the_call_is_still_under_way(tmp_path: Path) -> None:
    clinic = SmallClinic(during=slow(0.6, "send"))
    with small_desk(tmp_path, clinic, deadline=0.15) as desk:
        session = desk.begin()
        view = desk.driver.answer(session, "send")
        assert asked(view) == "sending!unknown"
        assert (outcomes(view), desk.ledger(session)) == (["unknown outcome_unknown"], ["unknown"])
        assert view.prompt is not None
        assert "again" not in [choice.id for choice in view.prompt.choices]
    time.sleep(0.5)
    assert clinic.writes() == ["send"]


def test_a_backend_that_looks_for_ever_cannot_tell(tmp_path: Path) -> None:
    def looking(key: str) -> Finding:
        time.sleep(0.6)
        return DidNotHappen()

    clinic = SmallClinic(during=losing, looking=looking)
    with small_desk(tmp_path, clinic, deadline=0.1) as desk:
        view = desk.driver.answer(desk.begin(), "send")
        assert asked(view) == "sending!unknown"


def losing(perform: Perform, action: str, args: HOLD, context: CallContext) -> Value:
    """The call takes effect, and its answer is lost."""
    perform(action, args, context)
    raise OutcomeLost("the line broke")


@pytest.mark.parametrize("junk", [None, "yes", True, Failure.CONFLICT])
def test_a_look_that_gives_junk_cannot_tell(tmp_path: Path, junk: object) -> None:
    def looking(key: str) -> object:
        if isinstance(junk, Failure):
            raise ActionFailed(junk, "no")
        return junk

    clinic = SmallClinic(during=losing)
    clinic.__dict__["looking"] = looking
    with small_desk(tmp_path, clinic) as desk:
        session = desk.begin()
        view = desk.driver.answer(session, "send")
        assert (asked(view), desk.ledger(session)) == ("sending!unknown", ["unknown"])
        assert desk.clinic.writes() == ["send"]


ODDITIES: list[BaseException] = [
    RuntimeError("boom"),
    KeyError("x"),
    ConnectionResetError(),
    RecursionError(),
    MemoryError(),
    SystemExit(1),
    KeyboardInterrupt(),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "no"),
    StopIteration(),
]


@pytest.mark.parametrize("odd", ODDITIES, ids=lambda error: type(error).__name__)
def test_whatever_a_backend_raises_in_a_read_is_a_bug_with_a_way_on(
    tmp_path: Path, odd: BaseException
) -> None:
    def during(perform: Perform, action: str, args: HOLD, context: CallContext) -> Value:
        raise odd

    with small_desk(tmp_path, SmallClinic(during=during)) as desk:
        view = desk.driver.answer(desk.begin(), "look")
        assert asked(view) == "looking!error"
        assert "makes no sense" in texts(view)


@pytest.mark.parametrize("odd", ODDITIES, ids=lambda error: type(error).__name__)
def test_whatever_a_backend_raises_in_a_write_is_looked_up(tmp_path: Path, odd: BaseException) -> None:
    def during(perform: Perform, action: str, args: HOLD, context: CallContext) -> Value:
        perform(action, args, context)
        raise odd

    with small_desk(tmp_path, SmallClinic(during=during)) as desk:
        session = desk.begin()
        view = desk.driver.answer(session, "send")
        assert (asked(view), outcomes(view)) == ("arrived", ["reconciled"])
        assert (desk.clinic.writes(), desk.ledger(session)) == (["send"], ["reconciled"])


def test_a_time_out_of_the_backends_own_is_unavailable(tmp_path: Path) -> None:
    def during(perform: Perform, action: str, args: HOLD, context: CallContext) -> Value:
        raise TimeoutError

    with small_desk(tmp_path, SmallClinic(during=during)) as desk:
        assert "cannot be reached" in texts(desk.driver.answer(desk.begin(), "look"))


def deep() -> Value:
    value: Value = []
    for _ in range(100_000):
        value = [value]
    return value


MISSHAPEN: list[tuple[str, Value]] = [
    ("nothing", None),
    ("a text", "ok"),
    ("a member missing", {"name": "x"}),
    ("a member of another kind", {"name": "x", "size": "3"}),
    ("half a character", {"name": "\ud800", "size": 3}),
    ("not a number", {"name": "x", "size": float("nan")}),
    ("endless", {"name": "x", "size": float("inf")}),
    ("too deep", {"name": "x", "size": 1, "more": deep()}),
    ("too large", {"name": "x", "size": 10**400}),
]


@pytest.mark.parametrize("odd", [value for _, value in MISSHAPEN], ids=[name for name, _ in MISSHAPEN])
def test_a_result_of_the_wrong_shape_is_a_bug_of_the_backend(tmp_path: Path, odd: Value) -> None:
    with small_desk(tmp_path, SmallClinic(answer=odd)) as desk:
        session = desk.begin()
        view = desk.driver.answer(session, "look")
        assert asked(view) == "looking!error"
        assert "makes no sense" in texts(view)
        desk.clinic.answer = {"name": "x", "size": 1}
        assert asked(desk.driver.answer(session, "again")) == "seen"
        desk.clinic.answer = odd
        view = desk.driver.answer(session, "yes")
        assert asked(view) in ("sending!error", "sending!unknown")
        assert desk.clinic.writes() == ["send"]
        assert desk.ledger(session) in (["rejected"], ["unknown"])
        assert replayed(desk, session) == desk.store.load(session).state


def test_an_object_that_is_no_value_is_a_bug_of_the_backend(tmp_path: Path) -> None:
    clinic = SmallClinic()
    clinic.__dict__["answer"] = object()
    with small_desk(tmp_path, clinic) as desk:
        assert asked(desk.driver.answer(desk.begin(), "look")) == "looking!error"


@pytest.mark.parametrize(
    ("name", "odd"),
    [("failure", "no such failure"), ("message", None), ("message", object()), ("retry_after", "soon")],
)
def test_an_odd_failure_is_a_bug_of_the_backend(tmp_path: Path, name: str, odd: object) -> None:
    def during(perform: Perform, action: str, args: HOLD, context: CallContext) -> Value:
        error = ActionFailed(Failure.CONFLICT, "It is there.")
        setattr(error, name, odd)
        raise error

    with small_desk(tmp_path, SmallClinic(during=during)) as desk:
        session = desk.begin()
        assert asked(desk.driver.answer(session, "look")) == "looking!error"
        desk.driver.back(session)
        assert asked(desk.driver.answer(session, "send")) == "sending!error"
        assert "nothing was done" in texts(desk.driver.current(session))


def test_a_failure_is_told_in_the_backends_own_words(tmp_path: Path) -> None:
    def during(perform: Perform, action: str, args: HOLD, context: CallContext) -> Value:
        raise ActionFailed(Failure.CONFLICT, "Parcel {{ 7 }} is *there*.", retry_after=90)

    with small_desk(tmp_path, SmallClinic(during=during)) as desk:
        session = desk.begin()
        view = desk.driver.answer(session, "send")
        assert outcomes(view) == ["rejected conflict"]
        assert "Parcel {{ 7 }} is *there*." in texts(view)
        assert desk.ledger(session) == ["rejected"]


def test_the_gates_are_asked_before_anything_is_planned(tmp_path: Path) -> None:
    with small_desk(tmp_path) as desk:
        session = desk.begin()
        desk.gate.verdict = Deny("Not on Sundays.")
        view = desk.driver.answer(session, "send")
        assert "Not on Sundays." in texts(view)
        assert (desk.clinic.made, desk.ledger(session)) == ([], [])


def test_the_gates_are_told_before_and_after_a_write(tmp_path: Path) -> None:
    told: list[list[str]] = []

    def during(perform: Perform, action: str, args: HOLD, context: CallContext) -> Value:
        told.append(list(desk.gate.told))
        return perform(action, args, context)

    with small_desk(tmp_path, SmallClinic(during=during)) as desk:
        session = desk.begin()
        desk.driver.answer(session, "look")
        desk.driver.answer(session, "yes")
        assert told == [[], ["about to send"]]
        assert desk.gate.told == ["about to send", "send Succeeded"]


def test_a_call_that_was_planned_before_a_crash_is_asked_about_again(tmp_path: Path) -> None:
    fails = at_status("sent")
    with small_desk(tmp_path, wrapped=lambda store: TornStore(store, fails)) as before:
        session = before.begin()
        with pytest.raises(Unusable):
            before.driver.answer(session, "send")
        assert before.ledger(session) == ["planned"]
    with small_desk(tmp_path, before.clinic) as desk:
        desk.gate.verdict = Deny("Not any more.")
        view = desk.driver.resume(session)
        assert "Not any more." in texts(view)
        assert desk.clinic.writes() == []
        assert replayed(desk, session) == desk.store.load(session).state


def test_a_confirmation_is_asked_and_leads_to_one_call(tmp_path: Path) -> None:
    with small_desk(tmp_path) as desk:
        session = desk.begin()
        desk.gate.verdict = NeedConfirmation()
        view = desk.driver.answer(session, "send")
        assert asked(view) == "sending!confirm"
        assert view.prompt is not None
        assert view.prompt.choices[0].effect == "Does send."
        desk.gate.verdict = type(desk.gate)().verdict
        assert asked(desk.driver.answer(session, "confirm")) == "arrived"
        assert desk.clinic.writes() == ["send"]


def test_closing_waits_for_a_write_that_nobody_waits_for_any_more(tmp_path: Path) -> None:
    clinic = SmallClinic(during=slow(0.4, "send"), looking=lambda key: CannotTell())
    with small_desk(tmp_path, clinic, deadline=0.25) as desk:
        desk.driver.answer(desk.begin(), "send")
    assert clinic.writes() == ["send"]


# -- interrupted, and taken over ------------------------------------------------------------------------


@pytest.mark.parametrize("pause", [0.0, 0.05])
def test_an_interrupt_stops_the_waiting_and_not_the_call(tmp_path: Path, pause: float) -> None:
    started = threading.Event()

    def during(perform: Perform, action: str, args: HOLD, context: CallContext) -> Value:
        started.set()
        time.sleep(0.6)
        return perform(action, args, context)

    clinic = SmallClinic(during=during)
    main = threading.main_thread().ident
    assert main is not None

    def press_ctrl_c() -> None:
        started.wait(5)
        time.sleep(pause)
        signal.pthread_kill(main, signal.SIGINT)

    with small_desk(tmp_path, clinic) as desk:
        session = desk.begin()
        presser = threading.Thread(target=press_ctrl_c)
        presser.start()
        with pytest.raises(KeyboardInterrupt):
            desk.driver.answer(session, "send")
        presser.join()
        assert clinic.writes() == []
        assert desk.ledger(session) == ["sent"]
        view = desk.driver.resume(session)
        assert (asked(view), outcomes(view)) == ("arrived", ["reconciled"])
        assert (clinic.writes(), desk.ledger(session)) == (["send"], ["reconciled"])


def test_whoever_answers_during_a_call_gets_the_turn_after_it(tmp_path: Path) -> None:
    started = threading.Event()

    def during(perform: Perform, action: str, args: HOLD, context: CallContext) -> Value:
        started.set()
        time.sleep(0.3)
        return perform(action, args, context)

    clinic = SmallClinic(during=during)
    with small_desk(tmp_path, clinic) as one, small_desk(tmp_path, clinic) as other:
        session = one.begin()
        views: dict[str, View] = {}

        def first() -> None:
            views["first"] = one.driver.answer(session, "send", seq=1)

        working = threading.Thread(target=first)
        working.start()
        started.wait(5)
        for name, desk, seq in (("same", one, 1), ("other", other, 1), ("unsaid", other, None)):
            views[name] = desk.driver.answer(session, "send", seq=seq)
            if name == "same":
                assert views["first"].problem is None
        working.join()
        assert asked(views["first"]) == "arrived"
        assert outcomes(views["first"]) == ["confirmed"]
        for name in ("same", "other"):
            problem = views[name].problem
            assert problem is not None
            assert (problem.code, asked(views[name])) == ("stale", "arrived")
            assert outcomes(views[name]) == ["confirmed"]
        assert (clinic.writes(), one.ledger(session)) == (["send"], ["confirmed"])


def test_an_answer_without_a_number_that_comes_during_a_call_was_not_meant_for_what_follows(
    tmp_path: Path,
) -> None:
    started = threading.Event()

    def during(perform: Perform, action: str, args: HOLD, context: CallContext) -> Value:
        started.set()
        time.sleep(0.3)
        return perform(action, args, context)

    clinic = SmallClinic(during=during)
    with small_desk(tmp_path, clinic) as one, small_desk(tmp_path, clinic) as other:
        session = one.begin()
        working = threading.Thread(target=one.driver.answer, args=(session, "send"))
        working.start()
        started.wait(5)
        view = other.driver.answer(session, "yes")
        working.join()
        assert view.problem is not None
        assert (view.problem.code, asked(view)) == ("stale", "arrived")
        assert asked(one.driver.current(session)) == "arrived"


def test_a_session_taken_over_in_the_middle_of_a_call_has_one_effect(tmp_path: Path) -> None:
    started, may_end = threading.Event(), threading.Event()

    def during(perform: Perform, action: str, args: HOLD, context: CallContext) -> Value:
        result = perform(action, args, context)
        started.set()
        may_end.wait(5)
        return result

    clinic = SmallClinic(during=during)
    with small_desk(tmp_path, clinic) as one, small_desk(tmp_path, clinic) as other:
        session = one.begin()
        views: list[View] = []
        working = threading.Thread(target=lambda: views.append(one.driver.answer(session, "send")))
        working.start()
        started.wait(5)
        taken = other.driver.resume(session)
        may_end.set()
        working.join()
        assert (asked(taken), outcomes(taken)) == ("arrived", ["reconciled"])
        assert views[0].problem is not None
        assert (views[0].problem.code, asked(views[0]), outcomes(views[0])) == (
            "stale",
            "arrived",
            ["reconciled"],
        )
        assert (clinic.writes(), one.ledger(session)) == (["send"], ["reconciled"])
        assert replayed(one, session) == one.store.load(session).state


def test_a_call_left_long_ago_is_looked_up_by_whoever_answers(tmp_path: Path) -> None:
    broken = [True]
    fails = at_status("confirmed")
    with small_desk(
        tmp_path, wrapped=lambda store: TornStore(store, lambda commit: broken[0] and fails(commit))
    ) as one:
        session = one.begin()
        with pytest.raises(Unusable):
            one.driver.answer(session, "send")
        clinic = one.clinic
    with small_desk(tmp_path, clinic, clock=lambda: now() + timedelta(minutes=1)) as other:
        began = time.monotonic()
        view = other.driver.answer(session, "yes")
        assert time.monotonic() - began < 1
        assert view.problem is not None
        assert (view.problem.code, asked(view), outcomes(view)) == ("stale", "arrived", ["reconciled"])
        assert clinic.writes() == ["send"]


def test_a_note_during_a_call_is_kept_after_it(tmp_path: Path) -> None:
    started = threading.Event()

    def during(perform: Perform, action: str, args: HOLD, context: CallContext) -> Value:
        started.set()
        time.sleep(0.2)
        return perform(action, args, context)

    clinic = SmallClinic(during=during)
    with small_desk(tmp_path, clinic) as one, small_desk(tmp_path, clinic) as other:
        session = one.begin()
        working = threading.Thread(target=one.driver.answer, args=(session, "send"))
        working.start()
        started.wait(5)
        view = other.driver.note(session, "hm")
        working.join()
        assert (asked(view), other.state(session).notes) == ("arrived", ("hm",))
        assert one.ledger(session) == ["confirmed"]


# -- races ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("answer", ["look", "send"])
def test_of_many_answers_to_one_question_exactly_one_wins(tmp_path: Path, answer: str) -> None:
    clinic = SmallClinic()
    with small_desk(tmp_path, clinic) as one, small_desk(tmp_path, clinic) as other:
        for number in range(12):
            session = one.begin()
            views: list[View] = []
            gate = threading.Barrier(4)

            def run(desk: SmallDesk, session: str, views: list[View], gate: threading.Barrier) -> None:
                gate.wait()
                views.append(desk.driver.answer(session, answer, seq=1))

            threads = [
                threading.Thread(target=run, args=(desk, session, views, gate))
                for desk in (one, other, one, other)
            ]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            codes = sorted(view.problem.code if view.problem else "" for view in views)
            assert codes == ["", "stale", "stale", "stale"]
            assert {asked(view) for view in views} == {"seen" if answer == "look" else "arrived"}
            assert len(clinic.writes()) == (0 if answer == "look" else number + 1)
            assert replayed(one, session) == one.store.load(session).state
