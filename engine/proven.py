"""Flows that were compiled and checked before, in these very words: each is compiled only when it is met.

Most of a start goes into checking, and into flows that the conversation never enters. A proof says that a
pack was free of errors, and what its parts are called; whoever keeps one must see to it that it is used with
exactly the files, limits and program it was made with. Nothing here keeps or finds one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from engine.actions import Catalog
from engine.compiler import compile_tree
from engine.errors import FalseProof
from engine.flow import Card, Pack, Tree
from engine.limits import Limits
from engine.schema import Reading
from engine.source import Source
from engine.vocabulary import read_vocabulary


class Proof(msgspec.Struct, frozen=True):
    """What is known of a pack without errors: for each file its flow, in turn, and the version of each."""

    cards: tuple[Card, ...]
    versions: dict[str, str]


class Unfolding(Mapping[str, Tree]):
    """Trees by name, each compiled when it is first asked for. Raises FalseProof for one that cannot be."""

    def __init__(self, sources: Mapping[str, Source], catalog: Catalog, limits: Limits) -> None:
        self._sources = sources
        self._catalog = catalog
        self._limits = limits
        self._made: dict[str, Tree] = {}

    def __getitem__(self, name: str) -> Tree:
        if name not in self._made:
            source = self._sources[name]
            tree = compile_tree(source, Reading(self._limits), self._catalog)
            if tree is None or tree.name != name:
                raise FalseProof(name)
            self._made[name] = tree
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._sources

    def __iter__(self) -> Iterator[str]:
        return iter(self._sources)

    def __len__(self) -> int:
        return len(self._sources)


def proof_of(pack: Pack, sources: Sequence[Source]) -> Proof:
    """The proof that the pack compiled from these sources gives."""
    # Two files may have one name, but each source is one object.
    at = {id(source): place for place, source in enumerate(sources)}
    cards = sorted(pack.cards.values(), key=lambda card: at[id(pack.sources[card.name])])
    return Proof(tuple(cards), dict(pack.versions))


def compile_proven(
    sources: Sequence[Source], catalog: Catalog, vocabulary: Source | None, limits: Limits, proof: Proof
) -> Pack:
    """The pack of these sources, without checking them again. Raises FalseProof where the proof is plainly
    that of other files."""
    if len(proof.cards) != len(sources):
        raise FalseProof("")
    names = [card.name for card in proof.cards]
    by_name = dict(zip(names, sources, strict=True))
    reached = {visited for card in proof.cards for visited in card.visits}
    if not reached <= by_name.keys() or by_name.keys() != proof.versions.keys():
        raise FalseProof("")
    labels = read_vocabulary(vocabulary, Reading(limits)).labels if vocabulary is not None else {}
    cards = {card.name: card for card in proof.cards}
    trees = Unfolding(by_name, catalog, limits)
    return Pack(trees, proof.versions, labels, catalog, limits, cards, by_name)
