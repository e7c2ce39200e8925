"""What the pictures show: the keys that lead there, and what must be on the screen then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from pyte.screens import Screen

from tests.adapters.console.real_screen import SESSION, RealScreen, real_screen
from tests.pictures.svg import DARK, LIGHT, picture

FOLDER = Path(__file__).parents[2] / "adapters" / "console" / "pictures"
THEMES = {"dark": DARK, "light": LIGHT}
NAMED = "k7m2p9x4wd"
"""Stands for the session's own id, which is always another one."""


@dataclass(frozen=True, slots=True)
class Scene:
    """`keys` are pressed one after the other, each when the words before it are on the screen; `shows` must
    be there in the end."""

    title: str
    columns: int
    rows: int
    options: tuple[str, ...]
    keys: tuple[tuple[str, str], ...]
    shows: str


SWITCHED = (
    ("What does the caller say?", "she never got the invitation email\r"),
    ("Who is the client?", "souza\r"),
    ("Is it this client?", "1\r"),
    ("Leave it as it is", "\x1b[B"),
)
SCENES = {
    "conversation": Scene(
        "The console: what the caller says, who it is, what was found, and four choices with their effects",
        80,
        43,
        (),
        SWITCHED,
        "› 1 Switch both on",
    ),
    "commands": Scene(
        "The console: what was done, the address spelled out, and the commands while one is typed",
        80,
        38,
        (),
        (*SWITCHED, ("› 1 Switch both on", "\r"), ("Is it exactly right?", "/s")),
        "/summary",
    ),
}


@contextmanager
def played(scene: Scene, theme: str, folder: Path) -> Iterator[RealScreen]:
    """The program where the scene ends."""
    look = ("--as", "agent", "--theme", theme)
    with real_screen(folder, scene.columns, scene.rows, *look, *scene.options) as screen:
        for words, keys in scene.keys:
            screen.shows(words)
            screen.press(keys)
        screen.shows(scene.shows)
        yield screen


def drawn(name: str, theme: str, folder: Path) -> str:
    """The picture of a scene."""
    with played(SCENES[name], theme, folder) as screen:
        _name_session(screen.screen)
        return picture(screen.screen, THEMES[theme], SCENES[name].title)


def _name_session(screen: Screen) -> None:
    for row, line in enumerate(screen.display):
        found = SESSION.search(line)
        for place, char in enumerate(NAMED if found else "", found.start() if found else 0):
            screen.buffer[row][place] = screen.buffer[row][place]._replace(data=char)
