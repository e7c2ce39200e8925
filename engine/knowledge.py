"""What is known about the facts at one place in a flow, whichever way led there."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from engine.types import Type, join


class Knowledge(msgspec.Struct, frozen=True):
    """`facts` are set on every way that leads here, with their types; `maybe` on some; `known` holds the
    dotted paths of optional values that were found to be there, and the actions that `can()` allowed."""

    facts: Mapping[str, Type]
    maybe: Mapping[str, Type]
    known: frozenset[str] = frozenset()

    def with_fact(self, name: str, kind: Type) -> Knowledge:
        """The same after `name` was set: what was known about its members is forgotten."""
        known = frozenset(path for path in self.known if path.split(".", 1)[0] != name)
        return Knowledge({**self.facts, name: kind}, {**self.maybe, name: kind}, known)

    def knowing(self, paths: frozenset[str]) -> Knowledge:
        """The same where these paths were found to be there."""
        return self if paths <= self.known else msgspec.structs.replace(self, known=self.known | paths)

    def meet(self, other: Knowledge) -> Knowledge:
        """What holds on both ways, where two ways meet. A fact with two types that have nothing in common
        counts as not set."""
        if self == other:
            return self
        facts: dict[str, Type] = {}
        for name, kind in self.facts.items():
            there = other.facts.get(name)
            both = kind if there == kind else (join(kind, there) if there is not None else None)
            if both is not None:
                facts[name] = both
        return Knowledge(facts, {**other.maybe, **self.maybe}, self.known & other.known)
