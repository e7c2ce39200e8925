"""Reads a policy file over a base policy. Everything wrong in it is a finding; nothing raises for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from msgspec.structs import replace

from adapters.gates.policy import DENIED, METHODS, SHOWN_FROM_RISK, Permission, Policy
from adapters.problems import Unusable
from engine import (
    Action,
    Audience,
    Catalog,
    Diagnostic,
    Node,
    Scalar,
    Source,
    did_you_mean,
    finding,
    has_errors,
    in_reading_order,
    read,
)
from engine import Mapping as MappingNode
from engine import Sequence as SequenceNode

SHIPPED = Path(__file__).with_name("policy.yaml")

_NOTHING = Policy({}, SHOWN_FROM_RISK, 1, {}, METHODS, Audience.VISITOR, {}, Audience.VISITOR)
KEYS = ("roles", "confirm_from_risk", "sends_a_day", "times_a_day", "evidence_by", "actions")
_ROLE_KEYS = ("everybody", "usual", "people")
MOST_SENDS = 50
RULES = ("yes", "never", "self", "own clients", "evidence", "second person")
_AUDIENCES = tuple(audience.value for audience in Audience)


def shipped_policy() -> Policy:
    """The policy that holds where the clinic says nothing; it also names actions that a backend at hand
    may not have. Raises Unusable if the installed file is damaged."""
    try:
        source = Source(SHIPPED.name, SHIPPED.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        policy = None
    else:
        policy, _ = _read(source, _NOTHING, _Findings())
    if policy is None:
        raise Unusable("The policy that comes with unstuck cannot be read.", "Install unstuck again.")
    return policy


def read_policy(
    source: Source, base: Policy, catalog: Catalog
) -> tuple[Policy | None, tuple[Diagnostic, ...]]:
    """The policy of a clinic: what `source` says, over `base`. No policy if there are errors."""
    return _read(source, base, _checking(base, catalog))


def policy_of(node: Node, base: Policy, catalog: Catalog) -> tuple[Policy | None, tuple[Diagnostic, ...]]:
    """The policy that `node`, a part of another file, says over `base`. No policy if there are errors."""
    return _policy(node, base, _checking(base, catalog), ())


def _checking(base: Policy, catalog: Catalog) -> _Findings:
    return _Findings(catalog.actions, frozenset(catalog.actions) | frozenset(base.permissions))


def _read(source: Source, base: Policy, found: _Findings) -> tuple[Policy | None, tuple[Diagnostic, ...]]:
    node, unreadable = read(source)
    if node is None:
        return None, unreadable
    return _policy(node, base, found, unreadable)


def _policy(
    node: Node, base: Policy, found: _Findings, unreadable: tuple[Diagnostic, ...]
) -> tuple[Policy | None, tuple[Diagnostic, ...]]:
    policy = base
    for key, value in found.entries(node, "a policy"):
        match key.text:
            case "roles":
                policy = _with_roles(policy, value, found)
            case "confirm_from_risk":
                policy = replace(policy, confirm_from_risk=found.risk(value) or policy.confirm_from_risk)
            case "sends_a_day":
                policy = replace(policy, sends_a_day=found.sends(value) or policy.sends_a_day)
            case "times_a_day":
                policy = replace(policy, times_a_day=_with_times(policy, value, found))
            case "evidence_by":
                methods = tuple(found.words(value, METHODS, "U555", "way to verify an identity"))
                policy = replace(policy, evidence_by=methods or policy.evidence_by)
            case "actions":
                policy = replace(policy, permissions=_with_actions(policy, value, found))
            case _:
                found.unknown("U550", key, KEYS, "key of a policy")
    findings = in_reading_order((*unreadable, *found.all))
    return (None if has_errors(findings) else policy), findings


def _with_roles(policy: Policy, node: Node, found: _Findings) -> Policy:
    for key, value in found.entries(node, "`roles`"):
        match key.text:
            case "everybody":
                policy = replace(policy, everybody=found.audience(value) or policy.everybody)
            case "usual":
                policy = replace(policy, usual=found.audience(value) or policy.usual)
            case "people":
                named = {name.text: found.audience(role) for name, role in found.entries(value, "`people`")}
                known = {name: role for name, role in named.items() if role is not None}
                policy = replace(policy, people={**policy.people, **known})
            case _:
                found.unknown("U550", key, _ROLE_KEYS, "key of `roles`")
    return policy


def _with_actions(
    policy: Policy, node: Node, found: _Findings
) -> Mapping[str, Mapping[Audience, Permission]]:
    permissions = dict(policy.permissions)
    for name, rules in found.entries(node, "`actions`"):
        if found.known_actions is not None and name.text not in found.known_actions:
            found.unknown("U551", name, found.known_actions, "action")
        if isinstance(rules, Scalar) and rules.text == "never":
            permissions[name.text] = dict.fromkeys(Audience, DENIED)
            continue
        said = {
            audience: _permission(name.text, audience, rule, found)
            for key, rule in found.entries(rules, f"`{name.text}`", or_else="or the word `never`")
            if (audience := found.audience(key)) is not None
        }
        permissions[name.text] = {**permissions.get(name.text, {}), **said}
    return permissions


def _with_times(policy: Policy, node: Node, found: _Findings) -> Mapping[str, int]:
    times = dict(policy.times_a_day)
    for name, value in found.entries(node, "`times_a_day`"):
        if found.known_actions is not None and name.text not in found.known_actions:
            found.unknown("U551", name, found.known_actions, "action")
        most = found.sends(value)
        if most is not None:
            times[name.text] = most
    return times


def _permission(action: str, audience: Audience, node: Node, found: _Findings) -> Permission:
    words = frozenset(found.words(node, RULES, "U553", "rule"))
    if len(words) > 1 and words & {"yes", "never"}:
        found.add("U553", node, "`yes` and `never` stand alone.", "Remove one of the words.")
    if not words or "never" in words:
        return DENIED
    declared = found.declared.get(action.partition(".")[0])
    if declared is not None and audience not in declared.audiences:
        able = ", ".join(other for other in Audience if other in declared.audiences)
        found.add(
            "U554",
            node,
            f"`{action}` cannot be called as {audience}.",
            f"Write `never`; made for it: {able}.",
        )
    if "own clients" in words and audience is not Audience.PRACTITIONER:
        found.add("U553", node, f"{audience} has no own clients.", "Write it for `practitioner` only.")
    return Permission(
        own_only="self" in words,
        own_clients="own clients" in words,
        evidence="evidence" in words,
        second_person="second person" in words,
    )


class _Findings:
    """Takes nodes apart; what does not have the right shape becomes a finding and counts as absent.

    `declared` are the actions whose audiences bound what may be granted; `known_actions` the names that may
    be used at all (None: any)."""

    def __init__(
        self, declared: Mapping[str, Action] | None = None, known_actions: frozenset[str] | None = None
    ) -> None:
        self.declared = declared or {}
        self.known_actions = known_actions
        self.all: list[Diagnostic] = []

    def add(self, code: str, node: Node, message: str, repair: str | None = None) -> None:
        """Note a finding at a node."""
        self.all.append(finding(code, node.place, message, repair=repair))

    def unknown(self, code: str, node: Scalar, known: Collection[str], what: str) -> None:
        """Note a word that is not among the known ones."""
        message = f"`{node.text}` is not {'an' if what[0] in 'aeiou' else 'a'} {what}."
        expected = f"There {'is' if len(known) == 1 else 'are'}: {', '.join(sorted(known))}."
        self.all.append(finding(code, node.place, message, expected, did_you_mean(node.text, known)))

    def entries(self, node: Node, what: str, or_else: str = "") -> Iterator[tuple[Scalar, Node]]:
        """The entries of a mapping."""
        if isinstance(node, MappingNode):
            yield from node.entries
            return
        self.add("U555", node, f"{what} must be made of lines `name: value`{or_else and ', ' + or_else}.")

    def words(self, node: Node, known: Collection[str], code: str, what: str) -> Iterator[str]:
        """The word, or the list of words, that stands here."""
        items = node.items if isinstance(node, SequenceNode) else (node,)
        if not items:
            self.add(code, node, f"At least one {what} must stand here.")
        for item in items:
            if not isinstance(item, Scalar):
                self.add(code, item, f"A {what} is one word, or several in a list `[a, b]`.")
            elif item.text in known:
                yield item.text
            else:
                self.unknown(code, item, known, what)

    def audience(self, node: Node) -> Audience | None:
        """The audience that stands here."""
        if isinstance(node, Scalar) and node.text in _AUDIENCES:
            return Audience(node.text)
        if isinstance(node, Scalar):
            self.unknown("U552", node, _AUDIENCES, "audience")
        else:
            self.add("U552", node, f"One audience must stand here: {', '.join(_AUDIENCES)}.")
        return None

    def sends(self, node: Node) -> int | None:
        """The number of mails that stands here."""
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_SENDS:
            return value
        self.add("U555", node, f"This must be a whole number from 1 to {MOST_SENDS}.")
        return None

    def risk(self, node: Node) -> int | None:
        """The risk that stands here."""
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= SHOWN_FROM_RISK:
            return value
        self.add(
            "U555",
            node,
            "This must be 1, 2 or 3: riskier calls are always shown and approved first.",
            "Write a number from 1 to 3.",
        )
        return None
