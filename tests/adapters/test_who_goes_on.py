"""Who goes on with a conversation that somebody else began: as themself, with no more than either may."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from contextlib import contextmanager
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.clinic.actions import CATALOG
from adapters.driver import Driver, Parts
from adapters.gates.book import MemoryBook
from adapters.gates.policy import METHODS, Policy
from adapters.gates.policy_file import shipped_policy
from adapters.gates.policy_gate import PolicyGate
from adapters.library import Library
from adapters.problems import PlainProblem
from adapters.secrets.vault import MemoryVault
from adapters.stores.sqlite import SqliteStore
from adapters.view import View
from adapters.ways_in import Watched, library, loose, steps
from engine import Audience, Source, compile_pack, narrower

PEOPLE = {"ada": Audience.ADMIN, "kim": Audience.AGENT, "lou": Audience.AGENT, "pat": Audience.PRACTITIONER}


def policy(methods: Set[str] = frozenset()) -> Policy:
    accepted = (*shipped_policy().evidence_by, *sorted(methods))
    return replace(shipped_policy(), people=PEOPLE, evidence_by=accepted)


@contextmanager
def desk(folder: Path, flows: Library, rules: Policy) -> Iterator[tuple[Driver, Watched]]:
    """A driver with these flows and this policy."""
    numbers = count(1)
    clinic = Watched()
    with SqliteStore(folder / "sessions.db") as store:
        driver = Driver(
            Parts(
                flows,
                clinic,
                store,
                PolicyGate(rules, CATALOG, MemoryBook()),
                lambda: datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
                lambda: "trial",
                lambda: date(2026, 11, 23),
                MemoryVault(lambda: f"secret-{next(numbers)}"),
            )
        )
        yield driver, clinic
        driver.close()


def asked(view: View) -> str:
    return view.prompt.step if view.prompt is not None else ""


def for_both(action: str) -> Library:
    """The flow that makes one call of `action`, for agents and admins."""
    text = steps(loose().actions[action], "Shall we?")
    head = "flow: trying\ntitle: Trying\naudience: [agent, admin]\n"
    compiled = compile_pack([Source("flow.yaml", f"{head}{text}  - end: solved\n")], loose(), None)
    assert compiled.pack is not None
    return Library(compiled.pack, None, loose())


@pytest.mark.parametrize(
    ("actor", "audience", "step"),
    [
        ("ada", None, "act!confirm"),
        ("ada", Audience.AGENT, "act!evidence"),
        ("kim", None, "act!evidence"),
        ("kim", Audience.ADMIN, "act!evidence"),
    ],
)
def test_an_agent_goes_on_with_the_rights_of_an_agent(
    actor: str, audience: Audience | None, step: str, tmp_path: Path
) -> None:
    """An admin records a consent at once; an agent needs evidence, in an admin's conversation too."""
    flows = for_both("record_consent")
    with desk(tmp_path, flows, policy()) as (driver, _):
        driver.start("trying", actor="ada", audience=Audience.ADMIN)
        theirs = narrower(audience, PEOPLE[actor]) if audience is not None else None
        driver.resume("trial", actor=actor, audience=theirs)
        assert asked(driver.answer("trial", "go", actor=actor, audience=theirs)) == step


def test_whom_a_conversation_is_not_for_does_not_get_it(tmp_path: Path) -> None:
    with desk(tmp_path, for_both("record_consent"), policy()) as (driver, _):
        driver.start("trying", actor="ada", audience=Audience.ADMIN)
        for go_on in (driver.resume, lambda session, actor: driver.answer(session, "go", actor=actor)):
            with pytest.raises(PlainProblem, match="not for the role practitioner; it is for admin, agent"):
                go_on("trial", actor="pat")
        assert asked(driver.current("trial")) == "ready"


def test_evidence_is_good_for_whoever_gave_it(tmp_path: Path) -> None:
    with desk(tmp_path, library("unlock_account", Audience.AGENT, "normal"), policy()) as (driver, clinic):
        driver.start("trying", actor="kim", audience=Audience.AGENT)
        driver.answer("trial", "go", actor="kim")
        assert asked(driver.answer("trial", "in_person", actor="kim")) == "act!confirm"
        assert asked(driver.answer("trial", "confirm", actor="lou")) == "act!evidence"
        assert asked(driver.answer("trial", "in_person", actor="lou")) != "act!evidence"
        assert clinic.reached in ([], ["unlock_account"])


def test_whoever_took_over_cannot_approve_as_the_second_person(tmp_path: Path) -> None:
    rules = replace(policy(), people={**PEOPLE, "lou": Audience.ADMIN})
    with desk(tmp_path, library("reset_mfa", Audience.ADMIN, "normal"), rules) as (driver, clinic):
        driver.start("trying", actor="ada", audience=Audience.ADMIN)
        driver.answer("trial", "go", actor="lou")
        assert asked(driver.answer("trial", "in_person", actor="lou")) == "act!second"
        refused = driver.answer("trial", "approve", actor="lou")
        assert refused.problem is not None
        assert refused.problem.code == "second_person"
        driver.answer("trial", "approve", actor="ada")
        driver.answer("trial", "confirm", actor="lou")
        assert clinic.reached == ["reset_mfa"]


@pytest.mark.parametrize(
    ("own", "methods", "step"),
    [
        ({"ana-souza"}, METHODS[3:], "act!confirm"),
        ({"ana-souza"}, (), ""),
        ({"tom-becker"}, METHODS[3:], ""),
        (set(), METHODS[3:], ""),
    ],
)
def test_a_signed_in_client_is_evidence_for_themself(
    own: set[str], methods: tuple[str, ...], step: str, tmp_path: Path
) -> None:
    rules = policy(frozenset(methods))
    with desk(tmp_path, library("update_email", Audience.CLIENT, "normal"), rules) as (driver, clinic):
        driver.start("trying", actor="client-7", audience=Audience.CLIENT, own=frozenset(own))
        view = driver.answer("trial", "go")
        if step:
            assert asked(view) == step
            driver.answer("trial", "confirm")
            assert clinic.reached == ["update_email"]
        else:
            assert asked(view) != "act!confirm"
            assert clinic.reached == []


Deed = Callable[[Driver, str], object]
DEEDS: dict[str, Deed] = {
    "go back": lambda driver, actor: driver.back("trial", actor=actor),
    "change": lambda driver, actor: driver.change("trial", "ready", actor=actor),
    "note": lambda driver, actor: driver.note("trial", "a note", actor=actor),
    "stop": lambda driver, actor: driver.stop("trial", actor=actor),
    "hand over": lambda driver, actor: driver.hand_over("trial", "please", actor=actor),
    "see the secret": lambda driver, actor: driver.reveal("trial", "some-id", actor=actor),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_whom_a_conversation_is_not_for_does_nothing_in_it(deed: str, tmp_path: Path) -> None:
    with desk(tmp_path, for_both("record_consent"), policy()) as (driver, clinic):
        driver.start("trying", actor="ada", audience=Audience.ADMIN)
        driver.answer("trial", "go")
        before = driver.current("trial")
        with pytest.raises(PlainProblem, match="not for the role practitioner; it is for admin, agent"):
            DEEDS[deed](driver, "pat")
        assert driver.current("trial") == before
        assert clinic.reached == []


@pytest.mark.parametrize("deed", ["go back", "change"])
def test_whoever_goes_back_acts_for_themself_from_there_on(deed: str, tmp_path: Path) -> None:
    """What an admin may do at once needs evidence when an agent goes back and does it."""
    with desk(tmp_path, for_both("record_consent"), policy()) as (driver, _):
        driver.start("trying", actor="ada", audience=Audience.ADMIN)
        assert asked(driver.answer("trial", "go")) == "act!confirm"
        DEEDS[deed](driver, "kim")
        assert asked(driver.answer("trial", "go", actor="kim")) == "act!evidence"


ASKING = """\
flow: trying
title: Trying
audience: [agent, admin]
steps:
  - id: ready
    ask: "{% if can('reset_mfa') %}You may{% else %}You may not{% endif %}, as {{ audience }}."
    answers: {again: {label: Again, then: ready}, reset: {label: Reset, if: can('reset_mfa'), then: done}}
  - id: done
    end: solved
"""


def test_what_may_be_done_is_what_whoever_is_there_may_do(tmp_path: Path) -> None:
    """Only an admin may take away somebody's second step of logging in, whoever began the conversation."""
    compiled = compile_pack([Source("flow.yaml", ASKING)], loose(), None)
    assert compiled.pack is not None, compiled.diagnostics
    flows = Library(compiled.pack, None, loose())
    with desk(tmp_path, flows, policy()) as (driver, _):
        assert _words(driver.start("trying", actor="ada", audience=Audience.ADMIN)) == "You may, as admin."
        assert _words(driver.answer("trial", "again", actor="kim")) == "You may not, as agent."
        refused = driver.answer("trial", "reset", actor="kim")
        assert refused.problem is not None
        assert refused.problem.code == "not_a_choice"
        assert _words(driver.answer("trial", "again", actor="ada")) == "You may, as admin."


def _words(view: View) -> str:
    return view.prompt.text.text if view.prompt is not None else ""
