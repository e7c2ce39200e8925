"""What is known about the facts at one place in a flow, whichever way led there."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from engine.ruled_out import fact_of, parts_of, words_of
from engine.types import RecordType, Type, join, present


class Knowledge(msgspec.Struct, frozen=True):
    """`facts` are set on every way that leads here, with their types; `maybe` on some; `known` holds the
    dotted paths of optional values that were found to be there, the actions that `can()` allowed, and the
    notes of what choices were found not to be (`engine.ruled_out`). `clashes` are set on every way, but with
    types that have nothing in common, of which two are kept."""

    facts: Mapping[str, Type]
    maybe: Mapping[str, Type]
    known: frozenset[str] = frozenset()
    clashes: Mapping[str, tuple[Type, Type]] = {}

    def with_fact(self, name: str, kind: Type) -> Knowledge:
        """The same after `name` was set: what was known about its members is forgotten."""
        known = frozenset(note for note in self.known if fact_of(note) != name)
        clashes = {each: kinds for each, kinds in self.clashes.items() if each != name}
        return Knowledge({**self.facts, name: kind}, {**self.maybe, name: kind}, known, clashes)

    def knowing(self, paths: frozenset[str]) -> Knowledge:
        """The same where these paths were found to be there."""
        return self if paths <= self.known else msgspec.structs.replace(self, known=self.known | paths)

    def meet(self, other: Knowledge) -> Knowledge:
        """What holds on both ways, where two ways meet. A fact with two types that have nothing in common
        counts as not set."""
        if self == other:
            return self
        facts: dict[str, Type] = {}
        clashes: dict[str, tuple[Type, Type]] = {}
        for name, kind in self.facts.items():
            there = other.facts.get(name)
            both = kind if there == kind else (join(kind, there) if there is not None else None)
            if both is not None:
                facts[name] = both
            elif there is not None:
                clashes[name] = (kind, there)
        clashes = {**clashes, **other.clashes, **self.clashes}
        paths = frozenset(path for path in self.known | other.known if self._is_there(path, other))
        return Knowledge(facts, {**other.maybe, **self.maybe}, paths, clashes)

    def _is_there(self, path: str, other: Knowledge) -> bool:
        return self._knows(path) and other._knows(path)

    def _knows(self, path: str) -> bool:
        """Whether the value at this path is there: it was found to be, or it can never be unknown. Of a note:
        whether it holds, since it was found out, or since the choice does not have that word here."""
        if path in self.known:
            return True
        value, word = parts_of(path)
        if word:
            kind = self._type_at(value)
            return kind is not None and bool(words := words_of(kind)) and word not in words
        before, _, name = path.rpartition(".")
        if not before:
            kind = self.facts.get(path)
        else:
            record = self._type_at(before) if self._knows(before) else None
            kind = record.member(name) if isinstance(record, RecordType) else None
        return kind is not None and present(kind) == kind

    def _type_at(self, path: str) -> Type | None:
        """The type of the value at this path, where it is there."""
        first, *members = path.split(".")
        kind = self.facts.get(first)
        for name in members:
            inner = present(kind) if kind is not None else None
            kind = inner.member(name) if isinstance(inner, RecordType) else None
        return present(kind) if kind is not None else None
