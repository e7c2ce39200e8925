"""What can happen to a session: the closed set of events `advance` understands.

Time, today's date at the clinic, ids and everything else from outside arrive in here. `at` is a moment in
UTC (`2026-11-23T09:30:00Z`), `today` the date in the clinic's time zone (`2026-11-23`).
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from engine.actions import Audience, Failure
from engine.values import Value


class Started(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """The session begins. `allowed` names the actions this audience may call and the backend can do, and
    the parameters it may give (`action.parameter`); `own` the ids of the people the actor acts for as
    themself, as whoever signed them in says."""

    session: str
    flow: str
    at: str
    today: str
    audience: Audience
    actor: str
    allowed: frozenset[str]
    own: frozenset[str] = frozenset()


class ByPerson(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What somebody does who is in the conversation.

    `actor` is who does it; empty means the session's own actor. `audience` is the role they have; the
    session's own counts where it is less trusted, or where none is given. `allowed` names what that role may
    call, as in `Started`; none where it is what the session's own may.
    """

    actor: str = ""
    audience: Audience | None = None
    allowed: frozenset[str] | None = None


class Answered(ByPerson, frozen=True, tag=True):
    """A person answered the prompt `prompt` (its full id) number `seq`; None means "the current one".

    `value` is text, a number, a truth, a list of choice ids, None (skipped), or a secret's reference.
    """

    value: Value
    at: str
    prompt: str | None = None
    seq: int | None = None


class WentBack(ByPerson, frozen=True, tag=True):
    """A person wants to answer the question before the current one again."""

    at: str


class Changed(ByPerson, frozen=True, tag=True):
    """A person wants to answer the question `prompt` again (its full id, or the end of it): the latest one of
    that id, or the one with the number `seq`."""

    prompt: str
    at: str
    seq: int | None = None


class Noted(ByPerson, frozen=True, tag=True):
    """A person wrote a note for the record."""

    text: str
    at: str


class Resumed(ByPerson, frozen=True, tag=True):
    """A stored session is picked up again. A call that was cut off goes on as theirs who pick it up."""

    at: str
    today: str


class Stopped(ByPerson, frozen=True, tag=True):
    """A person gave the session up for good."""

    at: str


class Allow(msgspec.Struct, frozen=True, tag=True):
    """The gates let the call pass."""


class Deny(msgspec.Struct, frozen=True, tag=True):
    """The gates refuse the call; `reason` is a sentence for the person."""

    reason: str
    failure: Failure = Failure.POLICY_DENIED


class NeedConfirmation(msgspec.Struct, frozen=True, tag=True):
    """The gates want the person to approve the exact effect first."""


class Method(msgspec.Struct, frozen=True, omit_defaults=True):
    """One accepted way to verify an identity: its id, and what a person did who chooses it.

    `{phone}` in `detail` is filled with the number on record of the person the call is about, as the
    clinic's system gave it to this conversation; where none is known, the method is not offered.
    """

    id: str
    label: str
    detail: str = ""


class NeedEvidence(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """The gates want evidence of identity first. `methods` are the accepted ways, best first, `reason` a
    sentence for the person, `covers` the names of the actions that this evidence will serve. With `second`
    the approval of another person will do in its place."""

    methods: tuple[Method, ...]
    reason: str
    covers: tuple[str, ...] = ()
    second: bool = False


class NeedSecond(msgspec.Struct, frozen=True, tag=True):
    """The gates want the approval of another person; `reason` is a sentence for the person."""

    reason: str


Verdict: TypeAlias = Allow | Deny | NeedConfirmation | NeedEvidence | NeedSecond


class HandedOver(ByPerson, frozen=True, tag=True):
    """A person hands the case over to the clinic's support; `text` is what the ticket shall say of it."""

    text: str
    at: str


class Gated(msgspec.Struct, frozen=True, tag=True):
    """What the gates say about the call `key`."""

    key: str
    verdict: Verdict
    at: str


class Succeeded(msgspec.Struct, frozen=True, tag=True):
    """The call `key` returned `result`."""

    key: str
    result: Value
    at: str


class Failed(msgspec.Struct, frozen=True, tag=True, omit_defaults=True):
    """The call `key` ended in `failure`. `message` is the backend's own words (data, never markup);
    `result` what did happen where the failure is `partial`; `retry_after` is in seconds."""

    key: str
    failure: Failure
    at: str
    message: str = ""
    result: Value = None
    retry_after: int | None = None


class Lost(msgspec.Struct, frozen=True, tag=True):
    """The call `key` was sent and no answer came: it may or may not have taken effect."""

    key: str
    at: str


class Happened(msgspec.Struct, frozen=True, tag=True):
    """Looking showed that the call took effect, with this result."""

    result: Value


class DidNotHappen(msgspec.Struct, frozen=True, tag=True):
    """Looking showed that the call took no effect."""


class CannotTell(msgspec.Struct, frozen=True, tag=True):
    """Looking did not show whether the call took effect."""


Finding: TypeAlias = Happened | DidNotHappen | CannotTell


class CheckedBack(msgspec.Struct, frozen=True, tag=True):
    """What looking showed about the lost call `key`."""

    key: str
    finding: Finding
    at: str


class Revealed(ByPerson, frozen=True, tag=True):
    """The secret `id` was shown to the person, once."""

    id: str
    at: str


class RevealLost(ByPerson, frozen=True, tag=True):
    """The secret `id` is gone and was never shown."""

    id: str
    at: str


Event: TypeAlias = (
    Started
    | Answered
    | WentBack
    | Changed
    | Noted
    | Resumed
    | Stopped
    | HandedOver
    | Gated
    | Succeeded
    | Failed
    | Lost
    | CheckedBack
    | Revealed
    | RevealLost
)
