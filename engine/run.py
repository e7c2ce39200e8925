"""The workbench of one `advance`: takes a frozen state, lets the steps work on it, and gives the next one.

It lives only while one event is handled; nothing outside the engine ever sees it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from engine.actions import Action, Effect, Failure
from engine.describe import YOU, describe, with_stop
from engine.effects import (
    Ask,
    Call,
    Choice,
    Consult,
    Did,
    EngineEffect,
    Finish,
    Outcome,
    Problem,
    Prompt,
    PromptKind,
    Reveal,
    Say,
)
from engine.errors import OutOfTurn
from engine.events import ByPerson, Started
from engine.flow import FALL_OFF, Flow, Tree
from engine.people import told_of
from engine.rich import NO_TEXT, RichText, plain
from engine.state import (
    Asking,
    AtCall,
    AtEnd,
    AtPrompt,
    AtReveal,
    CallRecord,
    Frame,
    Mark,
    Round,
    State,
    Waiting,
    acting_as,
)
from engine.steps.base import Step, Visiting
from engine.summary import trail_lines
from engine.trace import Traced, TraceKind, traced, values_read
from engine.values import Value

if TYPE_CHECKING:
    from engine.expressions import Expression

HANDING_OVER = "!hand-over"
"""What follows a step's path where the engine itself opens the ticket for it."""

UNDOING = "!undo"
"""What follows a call's full path where it is taken back."""

UNSURE = (Failure.OUTCOME_UNKNOWN, Failure.NOT_CONFIRMED, Failure.BACKEND_BUG)
"""The failures after which a call may have been made all the same."""

NOT_KNOWN = "Not known whether this was done: "
"""How the words about a call of unknown outcome begin."""

REPEAT_CHOICES = (Choice("skip", "No, go on without doing it again"), Choice("repeat", "Yes, do it again"))


CIRCLE = plain("This conversation goes in circles and was stopped. Please tell its authors.")
NO_TICKET = plain("No ticket can be opened from here. Please tell the support yourself.")


class Run:
    """What the steps may do: say, ask, set facts, call, visit, come back, finish.

    `env` is what expressions and texts see; `prefix` what comes before a step's path in its full id.
    """

    __slots__ = (
        "_facts",
        "_facts_are_mine",
        "approved",
        "at",
        "behind",
        "busy",
        "by",
        "calls",
        "effects",
        "entries",
        "env",
        "flow",
        "following",
        "frames",
        "here",
        "kept",
        "old",
        "prefix",
        "role",
        "role_allowed",
        "seq",
        "shown",
        "subject",
        "today",
        "trace",
        "trail",
        "tree",
        "turns",
        "undoing",
        "waiting",
    )

    def __init__(self, flow: Flow, state: State, at: str, tracing: bool = False) -> None:
        self.flow = flow
        self.trace: list[Traced] | None = [] if tracing else None
        self.old = state
        self.at = at
        self.effects: list[EngineEffect] = []
        self.shown: list[Say | Did] = list(state.shown)
        self.frames: list[Frame] = list(state.frames)
        self.waiting: Waiting = state.waiting
        self.entries = state.entries
        self.trail = state.trail
        self.calls = state.calls
        self.seq = state.seq
        self.turns = state.turns
        self.subject = state.subject
        self.busy = state.busy
        self.kept = state.kept
        self.following = state.following
        self.undoing = state.undoing
        self.behind = state.behind
        self.by = state.by
        self.role = state.role
        self.role_allowed = state.role_allowed
        self.today = state.today
        self.approved: Choice | None = None
        self.here = ""
        self._facts: dict[str, Value] = {}
        self._facts_are_mine = False
        self._activate(self.frames[-1])

    @property
    def allowed(self) -> dict[str, Value]:
        """What whoever is there now may call, as keys."""
        return self.old.allowed if self.role_allowed is None else self.role_allowed

    def is_with(self, event: ByPerson) -> None:
        """Somebody goes on with the conversation: nobody (empty) is whoever began it. What they bring about
        is theirs, in the less trusted one of their role and the session's."""
        self.by, self.role, self.role_allowed = acting_as(self.old, event)
        self.env["audience"] = (self.role or self.old.audience).value
        self.env["$allowed"] = self.allowed

    # -- what a turn is made of -------------------------------------------------------------------

    def say(self, text: RichText) -> None:
        """Show a text; an empty one is not shown."""
        if text.text:
            effect = Say(text)
            self.effects.append(effect)
            self.shown.append(effect)

    def tell(self, did: Did) -> None:
        """Show how a call ended."""
        self.effects.append(did)
        self.shown.append(did)

    def refuse(self, code: str, text: str) -> None:
        """Say why an answer did not move the conversation, and put the same question again."""
        self.effects.append(Problem(code, text))
        if isinstance(self.waiting, AtPrompt):
            self.effects.append(Ask(self.waiting.prompt))

    def ask(
        self,
        path: str,
        kind: PromptKind,
        text: RichText,
        choices: tuple[Choice, ...] = (),
        optional: bool = False,
        hint: str = "",
        twice: bool = False,
        least: int = 0,
    ) -> None:
        """Put the question of the step `path`, and wait."""
        self.seq += 1
        full = self.full(path)
        step = path if full is not path else path.rpartition("/")[2]
        prompt = Prompt(full, step, self.seq, kind, text, choices, optional, hint, twice, least)
        self.waiting = AtPrompt(prompt)
        self.effects.append(Ask(prompt))

    def ask_about(
        self,
        path: str,
        asking: Asking,
        call: Call,
        text: str,
        choices: tuple[Choice, ...],
        covers: tuple[str, ...] = (),
    ) -> None:
        """Put one of the engine's own questions about the call of the step `path`, and wait."""
        self.ask(f"{path}!{asking}", "choice", plain(text), choices)
        if isinstance(self.waiting, AtPrompt):
            self.waiting = AtPrompt(self.waiting.prompt, asking, call, None, covers)

    def request(self, call: Call) -> None:
        """Ask the gates for a call, and wait. The answer that was given under this very effect approves it. A
        call that cannot be undone and may have been made already is asked about before it is repeated; after
        going back past it, any call is."""
        if self.approved is not None and self.approved.effect == call.sentence:
            call = msgspec.structs.replace(call, approved=True, approved_at=self.at)
        before = self.earlier(call) if call.effect is not Effect.READ else None
        sure = call.approved or call.effect is not Effect.IRREVERSIBLE
        if before is not None and (before.key in self.behind or not sure):
            self.ask_about(call.step, "repeat", call, _before(before), REPEAT_CHOICES)
        else:
            self.consult(call)

    def consult(self, call: Call, then: Call | None = None) -> None:
        """Ask the gates for a call, and wait; a turn that calls without end is stopped. `then` is the call
        that it is made for, if any."""
        self.busy += 1
        if self.busy > self.flow.limits.calls_a_turn:
            self.finish(Outcome.STOPPED, CIRCLE)
            return
        self.subject = call.subject or self.subject
        self.waiting = AtCall(call, "gate", then)
        self.effects.append(Consult(call))

    def reveal(self, call: Call, secrets: tuple[Reveal, ...], to: str) -> None:
        """Let a person see what `call` gave, one secret after the other, and wait; then go on at `to`."""
        first, *rest = secrets
        self.waiting = AtReveal(first, call, to, tuple(rest))
        self.effects.append(first)

    def hand_over(self, path: str, summary: str) -> None:
        """Open the ticket that takes the case over, and wait; where that cannot be, say so and end."""
        name = self.flow.catalog.hand_over
        if name is None or name not in self.allowed:
            self.finish(Outcome.ESCALATED, NO_TICKET)
            return
        action = self.flow.catalog.actions[name]
        args: dict[str, Value] = {
            "topic": self.flow.tree.title,
            "summary": f"Flow {self.flow.name}, version {self.flow.version[:12]}. {summary}".strip(),
            "trail": list[Value](trail_lines(self.trail, self.calls, self.behind)),
        }
        if action.subject is not None and self.subject:
            args[action.subject] = self.subject
        step = path + HANDING_OVER
        self.consult(self.prepare(action, args, step, self.new_key(step)))

    def finish(self, outcome: Outcome, text: RichText = NO_TEXT) -> None:
        """End the session."""
        self.waiting = AtEnd(outcome, text)
        self.effects.append(Finish(outcome, text))

    # -- facts --------------------------------------------------------------------------------------

    def set_fact(self, name: str, value: Value) -> None:
        """Set a fact of the flow that is running."""
        if not self._facts_are_mine:
            self._facts = dict(self._facts)
            self._facts_are_mine = True
        self._facts[name] = value
        self.env[name] = value

    def has_fact(self, name: str) -> bool:
        """Whether the flow that is running has set this fact."""
        return name in self._facts

    def name_of(self, subject: str) -> str:
        """The name the backend gave of the person with this id, as far as any flow on the stack knows it;
        `YOU` for whoever is signed in and holds the conversation."""
        if subject and subject == self.old.me and not self.by:
            return YOU
        return self._told_of(subject, "name")

    def phone_of(self, subject: str) -> str:
        """The telephone number the backend has of the person with this id, as far as any flow on the stack
        knows it. What was typed in a conversation is no record, and never found here."""
        return self._told_of(subject, "phone")

    def all_facts(self) -> tuple[dict[str, Value], ...]:
        """The facts of every flow on the stack, those of the flow that is running first."""
        return (self._facts, *(frame.facts for frame in reversed(self.frames[:-1])))

    def _told_of(self, subject: str, member: str) -> str:
        found = (told_of(facts, subject, member, self.flow.catalog) for facts in self.all_facts())
        return next(filter(None, found), "")

    # -- calls --------------------------------------------------------------------------------------

    def new_key(self, path: str) -> str:
        """The idempotency key of the next call at `path`: session, full path, count of entries."""
        full = self.full(path)
        count = self.entries.get(full, 0) + 1
        self.entries = {**self.entries, full: count}
        return f"{self.old.session}:{full}:{count}"

    def full(self, path: str) -> str:
        """The full id of a step's path in the flow that is running; that of a call that takes another one
        back is full already."""
        return path if UNDOING in path else self.prefix + path

    def prepare(self, action: Action, args: dict[str, Value], path: str, key: str) -> Call:
        """The call of `action` at `path`, with its exact effect in words."""
        subject = args.get(action.subject) if action.subject is not None else None
        about = subject if isinstance(subject, str) else ""
        sentence = ""
        if action.effect.value != "read":
            sentence = describe(action, args, self.name_of(about), self.allowed)
        return Call(key, action.name, args, action.effect, action.risk, path, about, sentence)

    def earlier(self, call: Call) -> CallRecord | None:
        """The latest call of this session with the same action and arguments that may have taken effect and
        was not taken back."""
        return next(
            (
                record
                for record in reversed(self.calls)
                if record.action == call.action
                and record.args == call.args
                and (record.error is None or record.error in UNSURE)
                and not record.undoes
                and not self.was_undone(record)
            ),
            None,
        )

    def record_of(self, key: str) -> CallRecord:
        """The record of the call with this key. Raises OutOfTurn if there is none."""
        for record in self.calls:
            if record.key == key:
                return record
        raise OutOfTurn("the undoing of a call", f"a session that made no call {key}")

    def was_undone(self, record: CallRecord) -> bool:
        """Whether a call was taken back."""
        return any(each.undoes == record.key and each.error is None for each in self.calls)

    # -- visits -------------------------------------------------------------------------------------

    def visit(self, path: str, flow: str, facts: dict[str, Value], turn: Round | None, item: str) -> str:
        """Go into another flow; the path of its first step. `item` is the id of the list's item, if any."""
        prefix = f"{self.prefix}{path}[{item}]/{flow}/" if item else f"{self.prefix}{path}/{flow}/"
        self.frames[-1] = self._frozen(path)
        self.frames.append(Frame(flow, "", prefix, facts, turn))
        self._activate(self.frames[-1])
        return self.tree.start

    def come_back(self, leaving: str) -> str | None:
        """Leave a visited flow by `leaving`, and go on in the one that visited it; a flow that nobody
        visited ends here."""
        if len(self.frames) == 1:
            self.finish(Outcome.STOPPED)
            return None
        left = self._frozen("")
        self.frames.pop()
        self._activate(self.frames[-1])
        step = self.tree.steps[self.here]
        if not isinstance(step, Visiting):
            raise OutOfTurn("a return", f"the step {self.here}")
        if self.trace is None:
            return step.returned(self, left, leaving)
        number = len(self.trace)
        exits = [*left.round.exits, leaving] if left.round is not None else []
        self.trace.append(traced(self, "exit", leaving, "", self.here, {"exits": [*exits]} if exits else {}))
        to = step.returned(self, left, leaving)
        self.trace[number] = msgspec.structs.replace(self.trace[number], to=to or "")
        return to

    def rewind(self, mark: Mark) -> None:
        """Go back to where a question was put."""
        self.stand_in(mark.frames)

    def stand_in(self, frames: Iterable[Frame]) -> None:
        """Go on in these frames, at the step where the last of them stands."""
        self.frames = list(frames)
        self._activate(self.frames[-1])

    # -- the trace ------------------------------------------------------------------------------------

    def took(
        self, kind: TraceKind, way: str, to: str = "", *rules: Expression, path: str | None = None
    ) -> None:
        """Note which way was taken at `path` (where the run stands, if nothing else is said), and by which
        rules; nothing is done unless the turn is traced."""
        if self.trace is not None:
            if path is not None and UNDOING in path:
                # It belongs to the question that is gone back to: the call's own flow may be left long ago.
                path = self.here + UNDOING
            reads = values_read(rules, self.env)
            self.trace.append(traced(self, kind, way, to, self.here if path is None else path, reads))

    def leads_to(self, path: str) -> None:
        """Note where the answer or the outcome of this turn leads."""
        if self.trace is not None:
            self.trace[:] = [
                each if each.to else msgspec.structs.replace(each, to=path) for each in self.trace
            ]

    # -- the next state -------------------------------------------------------------------------------

    def remember(self, mark: Mark) -> None:
        """Note an answered question."""
        self.trail = (*self.trail, mark)
        self.turns += 1

    def state(self) -> State:
        """The next state."""
        old = self.old
        return State(
            old.session,
            old.flow,
            old.version,
            old.actor,
            old.audience,
            self.today,
            old.allowed,
            self.seq,
            self.turns,
            self.stack(),
            self.waiting,
            self.entries,
            self.trail,
            self.calls,
            tuple(self.shown),
            old.notes,
            self.subject,
            self.busy,
            self.kept,
            self.following,
            self.undoing,
            self.behind,
            old.own,
            self.by,
            self.role,
            self.role_allowed,
        )

    def stack(self) -> tuple[Frame, ...]:
        """The frames as they are now."""
        return (*self.frames[:-1], self._frozen(self.here))

    def _frozen(self, at: str) -> Frame:
        top = self.frames[-1]
        self._facts_are_mine = False
        return Frame(top.flow, at, top.prefix, self._facts, top.round)

    def _activate(self, frame: Frame) -> None:
        self.tree: Tree = self.flow.trees[frame.flow]
        self.prefix = frame.prefix
        self.here = frame.at
        self._facts = frame.facts
        self._facts_are_mine = False
        self.env: dict[str, Value] = {
            "today": self.today,
            "audience": (self.role or self.old.audience).value,
            "me": self.old.me,
            "labels": self.flow.labels,
            "$allowed": self.allowed,
            **frame.facts,
        }


def walk(run: Run, path: str | None) -> None:
    """Go from step to step until the conversation waits or has ended."""
    if path is not None:
        run.leads_to(path)
    left = run.flow.limits.steps_a_turn
    while path is not None:
        if left == 0:
            run.finish(Outcome.STOPPED, CIRCLE)
            return
        left -= 1
        if path == FALL_OFF:
            path = run.come_back("")
            continue
        run.here = path
        step = run.tree.steps[path]
        path = step.enter(run) if run.trace is None else _traced(run, step, run.trace)


def _traced(run: Run, step: Step, trace: list[Traced]) -> str | None:
    """Enter a step, and note it before whatever happens in it."""
    number = len(trace)
    run.took("step", "")
    path = step.enter(run)
    trace[number] = msgspec.structs.replace(trace[number], to=path or "")
    return path


def begin(event: Started, flow: Flow) -> State:
    """The state of a session of which nothing has happened yet."""
    own = tuple(sorted(event.own))
    return State(
        event.session,
        flow.name,
        flow.version,
        event.actor,
        event.audience,
        event.today,
        dict.fromkeys(sorted(event.allowed), True),
        0,
        0,
        (Frame(flow.name, "", f"{flow.name}/", {}),),
        AtEnd(Outcome.STOPPED),
        {},
        (),
        (),
        (),
        (),
        own[0] if len(own) == 1 else "",
        own=own,
    )


def _before(record: CallRecord) -> str:
    when = record.at[11:16]
    what = with_stop(record.text.removeprefix(NOT_KNOWN))
    if record.error is not None:
        return f"This was tried at {when} UTC, and nobody knows whether it was done: {what} Do it now?"
    return f"This was already done at {when} UTC: {what} Do it a second time?"
