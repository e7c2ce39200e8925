"""Texts that end before they were meant to, because a `#` in them begins a remark. Knows values and lines."""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.diagnostics import Diagnostic
from engine.finding import finding
from engine.nodes import Node, scalars
from engine.source import Place, Source

_GLUED = re.compile(r"\s#\w")
_REST = re.compile(r"[ \t]+(#\w.*?)[ \t]*$")


def cut_off(source: Source, root: Node) -> Iterator[Diagnostic]:
    """Values without quotes behind which a remark begins as no remark is written: `patient #1`."""
    if _GLUED.search(source.text) is None:
        return
    for each in scalars(root):
        if each.quoted or each.value is None:
            continue
        place = each.at(len(each.text) - 1) if len(each.lines) else each.place
        end = place.column + (0 if len(each.lines) else each.place.length - 1)
        rest = _REST.match(source.line(place.line), end)
        if rest is not None:
            spot = Place(source, place.line, rest.start(1) + 1, len(rest.group(1)))
            words = "From this `#` on the line is a remark, and not part of the text."
            repair = "Put the text in quotes. If it is a remark, write a blank behind the `#`."
            yield finding("U028", spot, words, None, repair)
