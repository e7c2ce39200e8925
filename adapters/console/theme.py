"""How things look: the marks and the colours. No text of a conversation, no layout.

Only the terminal's own sixteen colours and bold are used, so that whoever has chosen them for their eyes
keeps them; meaning is never carried by colour alone. Where it is not known whether the background is dark or
light, only colours are used that can be read on both.
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
    spinner: str


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
    spinner="⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏",
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
    spinner="|/-\\",
)

_ALWAYS = {
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
_ON_DARK = {
    "title": "bold ansiwhite",
    "faint": "ansigray",
    "rule": "ansibrightblue",
    "data": "bold ansiwhite",
    "code": "ansibrightyellow",
    "arrow": "ansibrightblue",
    "question": "bold ansiwhite",
    "number": "bold ansibrightcyan",
    "effect": "ansibrightyellow",
    "mine": "ansibrightcyan",
    "done": "ansibrightgreen",
    "failed": "bold ansibrightred",
    "unknown": "bold ansibrightyellow",
    "problem": "ansibrightred",
    "info": "ansibrightmagenta",
    "bottom-toolbar": "noreverse ansigray",
    "bottom-toolbar.text": "noreverse ansigray",
}
_ON_LIGHT = {
    "faint": "ansibrightblack",
    "rule": "ansiblue",
    "arrow": "ansiblue",
    "number": "bold ansiblue",
    "mine": "ansiblue",
    "bottom-toolbar": "noreverse ansibrightblack",
    "bottom-toolbar.text": "noreverse ansibrightblack",
}
PLAIN_THEME = "plain"
STYLES: Mapping[str, Mapping[str, str]] = {
    PLAIN_THEME: _ALWAYS,
    "dark": {**_ALWAYS, **_ON_DARK},
    "light": {**_ALWAYS, **_ON_LIGHT},
}
"""For each theme the styles under the names that layouts use, as prompt_toolkit wants them."""


def background(colorfgbg: str) -> str:
    """The theme for what a terminal says of its colours in COLORFGBG, such as `15;0`; the plain one where
    that says nothing."""
    last = colorfgbg.rpartition(";")[2]
    if not (last.isascii() and last.isdigit()) or not colorfgbg.count(";"):
        return PLAIN_THEME
    return "dark" if int(last[:3]) in (0, 1, 2, 3, 4, 5, 6, 8) else "light"
