"""Threads that take turns, and time that passes only when everybody waits.

Whatever runs is an actor: a thread of which one at a time is let go on, until it pauses or waits; the tape
says who is next. With one tape everything happens in the same order again, however it ends.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from adapters.waits import News
from tests.simulator.tape import Tape

MOST_STEPS = 200_000
"""After so many turns something goes on for ever."""


class Crashed(BaseException):
    """The process in which this runs is gone. As after a real kill, nothing it does now counts."""


class Stuck(Exception):
    """Everybody waits for something that cannot come, or they go on for ever."""


class Process:
    """Something that can be killed, with every actor in it. `disturbed` says when it last could not do what
    it wanted, in the simulation's seconds."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive = True
        self.disturbed = -1.0


class _Actor:
    """A thread that takes turns. `ready` says whether what it waits for is there; at `until` it goes on
    anyhow."""

    def __init__(self, name: str, process: Process | None, work: Callable[[], None]) -> None:
        self.name = name
        self.process = process
        self.work = work
        self.turn = threading.Semaphore(0)
        self.ready: Callable[[], bool] | None = None
        self.until = 0.0
        self.error: BaseException | None = None

    @property
    def killed(self) -> bool:
        return self.process is not None and not self.process.alive


class Turns:
    """All actors of a simulation, and its time in seconds (`now`)."""

    def __init__(self, tape: Tape) -> None:
        self.now = 0.0
        self._tape = tape
        self._actors: list[_Actor] = []
        self._back = threading.Semaphore(0)
        self._here: _Actor | None = None
        self._steps = 0

    def begin(self, name: str, process: Process | None, work: Callable[[], None]) -> None:
        """Let something run beside everything else; it begins when it is its turn."""
        actor = _Actor(name, process, work)
        self._actors.append(actor)
        threading.Thread(target=self._live, args=(actor,), name=name, daemon=True).start()

    def run(self) -> None:
        """Let everybody take turns until nobody is left. Raises Stuck, and whatever an actor raised."""
        while self._actors:
            actor = self._next()
            self._here = actor
            actor.turn.release()
            self._back.acquire()
            if actor.error is not None:
                raise actor.error
            self._steps += 1
            if self._steps > MOST_STEPS:
                raise Stuck("it goes on for ever")

    def enter(self, process: Process | None) -> Process | None:
        """From now on the actor that runs is in this process; where it was before."""
        actor = self._actor()
        before, actor.process = actor.process, process
        return before

    def pause(self) -> None:
        """Let others go on. Raises Crashed."""
        self.wait(lambda: True, self.now)

    def wait(self, ready: Callable[[], bool], until: float) -> bool:
        """Whether it is ready, after waiting for it at most until then. Raises Crashed."""
        actor = self._actor()
        actor.ready, actor.until = ready, until
        self._back.release()
        actor.turn.acquire()
        if actor.killed:
            raise Crashed
        return ready()

    def _actor(self) -> _Actor:
        if self._here is None or threading.current_thread().name != self._here.name:
            raise RuntimeError("this runs outside of its turn")
        return self._here

    def _live(self, actor: _Actor) -> None:
        actor.turn.acquire()
        try:
            if not actor.killed:
                actor.work()
        except Crashed:
            pass
        except BaseException as error:
            actor.error = error
        finally:
            self._actors.remove(actor)
            self._back.release()

    def _next(self) -> _Actor:
        """Whose turn it is; where nobody can go on, time passes until somebody can."""
        able = [each for each in self._actors if self._able(each)]
        if not able:
            soonest = min(each.until for each in self._actors)
            if soonest == float("inf"):
                raise Stuck(f"{', '.join(each.name for each in self._actors)} wait for ever")
            self.now = max(self.now, soonest)
            able = [each for each in self._actors if self._able(each)]
        # Whoever was at work goes on, if nothing else is drawn.
        able.sort(key=lambda each: each is not self._here)
        return able[0] if len(able) == 1 else self._tape.one(able)

    def _able(self, actor: _Actor) -> bool:
        return actor.killed or actor.ready is None or actor.ready() or actor.until <= self.now


class _News:
    """See `News`."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._there = False

    def set(self) -> None:
        """See `News.set`."""
        self._there = True

    def wait(self, seconds: float) -> bool:
        """See `News.wait`."""
        return self._turns.wait(lambda: self._there, self._turns.now + seconds)


class TakingTurns:
    """How time passes in one process of a simulation."""

    def __init__(self, turns: Turns, process: Process) -> None:
        self._turns = turns
        self._process = process
        self._calls = 0

    def monotonic(self) -> float:
        """See `Waits.monotonic`."""
        return self._turns.now

    def sleep(self, seconds: float) -> None:
        """See `Waits.sleep`."""
        self._turns.wait(lambda: False, self._turns.now + seconds)

    def news(self) -> News:
        """See `Waits.news`."""
        return _News(self._turns)

    def beside(self, work: Callable[[], None]) -> None:
        """See `Waits.beside`."""
        self._calls += 1
        self._turns.begin(f"{self._process.name} call {self._calls}", self._process, work)
