"""Holds a replay against the flows it is about, without playing it: questions, answers and changes that these
flows cannot have."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from adapters.replay.replay_file import Expected, Replay
from engine import (
    Diagnostic,
    Flow,
    Mapping,
    Pack,
    Place,
    Sequence,
    Value,
    did_you_mean,
    finding,
    points_of,
    read,
)

ABOUT_CALLS = ("confirm", "error", "unknown", "repeat", "evidence", "second", "lost", "undo")
"""What the engine itself asks about a call: what follows the `!`."""

_NO_CHOICE = frozenset({"picked", "skipped"})
_LIKE_AN_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_YES_NO = frozenset({"yes", "no", "true", "false"})


def unfit(replay: Replay, flows: Iterable[Flow], pack: Pack) -> Iterator[Diagnostic]:
    """Everything in the turns of `replay` that cannot come in these flows, those that it begins."""
    known = _Known(flows, pack)
    for number, turn in enumerate(replay.turns):
        match turn.kind:
            case "ask" | "change":
                yield from known.question(replay, turn, number)
            case "did":
                yield from known.change(replay, turn)
            case _:
                continue


def place_of(replay: Replay, *keys: str | int) -> Place:
    """Where the value under these keys is written: `"turns", 3, "answer"`. The nearest that is there."""
    node, _ = read(replay.source)
    place = Place(replay.source, 1, 1)
    for key in keys:
        match node, key:
            case Mapping(), str():
                node = node.get(key)
            case Sequence(), int():
                node = node.items[key] if key < len(node.items) else None
            case _:
                node = None
        if node is None:
            return place
        place = node.place
    return place


class _Known:
    """What these flows can ask, take as an answer, and do. `answers` are those of each question: of steps of
    one name in several flows, all of them."""

    def __init__(self, flows: Iterable[Flow], pack: Pack) -> None:
        self.steps: set[str] = set()
        self.answers: dict[str, set[str]] = {}
        self.actions: set[str] = set()
        for flow in flows:
            catalog = flow.catalog
            for tree in flow.trees.values():
                self.steps |= set(tree.steps)
                self.actions |= {step.calls for step in tree.steps.values()} - {""}
                for each in points_of(tree, pack):
                    if each.point.kind == "answer":
                        self.answers.setdefault(each.point.path, set()).add(each.point.way)
            self.actions |= {each for each in (catalog.hand_over, catalog.verification) if each}
            undone = (catalog.actions[name].undo for name in self.actions if name in catalog.actions)
            self.actions |= {undo.action for undo in undone if undo is not None}

    def question(self, replay: Replay, turn: Expected, number: int) -> Iterator[Diagnostic]:
        """What is wrong with the question a turn names, or with the answer it gives."""
        step, mark, about = turn.name.rsplit("/", 1)[-1].partition("!")
        words = f"`{replay.flow}` has no question `{turn.name}`, nor has any flow it visits."
        wrong: tuple[str, str | None, str | None] | None = None
        if step not in self.steps:
            wrong = (words, None, did_you_mean(step, self.answers))
        elif mark and about not in ABOUT_CALLS:
            expected = f"After the ! comes one of {', '.join(ABOUT_CALLS)}."
            wrong = (words, expected, did_you_mean(about, ABOUT_CALLS))
        elif not mark and step not in self.answers:
            expected = f"What is asked about a call is named `{step}!error` and the like."
            wrong = (f"`{step}` is a step that asks nothing.", expected, None)
        if wrong is not None:
            yield finding("U404", place_of(replay, "turns", number, turn.kind), *wrong)
        elif not mark and turn.kind == "ask" and not turn.problem:
            yield from self._answer(replay, turn, number, self.answers[step])

    def _answer(self, replay: Replay, turn: Expected, number: int, known: set[str]) -> Iterator[Diagnostic]:
        """An answer that is no choice. What is no id may be the words of one, which are not known here."""
        given: list[Value] = turn.answer if isinstance(turn.answer, list) else [turn.answer]
        for answer in given:
            if known & _NO_CHOICE or not isinstance(answer, str) or answer in known | _YES_NO:
                continue
            if _LIKE_AN_ID.fullmatch(answer):
                place = place_of(replay, "turns", number, "answer")
                words = f"`{turn.name}` has no answer `{answer}`."
                expected = f"It has {', '.join(sorted(known))}."
                yield finding("U405", place, words, expected, did_you_mean(answer, known))

    def change(self, replay: Replay, turn: Expected) -> Iterator[Diagnostic]:
        """A call that none of the flows makes."""
        if turn.name not in self.actions:
            words = f"Neither `{replay.flow}` nor any flow it visits calls `{turn.name}`."
            expected = f"They call {', '.join(sorted(self.actions))}."
            yield finding("U406", turn.place, words, expected, did_you_mean(turn.name, self.actions))
