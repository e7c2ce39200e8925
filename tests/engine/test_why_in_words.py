"""Why a conversation stands where it stands and not elsewhere, told to somebody on the phone."""

from __future__ import annotations

from engine.actions import Audience, Failure
from engine.told.why_in_words import why_in_words
from engine.told.why_not import why_not
from tests.engine.play import Fails, Play, flow_of
from tests.engine.test_trace import INNER, OUTER, found
from tests.engine.test_why_not import TWO, at_few


def asked_why(play: Play) -> list[str]:
    return why_in_words(play.flow, play.here, play.trace).splitlines()


def asked_why_not(play: Play, step: str) -> list[str]:
    return why_not(play.flow, play.here, play.trace, step, rules=False).splitlines()


def test_the_first_question_is_told_as_such() -> None:
    assert asked_why(Play(flow_of(TWO))) == ["This is the first question.", "It belongs to “a”."]


def test_the_answer_and_what_was_found_since_are_told_in_their_labels() -> None:
    assert asked_why(at_few()) == [
        "“Which?” was answered with “Left”.",
        "More were found: no.",
        "It belongs to “a”.",
    ]


def test_a_failure_is_told_in_words() -> None:
    play = Play(flow_of(TWO), {"find_clients": [Fails(Failure.UNAVAILABLE)]})
    play.answer("left")
    told = "\n".join(asked_why(play))
    assert "Finds clients by any part of a name: the clinic's system cannot be reached" in told
    assert told.endswith("The conversation has ended: stopped.")


def test_a_visit_is_told_by_its_title_and_records_by_their_names() -> None:
    play = Play(flow_of(OUTER, INNER), {"find_clients": [found("adult", "adult")]})
    play.answer("Ana")
    told = "\n".join(asked_why(play))
    assert "“b” ended with: good." in told
    assert "{" not in told
    assert "yaml" not in told


def test_people_outside_the_clinic_are_not_told_what_was_found() -> None:
    play = Play(flow_of(OUTER, INNER), {"find_clients": [found()]}, audience=Audience.CLIENT)
    play.answer("Ana")
    assert asked_why(play)[1:] == ["The conversation has ended: stopped."]


def test_what_went_elsewhere_and_what_would_lead_there_is_told_in_words() -> None:
    assert asked_why_not(at_few(), "many") == [
        "More were found: no.",
        "It would be otherwise with more were found: yes.",
        "From here it cannot be reached.",
        "Going back to “Which?” opens the way.",
    ]
    assert asked_why_not(at_few(), "other") == [
        "“Which?” was answered with “Left”.",
        "It would be otherwise with “Which?” answered with “Right”.",
        "From here it cannot be reached.",
        "Going back to “Which?” opens the way.",
    ]


def test_what_can_still_come_is_told_in_words() -> None:
    assert asked_why_not(at_few(), "sorry") == [
        "It can still come, when “Few?” answered with “No”. The question that leads there is “Few?”."
    ]
    assert asked_why_not(at_few(), "few") == ["The conversation is at “Few?” right now."]
    assert asked_why_not(at_few(), "fex") == ["There is no step fex in this conversation."]
