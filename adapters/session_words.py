"""Stored sessions in words, for a list and for a closer look. Reads what the store gives; opens nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone

from adapters.event_words import STATUSES, Retold
from adapters.stores.port import ENDED, LedgerEntry, SessionSummary, StoredSession
from adapters.tables import table

_ITEM = re.compile(r"\[[^\]]*\]")
"""Whom a step is run for; a list does not need that."""


def list_of(sessions: Sequence[SessionSummary]) -> str:
    """One line a session, the last touched first, in columns."""
    if not sessions:
        return "There are no sessions. `unstuck chat` begins one."
    clock = Clock(sessions[0].updated_at)
    return table(
        ("session", "flow", "by", f"last touched ({clock.zone})", "how it stands"),
        [
            (
                each.session,
                each.flow,
                each.actor,
                clock.moment(each.updated_at),
                "damaged" if each.damaged else stands(each.waiting),
            )
            for each in sessions
        ],
    )


def details_of(
    session: StoredSession, events: Iterable[tuple[int, bytes]], ledger: Iterable[LedgerEntry]
) -> str:
    """What happened in a session, in order, and how the changes it made stand. All times are those of this
    computer's zone when the session began."""
    changes = tuple(ledger)
    clock = Clock(session.started_at)
    retold = Retold(session.state, changes, session.actor)
    lines = [
        f"{session.session}: {session.flow} (version {session.version[:12]})",
        f"Held by {session.actor} as {session.audience}, begun {clock.moment(session.started_at)},"
        f" last touched {clock.moment(session.updated_at)}. Times are {clock.zone}.",
        f"{stands(session.waiting).capitalize()}.",
        "",
        # A line is a thing that happened, whatever line ends somebody typed.
        *(
            f"{clock.time(at)}  {' '.join(words.split())}"
            for at, words in retold.lines(data for _, data in events)
        ),
    ]
    told = [f"{clock.time(one.at)}  {retold.change(one.key)}: {STATUSES[one.status]}" for one in changes]
    return "\n".join([*lines, "", "Changes in the clinic's system:", *told] if told else lines)


def stands(waiting: str) -> str:
    """What a session waits for, in words: the own name of a step, or how it has ended."""
    if waiting.startswith(ENDED):
        return f"ended: {waiting.removeprefix(ENDED)}"
    if waiting.startswith("call "):
        return "something is being done"
    if not waiting:
        return "waits for an answer"
    # Only whom a step is run for could be told of somebody, and is left out.
    step = _ITEM.sub("", waiting).rpartition("/")[2].partition("!")[0]
    return f"waits at “{step.replace('-', ' ')}”"


class Clock:
    """Moments in the zone that this computer had at `begun` (ISO 8601, UTC), so that all are comparable."""

    def __init__(self, begun: str) -> None:
        try:
            self._zone = datetime.fromisoformat(begun).astimezone().tzinfo or UTC
        except ValueError:
            self._zone = UTC

    @property
    def zone(self) -> str:
        """Which zone it is: "CET, UTC+01:00"."""
        name = datetime.now(self._zone).tzname() or ""
        offset = str(timezone(datetime.now(self._zone).utcoffset() or timedelta()))
        return ", ".join(dict.fromkeys(filter(None, (name, offset))))

    def moment(self, at: str) -> str:
        """Day and time; what is no moment stays as it is."""
        return self._in(at, "%Y-%m-%d %H:%M")

    def time(self, at: str) -> str:
        """Day and time to the second, or as many spaces."""
        return self._in(at, "%Y-%m-%d %H:%M:%S") or " " * 19

    def _in(self, at: str, form: str) -> str:
        try:
            return datetime.fromisoformat(at).astimezone(self._zone).strftime(form)
        except ValueError:
            return at
