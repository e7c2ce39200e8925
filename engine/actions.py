"""What an action is: the shape of a declaration, and the closed list of ways a call can go wrong.

The declarations themselves live in the adapter that can perform them; the engine is handed a `Catalog`.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from engine.types import RecordType, Type


class Audience(StrEnum):
    """Who holds the conversation, from the least to the most trusted."""

    VISITOR = "visitor"
    CLIENT = "client"
    PRACTITIONER = "practitioner"
    AGENT = "agent"
    ADMIN = "admin"


def narrower(one: Audience, other: Audience) -> Audience:
    """The less trusted of two roles."""
    return min(one, other, key=tuple(Audience).index)


class Effect(StrEnum):
    """What a call does to the world outside."""

    READ = "read"
    REVERSIBLE = "reversible"
    IRREVERSIBLE = "irreversible"


class Failure(StrEnum):
    """The closed list of ways a call ends without its result."""

    NOT_FOUND = "not_found"
    AMBIGUOUS = "ambiguous"
    INVALID_INPUT = "invalid_input"
    FORBIDDEN = "forbidden"
    VERIFICATION_REQUIRED = "verification_required"
    POLICY_DENIED = "policy_denied"
    STALE_VERSION = "stale_version"
    CONFLICT = "conflict"
    NOT_READY = "not_ready"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    OUTCOME_UNKNOWN = "outcome_unknown"
    PARTIAL = "partial"
    UNDELIVERABLE = "undeliverable"
    UNSUPPORTED = "unsupported"
    BACKEND_BUG = "backend_bug"
    NOT_CONFIRMED = "not_confirmed"


class FailureFacts(msgspec.Struct, frozen=True):
    """What a kind of failure means: may the call be repeated, may something have happened, in words."""

    retryable: bool
    may_have_happened: bool
    sentence: str


FAILURES: Mapping[Failure, FailureFacts] = {
    Failure.NOT_FOUND: FailureFacts(False, False, "The clinic's system has no such record."),
    Failure.AMBIGUOUS: FailureFacts(False, False, "More than one record matches."),
    Failure.INVALID_INPUT: FailureFacts(False, False, "The clinic's system did not accept a value."),
    Failure.FORBIDDEN: FailureFacts(False, False, "The clinic's system does not allow this."),
    Failure.VERIFICATION_REQUIRED: FailureFacts(
        False, False, "The person's identity must be verified first."
    ),
    Failure.POLICY_DENIED: FailureFacts(False, False, "The clinic's policy does not allow this."),
    Failure.STALE_VERSION: FailureFacts(
        False, False, "Somebody else has changed the record in the meantime."
    ),
    Failure.CONFLICT: FailureFacts(False, False, "It is already there."),
    Failure.NOT_READY: FailureFacts(False, False, "Something that must come first is missing."),
    Failure.RATE_LIMITED: FailureFacts(True, False, "It was done too recently or too often."),
    Failure.UNAVAILABLE: FailureFacts(
        True, False, "The clinic's system cannot be reached; nothing was changed."
    ),
    Failure.OUTCOME_UNKNOWN: FailureFacts(
        False, True, "It is not known whether the clinic's system has done this."
    ),
    Failure.PARTIAL: FailureFacts(False, True, "Only a part of it was done."),
    Failure.UNDELIVERABLE: FailureFacts(False, True, "The mail system refused to deliver to the address."),
    Failure.UNSUPPORTED: FailureFacts(False, False, "The clinic's system cannot do this."),
    Failure.BACKEND_BUG: FailureFacts(False, True, "The clinic's system gave an answer that makes no sense."),
    Failure.NOT_CONFIRMED: FailureFacts(
        False, True, "It was done, but reading it back shows something else."
    ),
}


class Param(msgspec.Struct, frozen=True):
    """One parameter of an action. `required` ones must be given by every `do`. What is given for a `plain`
    one names nobody and says nothing personal: it may stand in records as it is."""

    name: str
    type: Type
    required: bool = True
    doc: str = ""
    plain: bool = False


class Clause(msgspec.Struct, frozen=True):
    """A part of the words about a call, said only when the parameter `param` is given.

    `words` holds what is said for each value, as it is written in a flow (`true`, `false`, `resend`).
    """

    param: str
    words: Mapping[str, str]


class SideEffect(msgspec.Struct, frozen=True):
    """What a call does besides, on some systems and not on others ("signs {subject} out everywhere").

    It is told only where the system says that its action does it: it then has `action.name` among its
    capabilities. `done` are the words once it has happened, for what a call that succeeded has done for sure,
    and `only` are the values (as they are written in a flow) that parameters must have for it to be told.
    """

    name: str
    words: str
    done: str = ""
    only: Mapping[str, str] = {}


class Undo(msgspec.Struct, frozen=True):
    """How a call is taken back: by a call of `action`.

    It gets the arguments `same` as they were and, for those of `restored` that were given, what the members
    of that name said before. That is known where the conversation had read the record in the very version
    that the call changed: the argument `version` names it, as the member `version_member` of the record and
    of the result does.
    """

    action: str
    same: tuple[str, ...]
    restored: tuple[str, ...]
    version: str
    version_member: str = "version"


class Action(msgspec.Struct, frozen=True):
    """The declaration of one action.

    `result` is the type of what it returns (None: nothing). `subject` names the parameter that says whom
    it is about. `sentence` is the exact effect in words ("Switches {clauses} for {subject}."), and `done`
    the same once it has happened, without a full stop; `engine.describe` fills `{subject}` with a name,
    `{clauses}` with what the `clauses` say of the real parameters, `{also}` with the `side_effects` that it
    has on this system, and `{param}` with a parameter's text.
    `tells` names the members of the result that say how things stand and nothing personal: they go into the
    record of a hand-over. `undo` says how it is taken back, where it can be. `reveal` is what a secret in the
    result is called when it is shown ("The password for {subject}"). `failures` lists the ways it can end
    beside the ones every call can end in
    (`ALWAYS_POSSIBLE`).
    """

    name: str
    doc: str
    params: tuple[Param, ...]
    result: Type | None
    effect: Effect
    risk: int
    audiences: frozenset[Audience]
    failures: frozenset[Failure]
    subject: str | None = None
    sentence: str = ""
    done: str = ""
    tells: tuple[str, ...] = ()
    clauses: tuple[Clause, ...] = ()
    side_effects: tuple[SideEffect, ...] = ()
    keyed: bool = False
    undo: Undo | None = None
    reveal: str = ""

    def param(self, name: str) -> Param | None:
        """The parameter of that name, or None."""
        return next((param for param in self.params if param.name == name), None)


ALWAYS_POSSIBLE = frozenset(
    {
        Failure.FORBIDDEN,
        Failure.POLICY_DENIED,
        Failure.VERIFICATION_REQUIRED,
        Failure.UNAVAILABLE,
        Failure.UNSUPPORTED,
        Failure.BACKEND_BUG,
        Failure.INVALID_INPUT,
    }
)


class Spoken(msgspec.Struct, frozen=True):
    """What people call a fact or a member of a record, and what they say where it is true or false."""

    name: str
    yes: str = "yes"
    no: str = "no"


class Catalog(msgspec.Struct, frozen=True):
    """All actions a flow can name, the record types their results are made of, the one action that takes an
    escalation (`hand_over`), and the one that records how an identity was verified (`verification`).
    `addresses` are the members of records that hold an email address in full. `spoken` says what members are
    called where their own names say it badly.

    The verification takes `subject`, `method` (text), `outcome` (passed or failed) and `covers` (a list of
    names of actions).
    """

    actions: Mapping[str, Action]
    records: Mapping[str, RecordType]
    hand_over: str | None = None
    verification: str | None = None
    addresses: frozenset[str] = frozenset()
    spoken: Mapping[str, Spoken] = {}

    @property
    def side_effects(self) -> frozenset[str]:
        """What calls do on some systems only, as `action.effect`."""
        return frozenset(
            f"{action.name}.{each.name}" for action in self.actions.values() for each in action.side_effects
        )

    @property
    def askable(self) -> frozenset[str]:
        """What `can()` may ask about: an action, a parameter that can be left out (`action.parameter`), or
        what a call does on some systems only (`action.effect`)."""
        optional = {
            f"{action.name}.{param.name}"
            for action in self.actions.values()
            for param in action.params
            if not param.required
        }
        return frozenset(self.actions) | optional | self.side_effects
