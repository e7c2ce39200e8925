"""How things look: the marks and the colours. No text of a conversation, no layout.

Only the terminal's own sixteen colours and bold are used, so that dark and light backgrounds both stay
readable; meaning is never carried by colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec


class Marks(msgspec.Struct, frozen=True):
    """The signs in front of lines. `rule` stands left of what unstuck says, `line` makes separators."""

    rule: str
    line: str
    arrow: str
    bullet: str
    path: str
    prompt: str
    pointer: str
    done: str
    failed: str
    unknown: str
    effect: str
    ticked: str
    unticked: str
    dot: str
    more: str


UNICODE = Marks(
    rule="│",
    line="─",
    arrow="→",
    bullet="•",
    path="▸",
    prompt="›",
    pointer="›",
    done="✓",
    failed="✗",
    unknown="?",
    effect="↳",
    ticked="[x]",
    unticked="[ ]",
    dot="·",
    more="…",
)

ASCII = Marks(
    rule="|",
    line="-",
    arrow="->",
    bullet="*",
    path=">>",
    prompt=">",
    pointer=">",
    done="[ok]",
    failed="[no]",
    unknown="[??]",
    effect="=>",
    ticked="[x]",
    unticked="[ ]",
    dot="-",
    more="...",
)

STYLES: Mapping[str, str] = {
    "title": "bold",
    "faint": "dim",
    "rule": "ansicyan",
    "data": "bold",
    "strong": "bold",
    "code": "ansimagenta",
    "link": "underline",
    "step": "bold",
    "arrow": "ansicyan",
    "question": "bold",
    "number": "bold ansicyan",
    "chosen": "bold reverse",
    "effect": "ansimagenta",
    "mine": "ansicyan",
    "done": "ansigreen",
    "failed": "bold ansired",
    "unknown": "bold ansimagenta",
    "problem": "ansired",
    "info": "ansimagenta",
    "bottom-toolbar": "noreverse dim",
    "bottom-toolbar.text": "noreverse dim",
}
"""The names of styles that layouts use, as prompt_toolkit wants them."""
