"""One event, one turn: what is refused, what is stale, and what only the driver can get wrong."""

from __future__ import annotations

import msgspec
import pytest

from engine.actions import Effect, Failure
from engine.effects import Ask, Call, Outcome, Problem, Reveal
from engine.errors import OutOfTurn
from engine.events import Answered, Noted, Resumed, Revealed, Stopped, Succeeded, WentBack
from engine.limits import Limits
from engine.state import AtCall, AtEnd, AtReveal, Frame
from engine.told.why import why
from engine.turn import advance
from tests.engine.play import NOW, TODAY, Fails, Play, Works, flow_of

THREE = """
flow: a
audience: [agent]
steps:
  - {id: one, ask: One?, kind: text}
  - {id: two, ask: "{{ today }}?", kind: date, max: today}
  - {id: three, ask: Three?, kind: yes-no}
  - {id: look, do: get_clinic, save: clinic}
  - end: solved
"""


def codes(play: Play) -> list[str]:
    """The codes of the problems that were shown."""
    return [each.code for each in play.effects if isinstance(each, Problem)]


def test_an_answer_to_a_question_that_is_past_gets_the_current_one() -> None:
    play = Play(flow_of(THREE))
    first = play.prompt
    play.answer("x", first.id, first.seq)
    assert play.answer("y", first.id, first.seq) == ["problem stale", "asks a/two"]
    assert play.answer("2020-01-01", "a/one") == ["problem stale", "asks a/two"]
    assert play.answer("2020-01-01", None, first.seq) == ["problem stale", "asks a/two"]
    assert play.answer("2020-01-01", "two", play.prompt.seq) == ["asks a/three"]


def test_every_question_has_a_number_of_its_own_also_after_back() -> None:
    play = Play(flow_of(THREE))
    play.answer("x")
    play.back()
    play.answer("y")
    asked = [each.prompt.seq for each in play.effects if isinstance(each, Ask)]
    assert asked == [1, 2, 3, 4]


def test_going_back_makes_no_answer_forgotten_that_came_before() -> None:
    play = Play(flow_of(THREE))
    play.answer("x")
    play.answer("2020-01-01")
    play.back()
    assert [mark.path for mark in play.here.trail] == ["a/one"]
    assert play.here.turns == 2


def test_after_so_many_answers_a_session_takes_no_more_and_can_be_stopped() -> None:
    again = "flow: a\naudience: [agent]\nsteps:\n  - {id: q, ask: Q?, kind: yes-no}\n  - go: q\n"
    play = Play(flow_of(again, limits=Limits(turns_a_session=3)))
    assert [play.answer(True) for _ in range(3)] == [["asks a/q"]] * 3
    assert play.answer(True) == ["problem too_long", "asks a/q"]
    assert play.stop() == ["ends abandoned"]


def test_today_is_that_of_the_day_on_which_it_is_resumed() -> None:
    play = Play(flow_of(THREE))
    play.answer("x")
    assert play.answer("2026-11-24") == ["problem too_large", "asks a/two"]
    play.do(Resumed(NOW, "2026-11-24"))
    assert play.answer("2026-11-24") == ["asks a/three"]


def test_while_a_call_is_under_way_everything_waits_and_nothing_is_begun_twice() -> None:
    play = Play(flow_of(THREE))
    play.answer("x")
    play.answer("2020-01-01")
    play.feed(Answered(True, NOW))
    assert isinstance(play.here.waiting, AtCall)
    for event in (Answered(True, NOW), WentBack(NOW), Stopped(NOW)):
        assert [each.code for each in play.feed(event) if isinstance(each, Problem)] == ["busy"]
        assert len(play.feed(event)) == 1
    assert play.feed(Noted("wait", NOW)) == ()
    assert play.here.notes == ("wait",)


def test_a_note_is_kept_unless_it_is_too_long_or_one_too_many() -> None:
    play = Play(flow_of(THREE, limits=Limits(answer_characters=5, turns_a_session=2)))
    assert play.note("short") == ["asks a/one"]
    assert play.note("longer") == ["problem too_long", "asks a/one"]
    assert play.note("\ud83d half") == ["problem too_long", "asks a/one"]
    assert play.note("\ud83d") == ["asks a/one"]
    assert play.note("one") == ["problem too_long", "asks a/one"]
    assert play.here.notes == ("short", "?")
    play.answer("x")
    assert play.here.notes == ("short", "?")


def test_a_session_begins_once_and_with_its_start() -> None:
    play = Play(flow_of(THREE))
    with pytest.raises(OutOfTurn, match="Started"):
        advance(play.flow, play.state, play.started)
    for event in (Answered("x", NOW), WentBack(NOW), Resumed(NOW, TODAY), Succeeded("k", None, NOW)):
        with pytest.raises(OutOfTurn):
            advance(play.flow, None, event)


def test_an_outcome_nobody_waits_for_is_the_drivers_mistake() -> None:
    play = Play(flow_of(THREE))
    with pytest.raises(OutOfTurn):
        advance(play.flow, play.state, Succeeded("s1:a/look:1", None, NOW))
    with pytest.raises(OutOfTurn):
        advance(play.flow, play.state, Revealed("s", NOW))


def test_a_secret_is_shown_before_the_conversation_goes_on() -> None:
    text = "flow: a\naudience: [agent]\nsteps:\n  - say: One\n  - end: stopped\n"
    play = Play(flow_of(text), begin=False)
    state = Play(flow_of(THREE)).here
    frame = Frame("a", "1", "a/", {})
    call = Call("s1:a/1:1", "get_clinic", {}, Effect.READ, 0, "1")
    waiting = AtReveal(Reveal("r1", "The new password"), call, "1", (Reveal("r2", "Another"),))
    play.state = msgspec.structs.replace(state, frames=(frame,), waiting=waiting)
    assert play.feed(Resumed(NOW, TODAY))[-1] == waiting.reveal
    assert [each.code for each in play.feed(Answered("x", NOW)) if isinstance(each, Problem)] == ["unseen"]
    with pytest.raises(OutOfTurn):
        play.feed(Revealed("r2", NOW))
    assert play.feed(Revealed("r1", NOW)) == (Reveal("r2", "Another"),)
    play.feed(Revealed("r2", NOW))
    assert play.here.waiting == AtEnd(Outcome.STOPPED)


def test_why_says_where_it_stands_and_what_led_there() -> None:
    play = Play(flow_of(THREE), {"get_clinic": [Fails(Failure.UNAVAILABLE)]})
    assert why(play.flow, play.here) == "This is the step a/one (1.yaml:5:6).\nIt is the first question."
    play.answer("x")
    play.answer("2020-01-01")
    assert why(play.flow, play.here).endswith("It was reached after a/two was answered with (date).")
    play.answer("no")
    assert "It is about the call of get_clinic." in why(play.flow, play.here)
    play.answer("stop")
    assert why(play.flow, play.here) == "The conversation has ended (stopped)."


def test_a_record_that_is_chosen_from_is_called_by_its_name_on_one_line() -> None:
    text = (
        "flow: a\naudience: [agent]\nsteps:\n"
        "  - {do: find_clients, with: {query: \"'x'\"}, save: found}\n"
        "  - {id: who, ask: Who?, kind: one, of: found.clients, save: picked}\n"
        "  - say: '{{ picked.name }}'\n  - end: stopped\n"
    )
    record = {**dict.fromkeys(("birth_year", "city", "email_masked")), "id": "c1", "kind": "adult"}
    found = {"clients": [{**record, "name": "Ana\n2) Rui", "first_name": "Ana"}], "truncated": False}
    play = Play(flow_of(text), {"find_clients": [Works(found)]})
    assert [choice.label for choice in play.prompt.choices] == ["Ana 2) Rui"]
