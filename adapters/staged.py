"""A front end in a process of its own, over the world of a replay.

The world is ready in a folder, and so is what to do (`Task`). A front end that has no form for programs
tells every turn it was given in the file `turns.jsonl`, so that the replay knows what to look for.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from adapters.clinic.actions import CATALOG
from adapters.library import Library
from adapters.onlooker import Onlooker
from adapters.replay.replay_file import Replay, read_replay
from adapters.staging import World
from adapters.talk import Talk
from adapters.view import View, as_json
from adapters.wiring import open_library
from engine import Audience, Given, Prompt, Source, Value

CALLS, CLOCK, PORT, TASK, TURNS = "calls.jsonl", "clock", "port", "task.json", "turns.jsonl"

FrontName = Literal["console", "json", "browser"]


class Task(msgspec.Struct, frozen=True):
    """What a process does: hold or go on with one conversation. `faults` are planned in their order;
    `generation` counts the processes of this world; `flows` is a folder of one's own, if there is one,
    and `me` who is signed in as a client."""

    front: FrontName
    replay: str
    flow: str
    actor: str
    audience: Audience
    session: str
    flows: str
    faults: tuple[tuple[str, str, int], ...]
    generation: int
    over: str = "embedded"
    me: str = ""


class Noted(msgspec.Struct, frozen=True):
    """What is told of one turn: the turn, whether a secret was shown in it, or why the front end itself did
    not take an answer; or the ids of the questions whose answers can be changed."""

    turn: msgspec.Raw = msgspec.Raw(b"null")
    shown: bool | None = None
    puzzle: str = ""
    given: tuple[str, ...] | None = None


def main(folder: Path) -> int:
    """Do the task of this folder."""
    task = msgspec.json.decode((folder / TASK).read_bytes(), type=Task)
    replay, _ = read_replay(Source(task.replay, Path(task.replay).read_text(encoding="utf-8")), CATALOG)
    if replay is None:
        raise ValueError(f"{task.replay} is no replay")
    library = open_library(Path(task.flows) if task.flows else None)
    with closing(_world(folder, task, replay, library)) as world:
        for planned in task.faults:
            world.clinic.plan(*planned)
        if task.front == "browser":
            from adapters.staged_web import serve_world

            serve_world(world, library, folder, task.me)
            return 0
        driver = world.driver
        if task.session:
            view = driver.resume(task.session)
        else:
            view = driver.start(task.flow, actor=task.actor, audience=task.audience, own=replay.own)
        onlooker = Onlooker(library, world.store)
        if task.front == "json":
            from adapters.jsonlines import converse

            converse(Talk(driver, task.actor, onlooker), view, sys.stdin, sys.stdout)
        else:
            talk = Telling(driver, task.actor, onlooker)
            talk.path = folder / TURNS
            _at_console(talk, view)
    return 0


def _world(folder: Path, task: Task, replay: Replay, library: Library) -> World:
    def clock() -> datetime:
        return datetime.fromisoformat((folder / CLOCK).read_text(encoding="utf-8"))

    return World(replay, library, folder, clock, task.generation, folder / CALLS, task.over)


class Telling(Talk):
    """A talk that tells every turn in a file; of a secret only whether it was shown."""

    path = Path()

    def tell(self, noted: Noted) -> None:
        """Write a line."""
        with self.path.open("ab") as file:
            file.write(msgspec.json.encode(noted) + b"\n")

    def came(self, view: View, shown: bool | None = None) -> View:
        """Tell a turn, and give it."""
        self.tell(Noted(msgspec.Raw(json.dumps(as_json(view)).encode()), shown))
        return view

    def answer(
        self, session: str, value: Value, *, prompt: str | None = None, seq: int | None = None
    ) -> View:
        """See `Talk.answer`."""
        return self.came(super().answer(session, value, prompt=prompt, seq=seq))

    def reveal(self, session: str, id: str) -> tuple[str | None, View]:
        """See `Talk.reveal`."""
        value, view = super().reveal(session, id)
        return value, self.came(view, value is not None)

    def back(self, session: str) -> View:
        """See `Talk.back`."""
        return self.came(super().back(session))

    def why(self, session: str, rules: bool = True) -> View:
        """See `Talk.why`."""
        return self.came(super().why(session, rules))

    def why_not(self, session: str, step: str, rules: bool = True) -> View:
        """See `Talk.why_not`."""
        return self.came(super().why_not(session, step, rules))

    def answered(self, session: str) -> tuple[Given, ...]:
        """See `Talk.answered`."""
        given = super().answered(session)
        self.tell(Noted(given=tuple(each.prompt for each in given)))
        return given

    def change(self, session: str, prompt: str, seq: int | None = None) -> View:
        """See `Talk.change`."""
        return self.came(super().change(session, prompt, seq))

    def stop(self, session: str) -> View:
        """See `Talk.stop`."""
        return self.came(super().stop(session))

    def hand_over(self, session: str, text: str) -> View:
        """See `Talk.hand_over`."""
        return self.came(super().hand_over(session, text))


def _at_console(talk: Telling, view: View) -> None:
    from adapters.console.chat import Chat, Left
    from adapters.console.opening import Looks, open_console
    from adapters.console.port import Asker
    from adapters.console.replies import Puzzle, Reply
    from adapters.console.toolbar import Status
    from adapters.console.transcript import Heading

    class Overheard:
        """An asker whose refusals are told."""

        def __init__(self, inside: Asker) -> None:
            self.ready: Callable[[], None] = inside.ready
            self.show_once: Callable[[str, str], None] = inside.show_once
            self.read = inside.read
            self._inside = inside

        def ask(self, prompt: Prompt, fresh: bool, status: Status) -> Reply:
            reply = self._inside.ask(prompt, fresh, status)
            if isinstance(reply, Puzzle):
                talk.tell(Noted(puzzle=reply.why))
            return reply

    screen, asker = open_console(Looks(), sys.stdin, sys.stdout, os.environ)
    talk.came(view)
    try:
        Chat(talk, screen, Overheard(asker), lambda: view, rules=True).run(Heading("A replay", ()), view)
    except Left:
        return


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
