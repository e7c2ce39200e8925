"""Text to the clipboard of the terminal by OSC 52, where the terminal has it.

There is no sure way to ask: a terminal that lacks it says nothing. It is used where the environment names a
terminal that is known to take it as it is shipped, and otherwise only if the person says that theirs does.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

LONGEST = 74_994
"""Bytes; what xterm takes, and with it all others."""
MODERN_TERMS = ("xterm-kitty", "alacritty", "foot", "xterm-ghostty", "wezterm", "contour", "rio")
_PROGRAMS = frozenset({"WezTerm", "ghostty", "rio", "contour"})
MODERN_VARIABLES = (
    "KITTY_WINDOW_ID",
    "WT_SESSION",
    "ALACRITTY_WINDOW_ID",
    "WEZTERM_PANE",
    "GHOSTTY_RESOURCES_DIR",
)
"""How such terminals begin `TERM`, and what else they set."""
_BETWEEN = ("TMUX", "STY")
"""Programs that stand between us and the terminal and keep the sequence to themselves as they are shipped."""


def has_clipboard(environ: Mapping[str, str]) -> bool:
    """Whether the terminal is known to take OSC 52."""
    if any(environ.get(name) for name in _BETWEEN):
        return False
    return (
        environ.get("TERM", "").startswith(MODERN_TERMS)
        or environ.get("TERM_PROGRAM", "") in _PROGRAMS
        or any(environ.get(name) for name in MODERN_VARIABLES)
    )


def copying(text: str) -> str | None:
    """The sequence that puts `text` into the clipboard; None if that is too much for terminals."""
    data = text.encode("utf-8", "replace")
    if len(data) > LONGEST:
        return None
    return f"\x1b]52;c;{base64.b64encode(data).decode('ascii')}\x07"
