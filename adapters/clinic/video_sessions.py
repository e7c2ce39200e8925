"""The client's next video session: when it is, whether one can join it yet, and whether there is a link."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from adapters.clinic.moments import handed_out, stored
from adapters.clinic.records import Person
from engine import Value

_JUST_ENDED = timedelta(hours=24)


class _Session(msgspec.Struct, frozen=True):
    starts: str
    ends: str
    join_opens: str
    has_link: int
    cancelled: int


def next_video_session(
    connection: sqlite3.Connection, subject: str, client: Person, where: ZoneInfo, now: datetime
) -> Value:
    """The record VideoSession of the client, for the person `subject` who sees it: the first that has not
    ended, one that takes place before one that was cancelled; else the last that ended within a day; else
    `none`."""
    session = _next(connection, client, now)
    return {
        "subject": subject,
        "client": client.id,
        "state": "none" if session is None else _state(session, stored(now)),
        "start": handed_out(session.starts, where) if session else None,
        "end": handed_out(session.ends, where) if session else None,
        "join_opens": handed_out(session.join_opens, where) if session else None,
        "join_url_present": session is not None and session.has_link == 1,
        "cancelled": session is not None and session.cancelled == 1,
    }


def add_video_session(
    connection: sqlite3.Connection,
    client: str,
    starts: datetime,
    minutes: int,
    opens_minutes_before: int,
    *,
    has_link: bool,
    cancelled: bool,
) -> None:
    """Enter a session of so many minutes in the client's calendar."""
    connection.execute(
        """INSERT INTO video_session (client_id, starts, ends, join_opens, has_link, cancelled)
           VALUES (?, ?, ?, ?, ?, ?)""",
        (
            client,
            stored(starts),
            stored(starts + timedelta(minutes=minutes)),
            stored(starts - timedelta(minutes=opens_minutes_before)),
            has_link,
            cancelled,
        ),
    )


def _next(connection: sqlite3.Connection, client: Person, now: datetime) -> _Session | None:
    columns = "SELECT starts, ends, join_opens, has_link, cancelled FROM video_session WHERE client_id = ?"
    row = connection.execute(
        f"{columns} AND ends > ? ORDER BY cancelled, starts LIMIT 1", (client.id, stored(now))
    ).fetchone()
    if row is None:
        row = connection.execute(
            f"{columns} AND ends > ? ORDER BY ends DESC LIMIT 1", (client.id, stored(now - _JUST_ENDED))
        ).fetchone()
    return None if row is None else _Session(*row)


def _state(session: _Session, now: str) -> str:
    if now >= session.ends:
        return "over"
    return "open" if now >= session.join_opens and not session.cancelled else "scheduled"
