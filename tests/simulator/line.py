"""The line between the driver and the clinic: calls are lost on it, come late, or come back as nonsense.

A call that was sent belongs to no process any more: it arrives also after its sender is gone. What was sent,
when it arrived and what came back is kept, so that it can be compared with what the driver says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.clinic.port import ActionFailed, CallContext, OutcomeLost
from engine import FAILURES, CannotTell, Effect, Failure, Finding, Happened, Value
from tests.simulator.clinic import CATALOG
from tests.simulator.surroundings import Back, Surroundings
from tests.simulator.turns import Process

HARMLESS = tuple(sorted(kind for kind, facts in FAILURES.items() if not facts.may_have_happened))
DOUBTFUL = tuple(sorted(kind for kind, facts in FAILURES.items() if facts.may_have_happened))
NONSENSE: tuple[Value, ...] = ({"odd": 1}, None, "\ud800", [], {"name": float("nan")})


@dataclass
class Sent:
    """One call that was sent, by which process. It is `understood` once an answer that makes sense has come
    back in time to a process that was still there."""

    key: str
    action: str
    process: Process
    at: float
    nonsense: bool = False
    understood: bool = False
    answer: Value = None
    error: Exception | None = None

    @property
    def disturbed(self) -> bool:
        """Whether the process could not go on as it wanted after the answer had come."""
        return not self.process.alive or self.process.disturbed >= self.at


class Line:
    """The clinic as one process sees it: a `Backend`."""

    def __init__(self, around: Surroundings, process: Process) -> None:
        self._around = around
        self._process = process

    def capabilities(self) -> frozenset[str]:
        """Everything."""
        return frozenset(CATALOG.actions)

    def close(self) -> None:
        """Nothing to let go of."""

    def perform(self, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        """See `Backend.perform`."""
        around = self._around
        around.pause()
        if CATALOG.actions[action].effect is Effect.READ:
            return self._read(action, args, context)
        around.saved_before(self._process, context)
        around.may_crash(self._process, f"before sending {action}")
        kind = around.trouble(_TROUBLES)
        if kind == "refused":
            raise ActionFailed(Failure.UNAVAILABLE, "It does not answer.")
        sent = Sent(context.key, action, self._process, around.turns.now)
        around.sent.append(sent)
        back = Back()
        name = f"message {len(around.sent)}"
        around.turns.begin(name, None, lambda: self._travel(sent, kind, args, context, back))
        around.turns.wait(lambda: back.there, float("inf"))
        around.may_crash(self._process, f"after {action}")
        in_time = around.turns.now - sent.at < around.deadline
        sent.understood = in_time and not sent.nonsense and _tells(sent.error)
        if sent.error is not None:
            raise sent.error
        return sent.answer

    def check_back(self, action: str, args: Mapping[str, Value], context: CallContext) -> Finding:
        """See `Backend.check_back`."""
        around = self._around
        around.pause()
        around.may_crash(self._process, f"before looking for {action}")
        match around.trouble(("", "dark", "broken", "slow", "nonsense")):
            case "dark":
                return CannotTell()
            case "broken":
                raise RuntimeError("it broke")
            case "slow":
                around.turns.wait(lambda: False, around.turns.now + 3 * around.deadline)
            case "nonsense":
                around.lied_about.add(context.key)
                return Happened(around.tape.one(NONSENSE))
            case _:
                pass
        found = around.clinic.check_back(context)
        around.note(f"looked for {context.key}: {type(found).__name__}")
        return found if found is not None else CannotTell()

    def _read(self, action: str, args: Mapping[str, Value], context: CallContext) -> Value:
        around = self._around
        match around.trouble(("", "harmless", "lost", "slow", "nonsense", "broken")):
            case "harmless":
                raise ActionFailed(around.tape.one(HARMLESS), "No.", None, around.tape.one((None, 1, 100)))
            case "lost":
                raise OutcomeLost("no answer")
            case "slow":
                around.turns.wait(lambda: False, around.turns.now + 3 * around.deadline)
            case "nonsense":
                return around.tape.one(NONSENSE)
            case "broken":
                raise RuntimeError("it broke")
            case _:
                pass
        return around.clinic.perform(action, args, context)

    def _travel(
        self, sent: Sent, kind: str, args: Mapping[str, Value], context: CallContext, back: Back
    ) -> None:
        """Carry the call to the clinic and its answer back, as the kind of trouble has it."""
        around = self._around
        if kind == "late":
            around.turns.wait(lambda: False, around.turns.now + around.tape.one((2, 4, 9)) * around.deadline)
        else:
            around.turns.pause()
        try:
            match kind:
                case "harmless":
                    raise ActionFailed(around.tape.one(HARMLESS), "No.")
                case "lost":
                    raise OutcomeLost("reset before it was done")
                case "doubtful" if around.tape.below(2):
                    raise ActionFailed(around.tape.one(DOUBTFUL), "Perhaps.")
                case _:
                    pass
            sent.answer = self._arrive(sent, args, context)
            match kind:
                case "doubtful":
                    raise ActionFailed(around.tape.one(DOUBTFUL), "Perhaps.", sent.answer)
                case "unanswered":
                    raise OutcomeLost("reset after it was done")
                case "silent":
                    raise TimeoutError
                case "broken":
                    raise RuntimeError("it broke")
                case "nonsense":
                    sent.answer, sent.nonsense = around.tape.one(NONSENSE), True
                case "slow":
                    around.turns.wait(lambda: False, around.turns.now + 3 * around.deadline)
                case _:
                    pass
        except Exception as error:
            sent.error = error
        back.set()

    def _arrive(self, sent: Sent, args: Mapping[str, Value], context: CallContext) -> Value:
        around = self._around
        if around.tape.happens(around.storm.others):
            around.clinic.touched_by_others(str(args["subject"]))
        try:
            return around.clinic.perform(sent.action, args, context)
        finally:
            around.note(
                f"{sent.action} {sent.key} arrived; it took effect {around.clinic.did(sent.key)} times"
            )


_TROUBLES = (
    *("", "unanswered", "late", "refused", "harmless", "lost", "doubtful", "silent", "broken", "nonsense"),
    "slow",
)


def _tells(error: Exception | None) -> bool:
    """Whether an answer that ended so says what became of the call."""
    if isinstance(error, ActionFailed):
        return error.failure is not Failure.OUTCOME_UNKNOWN
    return error is None
