"""What callers say, and the flow they are led to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.finder import Match, Subject, find
from tests.engine.play import shipped

SUBJECTS = (
    Subject(
        "email-not-received",
        "A client did not receive the account setup email",
        (
            "my client never got the setup email",
            "no invitation email arrived",
            "the invite is not in the inbox",
        ),
        ("Is the email in the junk folder?",),
    ),
    Subject(
        "video-session",
        "A video session does not start",
        ("the camera stays black", "she cannot hear me in the video call"),
        ("Is the browser allowed to use the microphone?",),
    ),
    Subject(
        "set-password",
        "A client cannot set a password",
        ("the password page says the link has expired", "he forgot his password"),
        ("Ask the client to open the email again.",),
    ),
)

SURE = {
    "email-not-received": "email-not-received",
    "she never received her invitation": "email-not-received",
    "NO E-MAIL!!!": "email-not-received",
    "no mails arriving": "email-not-received",
    "where is the emial": "email-not-received",
    "camera is black": "video-session",
    "we can't hear each other on video": "video-session",
    "forgotten pasword": "set-password",
    "Password": "set-password",
}


@pytest.mark.parametrize(("said", "name"), SURE.items())
def test_what_a_caller_says_leads_to_the_flow(said: str, name: str) -> None:
    assert find(SUBJECTS, said) == (Match(name, True),)


def test_words_that_fit_several_give_them_all() -> None:
    assert {match.name for match in find(SUBJECTS, "my client has a problem")} == {
        "email-not-received",
        "set-password",
    }


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("she did not get the email", "email-not-received"),
        ("the email never came", "email-not-received"),
        ("no mail came", "email-not-received"),
        ("he didn't get an email from you", "email-not-received"),
        ("the email came back", "bounced"),
        ("the wrong email is on file", "change-address"),
    ],
)
def test_of_shipped_flows_that_fit_alike_the_likeliest_comes_first(said: str, name: str) -> None:
    trees = shipped().trees.values()
    subjects = [Subject(tree.name, tree.title, tree.symptoms) for tree in trees if tree.symptoms]
    assert find(subjects, said)[0].name == name


def test_a_form_that_no_stemmer_knows_does_not_make_a_guess_sure() -> None:
    came = Subject("bounced", "An email to a client came back")
    not_come = Subject("email-not-received", "A client misses the setup email", ("the email did not come",))
    assert [match.sure for match in find((came, not_come), "the email never came")] == [False, False]


def test_a_word_in_passing_is_not_sure() -> None:
    assert find(SUBJECTS, "buying a new microphone on sale") == (Match("video-session", False),)


@pytest.mark.parametrize("said", ["", "   ", "bananas", "is it the", "!?", "''", "日本語"])
def test_what_fits_nothing_finds_nothing(said: str) -> None:
    assert find(SUBJECTS, said) == ()


def test_no_flows_find_nothing() -> None:
    assert find((), "email") == ()


@pytest.mark.parametrize("said", ['email" OR name:*', "NEAR(email)", "email*", "-email", "{title}: email"])
def test_query_syntax_is_only_words(said: str) -> None:
    assert find(SUBJECTS, said)[0].name == "email-not-received"


@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_anything_may_be_said(said: str) -> None:
    find(SUBJECTS, said)
