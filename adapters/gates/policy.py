"""A clinic's policy as a value: who may call which action, on which conditions, and who may be whom.

Knows nothing of files. What is not named is denied.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from engine import Audience

TRUST: tuple[Audience, ...] = tuple(Audience)
"""The audiences from the least to the most trusted."""

METHODS = ("callback_on_file", "in_person", "video_id", "signed_in_session")
"""The ways in which an identity can be verified; facts that others can know are not among them."""

SHOWN_FROM_RISK = 3
"""From this risk on the exact effect is always approved by a person; a policy may only ask for more."""


class Permission(msgspec.Struct, frozen=True):
    """On which conditions an audience may call an action: only about themself (`own_only`), only about the
    clients they see (`own_clients`), only with evidence of identity, only together with a second person."""

    allowed: bool = True
    own_only: bool = False
    own_clients: bool = False
    evidence: bool = False
    second_person: bool = False


DENIED = Permission(allowed=False)


class Policy(msgspec.Struct, frozen=True):
    """`permissions` names actions, and also `action.parameter` where a parameter may be given by fewer than
    may call the action. `everybody` is the most trusted role of a user whom `people` does not name; `usual`
    the role taken when none is asked for; `evidence_by` the accepted methods, best first; `sends_a_day` how
    many mails one person may be sent within a day; `times_a_day` how often an action may be called for one
    person within a day, where there is a limit."""

    permissions: Mapping[str, Mapping[Audience, Permission]]
    confirm_from_risk: int
    sends_a_day: int
    times_a_day: Mapping[str, int]
    evidence_by: tuple[str, ...]
    everybody: Audience
    people: Mapping[str, Audience]
    usual: Audience

    def permission(self, action: str, audience: Audience) -> Permission:
        """What the policy says about this action and audience; denied if it says nothing."""
        return self.permissions.get(action, {}).get(audience, DENIED)

    def parameter(self, action: str, name: str, audience: Audience) -> Permission:
        """What it says about giving that parameter: as about the action, unless it is named."""
        named = f"{action}.{name}"
        return self.permission(named if named in self.permissions else action, audience)
