"""What follows from the entries about one person: which evidence is good now, and what makes a call suspect.

Pure: entries, a moment and a question come in. The rules of the gate that ask these things are in
`policy_gate`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import msgspec

from adapters.gates.book import Entry

EVIDENCE_LIVES = timedelta(minutes=15)
_STORED = "%Y-%m-%dT%H:%M:%SZ"
LOOK_BACK = timedelta(hours=24)
"""For so long a changed address, or a verification that failed, makes what follows suspect."""

LAST_CHANGE = "last_email_change"
"""The reading action that tells when the address was last changed, also by somebody who did it by hand in the
clinic's own software."""

BY_HAND = "somebody who did it by hand"
_SAME = timedelta(minutes=2)
"""A change that the clinic's system tells of, this close to one of ours, is ours: two clocks differ."""

CHANGES = frozenset({"update_email"})
"""The actions that send everything that follows somewhere else."""

SENDS = frozenset({"send_invitation", "send_password_reset"})
OPENS = SENDS | {"set_temporary_password"}
"""The actions that let somebody in: whoever changes the address first, and does one of these, has the
account."""

SERVED_TOGETHER = ("update_email", *sorted(OPENS), "unlock_account")
"""What one verification is good for: a telephone call in which an address is corrected, and the email sent
again or the account opened."""

BEFORE_CHANGE = "callback_before_change"
"""A call-back on the number that was on record before the address was changed."""

IN_PERSON = "in_person"
SIGNED_IN = "signed_in_session"
"""A client who is signed in, and acts for themself."""

_BEFORE = frozenset({"callback_on_file", BEFORE_CHANGE, IN_PERSON})
_AFTER = frozenset({BEFORE_CHANGE, IN_PERSON})


class Asked(msgspec.Struct, frozen=True):
    """Who asks for which action, in which conversation, at which moment (UTC)."""

    action: str
    actor: str
    session: str
    at: str


class History:
    """The entries about one person, without those that did not happen after all."""

    def __init__(self, entries: Iterable[Entry], changed_at: str | None = None) -> None:
        """`changed_at` is the moment at which the clinic's system says that the address was last changed."""
        entries = tuple(entries)
        voided = {entry.key: entry.number for entry in entries if entry.kind == "void"}
        self._entries = tuple(
            entry for entry in entries if entry.kind != "void" and entry.number > voided.get(entry.key, 0)
        )
        self._by_hand = self._changed_by_hand(changed_at)

    def failed_in(self, session: str) -> bool:
        """Whether the identity could not be verified in this conversation."""
        return any(entry.kind == "failed" and entry.session == session for entry in self._entries)

    def failed_lately(self, at: str) -> bool:
        """Whether it could not be verified in any conversation of the last day."""
        return any(entry.kind == "failed" and _within(entry, at, LOOK_BACK) for entry in self._entries)

    def unproven_change(self, asked: Asked) -> Entry | None:
        """The latest change of the address within a day by which this action would let somebody in, although
        none of the asker's evidence could only have come from the person themself."""
        if asked.action not in OPENS:
            return None
        changes = (e for e in self._changes() if _within(e, asked.at, LOOK_BACK))
        good = tuple(self._good(asked))
        unproven = (e for e in changes if not any(_despite(e, evidence) for evidence in good))
        return max(unproven, key=lambda entry: entry.at, default=None)

    def _changes(self) -> Iterable[Entry]:
        ours = (entry for entry in self._entries if entry.kind == "change")
        return ours if self._by_hand is None else (*ours, self._by_hand)

    def _changed_by_hand(self, changed_at: str | None) -> Entry | None:
        """The change that the clinic's system tells of, unless it is one that is kept here. By its number it
        comes before every evidence that is not older."""
        if changed_at is None:
            return None
        at = datetime.fromisoformat(changed_at).astimezone(UTC)
        if any(e.kind == "change" and abs(at - datetime.fromisoformat(e.at)) <= _SAME for e in self._entries):
            return None
        older = (e.number for e in self._entries if datetime.fromisoformat(e.at) <= at)
        return Entry("change", "", "", BY_HAND, "", at.strftime(_STORED), "", number=max(older, default=0))

    def sends(self, at: str) -> int:
        """How many mails were sent, or may have been, within a day."""
        return len({e.key for e in self._entries if e.kind == "send" and _within(e, at, LOOK_BACK)})

    def times(self, action: str, at: str) -> int:
        """How often that action was called, or may have been, within a day."""
        counted = (e for e in self._entries if e.kind in ("change", "send", "call") and e.what == action)
        return len({e.key for e in counted if _within(e, at, LOOK_BACK)})

    def verified(self, asked: Asked, methods: frozenset[str] | None = None) -> bool:
        """Whether the asker holds evidence that covers the action and is good now; by one of the methods, if
        they are given."""
        return any(methods is None or entry.what in methods for entry in self._good(asked))

    def _good(self, asked: Asked) -> Iterable[Entry]:
        """Evidence that is not older than it may be; one from the future is none, so that a clock that was
        set back lets nothing live longer."""
        return (
            entry
            for entry in self._entries
            if entry.kind == "passed"
            and (entry.actor, entry.session) == (asked.actor, asked.session)
            and asked.action in entry.covers
            and timedelta(0) <= _age(entry, asked.at) < EVIDENCE_LIVES
        )


def since(at: str) -> str:
    """The earliest moment from which entries matter."""
    return (datetime.fromisoformat(at) - LOOK_BACK).strftime(_STORED)


def _despite(change: Entry, evidence: Entry) -> bool:
    """Whether the evidence cannot have been won by the change: it was given before it, for it, where it was
    made; or after it, by a way that does not go by what is on record now."""
    if evidence.number > change.number:
        return evidence.what in _AFTER
    # Evidence is always of the conversation that asks; a change by hand, made while it was good, is its own.
    together = evidence.session == change.session or change.actor == BY_HAND
    return together and evidence.what in _BEFORE and not evidence.covers.isdisjoint(CHANGES)


def _age(entry: Entry, at: str) -> timedelta:
    return datetime.fromisoformat(at) - datetime.fromisoformat(entry.at)


def _within(entry: Entry, at: str, span: timedelta) -> bool:
    """Whether it was so lately, or seems to be still to come."""
    return _age(entry, at) < span
