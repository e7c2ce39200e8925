"""Somebody who is signed in as a client: a flow knows who it is, from whoever signed them in alone, and shows
no address whole."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from adapters.clinic.actions import CATALOG
from adapters.driver import Driver
from adapters.library import Library
from adapters.masking import with_masks
from adapters.replay.replay_file import Replay, read_replay
from adapters.staging import World, make_clinic, people_for
from adapters.view import View
from engine import (
    Audience,
    Catalog,
    CheckedBack,
    DidNotHappen,
    Event,
    Failed,
    Failure,
    Happened,
    Lost,
    RecordType,
    Source,
    Succeeded,
    compile_pack,
    has_errors,
)

NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
AT = "2026-11-23T09:30:00Z"
SHOWS_ALL = """\
flow: showing
title: Showing everything
audience: [client, agent]
steps:
  - if: me is known
    then: mine
    else: nobody
  - id: mine
    do: get_invitation
    with: {subject: me}
    save: invitation
  - do: check_email
    with: {subject: me}
    save: email
  - id: shown
    ask: |
      {{ invitation.to_address | default('-') }} {{ email.address | default('-') }}
      {{ email.masked | default('-') }}
    answers: {send: {label: Send, then: send}, leave: {label: Leave, then: over}}
  - id: send
    do: send_invitation
    with: {subject: me, kind: "'resend'"}
    on: {undeliverable: refused}
    then: over
  - id: refused
    ask: "{{ problem.message | default('-') }}"
    answers: {well: {label: Well, then: over}}
  - id: nobody
    ask: Nobody is signed in
    answers: {well: {label: Well, then: over}}
  - id: over
    end: stopped
"""


def unchecked() -> Catalog:
    """The catalogue without word of who may not see what, so that even this flow gets past the checker."""
    return msgspec.structs.replace(
        CATALOG,
        actions={
            name: msgspec.structs.replace(each, result=msgspec.structs.replace(each.result, hidden=()))
            if isinstance(each.result, RecordType)
            else each
            for name, each in CATALOG.actions.items()
        },
    )


def library(text: str) -> Library:
    compiled = compile_pack((Source("flows/showing/flow.yaml", text),), unchecked())
    assert compiled.pack is not None, compiled.findings
    return Library(compiled.pack, None, unchecked())


@contextmanager
def desk(folder: Path, text: str = SHOWS_ALL) -> Iterator[Driver]:
    """A driver over the sample clinic."""
    words = "replay: x\nflow: showing\nas: client\nclinic: sample\nturns: []\nend: open\n"
    replay, findings = read_replay(Source("x.replay.yaml", words), CATALOG)
    assert isinstance(replay, Replay), findings
    people, _ = people_for(replay)
    make_clinic(folder, people, lambda: NOW)
    world = World(replay, library(text), folder, lambda: NOW)
    yield world.driver
    world.close()


def asked(view: View) -> tuple[str, str]:
    assert view.prompt is not None, view
    return view.prompt.step, view.prompt.text.text


def test_whoever_is_signed_in_is_shown_no_address_whole(tmp_path: Path) -> None:
    with desk(tmp_path) as driver:
        view = driver.start("showing", actor="x", audience=Audience.CLIENT, own=frozenset({"ivy-walker"}))
        assert asked(view) == ("shown", " ".join(["i***r@post.example"] * 3))
        events = repr(driver.current(view.session)) + repr(driver.answered(view.session))
        assert "ivy.walker@" not in events


def test_what_is_done_is_told_to_whoever_is_signed_in_as_theirs(tmp_path: Path) -> None:
    with desk(tmp_path) as driver:
        view = driver.start("showing", actor="x", audience=Audience.CLIENT, own=frozenset({"ivy-walker"}))
        did = driver.answer(view.session, "send").did
        assert [each.text for each in did] == [
            "Sent a new account setup email to your address on record and ended the links sent before"
        ]


@pytest.mark.parametrize("own", [frozenset[str](), frozenset({"ivy-walker", "tom-becker"})])
def test_nobody_in_particular_is_nobody(own: frozenset[str], tmp_path: Path) -> None:
    with desk(tmp_path) as driver:
        view = driver.start("showing", actor="x", audience=Audience.CLIENT, own=own)
        assert asked(view) == ("nobody", "Nobody is signed in")


def test_a_colleague_who_goes_on_does_not_act_as_the_client(tmp_path: Path) -> None:
    with desk(tmp_path) as driver:
        view = driver.start("showing", actor="x", audience=Audience.CLIENT, own=frozenset({"ivy-walker"}))
        view = driver.answer(view.session, "send", actor="kim", audience=Audience.AGENT)
        step, text = asked(view)
        assert step == "send!error"
        assert "a client may do this for themself only" in text.casefold()


def test_who_is_signed_in_is_optional_to_the_checker() -> None:
    unsure = SHOWS_ALL.replace("if: me is known", "if: audience == 'client'")
    found = compile_pack((Source("flows/showing/flow.yaml", unsure),), unchecked())
    assert {each.code for each in found.findings if has_errors((each,))} == {"U301"}
    renamed = SHOWS_ALL.replace("save: email", "save: me")
    found = compile_pack((Source("flows/showing/flow.yaml", renamed),), CATALOG)
    assert "U311" in {each.code for each in found.findings}


OUTCOMES: list[tuple[Event, Event]] = [
    (
        Succeeded("k", {"email": "ana@post.example", "of": [{"address": "a@b.example"}], "name": "a@b"}, AT),
        Succeeded(
            "k", {"email": "a***a@post.example", "of": [{"address": "a***@b.example"}], "name": "a@b"}, AT
        ),
    ),
    (
        Failed("k", Failure.PARTIAL, AT, "550 <ana@post.example>: unknown.", {"address": "ana@post.example"}),
        Failed(
            "k", Failure.PARTIAL, AT, "550 <a***a@post.example>: unknown.", {"address": "a***a@post.example"}
        ),
    ),
    (
        CheckedBack("k", Happened({"login_email": "ana@post.example"}), AT),
        CheckedBack("k", Happened({"login_email": "a***a@post.example"}), AT),
    ),
    (CheckedBack("k", DidNotHappen(), AT), CheckedBack("k", DidNotHappen(), AT)),
    (Lost("k", AT), Lost("k", AT)),
]


@pytest.mark.parametrize(("told", "shown"), OUTCOMES)
def test_every_way_in_which_a_call_ends_is_masked(told: Event, shown: Event) -> None:
    assert with_masks(told, CATALOG.addresses) == shown
