"""What requests look like: the declarations that check them, and make the OpenAPI document."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import msgspec
from msgspec import Meta

Name: TypeAlias = Annotated[str, Meta(max_length=200)]
Token: TypeAlias = Annotated[str, Meta(max_length=4096)]


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
    seq: Annotated[int, Meta(ge=0, le=2**31)] | None = None


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Answer the earlier question with this id again."""

    prompt: Annotated[str, Meta(max_length=2_000)]


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An empty object."""


class Renewal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who is still signed in at the host page."""

    identity: Token
    embed: Name = ""


class Reveal(msgspec.Struct, frozen=True):
    """A secret that is shown once."""

    value: str | None


class ProblemDetails(msgspec.Struct, frozen=True):
    """What a request was refused with (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str = ""
