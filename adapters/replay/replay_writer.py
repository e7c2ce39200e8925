"""Writes a replay as the people of a clinic would: one line a turn, one line a person where that is short."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from engine import Value

WIDTH = 110

_PLAIN = re.compile(r"[A-Za-z_](?:[A-Za-z0-9_./@+-]| (?=[A-Za-z0-9_./@+-]))*")
_NOT_TEXT = frozenset({"null", "true", "false"})


def replay_text(replay: Mapping[str, Value], remarks: tuple[str, ...] = ()) -> str:
    """The file that holds this replay, with remarks above it."""
    lines = [f"# {remark}" for remark in remarks]
    for key, value in replay.items():
        if key == "turns" and isinstance(value, list):
            lines.append("turns:")
            lines += [f"  - {turn_line(each)}" for each in value if isinstance(each, dict)]
        else:
            lines += _entry(key, value, 0, value_in_block=key in ("clinic", "policy", "holds"))
    return "\n".join(lines) + "\n"


def inline(value: Value) -> str:
    """A value on one line."""
    match value:
        case dict():
            return "{" + ", ".join(f"{inline(key)}: {inline(each)}" for key, each in value.items()) + "}"
        case list():
            return "[" + ", ".join(inline(each) for each in value) + "]"
        case str() if _PLAIN.fullmatch(value) and value not in _NOT_TEXT:
            return value
        case _:
            return json.dumps(value, ensure_ascii=False)


def turn_line(turn: Mapping[str, Value]) -> str:
    """A turn, without its dash: `did: ACTION` alone needs no braces."""
    if len(turn) == 1:
        ((key, value),) = turn.items()
        return f"{inline(key)}: {inline(value)}"
    return inline(dict(turn))


def _entry(key: str, value: Value, indent: int, value_in_block: bool = True) -> Iterator[str]:
    """The lines of one key of a mapping."""
    margin = " " * indent
    short = f"{margin}{inline(key)}: {inline(value)}"
    if not value or not value_in_block or not isinstance(value, list | dict):
        yield short
    elif isinstance(value, dict):
        yield f"{margin}{inline(key)}:"
        for name, each in value.items():
            yield from _entry(name, each, indent + 2, value_in_block=name == "clients")
    else:
        yield f"{margin}{inline(key)}:"
        for each in value:
            yield from _item(each, indent + 2)


def _item(value: Value, indent: int) -> Iterator[str]:
    """The lines of one item of a list."""
    margin = " " * indent
    if not isinstance(value, dict):
        yield f"{margin}- {inline(value)}"
        return
    short = f"{margin}- {turn_line(value)}"
    if len(short) <= WIDTH and not any(isinstance(each, list) for each in value.values()):
        yield short
        return
    lines = [
        line
        for name, each in value.items()
        for line in _entry(name, each, indent + 2, value_in_block=name == "contacts")
    ]
    yield f"{margin}- {lines[0].lstrip()}"
    yield from lines[1:]
