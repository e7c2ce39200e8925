"""Lays a flow's steps out: gives each its path, inline lists included, and finds out where targets lead."""

from __future__ import annotations

import msgspec

from engine.diagnostics import closest, did_you_mean
from engine.flow import ANYWHERE
from engine.nodes import Mapping as MappingNode
from engine.nodes import Node, Scalar, Sequence
from engine.schema import Field, Parts, Reading, Shape
from engine.source import Place
from engine.steps.base import COMMON_FIELDS, Blueprint, Broken, Step, StepKind, all_targets
from engine.steps.kinds import KINDS

_COMMON = frozenset(each.name for each in COMMON_FIELDS)


class Draft(msgspec.Struct):
    """A step that was read, before it is known where its targets lead."""

    path: str
    kind: StepKind | None
    parts: Parts
    next: str
    paths: dict[int, str] = msgspec.field(default_factory=dict)
    sets: frozenset[str] = frozenset()


class Layout:
    """Reads the steps of one flow. `drafts` holds them under their paths, in written order."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading
        self.drafts: dict[str, Draft] = {}
        self._named: dict[str, Scalar] = {}
        self._prefixes: set[str] = set()

    def lay_out(self, steps: Sequence, after: str, prefix: str) -> str:
        """Read a list of steps that goes on at `after`; the path of its first step."""
        if not steps.items:
            self.reading.report("U203", steps.place, "This list of steps is empty.")
            return after
        paths = [self._path(node, f"{prefix}{number}") for number, node in enumerate(steps.items, 1)]
        following = [*paths[1:], after]
        for node, path, then in zip(steps.items, paths, following, strict=True):
            self._step(node, path, then)
        return paths[0]

    def steps(self) -> dict[str, Step]:
        """The compiled steps, once everything was laid out."""
        made: dict[str, Step] = {}
        for path, draft in self.drafts.items():
            for _, target in all_targets(draft.parts):
                if target.name is not None:
                    draft.paths[id(target)] = self.find(target.name, target.place)
            plan = Blueprint(path, draft.parts.place, draft.next, draft.parts, draft.paths, draft.sets)
            step = draft.kind.make(plan) if draft.kind is not None else None
            made[path] = step if step is not None else Broken(plan, path, draft.next)
        return made

    def find(self, name: str, place: Place) -> str:
        """The path of the step with this id; a finding at `place` if there is none."""
        if name in self._named:
            return name
        near = closest(name, self._named)
        self.reading.report(
            "U207",
            place,
            f"There is no step `{name}` in this flow.",
            "Expected: the id of a step.",
            f"Did you mean `{near}`?" if near is not None else f"Write a step with `id: {name}`.",
        )
        # Going on as if the likely step was meant keeps one mistake from looking like two.
        return ANYWHERE if near is None else near

    def _path(self, node: Node, position: str) -> str:
        scalar = node.get("id") if isinstance(node, MappingNode) else None
        if not isinstance(scalar, Scalar) or not scalar.text:
            return position
        first = self._named.get(scalar.text)
        if first is not None:
            self.reading.report(
                "U206",
                scalar.place,
                f"The id `{scalar.text}` is taken by the step in line {first.place.line}.",
                "Every id of a flow stands once, inline steps included.",
                f"Write another, like `{scalar.text}-2`.",
            )
            return position
        self._named[scalar.text] = scalar
        return scalar.text

    def _step(self, node: Node, path: str, then: str) -> None:
        if not isinstance(node, MappingNode):
            self.reading.report("U203", node.place, "A step is a mapping, like `say: Hello`.")
            self.drafts[path] = Draft(path, None, Parts(node.place), then)
            return
        kind, node = self._kind(node)
        if kind is None:
            parts = self.reading.parts(node, _ANY_FIELDS, "a step")
        else:
            article = "an" if kind.key[0] in "aei" else "a"
            parts = self.reading.parts(node, kind.all_fields, f"{article} `{kind.key}`")
        if kind is not None and kind.needs_id and node.get("id") is None:
            self.reading.report(
                "U208",
                parts.place,
                f"This `{kind.key}` has no `id`.",
                "Tests, translations and stored conversations name it.",
                "Add `id: a-short-name`.",
            )
        draft = Draft(path, kind, parts, then, sets=_facts_set(node))
        self.drafts[path] = draft
        for label, target in all_targets(parts):
            if target.steps is not None:
                prefix = f"{path}.{label}."
                while prefix in self._prefixes:
                    prefix = f"{prefix}then."
                self._prefixes.add(prefix)
                draft.paths[id(target)] = self.lay_out(target.steps, then, prefix)

    def _kind(self, node: MappingNode) -> tuple[StepKind | None, MappingNode]:
        """The kind of a step, and its node; of a step that does not say it, the likely one, so that one
        mistake does not look like two."""
        named = [(key, KINDS[key.text]) for key, _ in node.entries if key.text in KINDS]
        if len(named) == 1:
            return named[0][1], node
        if named:
            both = " and ".join(f"`{key.text}`" for key, _ in named)
            self.reading.report(
                "U205",
                named[1][0].place,
                f"This step has {both}; a step is one thing.",
                None,
                f"Make `{named[1][0].text}` a step of its own: start it with a dash.",
            )
            return None, _only(node, _ANY)
        keys = [key for key, _ in node.entries if key.text not in _COMMON]
        likely = next((key for key in keys if key.text not in _ANY and closest(key.text, KINDS)), None)
        place = likely or next(iter(keys), node)
        repair = did_you_mean(likely.text, KINDS) if likely is not None else None
        self.reading.report(
            "U204",
            place.place,
            "This step does not say what it does.",
            f"It needs one of {_kinds()}.",
            repair,
        )
        if likely is None:
            return None, _only(node, _ANY)
        meant = closest(likely.text, KINDS) or ""
        return KINDS[meant], _renamed(node, likely, meant)


def _kinds() -> str:
    return ", ".join(f"`{key}`" for key in KINDS)


def _only(node: MappingNode, keys: frozenset[str]) -> MappingNode:
    return MappingNode(tuple(entry for entry in node.entries if entry[0].text in keys), node.place)


def _renamed(node: MappingNode, key: Scalar, name: str) -> MappingNode:
    entries = (
        (Scalar(name, name, key.place) if each is key else each, value) for each, value in node.entries
    )
    return MappingNode(tuple(entries), node.place)


def _facts_set(node: MappingNode) -> frozenset[str]:
    """The facts that a step sets, as far as can be told without knowing what it is."""
    found: set[str] = set()
    for name in ("save", "set"):
        value = node.get(name)
        if isinstance(value, MappingNode):
            found.update(key.text for key, _ in value.entries)
        elif name == "save" and isinstance(value, Scalar):
            found.add(value.text)
    return frozenset(found)


def _any_fields() -> tuple[Field, ...]:
    """The fields of all kinds, for a step of which the kind is not known; where one key has two shapes, the
    one that knows more."""
    found: dict[str, Field] = {}
    for kind in KINDS.values():
        for each in kind.all_fields:
            if each.name != "save" and (each.shape is Shape.ROUTES or each.name not in found):
                found[each.name] = msgspec.structs.replace(each, required=False)
    return tuple(found.values())


_ANY_FIELDS = _any_fields()
_ANY = frozenset(each.name for each in _ANY_FIELDS)
