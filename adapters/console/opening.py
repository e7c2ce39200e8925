"""Which kind of console fits this terminal: keys and colours where there is one, lines where there is
none, where it is dumb, or where that is asked for."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TextIO

import msgspec

from adapters.console.line_asker import LineAsker
from adapters.console.port import Asker
from adapters.console.screen import PLAIN_WIDTH, PlainScreen, Screen, TerminalScreen, takes_unicode

DUMB = frozenset({"", "dumb", "unknown"})


class Looks(msgspec.Struct, frozen=True):
    """What the person asked for: line mode, no colours, ASCII only, a theme ("auto": what the terminal says),
    whether the terminal has a clipboard ("auto", "yes", "no"), in which file commands are kept, if any, and
    whether reasons are told by the rules as their authors wrote them."""

    plain: bool = False
    colourless: bool = False
    ascii: bool = False
    theme: str = "auto"
    clipboard: str = "auto"
    history: Path | None = None
    rules: bool = False


def open_console(
    looks: Looks, source: TextIO, sink: TextIO, environ: Mapping[str, str]
) -> tuple[Screen, Asker]:
    """A screen, and somebody who answers on it."""
    dumb = environ.get("TERM", "") in DUMB
    if looks.plain or dumb or not (source.isatty() and sink.isatty()):
        width = shutil.get_terminal_size((PLAIN_WIDTH, 24)).columns if sink.isatty() else PLAIN_WIDTH
        screen = PlainScreen(sink, ascii=looks.ascii, width=width)
        return screen, LineAsker(screen, source)
    return _open_terminal(looks, sink, environ)


def _open_terminal(looks: Looks, sink: TextIO, environ: Mapping[str, str]) -> tuple[Screen, Asker]:
    from prompt_toolkit.output import ColorDepth, create_output

    from adapters.console.key_asker import KeyAsker
    from adapters.console.reflow import reflows
    from adapters.console.theme import background

    colourless = looks.colourless or bool(environ.get("NO_COLOR"))
    depth = ColorDepth.DEPTH_1_BIT if colourless else ColorDepth.DEPTH_4_BIT
    theme = background(environ.get("COLORFGBG", "")) if looks.theme == "auto" else looks.theme
    ascii = looks.ascii or not takes_unicode(sink)
    screen = TerminalScreen(create_output(sink), depth, ascii=ascii, theme=theme)
    if looks.history is None:
        return screen, KeyAsker(screen, reflows=reflows(environ))
    from adapters.console.past_commands import PastCommands

    return screen, KeyAsker(screen, history=PastCommands(looks.history), reflows=reflows(environ))


def clipboard(looks: Looks, screen: Screen, environ: Mapping[str, str]) -> Callable[[str], bool]:
    """Puts a text into the clipboard of the terminal, and says whether it could."""
    from adapters.console.clipboard import copying, has_clipboard

    there = has_clipboard(environ) if looks.clipboard == "auto" else looks.clipboard == "yes"

    def copy(text: str) -> bool:
        sequence = copying(text) if there and isinstance(screen, TerminalScreen) else None
        if sequence is not None and isinstance(screen, TerminalScreen):
            screen.send(sequence)
        return sequence is not None

    return copy
