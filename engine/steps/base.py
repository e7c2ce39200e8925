"""What every kind of step is: a declaration, a compiled step, and its part in a conversation.

A new kind is one file beside this one and one line in the registry; nothing else changes.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from engine.actions import Failure
from engine.answers import NotAccepted
from engine.knowledge import Knowledge
from engine.schema import Field, Parts, Routes, Shape, Target
from engine.source import Place

if TYPE_CHECKING:
    from engine.checks.checking import Checking
    from engine.effects import Call, Prompt
    from engine.expressions import Expression
    from engine.flow import Tree
    from engine.run import Run
    from engine.state import Frame as Visit
    from engine.values import Value

COMMON_FIELDS = (
    Field("id", Shape.WORD, "the step's own name, unique in the flow"),
    Field("note", Shape.REMARK, "a remark for other authors, shown to nobody"),
)
THEN = Field("then", Shape.TARGET, "where to go on; without it, the next step")
ROUTED = Field("then", Shape.ROUTES, "where to go on, for all or for each; without it, the next step")


class Edge(msgspec.Struct, frozen=True):
    """One way out of a step: its label (an answer, exit, failure …; empty for "next") and the path."""

    label: str
    to: str
    place: Place


WayKind: TypeAlias = Literal["answer", "branch", "exit", "outcome"]


class Way(msgspec.Struct, frozen=True):
    """One way on from a step that an author wrote or that its kind brings along: what decides (`kind`), its
    word (`name`), where it is written, and the path it leads to."""

    kind: WayKind
    name: str
    place: Place
    to: str


class Blueprint(msgspec.Struct, frozen=True):
    """What the compiler knows about a step from where it stands: its path, what comes after it, and where
    its targets lead. `sets` names the facts it would set, whether or not it could be read."""

    path: str
    place: Place
    next: str
    parts: Parts
    paths: Mapping[int, str]
    sets: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"Blueprint({self.path!r}, {self.place!r})"

    def link(self, target: Target) -> str:
        """The path a target leads to."""
        return self.paths[id(target)]

    def then(self) -> str:
        """Where a plain `then` leads; the next step without one."""
        routes = self.parts.routes.get("then")
        target = routes.always if routes is not None else self.parts.targets.get("then")
        return self.link(target) if target is not None else self.next

    def place_of_route(self, name: str, field: str = "then") -> Place:
        """Where the entry `name` of a mapping of routes is written; the step's own place if it is not."""
        routes = self.parts.routes.get(field)
        entry = routes.each.get(name) if routes is not None else None
        return self.place if entry is None else entry[0].place

    def routed(self, name: str = "then") -> dict[str, str]:
        """Where the entries of a mapping of routes lead."""
        routes = self.parts.routes.get(name)
        return {} if routes is None else {key: self.link(target) for key, (_, target) in routes.each.items()}


class Step(msgspec.Struct, frozen=True):
    """A compiled step. `path` is its id, or its position where it has none; `next` the path of the step
    that follows."""

    plan: Blueprint
    path: str
    next: str

    @property
    def place(self) -> Place:
        """Where it stands in the file."""
        return self.plan.place

    @property
    def visits(self) -> str:
        """The flow it visits, if it is a visit."""
        return ""

    @property
    def calls(self) -> str:
        """The action it calls, if it does."""
        return ""

    @property
    def stops(self) -> bool:
        """Whether the conversation waits for a person here."""
        return False

    @abstractmethod
    def edges(self) -> Iterator[Edge]:
        """Every way out of it inside this flow; `FALL_OFF` as a target means past the last step."""

    def ways(self, trees: Mapping[str, Tree]) -> Iterator[Way]:
        """Every way on that a conversation can take here and a test should; `trees` are all flows there are.
        A step that always goes on the same way has none."""
        yield from ()

    @abstractmethod
    def enter(self, run: Run) -> str | None:
        """Take part in the conversation; the path to go on with, or None when it waits or has ended."""

    def review(self, checking: Checking) -> None:
        """Report what its fields alone cannot say: fields that do not go together."""
        return None

    def check(self, checking: Checking, known: Knowledge) -> None:
        """Report what is wrong with it, given what is known where it stands."""
        return None

    def after(self, checking: Checking, known: Knowledge) -> Mapping[str, Knowledge]:
        """What is known past it, for each label of an edge; labels not in it know what was known before."""
        return {}


class Broken(Step, frozen=True):
    """Stands for a step that could not be read, so that what follows it is still looked at. A pack with one
    is never run."""

    def edges(self) -> Iterator[Edge]:
        """Wherever it may have led."""
        yield Edge("", self.next, self.place)
        for name, target in all_targets(self.plan.parts):
            yield Edge(name, self.plan.link(target), target.place)

    def enter(self, run: Run) -> str | None:
        """Pass on."""
        return self.next


class Taken(msgspec.Struct, frozen=True):
    """An answer was taken: the path to go on with, the answer in words for the record, the id by which it was
    routed, and the answer as whoever gave it would know it again (nothing of a secret)."""

    to: str
    words: str
    way: str
    told: str


class Asking(Step, frozen=True):
    """A step that puts a question of its own."""

    @property
    def stops(self) -> bool:
        """It waits for a person."""
        return True

    @abstractmethod
    def answered(self, run: Run, prompt: Prompt, value: Value) -> Taken | NotAccepted:
        """Take an answer to `prompt`, or say why not."""

    @abstractmethod
    def reads(self) -> Iterator[Expression]:
        """Every expression that its question, its choices and the look at an answer read facts with. A list
        that is chosen from is not among them: its choices say what it holds."""


class Calling(Step, frozen=True):
    """A step that calls an action."""

    @property
    @abstractmethod
    def expected(self) -> tuple[Expression, ...]:
        """What the author expects of the result, if anything."""

    @abstractmethod
    def succeeded(self, run: Run, call: Call, result: Value) -> str | Failure:
        """Use the result; the path to go on with, or what turned out to be wrong with it."""

    @abstractmethod
    def failed(self, run: Run, failure: Failure) -> str | None:
        """The path of the author's branch for this failure, or None if there is none."""

    @abstractmethod
    def keep(self, run: Run, result: Value) -> None:
        """Keep a result where the author wants it."""

    @abstractmethod
    def works_without_result(self) -> bool:
        """Whether the conversation can go on after it when the call's result is not known."""

    @abstractmethod
    def next_without_result(self) -> str:
        """The path to go on with then."""


class Visiting(Step, frozen=True):
    """A step that visits another flow."""

    @abstractmethod
    def returned(self, run: Run, left: Visit, leaving: str) -> str | None:
        """Go on after the visited flow was left by the exit `leaving`."""


class StepKind(msgspec.Struct, frozen=True):
    """The declaration of a kind of step.

    `key` is the YAML key that names it; `doc` starts with an example; `make` builds the compiled step;
    `review` reports what the fields alone cannot say.
    """

    key: str
    doc: str
    fields: tuple[Field, ...]
    make: Callable[[Blueprint], Step | None]
    needs_id: bool = False

    @property
    def all_fields(self) -> tuple[Field, ...]:
        """Its own fields and those every step has."""
        return self.fields + COMMON_FIELDS


def all_targets(parts: Parts) -> Iterator[tuple[str, Target]]:
    """Every target a step names, with a word that tells it from the others."""
    yield from parts.targets.items()
    for name, routes in parts.routes.items():
        yield from _of_routes(name, routes)
    for option in parts.answers:
        if option.target is not None:
            yield option.id.text, option.target


def _of_routes(name: str, routes: Routes) -> Iterator[tuple[str, Target]]:
    if routes.always is not None:
        yield name, routes.always
    for key, (_, target) in routes.each.items():
        yield key, target
