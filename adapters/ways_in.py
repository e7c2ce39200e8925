"""Every action, in every role, by every way in: tried by conversations that give what they are asked for.

The conversations are held by the driver on a real store, gate and book, in a folder of their own. Their flows
are compiled as if every role might call every action, so that it is the gates alone that say no; only the
clinic's system is a stand-in that notes which calls reach it.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import UTC, date, datetime
from functools import cache
from itertools import count
from pathlib import Path

import msgspec
from msgspec.structs import replace

from adapters.clinic.actions import CATALOG
from adapters.clinic.port import ActionFailed, CallContext
from adapters.driver import Driver, Parts
from adapters.gates.book_file import SqliteBook
from adapters.gates.history import LAST_CHANGE
from adapters.gates.matrix import NEVER, cell
from adapters.gates.own_clients import OF_WHOM
from adapters.gates.policy import TRUST, Policy
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
)

WAYS = ("normal", "forged", "visited", "resumed", "edited")
"""As the flow says; with answers to questions that were not put; from a flow that is visited; gone on with in
another process; gone on with after the flow was edited."""

SUBJECT = "ana-souza"
"""Whom every trial is about."""

_NOW = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
_SAID: Mapping[str, str] = {
    "birth_date": "'1990-02-03'",
    "covers": "['update_email']",
    "trail": "['asked']",
    "kind": "'first'",
    "outcome": "'failed'",
}
_WORDS = {"evidence": "evidence", "confirm": "confirm", "second": "second person"}
_FORGED = {"evidence": "in_person", "confirm": "confirm", "second": "approve"}
_ACTOR, _OTHER, _STRANGER = "kim", "lou", "mallory"
_MOST_QUESTIONS = 10
_FINDS = "find_clients"
_ROW = b'"clients":[{'


class Tried(msgspec.Struct, frozen=True):
    """What one role met by one way in: `found` is what it needed (as in the matrix) or `-`, `declared` what
    the policy says."""

    action: str
    way: str
    audience: Audience
    found: str
    declared: str


class Forged(Exception):
    """An answer to a question that was not put was taken."""


def try_all(policy: Policy, ways: tuple[str, ...] = WAYS) -> Iterator[Tried]:
    """Try every action in every role by these ways, the least risky action first."""
    for action in sorted(CATALOG.actions.values(), key=lambda action: action.risk):
        for way in ways:
            for audience in TRUST:
                yield try_one(policy, action, audience, way)


def try_one(policy: Policy, action: Action, audience: Audience, way: str) -> Tried:
    """Try one action in one role by one way; first about anybody, then about oneself, then about a client of
    one's own."""
    declared = cell(lambda book: PolicyGate(policy, CATALOG, book), CATALOG, action, audience)
    found = NEVER
    for belonging in ("", "self", "own clients"):
        with (
            tempfile.TemporaryDirectory(prefix="unstuck-way-in-") as folder,
            closing(Trial(Path(folder), policy, action.name, audience, way, belonging)) as trial,
        ):
            if trial.hold():
                needs = [*filter(None, [belonging]), *(_WORDS[need] for need in trial.needs)]
                found = " + ".join(needs) or "yes"
                break
    return Tried(action.name, way, audience, found, declared)


def ways_rows(tried: list[Tried]) -> tuple[tuple[str, ...], ...]:
    """A row for each action and way: the action, the way, and a cell for each role; what is otherwise than
    the policy says is marked."""
    rows: dict[tuple[str, str], list[str]] = {}
    for each in tried:
        words = each.found if each.found == each.declared else f"{each.found} (policy: {each.declared})"
        rows.setdefault((each.action, each.way), []).append(words)
    return tuple((*key, *cells) for key, cells in rows.items())


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
    return f'"{_SAID.get(name, repr(SUBJECT))}"'


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
        sources: tuple[Source, ...] = (
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
    """A clinic's system that can do everything, notes what is asked of it, finds one client, and refuses all
    else but verifications. `tried` is the action that is tried; `theirs` are those who see the client."""

    def __init__(self, tried: str = "", theirs: tuple[str, ...] = ()) -> None:
        self._tried = tried
        self._theirs: list[Value] = [*theirs]
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
        if action == LAST_CHANGE != self._tried:
            # The gates look it up before they let anybody in.
            return {"subject": args["subject"], "changed_at": None}
        if action == OF_WHOM != self._tried:
            return {"subject": args["subject"], "practitioners": self._theirs}
        self.reached.append(action)
        if action == _FINDS:
            row: dict[str, Value] = {"id": SUBJECT, "name": "Ana Souza", "first_name": "Ana", "kind": "adult"}
            return {"clients": [{**row, "practitioners": self._theirs}], "truncated": False}
        raise ActionFailed(Failure.CONFLICT, "It stops here.")

    def check_back(self, action: str, args: Mapping[str, Value], context: CallContext) -> Finding:
        return DidNotHappen()

    def close(self) -> None:
        """Nothing to let go of."""


class Trial:
    """One conversation of one role about one action, by one way in. What it is about is whoever holds it
    (`belonging` is `self`), a client of theirs (`own clients`), or neither."""

    def __init__(
        self,
        folder: Path,
        policy: Policy,
        action: str,
        audience: Audience,
        way: str,
        belonging: str = "",
    ) -> None:
        self.way = way
        self.clinic = Watched(action, (_ACTOR,) if belonging == "own clients" else ())
        self.needs: list[str] = []
        self._policy, self._action, self._audience = policy, action, audience
        self._own = frozenset({SUBJECT} if belonging == "self" else ())
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
                PolicyGate(self._policy, CATALOG, self._book),
                lambda: _NOW,
                lambda: "trial",
                lambda: date(2026, 11, 23),
                MemoryVault(lambda: f"secret-{next(self._numbers)}"),
            )
        )

    def close(self) -> None:
        """Let go of everything."""
        self.driver.close()
        self._book.close()
        self._store.close()

    def hold(self) -> bool:
        """Hold it, giving whatever is asked for; whether the call reached the clinic's system, and who was
        found could be seen. Raises Forged if more than one call did, or if an answer was taken that must not
        be."""
        view = self.driver.start("trying", actor=_ACTOR, audience=self._audience, own=self._own)
        for _ in range(_MOST_QUESTIONS):
            if view.prompt is None:
                break
            step = view.prompt.step
            if self.way == "forged":
                self._forge(step)
            elif self.way in ("resumed", "edited"):
                self._anew()
            view = self._answered(step, view)
        seen = any(_ROW in body for _, body in self._store.events("trial"))
        return bool(self.clinic.reached) and (self._action != _FINDS or seen)

    def _answered(self, step: str, view: View) -> View:
        prompt = view.prompt
        if prompt is None:
            return view
        asking = step.rpartition("!")[2]
        if asking in _WORDS:
            self.needs.append(asking)
        answer = prompt.choices[0].id if asking in _WORDS else "go" if step == "ready" else "stop"
        actor = _OTHER if asking == "second" else _ACTOR
        after = self.driver.answer(
            "trial", answer, prompt=prompt.id, seq=view.seq, actor=actor, audience=self._audience
        )
        if len(self.clinic.reached) > 1:
            raise Forged(f"{self._action} was called {len(self.clinic.reached)} times")
        return after

    def _forge(self, step: str) -> None:
        """Answer questions that were not put, and as somebody else: nothing comes of it."""
        before = list(self.clinic.reached)
        for asking, answer in _FORGED.items():
            for prompt in (f"act!{asking}", f"trying/act!{asking}", "act!verify", f"other/{step}"):
                if not step.endswith(f"!{asking}"):
                    self._refused("stale", answer, prompt, _STRANGER)
        if step.endswith("!second"):
            self._refused("second_person", "approve", None, _ACTOR)
        if self.clinic.reached != before:
            raise Forged(f"a forged answer called {self._action}")

    def _refused(self, code: str, answer: str, prompt: str | None, actor: str) -> None:
        view = self.driver.answer("trial", answer, prompt=prompt, actor=actor)
        if view.problem is None or view.problem.code != code:
            raise Forged(f"{answer} was taken as an answer to {prompt or 'the question'} by {actor}")

    def _anew(self) -> None:
        """Go on in another process, by the way `edited` with flows that were changed in the meantime."""
        self.driver.close()
        self.driver = self._driver("Shall we, after all?" if self.way == "edited" else "Shall we?")
        self.driver.resume("trial", actor=_ACTOR, audience=self._audience)
