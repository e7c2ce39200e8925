"""The flows a desk works with: those of its folders, and older versions that sessions are pinned to."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from adapters.problems import PlainProblem
from engine import (
    Audience,
    Catalog,
    Flow,
    Pack,
    Source,
    UnknownFlow,
    compile_pack,
    did_you_mean,
)

VOCABULARY_KEY = "vocabulary"
"""The name under which a kept version holds the vocabulary; flow files are kept under their flow's name."""


class FlowInfo(msgspec.Struct, frozen=True):
    """What a list of flows shows of one, and what finds it from free text."""

    name: str
    title: str
    symptoms: tuple[str, ...]
    audience: frozenset[Audience]
    texts: tuple[str, ...]


class Library:
    """Flows by name, and by the version a session was started with."""

    def __init__(self, pack: Pack, vocabulary: Source | None, catalog: Catalog) -> None:
        self._pack = pack
        self._vocabulary = vocabulary
        self._catalog = catalog
        self._revived: dict[tuple[str, str], Flow] = {}

    @property
    def flows(self) -> Mapping[str, FlowInfo]:
        """The flows that can be started: those that are not only there to be visited."""
        return {
            name: FlowInfo(name, card.title, card.symptoms, card.audience, (card.title,))
            for name, card in self._pack.cards.items()
            if card.alone
        }

    @property
    def pack(self) -> Pack:
        """All flows, those that are only visited included."""
        return self._pack

    def flow(self, name: str) -> Flow:
        """The flow of that name, as it is now. Raises PlainProblem."""
        try:
            return self._pack.flow(name)
        except UnknownFlow as error:
            advice = did_you_mean(name, self._pack.trees) or "`unstuck chat` lists the flows there are."
            raise PlainProblem(f"There is no flow {name!r}.", advice) from error

    def to_start(self, name: str, audience: Audience) -> Flow:
        """The flow of that name for a new session. Raises PlainProblem where it is not for this audience, or
        cannot stand alone."""
        flow = self.flow(name)
        if audience not in flow.tree.audience:
            raise PlainProblem(
                f"The flow {name!r} is not for the role {audience.value}; it is for"
                f" {', '.join(sorted(each.value for each in flow.tree.audience))}.",
                "Choose another flow, or another role with `--as`.",
            )
        if flow.tree.inputs:
            raise PlainProblem(
                f"The flow {name!r} cannot stand alone: it needs {', '.join(flow.tree.inputs)} from a flow"
                " that visits it.",
                "Start the flow that visits it.",
            )
        return flow

    def sources(self, flow: Flow) -> Mapping[str, str]:
        """The files a version consists of, for keeping."""
        kept = {name: self._pack.sources[name].text for name in flow.trees}
        return {**kept, VOCABULARY_KEY: self._vocabulary.text} if self._vocabulary is not None else kept

    def revive(self, name: str, version: str, sources: Callable[[], Mapping[str, str]]) -> Flow:
        """The flow a session was started with, from the files kept of it (`sources` loads them).
        Raises PlainProblem."""
        flow = self._pack.flow(name) if name in self._pack.trees else None
        if flow is not None and flow.version == version:
            return flow
        found = self._revived.get((name, version))
        if found is None:
            found = self._revived[name, version] = self._compiled(name, sources())
        return found

    def _compiled(self, name: str, sources: Mapping[str, str]) -> Flow:
        files = [Source(key, text) for key, text in sources.items() if key != VOCABULARY_KEY]
        words = sources.get(VOCABULARY_KEY)
        vocabulary = Source(VOCABULARY_KEY, words) if words is not None else None
        pack = compile_pack(files, self._catalog, vocabulary, self._pack.limits).pack
        if pack is None:
            raise PlainProblem(
                f"The flow {name!r} as this session was started with it does not run with this unstuck.",
                "Start a new conversation; what was done so far is listed by `unstuck sessions show`.",
            )
        return pack.flow(name)
