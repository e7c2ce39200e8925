"""Writes edits into the text of a replay. Every line that no edit is about stays as it is, comments too."""

from __future__ import annotations

import re
from collections.abc import Mapping as ReadOnly

from adapters.replay.blessing import Edit
from adapters.replay.replay_file import plain_value
from adapters.replay.replay_writer import inline, turn_line
from engine import Mapping, Node, Sequence, Source, Value, read

_ITEM = re.compile(r"( *)- ")
_REMARK = re.compile(r"(\s+#[^\"'}\]]*)$")


class NotByLine(Exception):
    """The replay is not written with each turn on lines of its own, so that it cannot be edited in place."""


def rewritten(source: Source, edits: tuple[Edit, ...]) -> str:
    """The text of the replay with the edits in it. Raises NotByLine."""
    root, _ = read(source)
    turns = root.get("turns") if isinstance(root, Mapping) else None
    if not isinstance(root, Mapping) or not isinstance(turns, Sequence):
        raise NotByLine
    text = _Lines(source, root, turns)
    for edit in edits:
        text.take(edit)
    return text.joined()


class _Lines:
    """The lines of a replay. What an edit puts in place of a line is kept beside it until all are done, so
    that the numbers of lines hold."""

    def __init__(self, source: Source, root: Mapping, turns: Sequence) -> None:
        self._lines = source.text.split("\n")
        self._root = root
        self._turns = turns
        self._before: dict[int, list[str]] = {}
        self._instead: dict[int, str | None] = {}
        self._spans = [self._span(number) for number in range(len(turns.items))]
        if len({first for first, _ in self._spans}) != len(self._spans):
            raise NotByLine

    def take(self, edit: Edit) -> None:
        """Note what this edit changes. Raises NotByLine."""
        match edit.kind:
            case "drop":
                self._replace(self._spans[edit.turn], None)
            case "insert":
                line = f"{self._margin()}- {turn_line(edit.keys)}"
                self._before.setdefault(self._line_before(edit.turn), []).append(line)
            case "change":
                first, _ = self._spans[edit.turn]
                said = plain_value(self._turns.items[edit.turn])
                changed = _over(said if isinstance(said, dict) else {}, edit.keys)
                line = f"{self._margin()}- {turn_line(changed)}{_remark(self._lines[first])}"
                self._replace(self._spans[edit.turn], line)
            case "end" | "holds":
                for key, value in edit.keys.items():
                    self._set(edit.kind, key, value)

    def joined(self) -> str:
        """The whole text."""
        result: list[str] = []
        for number, line in enumerate(self._lines):
            result += self._before.get(number, [])
            kept = self._instead.get(number, line)
            if kept is not None:
                result.append(kept)
        return "\n".join(result)

    def _set(self, kind: str, key: str, value: Value) -> None:
        """Write a value of the replay itself, or of its `holds`."""
        holder = self._root.get("holds") if kind == "holds" else self._root
        if not isinstance(holder, Mapping):
            raise NotByLine
        if kind == "holds" and holder.place.line == _line_of(self._root, "holds"):
            self._set("whole", "holds", _over(_plain(holder), {key: value}))
            return
        starts = sorted(name.place.line - 1 for name, _ in (*holder.entries, *self._root.entries))
        first = _line_of(holder, key) - 1
        after = next((line for line in starts if line > first), len(self._lines))
        indent = " " * (len(self._lines[first]) - len(self._lines[first].lstrip()))
        line = f"{indent}{inline(key)}: {inline(value)}{_remark(self._lines[first])}"
        self._replace((first, self._last(first, after)), line)

    def _replace(self, span: tuple[int, int], line: str | None) -> None:
        first, last = span
        for number in range(first, last + 1):
            self._instead[number] = None
        self._instead[first] = line

    def _span(self, number: int) -> tuple[int, int]:
        """The first and the last line of a turn, counted from 0."""
        items = self._turns.items
        first = items[number].place.line - 1
        if _ITEM.match(self._lines[first]) is None:
            raise NotByLine
        if number + 1 < len(items):
            after = items[number + 1].place.line - 1
        else:
            lines = sorted(key.place.line - 1 for key, _ in self._root.entries)
            after = next((line for line in lines if line > first), len(self._lines))
        return first, self._last(first, after)

    def _last(self, first: int, after: int) -> int:
        """The last line that says something, before the line `after`."""
        last = after - 1
        while last > first and (not self._lines[last].strip() or self._lines[last].lstrip().startswith("#")):
            last -= 1
        return last

    def _line_before(self, turn: int) -> int:
        if turn < len(self._spans):
            return self._spans[turn][0]
        return self._spans[-1][1] + 1

    def _margin(self) -> str:
        found = _ITEM.match(self._lines[self._spans[0][0]])
        return found[1] if found is not None else "  "


def _over(said: ReadOnly[str, Value], keys: ReadOnly[str, Value]) -> dict[str, Value]:
    """What was said with other values for some keys; None takes a key out."""
    return {key: value for key, value in {**said, **keys}.items() if value is not None or key not in keys}


def _plain(node: Node) -> dict[str, Value]:
    value = plain_value(node)
    return value if isinstance(value, dict) else {}


def _line_of(node: Mapping, key: str) -> int:
    return next((name.place.line for name, _ in node.entries if name.text == key), 1)


def _remark(line: str) -> str:
    """The remark at the end of a line, as far as it surely is one."""
    found = _REMARK.search(line)
    return found[1] if found is not None else ""
