"""A compiled flow: what `advance` runs. Knows nothing of YAML.

A `Tree` is one flow file, compiled; a `Flow` is a tree that can be started, with all the trees it visits;
a `Pack` is everything that was read together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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


@dataclass(frozen=True, slots=True)
class Tree:
    """One flow file. `steps` holds every step under its path, inline ones included, in written order.
    `leads` names, for an ask's path and an answer's id, the call that this answer leads straight to.
    `on_places` says where each failure of the flow's own `on` is written.
    `untyped` are inputs and results of which no type is known; a pack with one is never run."""

    name: str
    title: str
    source: Source = field(repr=False)
    audience: frozenset[Audience]
    symptoms: tuple[str, ...]
    inputs: Mapping[str, Type]
    results: Mapping[str, Type]
    exits: tuple[str, ...]
    on: Mapping[Failure, str]
    steps: Mapping[str, Step] = field(repr=False)
    start: str
    leads: Mapping[str, Mapping[str, str]] = field(repr=False)
    untyped: frozenset[str] = frozenset()
    on_places: Mapping[Failure, Place] = field(default_factory=dict, repr=False)

    @property
    def visits(self) -> frozenset[str]:
        """The names of the flows it visits."""
        return frozenset(step.visits for step in self.steps.values() if step.visits)


@dataclass(frozen=True, slots=True)
class Flow:
    """A tree that can be started, and every tree it can reach through visits.

    `version` is a hash of everything it was made from; `labels` the clinic software's own words.
    """

    name: str
    version: str
    trees: Mapping[str, Tree] = field(repr=False)
    labels: dict[str, Value] = field(repr=False)
    catalog: Catalog = field(repr=False)
    limits: Limits = field(repr=False)

    @property
    def tree(self) -> Tree:
        """The tree a session starts in."""
        return self.trees[self.name]


@dataclass(frozen=True, slots=True)
class Pack:
    """All flows that were read together."""

    trees: Mapping[str, Tree] = field(repr=False)
    versions: Mapping[str, str]
    labels: dict[str, Value] = field(repr=False)
    catalog: Catalog = field(repr=False)
    limits: Limits = field(repr=False)

    def reachable(self, name: str) -> tuple[str, ...]:
        """The flow itself and all it visits, directly or not, each once, itself first."""
        found = [name]
        for each in found:
            found.extend(sorted(self.trees[each].visits - set(found)))
        return tuple(found)

    def flow(self, name: str) -> Flow:
        """The flow of that name, ready to start. Raises UnknownFlow."""
        if name not in self.trees:
            raise UnknownFlow(name, tuple(self.trees))
        trees = {each: self.trees[each] for each in self.reachable(name)}
        return Flow(name, self.versions[name], trees, self.labels, self.catalog, self.limits)
