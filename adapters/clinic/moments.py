"""Moments in the clinic's time zone: how they are stored, handed out and told to a person.

Stored moments are UTC text that sorts by time (`2026-11-23T09:30:00Z`). The clock itself is injected.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_STORED = "%Y-%m-%dT%H:%M:%SZ"
_MONTHS = ("January February March April May June July August September October November December").split()


def zone(name: str) -> ZoneInfo | None:
    """The time zone of that name, or None if this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def stored(moment: datetime) -> str:
    """A moment as it stands in the database, to the second."""
    return moment.astimezone(UTC).strftime(_STORED)


def restored(text: str) -> datetime:
    """The moment that `stored` wrote."""
    return datetime.strptime(text, _STORED).replace(tzinfo=UTC)


def handed_out(text: str | None, where: ZoneInfo) -> str | None:
    """A stored moment as flows get it: ISO text with the offset of the clinic's zone."""
    return None if text is None else restored(text).astimezone(where).isoformat()


def told(moment: datetime, where: ZoneInfo) -> str:
    """A moment in words: "25 November 2026 at 09:30 (America/Toronto time)"."""
    local = moment.astimezone(where)
    return f"{local.day} {_MONTHS[local.month - 1]} {local.year} at {local:%H:%M} ({where.key} time)"


def age(born: date, today: date) -> int:
    """Whole years. Whoever was born on 29 February has a birthday on 1 March in other years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
