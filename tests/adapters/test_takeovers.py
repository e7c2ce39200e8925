"""Whole conversations in which an account could change hands, on the embedded clinic, gates and store.

What the flow allows is more than any shipped flow does: whoever is at the desk may do things in any order.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from adapters.clinic.actions import CATALOG
from adapters.clinic.by_hand import ByHand
from adapters.clinic.embedded import EmbeddedClinic
from adapters.clinic.people_file import load_people
from adapters.clinic.port import ActionFailed, CallContext
from adapters.driver import Driver, Parts
from adapters.gates.book_file import SqliteBook
from adapters.gates.policy_file import shipped_policy
from adapters.gates.policy_gate import PolicyGate
from adapters.library import Library
from adapters.secret import Secret
from adapters.secrets.vault import MemoryVault
from adapters.stores.sqlite import SqliteStore
from adapters.view import View
from engine import Audience, Failure, Source, Value, compile_pack
from tests.adapters.clinic.bench import Carrier

FLOW = """\
flow: desk
title: The desk
audience: [agent, admin]
steps:
  - do: find_clients
    with: {query: "'@'"}
    save: found
  - id: who
    ask: Who is it about?
    kind: one
    of: found.clients
    label: "{{ item.name }}"
    save: ref
  - do: get_client
    with: {client: ref.id}
    save: client
  - id: what
    ask: What is to be done for {{ client.first_name }}?
    answers:
      change: {label: Change the address, then: new}
      send: {label: Send the setup email, then: send}
      password: {label: Set a password, then: password}
      done: {label: Nothing more, then: end}
  - id: new
    ask: What is the new address?
    kind: email
    save: address
  - do: get_portal_settings
    with: {subject: client.id}
    save: portal
  - id: change
    do: update_email
    with: {subject: client.id, new_email: address, expected_version: portal.version}
    on: {verification_required: refused, policy_denied: refused}
    then: what
  - id: send
    do: send_invitation
    with: {subject: client.id, kind: "'resend'"}
    on: {verification_required: refused, policy_denied: refused, rate_limited: refused}
    then: what
  - id: password
    do: set_temporary_password
    with: {subject: client.id}
    save: credential
    on: {verification_required: refused, policy_denied: refused}
    then: what
  - id: refused
    say: "Refused. {{ problem.message | default('') }}"
  - go: what
  - id: end
    end: solved
"""
PEOPLE = """\
clients:
  - {name: Ivy Walker, email: ivy@pots.example, phone: "+1 416 555 0111", invitation: {sent: 1 day ago}}
  - {name: Tom Becker, email: tom@post.example, invitation: {sent: 1 day ago}}
"""
NEW = "ivy@post.example"


class Desk:
    """One clinic with its files, at which several people hold conversations, one process after another."""

    def __init__(self, folder: Path) -> None:
        self.now = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)
        self.carrier = Carrier()
        self._folder, self._numbers = folder, count(1)
        people, findings = load_people(Source("people.yaml", PEOPLE))
        assert findings == ()
        EmbeddedClinic.create(folder / "clinic.db", people, lambda: self.now)
        compiled = compile_pack((Source("flows/desk/flow.yaml", FLOW),), CATALOG, None)
        assert compiled.pack is not None, [str(each) for each in compiled.findings]
        self._library = Library(compiled.pack, None, CATALOG)
        self.open()

    def open(self) -> None:
        """A process begins."""
        self.clinic = EmbeddedClinic.open(
            self._folder / "clinic.db", self.carrier, lambda: self.now, lambda: f"token-{next(self._numbers)}"
        )
        self._store = SqliteStore(self._folder / "sessions.db")
        self._book = SqliteBook(self._folder / "gates.db")
        self.driver = Driver(
            Parts(
                self._library,
                self.clinic,
                self._store,
                PolicyGate(shipped_policy(), CATALOG, self._book),
                lambda: self.now,
                lambda: f"session-{next(self._numbers)}",
                lambda: date(2026, 11, 23),
                MemoryVault(lambda: f"secret-{next(self._numbers)}"),
            )
        )

    def close(self) -> None:
        """It ends."""
        self.driver.close()
        self.clinic.close()
        self._book.close()
        self._store.close()

    def again(self, **later: float) -> None:
        """A new process, some time later."""
        self.close()
        self.now += timedelta(**later)
        self.open()

    def begin(self, actor: str = "kim", who: str = "Ivy Walker") -> Talk:
        talk = Talk(self, self.driver.start("desk", actor=actor, audience=Audience.AGENT))
        talk.says(who)
        return talk

    def ids(self, *names: str) -> list[str]:
        """Their ids at the clinic."""
        with closing(sqlite3.connect(self._folder / "clinic.db")) as connection:
            rows = dict(connection.execute("SELECT name, id FROM person"))
        return [rows[name] for name in names]

    @property
    def mails(self) -> list[str]:
        """To whom mail went."""
        return self.carrier.recipients


class Talk:
    """One conversation."""

    def __init__(self, desk: Desk, view: View) -> None:
        self._desk = desk
        self.view = view

    def says(self, *answers: str, actor: str = "") -> str:
        """Answer one question after another; what is asked then."""
        for answer in answers:
            self.view = self._desk.driver.answer(self.view.session, answer, actor=actor)
            assert self.view.problem is None, self.view.problem
        return self.asks

    @property
    def asks(self) -> str:
        return self.view.prompt.step if self.view.prompt is not None else "nothing"

    @property
    def offers(self) -> list[str]:
        return [choice.id for choice in self.view.prompt.choices] if self.view.prompt is not None else []

    @property
    def screen(self) -> str:
        prompt = self.view.prompt
        choices = prompt.choices if prompt is not None else ()
        words = [*(each.text for each in self.view.say), *(each.text for each in self.view.did)]
        words += [prompt.text.text] if prompt is not None else []
        return "\n".join([*words, *(f"{each.label} {each.detail} {each.effect}" for each in choices)])

    def shown(self) -> str:
        """The secret that waits to be shown."""
        assert self.view.reveal is not None
        secret, self.view = self._desk.driver.reveal(self.view.session, self.view.reveal.id)
        assert secret is not None
        return secret


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with closing(Desk(tmp_path)) as made:
        yield made


def test_a_mistyped_address_is_corrected_and_written_to_with_one_call_back(desk: Desk) -> None:
    talk = desk.begin()
    assert talk.says("change", NEW) == "change!evidence"
    assert talk.offers == ["callback_on_file", "in_person", "video_id", "failed", "leave"]
    assert "+1 416 555 0111" in talk.screen
    assert f"Changes Ivy Walker's email address to {NEW}" in talk.screen
    assert talk.says("callback_on_file") == "change!confirm"
    assert talk.says("confirm", "send") == "what"
    assert desk.mails == ["ivy@pots.example", NEW, NEW]
    talk.says("password")
    assert talk.view.reveal is not None


def test_a_generated_password_is_shown_once_and_opens_the_account(desk: Desk) -> None:
    talk = desk.begin()
    talk.says("password")
    assert talk.asks == "password!evidence"
    talk.says("callback_on_file")
    secret = talk.shown()
    assert desk.clinic.log_in("ivy@pots.example", Secret(secret)) == "must_change"
    assert desk.mails == ["ivy@pots.example"]
    assert secret not in talk.screen
    kept = b"".join(file.read_bytes() for file in desk._folder.iterdir() if file.is_file())
    assert secret.encode() not in kept


def test_a_caller_who_fails_is_stopped_and_learns_nothing(desk: Desk) -> None:
    talk = desk.begin()
    talk.says("change", "thief@post.example", "failed")
    assert "Refused" in talk.screen
    for wish in ("send", "password"):
        assert talk.says(wish) == "what"
        assert "could not be verified in this conversation" in talk.screen
        assert "pots.example" not in talk.screen
    assert talk.says("change", "thief@post.example") == "what"
    assert desk.mails == []


@pytest.mark.parametrize("actor", ["kim", "lou"])
def test_the_next_caller_needs_more_than_a_call_back_for_a_day(desk: Desk, actor: str) -> None:
    desk.begin().says("change", "thief@post.example", "failed")
    desk.again(hours=3)
    talk = desk.begin(actor)
    assert talk.says("password") == "password!evidence"
    assert talk.offers == ["in_person", "second", "failed", "leave"]
    desk.again(hours=21)
    talk = desk.begin(actor)
    talk.says("password")
    assert "callback_on_file" in talk.offers


def change_address(desk: Desk) -> None:
    """Somebody was persuaded to change the address."""
    talk = desk.begin()
    talk.says("change", "thief@post.example", "callback_on_file", "confirm")
    assert desk.mails == ["ivy@pots.example", "thief@post.example"]


@pytest.mark.parametrize("actor", ["kim", "lou"])
@pytest.mark.parametrize("wish", ["send", "password"])
@pytest.mark.parametrize("hours", [0.1, 20])
def test_change_first_and_get_in_later_by_anyone_in_any_conversation(
    desk: Desk, actor: str, wish: str, hours: float
) -> None:
    change_address(desk)
    desk.again(hours=hours)
    talk = desk.begin(actor)
    assert talk.says(wish) == f"{wish}!evidence"
    assert talk.offers == ["callback_before_change", "in_person", "second", "failed", "leave"]
    assert "by kim" in talk.screen
    assert talk.says("failed") == "what"
    assert len(desk.mails) == 2


@pytest.mark.parametrize("wish", ["send", "password"])
@pytest.mark.parametrize("hours", [0.1, 20])
def test_an_address_changed_by_hand_counts_like_any_other(desk: Desk, wish: str, hours: float) -> None:
    (ivy,) = desk.ids("Ivy Walker")
    desk.clinic.change_by_hand(ivy, ByHand(email="thief@post.example"))
    desk.again(hours=hours)
    talk = desk.begin()
    assert talk.says(wish) == f"{wish}!evidence"
    assert talk.offers == ["callback_before_change", "in_person", "second", "failed", "leave"]
    assert "by somebody who did it by hand" in talk.screen
    assert talk.says("failed") == "what"
    assert desk.mails == []
    desk.again(hours=24)
    assert desk.begin().says("send") == "what"
    assert desk.mails == ["thief@post.example"]


def test_a_change_by_hand_in_the_verified_phone_call_needs_no_second_call_back(desk: Desk) -> None:
    talk = desk.begin()
    talk.says("change", NEW, "callback_on_file")
    assert talk.says("leave") == "change!error"
    desk.now += timedelta(minutes=2)
    (ivy,) = desk.ids("Ivy Walker")
    desk.clinic.change_by_hand(ivy, ByHand(email=NEW))
    assert talk.says("by-hand") == "what"
    assert talk.says("send") == "what"
    assert desk.mails == [NEW]


def test_while_nobody_knows_when_the_address_was_changed_nobody_is_let_in(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        if action == "last_email_change":
            raise ActionFailed(Failure.UNAVAILABLE, "Not now.")
        return perform(action, args, context)

    perform = desk.clinic.perform
    monkeypatch.setattr(desk.clinic, "perform", silent)
    talk = desk.begin()
    assert talk.says("send") != "what"
    assert "does not say when the address on record was last changed" in talk.screen
    assert desk.mails == []


def test_an_action_is_done_so_often_a_day_and_no_more(desk: Desk) -> None:
    talk = desk.begin()
    talk.says("password", "callback_on_file")
    talk.shown()
    for _ in range(4):
        talk.says("password")
        if talk.asks == "password!repeat":
            talk.says("repeat")
        talk.shown()
    desk.again(hours=1)
    talk = desk.begin("lou")
    talk.says("password", "callback_on_file")
    assert talk.asks == "password!error"
    assert "5 times is the most that the clinic's policy allows" in talk.screen
    desk.again(hours=23)
    talk = desk.begin("lou")
    talk.says("password", "callback_on_file")
    assert talk.view.reveal is not None


def test_somebody_else_may_look_at_it_and_approve_it_as_themself(desk: Desk) -> None:
    change_address(desk)
    talk = desk.begin()
    assert talk.says("send", "second") == "send!second"
    refused = desk.driver.answer(talk.view.session, "approve")
    assert refused.problem is not None
    assert refused.problem.code == "second_person"
    assert len(desk.mails) == 2
    desk.again(minutes=2)
    desk.driver.resume(talk.view.session)
    assert talk.says("approve", actor="lou") == "what"
    assert desk.mails[2:] == ["thief@post.example"]


def test_without_a_number_on_record_there_is_no_call_back(desk: Desk) -> None:
    talk = desk.begin(who="Tom Becker")
    assert talk.says("change", "thief@post.example") == "change!evidence"
    assert talk.offers == ["in_person", "video_id", "failed", "leave"]


def test_evidence_does_not_outlive_its_quarter_of_an_hour_or_its_conversation(desk: Desk) -> None:
    talk = desk.begin()
    talk.says("password", "callback_on_file")
    talk.shown()
    assert desk.begin().says("password") == "password!evidence"
    desk.now += timedelta(minutes=14)
    assert talk.says("password") != "password!evidence"
    desk.now += timedelta(minutes=1)
    other = desk.begin()
    assert other.says("password") == "password!evidence"


def test_no_more_than_five_emails_a_day(desk: Desk) -> None:
    talk = desk.begin(who="Tom Becker")
    for number in range(5):
        talk.says("send")
        if talk.asks == "send!repeat":
            talk.says("repeat")
        assert len(desk.mails) == number + 1
        desk.now += timedelta(minutes=10)
    talk.says("send")
    if talk.asks == "send!repeat":
        talk.says("repeat")
    assert "Refused" in talk.screen
    assert "within a day" in talk.screen
    assert len(desk.mails) == 5
