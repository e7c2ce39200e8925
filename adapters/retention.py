"""How long what kind of data is kept: the defaults, and `retention.yaml`, by which a deployment changes them.

Everything wrong in the file is a finding. What is too old is taken out by `unstuck sessions purge`.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from adapters.json_schema import Schema, closed, told, whole
from engine import (
    Diagnostic,
    Mapping,
    Node,
    Scalar,
    Source,
    did_you_mean,
    finding,
    in_reading_order,
    read,
)

MOST_DAYS = 36_500


class Kept(msgspec.Struct, frozen=True):
    """One kind of data: what it is, how many days it is kept if nothing else is said, and the least."""

    what: str
    days: int
    least: int


KINDS = {
    "conversations": Kept("conversations that have ended, since they were last touched", 365, 1),
    "unfinished": Kept("conversations that have not ended, since they were last touched", 90, 1),
    "verifications": Kept("what the gates remember: verifications, changed addresses, emails sent", 30, 2),
    "mail": Kept("messages in the mail folder, where mail is kept in one", 30, 1),
    "audit": Kept("entries of the audit: six years, as rules for health data often ask", 2192, 30),
}
"""Every kind by its name. Verifications matter to the gates for a day, so they stay for two at least."""


class Retention(msgspec.Struct, frozen=True):
    """For how many days each kind is kept."""

    conversations: int = KINDS["conversations"].days
    unfinished: int = KINDS["unfinished"].days
    verifications: int = KINDS["verifications"].days
    mail: int = KINDS["mail"].days
    audit: int = KINDS["audit"].days


def needed_since(now: datetime) -> str:
    """The moment since when the gates need all they remember, whatever is removed: otherwise a purge would
    let somebody change an address and have a password set at once."""
    return until(now, KINDS["verifications"].least)


def until(now: datetime, days: int) -> str:
    """The moment so many days ago, as moments are kept."""
    return (now.astimezone(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_retention(source: Source) -> tuple[Retention | None, tuple[Diagnostic, ...]]:
    """What a file sets, over the defaults; None if anything in it is wrong."""
    node, findings = read(source)
    changes, more = _changes(node) if node is not None else ({}, [])
    found = in_reading_order((*findings, *more))
    if node is None or found:
        return None, found
    return msgspec.structs.replace(Retention(), **changes), found


def retention_schema() -> Schema:
    """The JSON Schema of a retention file (without the name of the dialect)."""
    return closed(
        {
            name: told(f"For how many days: {kind.what}; {kind.days} if it is not said", _bounds(kind))
            for name, kind in KINDS.items()
        }
    )


def _bounds(kind: Kept) -> Schema:
    return whole(kind.least, MOST_DAYS)


def _changes(node: Node) -> tuple[dict[str, int], list[Diagnostic]]:
    if not isinstance(node, Mapping):
        return {}, [finding("U561", node.place, "Retention is told in lines `kind: days`.")]
    changes: dict[str, int] = {}
    findings: list[Diagnostic] = []
    for key, value in node.entries:
        kind = KINDS.get(key.text)
        days = value.value if isinstance(value, Scalar) else None
        if kind is None:
            expected = f"There are: {', '.join(KINDS)}."
            message = f"There is no kind of data `{key.text}`."
            findings.append(finding("U560", key.place, message, expected, did_you_mean(key.text, KINDS)))
        elif isinstance(days, int) and not isinstance(days, bool) and kind.least <= days <= MOST_DAYS:
            changes[key.text] = days
        else:
            expected = f"Expected: a whole number of days from {kind.least} to {MOST_DAYS:,} ({kind.what})."
            findings.append(finding("U561", value.place, f"`{key.text}` cannot be this.", expected))
    return changes, findings
