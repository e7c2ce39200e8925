"""Where a conversation stands, as a tree and in a few words, and what is told to who takes it over."""

from __future__ import annotations

from engine.effects import Outcome
from engine.events import HandedOver
from engine.state import AtEnd, AtPrompt
from engine.told.digest import digest, question_in_short
from engine.told.outline import outline, standing
from engine.told.step_words import in_short
from tests.engine.play import NOW, Play, flow_of

TREE = """
flow: a
title: Somebody asks
audience: [agent]
steps:
  - id: who
    ask: Who is it?
    kind: text
  - {say: Hello.}
  - id: how
    ask: |
      **Listen.** How is it?
    answers:
      well: {label: It is well, then: [{end: solved}]}
      ill: {label: It is ill, then: look}
      back: {label: Again, then: who}
  - id: look
    do: get_clinic
    save: clinic
  - id: sure
    ask: Are you sure of {{ clinic.name }}?
    kind: yes-no
    then: {yes: pass-on, no: how}
  - id: pass-on
    hand over: I pass it on.
"""


def test_the_tree_is_told_in_the_order_it_is_written_in() -> None:
    play = Play(flow_of(TREE))
    play.answer("Ana")
    seen = outline(play.flow, play.here)
    assert seen.flows == ("Somebody asks",)
    assert [(line.step, line.here, line.passed) for line in seen.lines] == [
        ("who", False, True),
        ("how", True, False),
        ("look", False, False),
        ("sure", False, False),
        ("pass-on", False, False),
    ]
    assert [line.words for line in seen.lines] == [
        "Who is it?",
        "How is it?",
        "Reads the clinic's name",
        "Are you sure of …?",
        "Hand over: I pass it on.",
    ]
    assert seen.lines[1].ways == (("It is well", "End: solved"), ("It is ill", "look"), ("Again", "who"))


def test_authors_are_told_the_tree_as_they_wrote_it() -> None:
    play = Play(flow_of(TREE))
    play.answer("Ana")
    seen = outline(play.flow, play.here, rules=True)
    assert [line.words for line in seen.lines[2:]] == [
        "get clinic",
        "Are you sure of …?",
        "hand over: I pass it on.",
    ]
    assert seen.lines[1].ways == (("well", "end solved"), ("ill", "look"), ("back", "who"))


def test_a_visit_in_which_something_was_answered_is_passed() -> None:
    inner = """
flow: b
title: Look closer
audience: [agent]
exits: [good]
steps:
  - {id: closer, ask: Look closer?, kind: yes-no, then: on}
  - {id: "on", return: good}
"""
    outer = """
flow: a
title: Somebody asks
audience: [agent]
steps:
  - {id: look, visit: b, then: {good: sure}}
  - {id: sure, ask: Sure?, kind: yes-no, then: done}
  - {id: done, end: solved}
"""
    play = Play(flow_of(outer, inner))
    assert not outline(play.flow, play.here).lines[0].passed
    play.answer(True)
    look, sure, _ = outline(play.flow, play.here).lines
    assert (look.words, look.passed, look.ways) == ("Look closer", True, (("good", "sure"),))
    assert sure.here


def test_what_stands_in_a_list_of_its_own_stands_deeper() -> None:
    nested = TREE.replace("[{end: solved}]", "[{id: deep, ask: Really?, kind: text, then: who}]")
    seen = outline(flow_of(nested), Play(flow_of(nested)).here)
    assert {line.step: line.depth for line in seen.lines}["deep"] == 1


def test_the_conversation_in_a_few_words() -> None:
    play = Play(flow_of(TREE))
    play.answer("Ana")
    now = standing(play.flow, play.here)
    assert (now.flow, now.title, now.client, now.step, now.answered) == ("a", "Somebody asks", "", "how", 1)


def test_a_text_is_cut_to_its_question() -> None:
    assert in_short("{% if x %}Yes.{% endif %} Is {{ a.b }} there?") == "Is … there?"
    assert question_in_short("On file is x@y.example.\n\nIs it right?") == "Is it right?"
    assert question_in_short("Take care. Is it right?") == "Is it right?"
    assert question_in_short("Type the\nname.") == "Type the"
    assert len(question_in_short("x" * 500)) == 70


def test_the_digest_tells_labels_and_no_typed_answers() -> None:
    play = Play(flow_of(TREE))
    play.answer("Ana Secret")
    play.answer("ill")
    play.note("she calls again")
    told = digest(play.flow, play.here)
    assert "Ana Secret" not in told
    assert "- Who is it? – typed" in told
    assert "- How is it? – It is ill" in told
    assert "- she calls again" in told
    assert told.splitlines()[-1].startswith("It waits for an answer: Are you sure of")


def test_a_case_is_handed_over_from_any_question() -> None:
    play = Play(flow_of(TREE))
    play.answer("Ana")
    play.do(HandedOver("she has to leave", NOW))
    assert isinstance(play.here.waiting, AtEnd)
    assert play.here.waiting.outcome is Outcome.ESCALATED
    assert "she has to leave" in str([call.args for call in play.here.calls])
    assert "It has ended: escalated." in digest(play.flow, play.here)


def test_what_is_too_long_for_a_ticket_is_refused() -> None:
    play = Play(flow_of(TREE))
    play.do(HandedOver("x" * 5_000, NOW))
    assert isinstance(play.here.waiting, AtPrompt)


def test_an_ended_conversation_is_not_handed_over() -> None:
    play = Play(flow_of(TREE))
    play.answer("Ana")
    play.answer("well")
    play.do(HandedOver("x", NOW))
    assert isinstance(play.here.waiting, AtEnd)
    assert play.here.waiting.outcome is Outcome.SOLVED


def test_the_digest_tells_what_was_chosen_by_its_label() -> None:
    text = TREE.replace("label: It is ill", "label: \"{{ 'It is ill' }}\"")
    play = Play(flow_of(text))
    play.answer("Ana")
    play.answer("ill")
    assert "- How is it? – It is ill" in digest(play.flow, play.here)
