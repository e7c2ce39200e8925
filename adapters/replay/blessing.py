"""Plays a replay that went otherwise than written, and says what must be written so that it passes.

Answers are given where their question comes, wherever that is now; nothing is answered that nobody wrote an
answer for. What only asserts (calls, outcomes, the end, what is held) becomes what came. Changes no file.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import msgspec

from adapters.replay.port import Stage, StageFailed
from adapters.replay.replay_file import OPEN, Expected, Replay
from adapters.replay.replay_writer import inline
from adapters.replay.runner import expected_error, is_meant, matches, outcome_of
from adapters.view import View
from engine import Did, Prompt, Value

EditKind: TypeAlias = Literal["drop", "insert", "change", "end", "holds"]


class Edit(msgspec.Struct, frozen=True):
    """One change of a replay. `turn` is the number of the turn it is about, or before which something is
    inserted; `keys` what is written instead (None removes a key); `words` say what is otherwise now."""

    kind: EditKind
    words: str
    turn: int = -1
    keys: dict[str, Value] = {}


class Healing(msgspec.Struct, frozen=True):
    """What must be written. `open` says, in a sentence, what only a person can decide; empty if nothing."""

    edits: tuple[Edit, ...]
    open: str


def heal(replay: Replay, stage: Stage) -> Healing:
    """Play `replay` on `stage` as far as its answers reach."""
    playing = _Playing(replay, stage)
    try:
        playing.go()
    except _NeedsPerson as needed:
        return Healing(tuple(playing.edits), str(needed))
    except StageFailed as failed:
        return Healing(tuple(playing.edits), f"The conversation stopped: {failed}.")
    return Healing(tuple(playing.edits), "")


class _NeedsPerson(Exception):
    """Nobody wrote what is to be said here."""


@dataclass(slots=True)
class _Playing:
    """A replay being played. `next` is the number of the turn that comes next, `dids` the calls that were
    told and not yet looked for."""

    replay: Replay
    stage: Stage
    edits: list[Edit] = field(default_factory=list)
    next: int = 0
    dids: deque[Did] = field(default_factory=deque)
    view: View | None = None
    read: int = 0

    def go(self) -> None:
        turns = self.replay.turns
        for planned in turns:
            if planned.fault:
                self.stage.plan_fault(planned.name, planned.fault, planned.call)
        self._came(self.stage.start())
        while not self._over():
            self._calls()
            turn = turns[self.next] if self.next < len(turns) else None
            view = self.view or View("", 0)
            if turn is not None and turn.kind not in ("ask", "did", "reveal"):
                self.next += 1
                self._happens(turn)
            elif view.prompt is not None:
                self._question(view.prompt)
            elif view.reveal is not None:
                self._secret(view.reveal.id)
            else:
                break
        self._calls()
        self._end()

    def _over(self) -> bool:
        """Whether the conversation has ended, or is left open as it is meant to be."""
        left = self.replay.turns[self.next :]
        if self.view is None or self.view.end is not None:
            return not any(turn.kind in ("start", "later", "by hand") for turn in left)
        return self.replay.end == OPEN and not left

    def _happens(self, turn: Expected) -> None:
        """What happens from outside happens as it is written."""
        match turn.kind:
            case "back":
                self._came(self.stage.back())
            case "change":
                self._came(self.stage.change(turn.name))
            case "later":
                self.stage.later(turn.minutes)
            case "restart":
                self._came(self.stage.restart(), again=True)
            case "start":
                self._before_another(turn)
                self._came(self.stage.start(turn.name, turn.by))
            case "hand over":
                self._came(self.stage.hand_over(turn.text))
            case "stop":
                self._came(self.stage.stop())
            case _:
                if turn.change is not None:
                    self.stage.by_hand(turn.change)

    def _before_another(self, turn: Expected) -> None:
        """The conversation before another one ended as it ends now."""
        ended = outcome_of(self.view)
        if ended != turn.outcome if turn.outcome else ended == OPEN:
            words = f"another one begins after it ended {ended}" if ended != OPEN else "it goes on there"
            self._change(self.replay.turns.index(turn), {"after": ended}, words)

    def _question(self, prompt: Prompt) -> None:
        """Answer the question with what was written for it, leaving out what does not come any more."""
        found = self._ahead(prompt)
        if found is None:
            raise _NeedsPerson(f"It asks `{prompt.step}` now, and no answer to that is written.")
        for number in range(self.next, found):
            self._drop(number)
        self.next = found + 1
        turn = self.replay.turns[found]
        if turn.text and turn.text not in prompt.text.text:
            self._change(found, {"text": None}, f"`{turn.name}` has other words")
        self._came(self.stage.answer(turn.answer, turn.by))
        problem = self.view.problem.code if self.view is not None and self.view.problem is not None else ""
        if problem and not turn.problem:
            raise _NeedsPerson(
                f"`{turn.name}` does not take the answer {turn.answer!r} any more ({problem})."
            )
        if problem != turn.problem:
            words = f"is refused as {problem}" if problem else "is taken"
            self._change(found, {"problem": problem or None}, f"the answer to `{turn.name}` {words}")

    def _ahead(self, prompt: Prompt) -> int | None:
        """The number of the next turn that answers this question, before anything else happens."""
        for number in range(self.next, len(self.replay.turns)):
            turn = self.replay.turns[number]
            if turn.kind == "ask" and is_meant(prompt, turn.name):
                return number
            if turn.kind not in ("ask", "did", "reveal"):
                return None
        return None

    def _secret(self, id: str) -> None:
        turn = self.replay.turns[self.next] if self.next < len(self.replay.turns) else None
        shown, view = self.stage.reveal(id)
        said: Value = True if shown else "lost"
        if turn is None or turn.kind != "reveal":
            self._insert({"reveal": said}, "a secret is shown" if shown else "a secret is gone")
        else:
            if bool(turn.error) == shown:
                self._change(self.next, {"reveal": said}, f"the secret is {'shown' if shown else 'gone'}")
            self.next += 1
        self._came(view)

    def _calls(self) -> None:
        """Compare the calls that were told with those that are written here; what is left are reads."""
        while self.dids:
            did = self.dids.popleft()
            found = self._written(did)
            if found is None:
                self._insert(_did(did), f"it does `{did.action}` ({_ending(did)})")
                continue
            for number in range(self.next, found):
                self._drop(number)
            self.next = found + 1
            self._same(found, did)
        while self.next < len(self.replay.turns) and self.replay.turns[self.next].kind == "did":
            if not self._is_read(self.replay.turns[self.next]):
                self._drop(self.next)
            self.next += 1

    def _written(self, did: Did) -> int | None:
        """The number of the next turn that names this call, before the one that answers the question after
        it."""
        prompt = self.view.prompt if self.view is not None else None
        ahead = self._ahead(prompt) if prompt is not None else len(self.replay.turns)
        for number in range(self.next, len(self.replay.turns) if ahead is None else ahead):
            turn = self.replay.turns[number]
            if turn.kind not in ("ask", "did", "reveal") or (ahead is None and turn.kind == "ask"):
                return None
            if turn.kind == "did" and turn.name == did.action:
                return number
        return None

    def _same(self, number: int, did: Did) -> None:
        turn = self.replay.turns[number]
        error = did.error.value if did.error is not None else ""
        keys: dict[str, Value] = {}
        if error != expected_error(turn):
            keys["error"] = error or None
        if turn.outcome and turn.outcome != did.outcome:
            keys["outcome"] = did.outcome
        if keys:
            self._change(number, keys, f"`{did.action}` ends in {_ending(did)}")

    def _is_read(self, turn: Expected) -> bool:
        """Whether a read that is asserted was made, and ended so."""
        calls = self.stage.calls()
        made = [number for number, call in enumerate(calls) if call.action == turn.name]
        found = made[turn.call - 1 : turn.call] if turn.call else [each for each in made if each >= self.read]
        if not found:
            return False
        self.read = found[0] + 1
        error = turn.error or turn.fault
        return not error or calls[found[0]].failure == error

    def _end(self) -> None:
        for number in range(self.next, len(self.replay.turns)):
            self._drop(number)
        end = self.view.end if self.view is not None else None
        came = end.outcome.value if end is not None else OPEN
        if came == OPEN and self.replay.end != OPEN:
            raise _NeedsPerson("It goes on after the last turn that is written.")
        if came != self.replay.end:
            self.edits.append(Edit("end", f"it ends {came}, not {self.replay.end}", keys={"end": came}))
        held = self.stage.holds()
        for key, value, _ in self.replay.holds:
            now = held.get(key)
            if not matches(value, now):
                told = _as_told(value, now)
                words = f"{key}: {inline(told)}, not {inline(value)}"
                self.edits.append(Edit("holds", words, keys={key: told}))

    def _drop(self, number: int) -> None:
        turn = self.replay.turns[number]
        does = {"ask": "asks", "did": "does"}.get(turn.kind, turn.kind)
        self.edits.append(Edit("drop", f"it no longer {does} `{turn.name}`", number))

    def _insert(self, keys: dict[str, Value], words: str) -> None:
        self.edits.append(Edit("insert", words, self.next, keys))

    def _change(self, number: int, keys: dict[str, Value], words: str) -> None:
        self.edits.append(Edit("change", words, number, keys))

    def _came(self, view: View, again: bool = False) -> None:
        self.view = view
        if again:
            self.dids.clear()
        else:
            self.dids.extend(view.did)


def _ending(did: Did) -> str:
    return did.error.value if did.error is not None else did.outcome


def _did(did: Did) -> dict[str, Value]:
    error: dict[str, Value] = {"error": did.error.value} if did.error is not None else {}
    return {"did": did.action, **error}


def _as_told(wanted: Value, held: Value) -> Value:
    """What is held, told as far as it was told before: of records only the members that were named."""
    if isinstance(wanted, dict) and isinstance(held, dict):
        return {key: _as_told(value, held[key]) for key, value in wanted.items() if key in held}
    if isinstance(wanted, list) and isinstance(held, list):
        return [_as_told(_like(wanted, number), each) for number, each in enumerate(held)]
    return held


def _like(wanted: Sequence[Value], number: int) -> Value:
    """The item that says how this one is told: the one at its place, or the first."""
    return wanted[number] if number < len(wanted) else (wanted[0] if wanted else None)
