"""What keyed calls came to, kept with the change itself: receipts, and the clinic's journal.

A key that was used before returns what it came to then, without acting.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import TypeAlias, assert_never

import msgspec

from adapters.clinic.arguments import Arguments
from adapters.clinic.moments import stored
from adapters.clinic.port import ActionFailed, CallContext, OutcomeLost
from engine import Action, Failure, Value


class Done(msgspec.Struct, frozen=True):
    """The call took effect and returned this."""

    result: Value


class Broken(msgspec.Struct, frozen=True):
    """The call ended in a failure after something had happened, so it must not be made again."""

    failure: Failure
    message: str
    result: Value = None


class Open(msgspec.Struct, frozen=True):
    """The call was begun; whether it took effect is not known."""


GIVEN_UP = Broken(Failure.UNAVAILABLE, "It came too late: it had been looked for, and given up.")
"""What a key comes to that was looked for before its call had come: a call that comes later does nothing."""

Outcome: TypeAlias = Done | Broken | Open


class Call(msgspec.Struct, frozen=True):
    """One checked call of a writing action, at the moment `now`."""

    action: Action
    args: Arguments
    context: CallContext
    now: datetime

    @property
    def subject(self) -> str | None:
        """The id of the person it is about, if it says one."""
        return self.args.text_or_none(self.action.subject) if self.action.subject else None


def told(outcome: Outcome) -> Value:
    """The result of a call that took effect. Raises ActionFailed or OutcomeLost for the other outcomes."""
    match outcome:
        case Done(result=result):
            return result
        case Broken(failure=failure, message=message, result=result):
            raise ActionFailed(failure, message, result)
        case Open():
            raise OutcomeLost("the call was begun, and the mail system has not answered")
        case _:
            assert_never(outcome)


def recall(connection: sqlite3.Connection, call: Call) -> Outcome | None:
    """What the call's key came to earlier, or None if it is new.

    Raises ActionFailed `invalid_input` where the key was used for another call.
    """
    row = connection.execute(
        "SELECT body, outcome, content FROM receipt WHERE key = ?", (call.context.key,)
    ).fetchone()
    if row is None:
        return None
    body, outcome, content = row
    if body != call.args.digest(call.action):
        raise ActionFailed(Failure.INVALID_INPUT, "The key of this call was used before for another call.")
    match outcome:
        case "done":
            return Done(json.loads(content))
        case "failed":
            kept = json.loads(content)
            return Broken(Failure(kept["failure"]), kept["message"], kept["result"])
        case _:
            return Open()


def keep(connection: sqlite3.Connection, call: Call, outcome: Outcome) -> None:
    """Keep what the call came to, over an open receipt of it, if there is one."""
    word, content = _written(outcome)
    connection.execute(
        """INSERT INTO receipt (key, body, outcome, content, at) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (key) DO UPDATE
           SET outcome = excluded.outcome, content = excluded.content, at = excluded.at""",
        (call.context.key, call.args.digest(call.action), word, content, stored(call.now)),
    )


def forget(connection: sqlite3.Connection, call: Call) -> None:
    """Forget an open receipt: nothing happened after all."""
    connection.execute("DELETE FROM receipt WHERE key = ? AND outcome = 'open'", (call.context.key,))


def journal(connection: sqlite3.Connection, call: Call, outcome: Outcome) -> None:
    """Note in the journal that the call had an effect, and which. It is never changed afterwards."""
    match outcome:
        case Done():
            word = "done"
        case Broken(failure=failure):
            word = failure.value
        case Open():
            word = Failure.OUTCOME_UNKNOWN.value
        case _:
            assert_never(outcome)
    context = call.context
    note(
        connection,
        call.now,
        (context.actor, context.session, context.key),
        (call.action.name, call.subject, word),
    )


def note(
    connection: sqlite3.Connection,
    now: datetime,
    who: tuple[str, str, str],
    what: tuple[str, str | None, str],
) -> None:
    """One line of the journal: `who` is actor, session and key, `what` is action, subject and outcome."""
    connection.execute(
        """INSERT INTO journal (at, actor, session, key, action, subject, outcome)
           VALUES (?, ?, ?, ?, ?, ?, ?)""",
        (stored(now), *who, *what),
    )


def _written(outcome: Outcome) -> tuple[str, str]:
    match outcome:
        case Done(result=result):
            return "done", json.dumps(result)
        case Broken(failure=failure, message=message, result=result):
            return "failed", json.dumps({"failure": failure.value, "message": message, "result": result})
        case Open():
            return "open", "null"
        case _:
            assert_never(outcome)
