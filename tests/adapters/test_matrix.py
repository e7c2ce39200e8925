"""Every action, in every role, by every way in: exactly what the policy's table says.

The conversations are held by the driver on a real store, gate and book. Their flows are compiled as if
every role might call every action, so that it is the gates alone that say no; only the clinic's system is a
stand-in that notes which calls reach it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, date, datetime
from functools import cache
from itertools import count
from pathlib import Path

import pytest
import yaml
from msgspec.structs import replace

from adapters.clinic.actions import CATALOG
from adapters.clinic.port import ActionFailed, CallContext
from adapters.driver import Driver, Parts
from adapters.gates.book_file import SqliteBook
from adapters.gates.matrix import COLUMNS, NEVER, matrix
from adapters.gates.policy_file import shipped_policy
from adapters.gates.policy_gate import PolicyGate
from adapters.library import Library
from adapters.secrets.vault import MemoryVault
from adapters.stores.sqlite import SqliteStore
from adapters.view import View
from engine import (
    TEXT,
    Action,
    Audience,
    Catalog,
    DidNotHappen,
    Failure,
    Finding,
    IdType,
    Source,
    TruthType,
    Type,
    Value,
    compile_pack,
    has_errors,
)

TABLE = yaml.safe_load((Path(__file__).parents[1] / "cases" / "policy.yaml").read_text(encoding="utf-8"))
WAYS = ("normal", "forged", "visited", "resumed", "edited")
NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
PLAIN: Mapping[str, str] = {
    "birth_date": "'1990-02-03'",
    "covers": "['update_email']",
    "trail": "['asked']",
    "kind": "'first'",
    "outcome": "'failed'",
}
GIVEN = {"evidence": "in_person", "confirm": "confirm", "second": "approve"}


def loosened(kind: Type) -> Type:
    """Ids are taken as texts, so that a flow can name anybody."""
    return TEXT if isinstance(kind, IdType) else kind


@cache
def loose() -> Catalog:
    """The catalogue with every action open to everybody."""
    return replace(
        CATALOG,
        actions={
            name: replace(
                action,
                audiences=frozenset(Audience),
                params=tuple(replace(each, type=loosened(each.type)) for each in action.params),
            )
            for name, action in CATALOG.actions.items()
        },
    )


def args_of(action: Action) -> str:
    """Something for every parameter that must be given."""
    lines = [
        f"      {each.name}: {'true' if isinstance(each.type, TruthType) else _plain(each.name)}"
        for each in action.params
        if each.required
    ]
    return "".join(f"{line}\n" for line in lines)


def _plain(name: str) -> str:
    return f'"{PLAIN.get(name, repr("ana-souza"))}"'


def steps(action: Action, hello: str) -> str:
    given = args_of(action)
    return (
        "steps:\n"
        f"  - id: ready\n    ask: {hello}\n    answers: {{go: Go}}\n"
        "  - say: Here we go.\n"
        f"  - id: act\n    do: {action.name}\n" + (f"    with:\n{given}" if given else "")
    )


@cache
def library(action: str, audience: Audience, way: str, hello: str = "Shall we?") -> Library:
    """The flow `trying`, which makes one call; by the way `visited` another flow makes it."""
    declared = loose().actions[action]
    head = f"title: Trying\naudience: [{audience}]\n"
    body = steps(declared, hello)
    if way == "visited":
        sources = (
            Source(
                "flows/trying/flow.yaml", f"flow: trying\n{head}steps:\n  - visit: inner\n  - end: solved\n"
            ),
            Source("flows/common/inner.yaml", f"flow: inner\n{head}exits: [done]\n{body}  - return: done\n"),
        )
    else:
        sources = (Source("flows/trying/flow.yaml", f"flow: trying\n{head}{body}  - end: solved\n"),)
    compiled = compile_pack(sources, loose(), None)
    assert compiled.pack is not None, [str(each) for each in compiled.findings]
    return Library(compiled.pack, None, loose())


class Watched:
    """A clinic's system that can do everything, notes what is asked of it, and refuses all but
    verifications."""

    def __init__(self) -> None:
        self.reached: list[str] = []

    def capabilities(self) -> frozenset[str]:
        return frozenset(CATALOG.actions)

    def perform(self, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        if action == CATALOG.verification and args.get("outcome") == "passed":
            return {
                "id": "verification-1",
                **{name: args[name] for name in ("subject", "method", "outcome", "covers")},
                "by": context.actor,
                "at": "2026-11-23T09:30:00Z",
            }
        self.reached.append(action)
        raise ActionFailed(Failure.CONFLICT, "It stops here.")

    def check_back(self, action: str, args: Mapping[str, Value], context: CallContext) -> Finding:
        return DidNotHappen()

    def close(self) -> None:
        """Nothing to let go of."""


class Trial:
    """One conversation of one role about one action, by one way in."""

    def __init__(self, folder: Path, action: str, audience: Audience, way: str) -> None:
        self.way = way
        self.clinic = Watched()
        self.needs: list[str] = []
        self._action, self._audience = action, audience
        self._store = SqliteStore(folder / "sessions.db")
        self._book = SqliteBook(folder / "gates.db")
        self._numbers = count(1)
        self.driver = self._driver("Shall we?")

    def _driver(self, hello: str) -> Driver:
        return Driver(
            Parts(
                library(self._action, self._audience, self.way, hello),
                self.clinic,
                self._store,
                PolicyGate(shipped_policy(), CATALOG, self._book),
                lambda: NOW,
                lambda: "trial",
                lambda: date(2026, 11, 23),
                MemoryVault(lambda: f"secret-{next(self._numbers)}"),
            )
        )

    def close(self) -> None:
        self.driver.close()
        self._book.close()
        self._store.close()

    def hold(self) -> bool:
        """Hold it, giving whatever is asked for; whether the call reached the clinic's system."""
        view = self.driver.start("trying", actor="kim", audience=self._audience)
        for _ in range(10):
            if view.prompt is None:
                break
            step = view.prompt.step
            if self.way == "forged":
                self._forge(step)
            elif self.way in ("resumed", "edited"):
                self._anew()
            view = self._answered(step, view)
        return bool(self.clinic.reached)

    def _answered(self, step: str, view: View) -> View:
        assert view.prompt is not None
        asking = step.rpartition("!")[2]
        if asking in GIVEN:
            self.needs.append(asking)
        before = len(self.clinic.reached)
        answer = GIVEN.get(asking, "go" if step == "ready" else "stop")
        actor = "lou" if asking == "second" else "kim"
        after = self.driver.answer("trial", answer, prompt=view.prompt.id, seq=view.seq, actor=actor)
        assert len(self.clinic.reached) <= max(before, 1)
        return after

    def _forge(self, step: str) -> None:
        """Answer questions that were not put, and as somebody else: nothing comes of it."""
        before = list(self.clinic.reached)
        for asking, answer in GIVEN.items():
            for prompt in (f"act!{asking}", f"trying/act!{asking}", "act!verify", f"other/{step}"):
                if not step.endswith(f"!{asking}"):
                    view = self.driver.answer("trial", answer, prompt=prompt, actor="mallory")
                    assert view.problem is not None
                    assert view.problem.code == "stale"
        if step.endswith("!second"):
            view = self.driver.answer("trial", "approve", actor="kim")
            assert view.problem is not None
            assert view.problem.code == "second_person"
        assert self.clinic.reached == before

    def _anew(self) -> None:
        """Go on in another process, by the way `edited` with flows that were changed in the meantime."""
        self.driver.close()
        self.driver = self._driver("Shall we, after all?" if self.way == "edited" else "Shall we?")
        self.driver.resume("trial")


CELLS = [
    (action, Audience(column), row["risk"], cell)
    for action, row in TABLE["actions"].items()
    for column, cell in zip(TABLE["columns"], row["cells"], strict=True)
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(("action", "audience", "risk", "cell"), CELLS)
def test_every_way_in_leads_to_the_same_word(
    tmp_path: Path, action: str, audience: Audience, risk: int, cell: str, way: str
) -> None:
    with closing(Trial(tmp_path, action, audience, way)) as trial:
        reached = trial.hold()
    # Nobody is anybody's own at a desk, so what is for oneself only is denied there.
    possible = cell != "deny" and not cell.startswith("own ")
    assert reached is possible
    wanted = {"evidence": ["evidence"], "second": ["evidence", "second"]}.get(cell, [])
    if possible:
        assert trial.needs == [*wanted, *(["confirm"] if risk >= 3 else [])]
        assert trial.clinic.reached == [action]
    else:
        assert trial.needs == []


@pytest.mark.parametrize(("action", "audience", "risk", "cell"), CELLS)
def test_an_edited_flow_that_grants_itself_more_does_not_load(
    action: str, audience: Audience, risk: int, cell: str
) -> None:
    declared = CATALOG.actions[action]
    head = f"flow: trying\ntitle: Trying\naudience: [{audience}]\n"
    source = Source("flows/trying/flow.yaml", f"{head}{steps(declared, 'Shall we?')}  - end: solved\n")
    loosely_typed = replace(
        CATALOG,
        actions={
            name: replace(each, params=tuple(replace(one, type=loosened(one.type)) for one in each.params))
            for name, each in CATALOG.actions.items()
        },
    )
    compiled = compile_pack((source,), loosely_typed, None)
    assert has_errors(compiled.findings) is (audience not in declared.audiences)


def test_the_printed_matrix_is_the_table() -> None:
    rows = matrix(lambda book: PolicyGate(shipped_policy(), CATALOG, book), CATALOG)
    assert COLUMNS[2:] == tuple(TABLE["columns"])
    printed = {row[0]: row[1:] for row in rows}
    assert set(printed) == {*TABLE["actions"], "set_temporary_password.password"}
    for action, row in TABLE["actions"].items():
        assert printed[action][0] == str(row["risk"])
        for shown, cell in zip(printed[action][1:], row["cells"], strict=True):
            assert shown == _in_the_matrix(cell, row["risk"])
    assert printed["set_temporary_password.password"][1:] == (
        NEVER,
        NEVER,
        NEVER,
        "evidence + confirm",
        "evidence + confirm",
    )


def _in_the_matrix(cell: str, risk: int) -> str:
    if cell == "deny":
        return NEVER
    own, word = (["self"], cell[4:]) if cell.startswith("own ") else ([], cell)
    wanted = {"evidence": ["evidence"], "second": ["evidence", "second person"]}.get(word, [])
    return " + ".join([*own, *wanted, *(["confirm"] if risk >= 3 else [])]) or "yes"
