"""A turn as every surface gets it, and as JSON."""

from __future__ import annotations

import json

import pytest

from adapters.view import View, as_json, view_from, view_of
from engine import (
    Ask,
    Choice,
    Did,
    EngineEffect,
    Failure,
    Finish,
    Outcome,
    Problem,
    Prompt,
    Reveal,
    Say,
    plain,
)

ASK = Ask(
    Prompt("flow/one", "one", 3, "choice", plain("Which?"), (Choice("a", "A"), Choice("b", "B", "Does b.")))
)
DID = Did("send", "confirmed", None, "Sent it", "k:1")


def test_what_was_said_and_done_keeps_its_order() -> None:
    view = view_of("s", 3, (Say(plain("first")), DID, Say(plain("second")), ASK))
    assert [text.text for text in view.say] == ["first", "second"]
    assert (view.did, view.prompt, view.end) == ((DID,), ASK.prompt, None)


@pytest.mark.parametrize(
    ("effects", "there"),
    [
        ((ASK,), "prompt"),
        ((ASK, Finish(Outcome.SOLVED)), "end"),
        ((Reveal("r", "The word"),), "reveal"),
        ((Problem("stale", "Late."), ASK), "prompt"),
        ((), ""),
    ],
)
def test_at_most_one_thing_waits(effects: tuple[EngineEffect, ...], there: str) -> None:
    view = view_of("s", 1, effects)
    assert [name for name in ("prompt", "reveal", "end") if getattr(view, name) is not None] == (
        [there] if there else []
    )


def test_a_turn_as_json_has_the_documented_keys() -> None:
    view = view_of("s", 3, (Say(plain("Hello")), DID, ASK))
    assert as_json(view) == {
        "session": "s",
        "seq": 3,
        "say": [{"text": "Hello", "rich": [{"kind": "paragraph", "spans": [{"text": "Hello"}]}]}],
        "did": [{"action": "send", "outcome": "confirmed", "text": "Sent it"}],
        "prompt": {
            "id": "flow/one",
            "step": "one",
            "kind": "choice",
            "text": "Which?",
            "rich": [{"kind": "paragraph", "spans": [{"text": "Which?"}]}],
            "choices": [{"id": "a", "label": "A"}, {"id": "b", "label": "B", "effect": "Does b."}],
        },
        "end": None,
    }


def test_what_is_seldom_there_is_told_only_then() -> None:
    failed = Did("send", "rejected", Failure.CONFLICT, "Not done")
    effects = (failed, Reveal("r", "The word"), Problem("stale", "Late."))
    got = as_json(view_of("s", 1, effects, "Because."))
    assert got["did"] == [{"action": "send", "outcome": "rejected", "text": "Not done", "error": "conflict"}]
    assert got["reveal"] == {"id": "r", "label": "The word"}
    assert got["problem"] == {"code": "stale", "text": "Late."}
    assert got["info"] == "Because."
    assert (got["prompt"], got["end"]) == (None, None)


def test_an_end_has_its_outcome_and_words() -> None:
    got = as_json(view_of("s", 9, (Finish(Outcome.ESCALATED, plain("They will call.")),)))
    assert got["end"] == {"outcome": "escalated", "text": "They will call."}


def test_an_optional_question_with_a_hint_says_both() -> None:
    prompt = Prompt("f/x", "x", 1, "date", plain("When?"), optional=True, hint="Like 2026-11-23")
    got = as_json(View("s", 1, prompt=prompt))["prompt"]
    assert isinstance(got, dict)
    assert (got["optional"], got["hint"]) == (True, "Like 2026-11-23")
    assert "choices" not in got


def test_every_turn_goes_to_json_and_back() -> None:
    got = as_json(view_of("s", 3, (Say(plain("“Zoë” \x1b[2J")), DID, ASK)))
    assert json.loads(json.dumps(got, allow_nan=False)) == got


@pytest.mark.parametrize(
    "effects",
    [
        (Say(plain("Hello")), Did("send", "rejected", Failure.CONFLICT, "Not sent"), ASK),
        (Reveal("r", "The word"),),
        (Problem("stale", "Late."), ASK),
        (Finish(Outcome.SOLVED, plain("Bye")),),
    ],
)
def test_a_turn_is_the_same_after_being_written_and_read(effects: tuple[EngineEffect, ...]) -> None:
    view = view_of("s", 3, effects, "because")
    assert view_from(json.dumps(as_json(view))) == view
