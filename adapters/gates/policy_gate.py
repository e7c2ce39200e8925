"""The gate that applies a `Policy`: deny by default, then what makes a call suspect, then evidence, a second
person, how often, and confirmation.

In this order, so that nobody is asked for a proof that would not help.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from contextlib import suppress

from adapters.gates import own_clients
from adapters.gates.book import Book, Entry, Kind
from adapters.gates.history import (
    BEFORE_CHANGE,
    CHANGES,
    IN_PERSON,
    LAST_CHANGE,
    OPENS,
    SENDS,
    SERVED_TOGETHER,
    SIGNED_IN,
    Asked,
    History,
    since,
)
from adapters.gates.own_clients import OF_WHOM
from adapters.gates.policy import TRUST, Permission, Policy
from adapters.gates.port import Question
from adapters.gates.ways import METHOD_WORDS, before_change
from adapters.logs import log
from adapters.problems import PlainProblem, Unusable
from engine import (
    FAILURES,
    Action,
    Allow,
    Audience,
    Call,
    Catalog,
    CheckedBack,
    Deny,
    DidNotHappen,
    Event,
    Failed,
    Failure,
    Happened,
    Method,
    NeedConfirmation,
    NeedEvidence,
    NeedSecond,
    Succeeded,
    Verdict,
)

REMEMBERED_FROM_RISK = 2
"""From this risk on it matters what happened before; a call below it neither changes nor sends anything."""

PROVEN_FROM_RISK = 4
"""From this risk on a verification that failed lately makes every call suspect."""

VERIFYING = "!verify"
"""How the step of a call ends in which the engine itself records what a person said of a verification."""


class PolicyGate:
    """A `Gate`. An action's own declaration is the limit: the policy can take away, never add to it."""

    def __init__(self, policy: Policy, catalog: Catalog, book: Book) -> None:
        self._policy = policy
        self._catalog = catalog
        self._book = book
        self._owed: dict[str, list[Entry]] = {}

    def decide(self, question: Question) -> Verdict:
        """See `Gate.decide`."""
        call = question.call
        action = self._catalog.actions.get(call.action)
        if action is None:
            return Deny(f"There is no action {_in_words(call.action)}, so it cannot be allowed.")
        permission = self._policy.permission(action.name, question.audience)
        refused = self._refused(question, action, permission)
        if refused is None and permission.own_clients:
            refused = own_clients.refused(question, action)
        if refused is not None:
            return refused
        try:
            needed = self._needed(question, action, permission)
        except Unusable as problem:
            log("error", "unusable", told=problem.message)
            # What is wrong with a file, and where it lies, is for those who can do something about it.
            outside = question.audience in (Audience.VISITOR, Audience.CLIENT)
            words = "" if outside else f"{problem.message} {problem.advice}"
            return Deny(words, Failure.UNAVAILABLE)
        if needed is not None:
            return needed
        if _risk(call, action) >= self._policy.confirm_from_risk and not call.approved:
            return NeedConfirmation()
        return Allow()

    def looks_up(self, question: Question) -> tuple[str, ...]:
        """See `Gate.looks_up`."""
        call = question.call
        action = self._catalog.actions.get(call.action)
        if action is None or not call.subject:
            return ()
        permission = self._policy.permission(action.name, question.audience)
        wanted: list[str] = [OF_WHOM] if permission.own_clients else []
        wanted += [LAST_CHANGE] if action.name in OPENS else []
        return tuple(wanted) if wanted and self._refused(question, action, permission) is None else ()

    def seen(self, question: Question, outcome: Event) -> Event:
        """See `Gate.seen`."""
        permission = self._policy.permission(question.call.action, question.audience)
        return own_clients.seen(question, outcome) if permission.own_clients else outcome

    def about_to(self, call: Call, actor: str, session: str, at: str) -> None:
        """See `Gate.about_to`. A failed verification counts even if the clinic cannot record it."""
        if call.action in CHANGES:
            self._add("change", call, actor, session, at)
        elif call.action in SENDS:
            self._add("send", call, actor, session, at)
        elif call.action == self._catalog.verification and call.args.get("outcome") == "failed":
            self._add("failed", call, actor, session, at)
        elif call.action in self._policy.times_a_day:
            self._add("call", call, actor, session, at)

    def done(self, call: Call, event: Event, actor: str, session: str, at: str) -> None:
        """See `Gate.done`. What cannot be kept leaves the call suspect; of a proof it is tried once more when
        it is needed, so that nobody has to give it again."""
        if _nothing_happened(event) and call.action in {*CHANGES, *SENDS, *self._policy.times_a_day}:
            with suppress(Unusable):
                self._add("void", call, actor, session, at)
        elif _happened(event) and self._proves(call):
            # It is as old as the person's word for it, however late the record of it was confirmed.
            entry = self._entry("passed", call, actor, session, call.approved_at or at)
            self._owed.setdefault(session, []).append(entry)
            with suppress(Unusable):
                self._add_owed(session)

    def allowed(self, audience: Audience, capabilities: Set[str]) -> frozenset[str]:
        """See `Gate.allowed`."""
        actions = {
            action.name
            for action in self._catalog.actions.values()
            if action.name in capabilities and self._may_ever(action, audience)
        }
        parameters = {
            name
            for name in self._policy.permissions
            if name.partition(".")[0] in actions and self._policy.permission(name, audience).allowed
        }
        effects = {
            name for name in capabilities & self._catalog.side_effects if name.partition(".")[0] in actions
        }
        return frozenset(actions | parameters | effects)

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

    # -- action and audience ------------------------------------------------------------------------

    def _refused(self, question: Question, action: Action, permission: Permission) -> Deny | None:
        """What no proof and nobody else's approval can change."""
        call, audience = question.call, question.audience
        if audience not in action.audiences or not permission.allowed:
            return Deny(self._who_may(action, audience))
        if permission.own_only and call.subject not in question.own:
            return Deny(f"{_a(audience).capitalize()} may do this for themself only.")
        for name, value in call.args.items():
            if value is not None and not self._policy.parameter(action.name, name, audience).allowed:
                return Deny(f"{_a(audience).capitalize()} may not give the {name} here.")
        if (
            action.name == self._catalog.verification
            and call.args.get("outcome") != "failed"
            and not call.step.endswith(VERIFYING)
        ):
            return Deny("That an identity was verified is recorded only where a person was asked about it.")
        return None

    def _may_ever(self, action: Action, audience: Audience) -> bool:
        return audience in action.audiences and self._policy.permission(action.name, audience).allowed

    def _who_may(self, action: Action, audience: Audience) -> str:
        able = [_a(other) for other in TRUST if self._may_ever(action, other)]
        may = f"{_any_of(able)} may" if able else "the clinic's policy lets nobody do it here"
        return f"{_a(audience).capitalize()} may not do this ({_in_words(action.name)}); {may}."

    # -- what happened before ------------------------------------------------------------------------

    def _needed(self, question: Question, action: Action, permission: Permission) -> Verdict | None:
        """What is still missing before this call, given what happened to this person before."""
        call = question.call
        history = History(())
        if call.subject and _risk(call, action) >= REMEMBERED_FROM_RISK:
            self._add_owed(question.session)
            entries = self._book.about(call.subject, since(question.at), question.session)
            history = History(entries, _changed_at(question.looked_up.get(LAST_CHANGE)))
            if history.failed_in(question.session):
                return Deny(_FAILED_HERE)
        asked = Asked(action.name, question.actor, question.session, question.at)
        suspect = self._suspect(question, action, history, asked)
        if suspect is not None:
            return suspect
        if permission.evidence and not history.verified(asked) and not self._signed_in(question):
            return NeedEvidence(
                self._methods(METHOD_WORDS),
                _EVIDENCE.format(action=_in_words(action.name)),
                self._serves(action, question.audience),
            )
        if permission.second_person and not self._seconded(question, action):
            return NeedSecond(self._second(question, action, _SECOND.format(action=_in_words(action.name))))
        if action.name in SENDS and history.sends(question.at) >= self._policy.sends_a_day:
            return Deny(_TOO_MANY.format(count=self._policy.sends_a_day), Failure.RATE_LIMITED)
        most = self._policy.times_a_day.get(action.name)
        if most is not None and call.subject and history.times(action.name, question.at) >= most:
            return Deny(
                _TOO_OFTEN.format(action=_in_words(action.name), times=_times(most)), Failure.RATE_LIMITED
            )
        return None

    def _signed_in(self, question: Question) -> bool:
        """Whether a client acts for themself, and the policy takes being signed in for evidence of that."""
        themself = question.audience is Audience.CLIENT and question.call.subject in question.own
        return themself and SIGNED_IN in self._policy.evidence_by

    def _suspect(self, question: Question, action: Action, history: History, asked: Asked) -> Verdict | None:
        """A call that would complete a takeover needs a proof that a thief does not have, or another person
        who looks at it."""
        if self._seconded(question, action):
            return None
        risky = _risk(question.call, action) >= PROVEN_FROM_RISK and history.failed_lately(question.at)
        if risky and not history.verified(asked, frozenset({IN_PERSON})):
            return self._proof(question, action, _FAILED_LATELY, {IN_PERSON: METHOD_WORDS[IN_PERSON]})
        change = history.unproven_change(asked)
        if change is not None:
            ways = {**before_change(change), IN_PERSON: METHOD_WORDS[IN_PERSON]}
            return self._proof(question, action, _CHANGED, ways)
        return None

    def _proof(self, question: Question, action: Action, reason: str, ways: Mapping[str, Method]) -> Verdict:
        methods = self._methods(ways)
        if not methods:
            return NeedSecond(self._second(question, action, reason))
        return NeedEvidence(methods, reason, self._serves(action, question.audience), second=True)

    def _methods(self, ways: Mapping[str, Method]) -> tuple[Method, ...]:
        """Those of the ways that the clinic's policy accepts, in its order."""
        accepted = [*self._policy.evidence_by]
        if "callback_on_file" in accepted:
            accepted.insert(accepted.index("callback_on_file") + 1, BEFORE_CHANGE)
        return tuple(ways[method] for method in accepted if method in ways)

    def _serves(self, action: Action, audience: Audience) -> tuple[str, ...]:
        """What the evidence for this action will be good for."""
        if action.name not in SERVED_TOGETHER:
            return (action.name,)
        others = (self._catalog.actions.get(name) for name in SERVED_TOGETHER if name != action.name)
        return (action.name, *(o.name for o in others if o is not None and self._may_ever(o, audience)))

    def _seconded(self, question: Question, action: Action) -> bool:
        """Whether somebody else, who may do this too in one of their roles, has approved the call."""
        by = question.call.approved_by
        if not by or by == question.actor:
            return False
        roles = TRUST[: TRUST.index(self.who_is(by)) + 1]
        return any(self._may_ever(action, role) for role in roles)

    def _second(self, question: Question, action: Action, reason: str) -> str:
        by = question.call.approved_by
        if by and by != question.actor:
            return f"{by} may not do this themself, and so cannot approve it. {reason}"
        return reason

    # -- the book ------------------------------------------------------------------------------------

    def _proves(self, call: Call) -> bool:
        return (
            call.action == self._catalog.verification
            and call.args.get("outcome") == "passed"
            and call.step.endswith(VERIFYING)
        )

    def _add(self, kind: Kind, call: Call, actor: str, session: str, at: str) -> None:
        self._book.add(self._entry(kind, call, actor, session, at))

    def _add_owed(self, session: str) -> None:
        """Keep what could not be kept of this conversation before. Raises Unusable if it still cannot."""
        owed = self._owed.get(session, [])
        while owed:
            self._book.add(owed[0])
            owed.pop(0)
        self._owed.pop(session, None)

    def _entry(self, kind: Kind, call: Call, actor: str, session: str, at: str) -> Entry:
        method, covers = call.args.get("method"), call.args.get("covers")
        verifying = call.action == self._catalog.verification
        names = [each for each in covers if isinstance(each, str)] if isinstance(covers, list) else []
        return Entry(
            kind,
            call.subject,
            method if verifying and isinstance(method, str) else call.action,
            actor,
            session,
            at,
            call.key,
            frozenset(names) & frozenset(self._catalog.actions) if verifying else frozenset(),
        )


def _risk(call: Call, action: Action) -> int:
    return max(call.risk, action.risk)


def _happened(event: Event) -> bool:
    return isinstance(event, Succeeded) or (
        isinstance(event, CheckedBack) and isinstance(event.finding, Happened)
    )


def _nothing_happened(event: Event) -> bool:
    """Whether it is certain that the call took no effect."""
    if isinstance(event, Failed):
        return not FAILURES[event.failure].may_have_happened
    return isinstance(event, CheckedBack) and isinstance(event.finding, DidNotHappen)


_EVIDENCE = "Before this ({action}) can be done, the person's identity must be verified."
_SECOND = "This ({action}) needs the approval of a second person."
_FAILED_HERE = (
    "The person's identity could not be verified in this conversation, so nothing that concerns their account"
    " is done in it. Say nothing of what is on record; if it seems like an attempt to get in, tell whoever is"
    " in charge at the clinic."
)
_FAILED_LATELY = (
    "Within the last day somebody asked for this person's account and could not be verified. So a call-back"
    " is not enough now."
)
_CHANGED = (
    "The email address on record was changed within the last day. Whoever changed it would now get into the"
    " account, so it must be certain that it was the person themself."
)
_TOO_MANY = "{count} setup or reset emails within a day are the most that the clinic's policy allows."


_TOO_OFTEN = "Within a day, {times} is the most that the clinic's policy allows for one person ({action})."
_UNTOLD = "The clinic's system does not say when the address on record was last changed."


def _changed_at(looked_up: Event | None) -> str | None:
    """When the clinic's system says that the address was changed. Raises Unusable if it should say and does
    not: then nobody is let in. That there is no such person is said by the call itself."""
    if isinstance(looked_up, Succeeded) and isinstance(looked_up.result, dict):
        found = looked_up.result.get("changed_at")
        return found if isinstance(found, str) else None
    if looked_up is None or (isinstance(looked_up, Failed) and looked_up.failure is Failure.NOT_FOUND):
        return None
    raise Unusable(_UNTOLD, "Try again in a while.")


def _times(number: int) -> str:
    return "once" if number == 1 else f"{number} times"


def _in_words(action: str) -> str:
    return action.replace("_", " ")


def _a(audience: Audience) -> str:
    return f"{'an' if audience[0] in 'aeiou' else 'a'} {audience}"


def _any_of(words: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
