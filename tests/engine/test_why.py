"""Why a conversation stands where it stands: the rule, what it read, and where it is written."""

from __future__ import annotations

from engine.actions import Audience, Failure
from engine.told.why import LONGEST_VALUE, why
from tests.engine.play import Fails, Play, flow_of
from tests.engine.test_trace import INNER, OUTER, found


def asked_why(play: Play) -> str:
    return why(play.flow, play.here, play.trace)


def test_every_rule_since_the_last_answer_is_told_with_what_it_read() -> None:
    play = Play(flow_of(OUTER, INNER), {"find_clients": [found()]})
    play.answer("Ana")
    assert asked_why(play) == (
        "The conversation has ended (stopped).\nSince then:\nThe call at a/look worked (1.yaml:5:6).\n"
        "The rule `found.clients is empty` holds (1.yaml:6:5): found.clients = []."
    )


def test_long_values_are_shortened() -> None:
    play = Play(flow_of(OUTER, INNER), {"find_clients": [found("adult", "adult")]})
    play.answer("Ana")
    told = asked_why(play).partition("found.clients = ")[2].partition(".\nThe rule")[0]
    assert (told[:2], told[-1], len(told)) == ("[{", "…", LONGEST_VALUE)
    assert "….\nThe rule `client.kind` gives adult (2.yaml:6:5)" in asked_why(play)
    assert "The visit of b is left by good (1.yaml:8:6)." in asked_why(play)


def test_a_failure_is_told_with_the_way_that_was_taken() -> None:
    play = Play(flow_of(OUTER, INNER), {"find_clients": [Fails(Failure.UNAVAILABLE)]})
    play.answer("Ana")
    assert "The call at a/look ended in unavailable (1.yaml:5:6)." in asked_why(play)
    assert "There is a way for unavailable (1.yaml:5:6)." in asked_why(play)


def test_people_outside_the_clinic_are_not_told_what_a_rule_read() -> None:
    play = Play(flow_of(OUTER, INNER), {"find_clients": [found()]}, audience=Audience.CLIENT)
    play.answer("Ana")
    assert asked_why(play) == "The conversation has ended (stopped)."
