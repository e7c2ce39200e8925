"""What the engine asks for: the closed set of effects, and the values they carry.

An effect is never executed here. The driver performs calls; the screens show the rest.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, TypeAlias

import msgspec

from engine.actions import Effect, Failure
from engine.rich import NO_TEXT, RichText
from engine.values import Value

PromptKind = Literal[
    "choice", "yes-no", "text", "email", "phone", "date", "number", "one", "several", "secret"
]
CallOutcome = Literal["confirmed", "rejected", "unknown", "reconciled"]


class Outcome(StrEnum):
    """How a session ended."""

    SOLVED = "solved"
    ESCALATED = "escalated"
    ABANDONED = "abandoned"
    STOPPED = "stopped"


class Choice(msgspec.Struct, frozen=True, omit_defaults=True):
    """One choice of a prompt. `effect` is the exact effect that choosing it approves, if it is risky;
    `detail` tells two records with the same label apart."""

    id: str
    label: str
    effect: str = ""
    detail: str = ""


class Prompt(msgspec.Struct, frozen=True, omit_defaults=True):
    """A question waiting for an answer.

    `id` is the full id (`flow/step` through the stack of visits), `step` the step's own id, `seq` grows
    with every prompt of the session. `hint` says what form the answer has. `step` ends in `!confirm`,
    `!error`, `!unknown`, `!repeat`, `!evidence`, `!second`, `!lost` or `!undo` where the engine itself asks
    about that step. `twice` says that this is a new secret: it is typed twice, and must not be one that is
    tried first; `least` is the number of characters that a secret must have.
    """

    id: str
    step: str
    seq: int
    kind: PromptKind
    text: RichText
    choices: tuple[Choice, ...] = ()
    optional: bool = False
    hint: str = ""
    twice: bool = False
    least: int = 0


class Call(msgspec.Struct, frozen=True, omit_defaults=True):
    """One call of an action. `key` is its idempotency key (session, step path, entry number).

    `approved` says that a person approved this very effect at `approved_at` (UTC), `approved_by` names the
    second person who did so at `seconded_at`. Both are good for five minutes. `undoes` is the key of the call
    that this one takes back; its `step` is a full path then.
    """

    key: str
    action: str
    args: dict[str, Value]
    effect: Effect
    risk: int
    step: str
    subject: str = ""
    sentence: str = ""
    approved: bool = False
    approved_at: str = ""
    approved_by: str = ""
    seconded_at: str = ""
    undoes: str = ""


class Say(msgspec.Struct, frozen=True, tag=True):
    """Show a text."""

    text: RichText


class Did(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """Show that a call was made and how it ended. Reads are told only when they fail."""

    action: str
    outcome: CallOutcome
    error: Failure | None = None
    text: str = ""
    key: str = ""


class Ask(msgspec.Struct, frozen=True, tag=True):
    """Put a question, and stop."""

    prompt: Prompt


class Consult(msgspec.Struct, frozen=True, tag=True):
    """Ask the gates whether this call may be made now; answer with the event `Gated`."""

    call: Call


class Perform(msgspec.Struct, frozen=True, tag=True):
    """The call may be made: record it as sent, make it, and answer with how it ended."""

    call: Call


class CheckBack(msgspec.Struct, frozen=True, tag=True):
    """Find out, without repeating it, whether this call took effect; answer with `CheckedBack`."""

    call: Call


class Reveal(msgspec.Struct, frozen=True, tag=True):
    """Show a secret once, on request; answer with `Revealed`."""

    id: str
    label: str


class Problem(msgspec.Struct, frozen=True, tag=True):
    """Say why an answer did not move the conversation."""

    code: str
    text: str


class Finish(msgspec.Struct, frozen=True, tag=True):
    """The session has ended."""

    outcome: Outcome
    text: RichText = NO_TEXT


EngineEffect: TypeAlias = Say | Did | Ask | Consult | Perform | CheckBack | Reveal | Problem | Finish
