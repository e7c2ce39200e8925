"""What the audit is told: a deed, with whoever did it, in the program's own words.

A deed still names people and values as they are; `Scribe` makes of it what may be kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Protocol, TypeAlias

import msgspec

from engine import Value

Kind: TypeAlias = Literal["intent", "outcome", "read", "refused", "reveal", "held", "records"]


class Doer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who did it, holding which conversation as what; empty where there is no conversation. `flow` and
    `version` tell which flow, and the hash of its content."""

    actor: str
    audience: str = ""
    session: str = ""
    flow: str = ""
    version: str = ""


class Deed(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is going to be done, or was.

    `intent` and `outcome` are two halves of a call that changes something, told apart from other calls by
    its idempotency `key`; `read` is a look at somebody's record, `refused` a call that the gates did not let
    pass, `reveal` a secret that was shown, `held` who began, took up or gave up a conversation, `records` a
    look at, an export of or a purge of what unstuck itself keeps (`action` says which). `subject` is the id
    of the person it is about. `authority` says on whose word: the evidence, and the approvals. `outcome` is
    how a call ended, `error` its failure.
    """

    kind: Kind
    at: str
    by: Doer
    action: str
    step: str = ""
    key: str = ""
    subject: str = ""
    params: Mapping[str, Value] = {}
    authority: tuple[str, ...] = ()
    outcome: str = ""
    error: str = ""


class Clerk(Protocol):
    """Writes down what may be kept of a deed."""

    def entry(self, deed: Deed) -> bytes:
        """The deed as one line of canonical JSON, with nobody's name in it."""
        ...
