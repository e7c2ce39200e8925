"""A compiled flow: what `advance` runs. Knows nothing of YAML.

A `Tree` is one flow file, compiled; a `Flow` is a tree that can be started, with all the trees it visits;
a `Pack` is everything that was read together.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec

from engine.actions import Audience, Catalog, Failure
from engine.errors import UnknownFlow
from engine.limits import Limits
from engine.source import Place, Source
from engine.steps.base import Step
from engine.types import Type
from engine.values import Value

FALL_OFF = ""
"""The path that stands for "past the last step of the flow"."""

ANYWHERE = "?"
"""The path that stands for a target that does not exist, and could mean any step."""


class Tree(msgspec.Struct, frozen=True):
    """One flow file. `steps` holds every step under its path, inline ones included, in written order.
    `leads` names, for an ask's path and an answer's id, the call that this answer leads straight to.
    `on_places` says where each failure of the flow's own `on` is written, `declared` where each input,
    result, exit and audience is (`inputs.NAME` and so on).
    `untyped` are inputs and results of which no type is known; a pack with one is never run."""

    name: str
    title: str
    source: Source
    audience: frozenset[Audience]
    symptoms: tuple[str, ...]
    inputs: Mapping[str, Type]
    results: Mapping[str, Type]
    exits: tuple[str, ...]
    on: Mapping[Failure, str]
    steps: Mapping[str, Step]
    start: str
    leads: Mapping[str, Mapping[str, str]]
    untyped: frozenset[str] = frozenset()
    on_places: Mapping[Failure, Place] = msgspec.field(default_factory=dict)
    declared: Mapping[str, Place] = msgspec.field(default_factory=dict)

    def __repr__(self) -> str:
        return f"Tree({self.name!r})"

    @property
    def visits(self) -> frozenset[str]:
        """The names of the flows it visits."""
        return frozenset(step.visits for step in self.steps.values() if step.visits)

    @property
    def card(self) -> Card:
        """What a list of flows shows of it."""
        alone = not (self.inputs or self.results or self.exits)
        return Card(self.name, self.title, self.audience, self.symptoms, self.visits, alone)


class Reach(Mapping[str, Tree]):
    """Some of the trees of a pack, none of them touched before it is asked for."""

    def __init__(self, trees: Mapping[str, Tree], names: tuple[str, ...]) -> None:
        self._trees = trees
        self._names = dict.fromkeys(names)

    def __getitem__(self, name: str) -> Tree:
        if name not in self._names:
            raise KeyError(name)
        return self._trees[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class Flow(msgspec.Struct, frozen=True):
    """A tree that can be started, and every tree it can reach through visits.

    `version` is a hash of everything it was made from; `labels` the clinic software's own words.
    """

    name: str
    version: str
    trees: Mapping[str, Tree]
    labels: dict[str, Value]
    catalog: Catalog
    limits: Limits

    def __repr__(self) -> str:
        return f"Flow({self.name!r}, {self.version!r})"

    @property
    def tree(self) -> Tree:
        """The tree a session starts in."""
        return self.trees[self.name]


class Card(msgspec.Struct, frozen=True):
    """What is known of a flow without its steps. `alone`: it can be started, and is not only visited."""

    name: str
    title: str
    audience: frozenset[Audience]
    symptoms: tuple[str, ...]
    visits: frozenset[str]
    alone: bool


class Pack(msgspec.Struct, frozen=True):
    """All flows that were read together. `cards` and `sources` have the same names as `trees`, of which some
    may be compiled only when they are asked for."""

    trees: Mapping[str, Tree]
    versions: Mapping[str, str]
    labels: dict[str, Value]
    catalog: Catalog
    limits: Limits
    cards: Mapping[str, Card]
    sources: Mapping[str, Source]

    def __repr__(self) -> str:
        return f"Pack({sorted(self.cards)!r})"

    def reachable(self, name: str) -> tuple[str, ...]:
        """The flow itself and all it visits, directly or not, each once, itself first."""
        found = [name]
        for each in found:
            found.extend(sorted(self.cards[each].visits - set(found)))
        return tuple(found)

    def flow(self, name: str) -> Flow:
        """The flow of that name, ready to start. Raises UnknownFlow."""
        if name not in self.trees:
            raise UnknownFlow(name, tuple(self.trees))
        trees = Reach(self.trees, self.reachable(name))
        return Flow(name, self.versions[name], trees, self.labels, self.catalog, self.limits)
