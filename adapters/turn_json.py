"""What a turn looks like as JSON: the shape that `view.as_json` writes, as declarations.

`chat --json` writes one a line and the API answers with it; its description is made from these.
"""

from __future__ import annotations

import msgspec

from engine import Block, CallOutcome, Choice, Failure, Given, Outcome, PromptKind, RichText


class Did(msgspec.Struct, frozen=True):
    """What was done to the clinic's system, and how that ended; `text` says it to a person."""

    action: str
    outcome: CallOutcome
    text: str = ""
    error: Failure | None = None


class Prompt(msgspec.Struct, frozen=True):
    """A question that waits. `id` names it in an answer, `step` is where the flow has it; `rich` is the text
    in blocks; `twice` wants a secret typed twice, `least` is its least number of characters."""

    id: str
    step: str
    kind: PromptKind
    text: str
    rich: tuple[Block, ...] = ()
    choices: tuple[Choice, ...] = ()
    optional: bool = False
    hint: str = ""
    twice: bool = False
    least: int = 0


class End(msgspec.Struct, frozen=True):
    """How the conversation ended, and what is said last."""

    outcome: Outcome
    text: str


class Reveal(msgspec.Struct, frozen=True):
    """A secret that waits to be shown once."""

    id: str
    label: str


class Problem(msgspec.Struct, frozen=True):
    """Why what was asked for was not done; the turn goes on as it was."""

    code: str
    text: str


class Turn(msgspec.Struct, frozen=True):
    """Everything from one stop to the next: what was said and done, and the one thing that waits (`prompt`,
    `reveal`, or the `end`). `seq` is the number of the question."""

    session: str
    seq: int
    say: tuple[RichText, ...]
    did: tuple[Did, ...]
    prompt: Prompt | None
    end: End | None
    reveal: Reveal | None = None
    info: str | None = None
    problem: Problem | None = None
    answered: tuple[Given, ...] | None = None
