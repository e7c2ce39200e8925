"""The gate that applies a `Policy`: deny by default, then evidence, then confirmation."""

from __future__ import annotations

from collections.abc import Set

from adapters.gates.policy import TRUST, Permission, Policy
from adapters.gates.port import EvidenceBook, Question
from adapters.problems import PlainProblem
from engine import (
    Action,
    Allow,
    Audience,
    Call,
    Catalog,
    Deny,
    Event,
    Method,
    NeedConfirmation,
    NeedEvidence,
    Verdict,
)


class PolicyGate:
    """A `Gate`. An action's own declaration is the limit: the policy can take away, never add to it."""

    def __init__(self, policy: Policy, catalog: Catalog, book: EvidenceBook) -> None:
        self._policy = policy
        self._catalog = catalog
        self._book = book

    def decide(self, question: Question) -> Verdict:
        """See `Gate.decide`."""
        call = question.call
        action = self._catalog.actions.get(call.action)
        if action is None:
            return Deny(f"There is no action {_in_words(call.action)}, so it cannot be allowed.")
        permission = self._policy.permission(action.name, question.audience)
        if question.audience not in action.audiences or not permission.allowed:
            return Deny(self._who_may(action, question.audience))
        if permission.own_only and call.subject not in question.own:
            return Deny(f"{_a(question.audience).capitalize()} may do this for themself only.")
        if permission.second_person:
            return Deny(_SECOND_PERSON.format(action=_in_words(action.name)))
        if permission.evidence and not self._has_evidence(question):
            methods = tuple(Method(each, each.replace("_", " ")) for each in self._policy.evidence_by)
            words = _EVIDENCE.format(action=_in_words(action.name))
            return NeedEvidence(methods, words, (action.name,))
        if max(call.risk, action.risk) >= self._policy.confirm_from_risk and not call.approved:
            return NeedConfirmation()
        return Allow()

    def about_to(self, call: Call, actor: str, session: str, at: str) -> None:
        """See `Gate.about_to`."""

    def done(self, call: Call, event: Event, actor: str, session: str, at: str) -> None:
        """See `Gate.done`."""

    def allowed(self, audience: Audience, capabilities: Set[str]) -> frozenset[str]:
        """See `Gate.allowed`."""
        return frozenset(
            action.name
            for action in self._catalog.actions.values()
            if action.name in capabilities and self._may_ever(action, audience)
        )

    def who_is(self, os_user: str) -> Audience:
        """See `Gate.who_is`."""
        return self._policy.people.get(os_user, self._policy.everybody)

    def role(self, os_user: str, wanted: Audience | None) -> Audience:
        """See `Gate.role`."""
        widest = self.who_is(os_user)
        if wanted is None:
            return min(widest, self._policy.usual, key=TRUST.index)
        if TRUST.index(wanted) > TRUST.index(widest):
            raise PlainProblem(
                f"{os_user} may not hold a conversation as {wanted}; {widest} is the most the clinic's"
                " policy allows.",
                f"Use `--as {widest}` or a less trusted role.",
            )
        return wanted

    def _has_evidence(self, question: Question) -> bool:
        call = question.call
        return self._book.find(call.subject, call.action, question.actor, question.at)

    def _may_ever(self, action: Action, audience: Audience) -> bool:
        permission: Permission = self._policy.permission(action.name, audience)
        return audience in action.audiences and permission.allowed and not permission.second_person

    def _who_may(self, action: Action, audience: Audience) -> str:
        able = [_a(other) for other in TRUST if self._may_ever(action, other)]
        may = f"{_any_of(able)} may" if able else "the clinic's policy lets nobody do it here"
        return f"{_a(audience).capitalize()} may not do this ({_in_words(action.name)}); {may}."


_EVIDENCE = "Before this ({action}) can be done, the person's identity must be verified."
_SECOND_PERSON = (
    "This ({action}) needs the approval of a second person, which cannot be given here."
    " Do it together with a colleague in the clinic's own software."
)


def _in_words(action: str) -> str:
    return action.replace("_", " ")


def _a(audience: Audience) -> str:
    return f"{'an' if audience[0] in 'aeiou' else 'a'} {audience}"


def _any_of(words: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
