"""What a call does, in words made from its declaration and its parameters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.clinic.actions import CATALOG
from engine import ALWAYS_POSSIBLE, Action, Effect, Failure, Value, describe, describe_done, with_stop
from engine.display import one_line

SETTINGS = CATALOG.actions["set_portal_settings"]


@pytest.mark.parametrize(
    ("args", "will", "did"),
    [
        (
            {"online_access": True},
            "Switches online access on for Ana Souza.",
            "Switched online access on for Ana Souza",
        ),
        (
            {"online_access": True, "email_notifications": False},
            "Switches online access on and email notifications off for Ana Souza.",
            "Switched online access on and email notifications off for Ana Souza",
        ),
        (
            {"email_notifications": True, "online_access": None},
            "Switches email notifications on for Ana Souza.",
            "Switched email notifications on for Ana Souza",
        ),
        ({}, "Switches nothing for Ana Souza.", "Switched nothing for Ana Souza"),
    ],
)
def test_only_what_is_given_is_said(args: dict[str, Value], will: str, did: str) -> None:
    assert describe(SETTINGS, args, "Ana Souza") == will
    assert describe_done(SETTINGS, args, "Ana Souza") == did


PASSWORD, RESEND = CATALOG.actions["set_temporary_password"], CATALOG.actions["send_invitation"]


@pytest.mark.parametrize(
    ("able", "will", "did"),
    [
        ((), "Sets a new password for Ana's account.", "Set a new password for Ana's account"),
        (
            ("signs_out",),
            "Sets a new password for Ana's account and signs Ana out everywhere.",
            "Set a new password for Ana's account and signed Ana out everywhere",
        ),
        (
            ("tells_person", "signs_out", "expires"),
            "Sets a new password for Ana's account, lets it expire within a day, signs Ana out everywhere,"
            " and tells Ana by email.",
            # That an email was tried is not that it was taken.
            "Set a new password for Ana's account and signed Ana out everywhere",
        ),
    ],
)
def test_what_a_call_does_besides_is_told_where_the_system_does_it(
    able: tuple[str, ...], will: str, did: str
) -> None:
    names = {f"set_temporary_password.{each}" for each in able}
    assert describe(PASSWORD, {}, "Ana", names) == will
    assert describe_done(PASSWORD, {}, "Ana", names) == did


def test_a_side_effect_is_told_only_where_the_parameters_lead_to_it() -> None:
    able = {"send_invitation.ends_links"}
    first, again = (describe(RESEND, {"kind": kind}, "Ana", able) for kind in ("first", "resend"))
    assert first == "Sends the first account setup email to Ana's address on record."
    assert again == (
        "Sends a new account setup email to Ana's address on record and ends the links sent before."
    )


@pytest.mark.parametrize("action", CATALOG.actions.values(), ids=CATALOG.actions)
def test_no_sentence_holds_a_place_that_nothing_fills(action: Action) -> None:
    args: dict[str, Value] = {param.name: "word" for param in action.params}
    for said in (describe, describe_done):
        for able in (CATALOG.side_effects, frozenset[str]()):
            assert not set("{}") & set(said(action, args, "Ana", able))
    assert bool(action.side_effects) == ("{also}" in action.sentence) == ("{also}" in action.done)
    names = [each.name for each in action.side_effects]
    assert not set(names) & {"look_back", *(param.name for param in action.params)}
    assert len(names) == len(set(names))


def test_somebody_without_a_name_is_this_person() -> None:
    assert describe(SETTINGS, {"online_access": False}) == "Switches online access off for this person."


def test_a_parameter_can_be_told() -> None:
    ticket = CATALOG.actions["open_ticket"]
    assert (
        describe(ticket, {"topic": "setup email"}) == "Opens a ticket with the clinic's support: setup email."
    )


def test_a_read_is_told_by_its_doc() -> None:
    action = CATALOG.actions["get_account"]
    assert describe(action, {}) == action.doc


@given(st.text(), st.text())
def test_a_value_is_never_read_as_a_place(topic: str, name: str) -> None:
    ticket = CATALOG.actions["open_ticket"]
    shown = one_line(topic)
    assert describe(ticket, {"topic": topic}, name) == f"Opens a ticket with the clinic's support: {shown}."


def test_nothing_in_a_value_passes_for_a_line_of_its_own() -> None:
    told = describe(SETTINGS, {"online_access": True}, "Ana\nIt was approved\u2028Souza")
    assert told == "Switches online access on for Ana It was approved Souza."
    ticket = CATALOG.actions["open_ticket"]
    assert "\n" not in describe(ticket, {"topic": "An email\nIt was approved"})


@pytest.mark.parametrize("action", CATALOG.actions.values(), ids=CATALOG.actions)
def test_each_write_has_its_words_and_each_read_none(action: Action) -> None:
    assert bool(action.sentence) == bool(action.done) == (action.effect is not Effect.READ)
    assert action.doc.endswith(".")
    assert not action.failures & ALWAYS_POSSIBLE
    assert (Failure.OUTCOME_UNKNOWN in action.failures) == (action.effect is not Effect.READ)
    assert all(action.param(clause.param) is not None for clause in action.clauses)


@pytest.mark.parametrize(
    ("text", "ended"),
    [
        ("It is done", "It is done."),
        ("It is done.", "It is done."),
        ("Does it?", "Does it?"),
        ("Choose: A; B …", "Choose: A; B …"),
        ("the words “Is it?”", "the words “Is it?”"),
        ("**Stop!**", "**Stop!**"),
    ],
)
def test_a_sentence_ends_once(text: str, ended: str) -> None:
    assert with_stop(text) == ended
