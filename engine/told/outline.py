"""Where a conversation stands in its flows: the way through the visits, and the flow at hand as indented
lines.

Made for people to look at; nothing is decided by it.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from engine.flow import Flow, Tree
from engine.people import told_of
from engine.state import AtPrompt, Frame, State
from engine.steps.base import Asking, Step
from engine.told.step_words import in_short, kind_of, step_in_words, way_in_words

_SILENT = frozenset({"say", "set", "go"})
"""Kinds of steps that only lead on; they are not worth a line."""
_ENDS = frozenset({"return", "end"})


class OutlineLine(msgspec.Struct, frozen=True):
    """One step. `depth` counts the lists it stands in, `step` is its path, `words` what it does, `ways` its
    ways out, each with the path of the step it leads to, or what happens there ("" for the end of the flow).

    `here` marks where the conversation waits, `passed` a question that was answered on the way, or a visit in
    which one was.
    """

    depth: int
    step: str
    words: str
    ways: tuple[tuple[str, str], ...] = ()
    here: bool = False
    passed: bool = False


class Outline(msgspec.Struct, frozen=True):
    """The titles of the flows from the one that was started to the one at hand, and that one's steps in the
    order in which they are written. `rules`: rules, steps and ways are told as their authors wrote them, and
    not in plain words."""

    flows: tuple[str, ...]
    lines: tuple[OutlineLine, ...]
    rules: bool = False


class Standing(msgspec.Struct, frozen=True):
    """A conversation in a few words: its flow and title, the person it is about ("" as long as nobody is),
    the step it waits at, and how many questions were answered."""

    flow: str
    title: str
    client: str
    step: str
    answered: int


def outline(flow: Flow, state: State, rules: bool = False) -> Outline:
    """Where the conversation stands in the tree of its flows; with `rules` as its authors wrote it."""
    frame = state.frames[-1]
    passed = {mark.path.removeprefix(frame.prefix) for mark in state.trail}
    titles = tuple(_title(flow.trees[each.flow], each) for each in state.frames)
    teller = _AsWritten(flow, frame) if rules else _InWords(flow, frame)
    return Outline(titles, tuple(_lines(teller, frame.at, passed)), rules)


def standing(flow: Flow, state: State) -> Standing:
    """The conversation in a few words."""
    at = state.waiting.prompt.step if isinstance(state.waiting, AtPrompt) else state.frames[-1].at
    return Standing(flow.name, flow.tree.title, client_of(flow, state), at, len(state.trail))


def client_of(flow: Flow, state: State) -> str:
    """The name of the person the conversation is about, as the backend gave it; "" where it is not known."""
    if not state.subject:
        return ""
    found = (told_of(frame.facts, state.subject, "name", flow.catalog) for frame in reversed(state.frames))
    return next(filter(None, found), "")


def _title(tree: Tree, frame: Frame) -> str:
    """The title of a flow on the way, with which of several it is run for."""
    if frame.round is None or len(frame.round.items) < 2:
        return tree.title
    return f"{tree.title} ({frame.round.index + 1} of {len(frame.round.items)})"


class _AsWritten:
    """Tells of the steps of the flow at hand as their authors wrote them."""

    def __init__(self, flow: Flow, frame: Frame) -> None:
        self.flow = flow
        self.tree = flow.trees[frame.flow]
        self.facts = frame.facts

    def step(self, step: Step) -> str:
        """What a step does."""
        return _as_written(step)

    def way(self, step: Step, way: str) -> str:
        """One way out of it."""
        return way


class _InWords(_AsWritten):
    """Tells of them in plain words."""

    def step(self, step: Step) -> str:
        """What a step does."""
        return step_in_words(self.flow, step, self.facts)

    def way(self, step: Step, way: str) -> str:
        """One way out of it."""
        return way_in_words(self.flow, step, way, self.facts)


def _lines(teller: _AsWritten, here: str, passed: set[str]) -> list[OutlineLine]:
    kept = {path: step for path, step in teller.tree.steps.items() if path == here or not _goes_without(step)}
    order = list(kept)
    depths = _depths(kept)
    lines = []
    for place, (path, step) in enumerate(kept.items()):
        following = order[place + 1] if place + 1 < len(order) else ""
        ways = _ways(teller, step, following)
        asked = isinstance(step, Asking) and path in passed
        visited = bool(step.visits) and any(each.startswith((f"{path}/", f"{path}[")) for each in passed)
        lines.append(OutlineLine(depths[path], path, teller.step(step), ways, path == here, asked or visited))
    return lines


def _depths(steps: Mapping[str, Step]) -> dict[str, int]:
    """How deep each step stands, told from where the lines of the file begin."""
    columns: list[int] = []
    depths: dict[str, int] = {}
    for path, step in steps.items():
        column = step.place.column
        while columns and columns[-1] > column:
            columns.pop()
        if not columns or columns[-1] < column:
            columns.append(column)
        depths[path] = len(columns) - 1
    return depths


def _ways(teller: _AsWritten, step: Step, following: str) -> tuple[tuple[str, str], ...]:
    """The ways out that a reader would not guess: all but the one to the next line."""
    found = []
    for edge in step.edges():
        to = _spoken(teller, edge.to)
        if edge.label or to != following:
            found.append((teller.way(step, edge.label), to))
    return tuple(dict.fromkeys(found))


def _spoken(teller: _AsWritten, path: str) -> str:
    """The first step from `path` on that is worth a line."""
    steps = teller.tree.steps
    seen: set[str] = set()
    while path in steps and path not in seen and kind_of(steps[path]) in _SILENT:
        seen.add(path)
        path = next((edge.to for edge in steps[path].edges()), "")
    step = steps.get(path)
    return teller.step(step) if step is not None and _goes_without(step) else path


def _goes_without(step: Step) -> bool:
    """Whether a step needs no line: one that only leads on, or an end that is told where it is led to."""
    kind = kind_of(step)
    return kind in _SILENT or (kind in _ENDS and step.plan.parts.word("id") is None)


def _as_written(step: Step) -> str:
    kind, parts = kind_of(step), step.plan.parts
    if kind in parts.texts:
        words = in_short(parts.texts[kind].source.text)
        return words if kind == "ask" else f"{kind}: {words}"
    if kind in parts.expressions:
        return f"{kind} {parts.expressions[kind].source.text}"
    if step.calls:
        return step.calls.replace("_", " ")
    return f"{kind} {parts.word(kind) or ''}".rstrip()
