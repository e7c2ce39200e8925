"""Both sides of the measurement hold the same conversation, so that comparing their speed is fair."""

from __future__ import annotations

from tests.bench import engine_side, generator_side


def test_both_sides_say_and_ask_the_same() -> None:
    ours = engine_side.told(engine_side.compiled())
    theirs = generator_side.told(generator_side.templates())
    assert ours.words == (*theirs, "solved")


def test_the_generator_refuses_what_the_engine_refuses() -> None:
    choices = {"inbox": "In the inbox", "junk": "In the junk folder"}
    assert generator_side.choice_meant(" in THE  inbox ", choices) == "inbox"
    assert generator_side.choice_meant("elsewhere", choices) is None
    assert generator_side.choice_meant(True, choices) is None
    assert generator_side.hidden("\u202e")
    assert not generator_side.hidden("\u200d")
