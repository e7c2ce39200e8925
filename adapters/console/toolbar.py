"""The line at the bottom of the terminal: whom it is about, which flow, which step, which keys. As much of
it as fits, the most useful first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from adapters.console.layout import Fragment, columns
from adapters.console.replies import OWN_QUESTION, START, commands_at
from adapters.console.theme import Marks
from adapters.sanitise import shown
from engine import Prompt

KEYS: Mapping[str, str] = {
    "f1": "/help",
    "f2": "/why",
    "f3": "/back",
    "f4": "/change",
    "f5": "/summary",
    "f6": "/map",
}
"""The keys for commands, the ones to be told first first."""
GAP = "   "


class Status(msgspec.Struct, frozen=True):
    """What stands in the toolbar: the client's name, the flow and the step, "" where there is none."""

    client: str = ""
    flow: str = ""
    step: str = ""


def keys_at(prompt: Prompt) -> dict[str, str]:
    """The keys for the commands that there are at this question."""
    there = commands_at(prompt)
    return {key: command for key, command in KEYS.items() if command in there}


def hints_at(prompt: Prompt) -> list[str]:
    """The keys to tell of at this question, the most useful first."""
    if prompt.id == OWN_QUESTION:
        return ["Esc back"]
    hints = [f"{key.upper()} {command[1:]}" for key, command in keys_at(prompt).items()]
    return [*hints, "Ctrl-C leaves"] if prompt.id == START else hints


def toolbar(
    status: Status,
    how: str,
    keys: Sequence[str],
    marks: Marks,
    width: int,
    *,
    ascii: bool = False,
    unusual: bool = False,
) -> list[Fragment]:
    """The toolbar of at most `width` columns; `how` says how the present question is answered, and `keys` are
    those to tell of. Where the way to answer is `unusual`, it is told before the flow and the step."""
    parts = [("client", status.client), ("flow", status.flow), ("step", status.step)]
    where = [(style, shown(text, ascii=ascii)) for style, text in parts if text]
    told_how = ((how, len(keys)), (how, 3)) if not unusual else tuple((how, count) for count in (3, 2, 1, 0))
    without = (("", len(keys)), ("", 4), ("", 3), ("", 2)) if not unusual else ()
    for kept in _ways(where):
        for told, count in (*told_how, *without):
            line = _joined(kept, [*([told] if told else []), *keys[:count]], marks)
            if sum(columns(text) for _, text in line) <= width:
                return line
    return []


def _ways(where: list[Fragment]) -> list[list[Fragment]]:
    """What is told of the place, from all of it to nothing; the client stays longest."""
    without_flow = [part for part in where if part[0] != "flow"]
    only_client = [part for part in where if part[0] == "client"]
    return [where, without_flow, only_client, []]


def _joined(where: list[Fragment], keys: list[str], marks: Marks) -> list[Fragment]:
    line: list[Fragment] = [("", " ")]
    for place, (style, text) in enumerate(where):
        line += [("", f" {marks.dot} ")] if place else []
        line.append(("strong" if style == "client" else "", text))
    if where:
        line.append(("", GAP))
    for place, key in enumerate(keys):
        line.append(("", f" {marks.dot} " if place else ""))
        line.append(("", key))
    return [part for part in line if part[1]]
