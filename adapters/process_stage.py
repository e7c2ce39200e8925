"""Holds a replay on a front end in a process of its own: started, killed and started again like the real one.

The world is in a folder that both processes see; `adapters.staged` is the other side.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol, TypeAlias

import msgspec

from adapters.clinic.people import People
from adapters.library import Library
from adapters.replay.port import CallMade, StageFailed
from adapters.replay.replay_file import Replay
from adapters.staged import CALLS, CLOCK, TASK, FrontName, Task
from adapters.staging import (
    ACTOR,
    CLINIC,
    EMBEDDED,
    MAIL,
    STORE,
    change_people,
    events_of,
    held_at,
    logged_calls,
    make_clinic,
)
from adapters.stores.sqlite import SqliteStore
from adapters.view import View, view_from
from adapters.walks import walks
from engine import Flow, Node, Prompt, Traced, Value

PATIENCE = 30.0
"""How long a process may take for one turn, in seconds."""


class Front(Protocol):
    """A process that is talked to."""

    def first(self) -> View:
        """The turn it begins with."""
        ...

    def answer(self, prompt: Prompt, value: Value) -> View:
        """Answer the question that waits."""
        ...

    def back(self) -> View:
        """Go back to the question before."""
        ...

    def change(self, prompt: str) -> View:
        """Go back to a question that was answered."""
        ...

    def hand_over(self, text: str) -> View:
        """Hand the case over."""
        ...

    def stop(self) -> View:
        """Give the conversation up."""
        ...

    def reveal(self, id: str) -> tuple[bool, View]:
        """Let the secret that waits be shown; whether it was."""
        ...

    def why(self, step: str) -> str:
        """See `Stage.why`."""
        ...

    def again(self) -> View | None:
        """Where the front end outlives the process behind it: kill that, start it again, and give the turn
        that the front end goes on with. None where the front end is the process."""
        ...

    def end(self) -> None:
        """End the process as if it were killed; it may have ended already."""
        ...


Opening: TypeAlias = Callable[[Path], Front]
"""Starts the process of a front end over the world in this folder."""


class ProcessStage:
    """Holds a replay on the front end `name`, with everything it needs in `folder`; `flows` is a folder of
    one's own flows, `over` how the clinic is called."""

    def __init__(
        self,
        replay: Replay,
        people: People,
        library: Library,
        folder: Path,
        front: FrontName,
        flows: Path | None,
        over: str = EMBEDDED,
    ) -> None:
        self._replay = replay
        self._library = library
        self._folder = folder
        self._now = datetime.fromisoformat(replay.now)
        self._clock_stands()
        make_clinic(folder, people, lambda: self._now)
        text = folder / "replay.yaml"
        text.write_text(replay.source.text, encoding="utf-8")
        own = str(flows.resolve()) if flows is not None else ""
        self._task = Task(
            front, str(text), replay.flow, ACTOR, replay.audience, "", own, (), -1, over, replay.me
        )
        self._open = opening(front)
        self._front: Front | None = None
        self._view: View | None = None

    def close(self) -> None:
        """End the process."""
        if self._front is not None:
            self._front.end()
            self._front = None

    def start(self, flow: str = "", by: str = "") -> View:
        """See `Stage.start`."""
        return self._begun(flow=flow or self._replay.flow, actor=by or ACTOR, session="")

    def answer(self, value: Value, by: str = "") -> View:
        """See `Stage.answer`. Somebody else answers in a process of their own."""
        view = self._here()
        if by and by != self._task.actor:
            view = self._begun(actor=by, session=view.session)
        if view.prompt is None:
            raise StageFailed("no question waits")
        return self._came(self._talked_to().answer(view.prompt, value))

    def reveal(self, id: str) -> tuple[bool, View]:
        """See `Stage.reveal`."""
        shown, view = self._talked_to().reveal(id)
        return shown, self._came(view)

    def later(self, minutes: int) -> None:
        """See `Stage.later`."""
        self._now += timedelta(minutes=minutes)
        self._clock_stands()

    def restart(self) -> View:
        """See `Stage.restart`."""
        session, front = self._here().session, self._talked_to()
        self._task = msgspec.structs.replace(self._task, generation=self._task.generation + 1)
        (self._folder / TASK).write_bytes(msgspec.json.encode(self._task))
        view = front.again()
        return self._came(view) if view is not None else self._begun(session=session)

    def back(self) -> View:
        """See `Stage.back`."""
        return self._came(self._talked_to().back())

    def change(self, prompt: str) -> View:
        """See `Stage.change`."""
        return self._came(self._talked_to().change(prompt))

    def hand_over(self, text: str) -> View:
        """See `Stage.hand_over`."""
        return self._came(self._talked_to().hand_over(text))

    def stop(self) -> View:
        """See `Stage.stop`."""
        return self._came(self._talked_to().stop())

    def by_hand(self, change: Node) -> None:
        """See `Stage.by_hand`."""
        change_people(self._folder, self._replay, change, self._now)

    def plan_fault(self, action: str, fault: str, call: int) -> None:
        """See `Stage.plan_fault`."""
        faults = (*self._task.faults, (action, fault, call))
        self._task = msgspec.structs.replace(self._task, faults=faults)

    def why(self, step: str) -> str:
        """See `Stage.why`."""
        return self._front.why(step) if self._front is not None else ""

    def calls(self) -> tuple[CallMade, ...]:
        """See `Stage.calls`."""
        return logged_calls(self._folder / CALLS)

    def holds(self) -> dict[str, Value]:
        """See `Stage.holds`."""
        return held_at(self._folder / CLINIC, self._folder / MAIL)

    def events(self) -> tuple[tuple[bytes, ...], ...]:
        """See `Stage.events`. The process is ended for that."""
        self.close()
        with SqliteStore(self._folder / STORE) as store:
            return events_of(store)

    def walks(self) -> Iterator[tuple[Flow, tuple[Traced, ...]]]:
        """What every session of this world went through. The process is ended for that."""
        self.close()
        with SqliteStore(self._folder / STORE) as store:
            yield from walks(store, self._library)

    def _begun(self, *, session: str, flow: str = "", actor: str = "") -> View:
        """The first turn of a new process."""
        self.close()
        task = self._task
        self._task = msgspec.structs.replace(
            task,
            flow=flow or task.flow,
            actor=actor or task.actor,
            session=session,
            generation=task.generation + 1,
        )
        (self._folder / TASK).write_bytes(msgspec.json.encode(self._task))
        self._front = self._open(self._folder)
        return self._came(self._front.first())

    def _talked_to(self) -> Front:
        if self._front is None:
            raise StageFailed("the conversation was not begun")
        return self._front

    def _came(self, view: View) -> View:
        self._view = view
        return view

    def _here(self) -> View:
        if self._view is None:
            raise StageFailed("the conversation was not begun")
        return self._view

    def _clock_stands(self) -> None:
        (self._folder / CLOCK).write_text(self._now.astimezone(UTC).isoformat(), encoding="utf-8")


def opening(front: FrontName) -> Opening:
    """What starts this front end. Raises PlainProblem if something it needs is not installed."""
    if front == "json":
        return JsonFront
    if front == "browser":
        from adapters.browser_front import BrowserFront

        return BrowserFront
    from adapters.terminal_front import TerminalFront

    return TerminalFront


class JsonFront:
    """`chat --json`: one JSON object a line in each direction."""

    def __init__(self, folder: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "adapters.staged", str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def first(self) -> View:
        """See `Front.first`."""
        return view_from(self._line())

    def answer(self, prompt: Prompt, value: Value) -> View:
        """See `Front.answer`."""
        return self._asked({"answer": value, "prompt": prompt.id, "seq": prompt.seq})

    def back(self) -> View:
        """See `Front.back`."""
        return self._asked({"back": True})

    def change(self, prompt: str) -> View:
        """See `Front.change`."""
        return self._asked({"change": prompt})

    def hand_over(self, text: str) -> View:
        """See `Front.hand_over`."""
        return self._asked({"hand_over": text})

    def stop(self) -> View:
        """See `Front.stop`."""
        return self._asked({"stop": True})

    def reveal(self, id: str) -> tuple[bool, View]:
        """See `Front.reveal`. What is shown is not kept here."""
        self._say({"reveal": id})
        turn = msgspec.json.decode(self._line(), type=dict[str, msgspec.Raw])
        told = msgspec.json.decode(turn.pop("reveal", msgspec.Raw(b"{}")), type=dict[str, msgspec.Raw])
        shown = "value" in told
        waits = told.get("next") if shown else turn.get("reveal")
        if waits is not None:
            turn["reveal"] = waits
        return shown, view_from(msgspec.json.encode(turn))

    def why(self, step: str) -> str:
        """See `Front.why`."""
        return self._asked({"why": step or True}).info or ""

    def again(self) -> None:
        """See `Front.again`."""

    def end(self) -> None:
        """See `Front.end`."""
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate()

    def _asked(self, request: dict[str, Value]) -> View:
        self._say(request)
        return view_from(self._line())

    def _say(self, request: dict[str, Value]) -> None:
        if self._process.stdin is None:
            raise StageFailed("nothing can be said to the process")
        try:
            self._process.stdin.write(msgspec.json.encode(request).decode() + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            raise StageFailed("the process has ended") from None

    def _line(self) -> str:
        """The next line; a process that says nothing for too long is ended."""
        if self._process.stdout is None:
            raise StageFailed("nothing can be heard of the process")
        late = threading.Timer(PATIENCE, self._process.kill)
        late.start()
        try:
            line = self._process.stdout.readline()
        finally:
            late.cancel()
        if not line:
            raise StageFailed("the process has ended, or said nothing for too long")
        return line
