"""What requests and replies look like: declarations that check what comes in, and that describe the API."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

from adapters import turn_json
from engine import Given, RichText

Name: TypeAlias = Annotated[str, Meta(max_length=200)]
Token: TypeAlias = Annotated[str, Meta(max_length=4096)]
Seq: TypeAlias = Annotated[int, Meta(ge=0, le=2**31, description="The number of the turn that one sees.")]


class Start(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Begin a conversation: in which flow, on which embed, and who is signed in there."""

    flow: Name
    embed: Name = ""
    identity: Annotated[Token, Meta(description="A token signed by the host page's server.")] | None = None


class Answer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answer to the question `prompt` number `seq`. The value is a text, a number, true or false, the
    ids of choices, or null to skip."""

    answer: Annotated[str, Meta(max_length=20_000)] | bool | int | float | list[Name] | None
    prompt: Annotated[str, Meta(max_length=2_000)] | None = None
    seq: Seq | None = None


class Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A step that needs no words. With `seq`, nothing is done where there is another turn by now."""

    seq: Seq | None = None


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Answer the earlier question with this id again; `seq` as in `Step`."""

    prompt: Annotated[str, Meta(max_length=2_000)]
    seq: Seq | None = None


class Renewal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who is still signed in at the host page."""

    identity: Token
    embed: Name = ""


class Conversation(msgspec.Struct, frozen=True):
    """A conversation until now: the answers that can be changed, and the turn. Where that waits for nothing,
    something is still being done, and `resume` waits for it."""

    session: str
    title: str
    transcript: list[Given]
    turn: turn_json.Turn


class Begun(Conversation, frozen=True):
    """A new conversation; every request about it carries the token."""

    token: str


class Renewed(msgspec.Struct, frozen=True):
    """Another token for the same conversation."""

    token: str


class Secret(msgspec.Struct, frozen=True):
    """The secret, or null where there is none under that id any more; `next` is one that waits after it."""

    value: str | None
    next: turn_json.Reveal | None = None


class Revealed(msgspec.Struct, frozen=True):
    """The turn after a secret was shown, as in `Turn`, with the secret."""

    session: str
    seq: int
    say: list[RichText]
    did: list[turn_json.Did]
    prompt: turn_json.Prompt | None
    end: turn_json.End | None
    reveal: Secret
    problem: turn_json.Problem | None = None


class Listed(msgspec.Struct, frozen=True):
    """A flow that can be begun."""

    flow: str
    title: str


class Flows(msgspec.Struct, frozen=True):
    """What a visitor can begin."""

    flows: list[Listed]


class Health(msgspec.Struct, frozen=True):
    """How the server is: `alive`, or `ready`."""

    state: str


class Problem(msgspec.Struct, frozen=True):
    """What a request was refused with (RFC 9457): `title` says what is wrong, `detail` what to do. With 409,
    `turn` is the one there is now."""

    type: str
    title: str
    status: int
    detail: str = ""
    turn: turn_json.Turn | None = None
