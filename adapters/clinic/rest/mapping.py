"""What a mapping file says, once it is read and checked: requests, answers and errors as values.

Nothing is read and nothing is sent here; expressions are evaluated over the facts of one call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias, assert_never
from urllib.parse import quote

from adapters.clinic.addresses import looked_over
from engine import Expression, Failure, Pattern, Value

Facts: TypeAlias = Mapping[str, Value]

_LONGEST = 4_096


@dataclass(frozen=True, slots=True)
class Template:
    """A text with expressions in it: literals and expressions in turn."""

    parts: tuple[str | Expression, ...]

    def filled(self, facts: Facts, safe: bool = False) -> str | None:
        """The text; None where a part of it is not known. `safe`: each value is one segment of a path."""
        done: list[str] = []
        for part in self.parts:
            if isinstance(part, str):
                done.append(part)
                continue
            text = as_text(part.evaluate(facts))
            if text is None or (safe and text in ("", ".", "..")):
                return None
            done.append(quote(text, safe="") if safe else text)
        return "".join(done)


@dataclass(frozen=True, slots=True)
class Words:
    """A value looked up in a list of words: `{of: body.state, words: {PENDING: pending}}`."""

    of: Expression
    words: Mapping[str, Value]
    otherwise: Shape | None


@dataclass(frozen=True, slots=True)
class Cases:
    """The value of the first case whose condition holds."""

    cases: tuple[tuple[Expression, Shape], ...]
    otherwise: Shape | None


@dataclass(frozen=True, slots=True)
class Each:
    """A list made of the rows of another one: of those that fit, each as the fact `item`."""

    rows: Expression
    where: Expression | None
    item: Shape


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a text: what is in the pattern's first brackets, where the pattern is found in it."""

    of: Expression
    pattern: Pattern
    otherwise: Shape | None


@dataclass(frozen=True, slots=True)
class LookedOver:
    """The record EmailCheck of an address, made here: no API tells of slips. `shared_with` others have it."""

    address: Expression
    shared_with: Expression | None


@dataclass(frozen=True, slots=True)
class Record:
    """A record made of shapes. A member that is not known is left out of requests."""

    members: tuple[tuple[str, Shape], ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list made of shapes."""

    items: tuple[Shape, ...]


Shape: TypeAlias = "Expression | Template | Words | Cases | Each | Part | LookedOver | Record | Items"


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """When an answer is an error, and which. `named` is an expression that gives the error's name."""

    statuses: tuple[int, ...]
    condition: Expression | None
    failure: Failure | None
    named: Expression | None
    message: Shape | None
    result: Shape | None
    retry_after: Expression | None


@dataclass(frozen=True, slots=True)
class Pages:
    """How a list goes on: while `more` holds, or as long as `next` is known and not empty.

    The next request knows `seen`, how many rows there were until then, and `page`: the value of `next`, or,
    where there is none, the number of the page, from 1.
    """

    rows: Expression
    next: Shape | None
    more: Expression | None
    most: int


@dataclass(frozen=True, slots=True)
class Request:
    """One request and how its answer is taken. `save` is the fact that its body becomes for later ones, and
    `place` where it stands in the file."""

    method: str
    path: Template
    query: tuple[tuple[str, Shape], ...] = ()
    headers: tuple[tuple[str, Shape], ...] = ()
    body: Shape | None = None
    form: bool = False
    condition: Expression | None = None
    expect: Expression | None = None
    errors: tuple[ErrorRule, ...] = ()
    pages: Pages | None = None
    save: str = "body"
    reads: bool = False
    place: str = ""

    def facts(self) -> frozenset[str]:
        """The facts that go into it: its address, its headers and its body."""
        shapes = [self.path, *(of for _, of in (*self.query, *self.headers))]
        shapes += [self.body] if self.body is not None else []
        return frozenset().union(*map(facts_of, shapes))


@dataclass(frozen=True, slots=True)
class LookBack:
    """How it is found out, without acting, whether a call took effect."""

    request: Request
    happened: Expression
    did_not_happen: Expression | None
    result: Shape | None


@dataclass(frozen=True, slots=True)
class Mapped:
    """One action: its requests, in their order, and its result. `effects` are what it does besides."""

    requests: tuple[Request, ...]
    result: Shape | None
    errors: tuple[ErrorRule, ...] = ()
    look_back: LookBack | None = None
    effects: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class SecretSource:
    """Where a secret is found: in a variable of the environment, or in a file."""

    env: str | None = None
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """A request that opens a session, and what of its answer goes with every later one: its cookies, and
    headers made of it. After `minutes` it is made anew."""

    request: Request
    cookies: bool
    send: tuple[tuple[str, Shape], ...]
    minutes: float


@dataclass(frozen=True, slots=True)
class Auth:
    """How calls are authorised: bearer, basic, api_key, oauth2 or login, or none at all.

    `secrets` are called as in the file: token; user and password; key; client_id and client_secret; those
    that a login names.
    """

    kind: str = "none"
    secrets: Mapping[str, SecretSource] = field(default_factory=dict)
    header: str = ""
    query: str = ""
    token_url: str = ""
    scope: str = ""
    login: Login | None = None


@dataclass(frozen=True, slots=True)
class Api:
    """A whole mapping file."""

    name: str
    base: str
    deadline: float
    auth: Auth
    idempotency: str
    headers: tuple[tuple[str, Shape], ...]
    errors: tuple[ErrorRule, ...]
    look_back: LookBack | None
    actions: Mapping[str, Mapped]


def facts_of(shape: Shape) -> frozenset[str]:
    """The facts that a shape reads."""
    match shape:
        case Expression():
            return frozenset(shape.reads)
        case Template(parts=parts):
            return _all(part for part in parts if isinstance(part, Expression))
        case Words(of=of, otherwise=otherwise) | Part(of=of, otherwise=otherwise):
            return _all((of, otherwise))
        case Cases(cases=cases, otherwise=otherwise):
            return _all((*(part for case in cases for part in case), otherwise))
        case Each(rows=rows, where=where, item=item):
            return _all((rows,)) | (_all((where, item)) - {"item"})
        case LookedOver(address=address, shared_with=shared_with):
            return _all((address, shared_with))
        case Record(members=members):
            return _all(of for _, of in members)
        case Items(items=items):
            return _all(items)
        case _:
            assert_never(shape)


def _all(shapes: Iterable[Shape | None]) -> frozenset[str]:
    return frozenset().union(*(facts_of(shape) for shape in shapes if shape is not None))


def value_of(shape: Shape, facts: Facts) -> Value:
    """What a shape comes to. Total: what is not known is null."""
    match shape:
        case Template():
            return shape.filled(facts)
        case Words(of=of, words=words, otherwise=otherwise):
            word = as_text(of.evaluate(facts))
            if word is not None and word in words:
                return words[word]
            return None if otherwise is None else value_of(otherwise, facts)
        case Cases(cases=cases, otherwise=otherwise):
            for condition, then in cases:
                if condition.holds(facts):
                    return value_of(then, facts)
            return None if otherwise is None else value_of(otherwise, facts)
        case Each(rows=rows, where=where, item=item):
            return _rows(rows.evaluate(facts), where, item, facts)
        case Part(of=of, pattern=pattern, otherwise=otherwise):
            found = _part(of.evaluate(facts), pattern)
            return found if found is not None or otherwise is None else value_of(otherwise, facts)
        case LookedOver(address=address, shared_with=shared_with):
            others = shared_with.evaluate(facts) if shared_with is not None else 0
            return looked_over(as_text(address.evaluate(facts)), others if isinstance(others, int) else 0)
        case Record(members=members):
            return {name: value_of(of, facts) for name, of in members}
        case Items(items=items):
            return [value_of(of, facts) for of in items]
        case Expression():
            return shape.evaluate(facts)
        case _:
            assert_never(shape)


def _rows(rows: Value, where: Expression | None, item: Shape, facts: Facts) -> Value:
    if not isinstance(rows, list):
        return None
    each = [{**facts, "item": row} for row in rows]
    return [value_of(item, known) for known in each if where is None or where.holds(known)]


def _part(value: Value, pattern: Pattern) -> str | None:
    text = as_text(value)
    found = pattern.search(text[:_LONGEST]) if text is not None else None
    return None if found is None else found.group(1 if pattern.groups else 0)


def as_text(value: Value) -> str | None:
    """A simple value as it stands in an address or a header; None for anything else."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int() | float():
            return f"{value:.15g}" if isinstance(value, float) else str(value)
        case _:
            return None
