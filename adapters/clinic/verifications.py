"""What was done to verify an identity, as the clinic keeps it. Whether it is enough, the gates say."""

from __future__ import annotations

import json
import sqlite3

from adapters.clinic.moments import handed_out, stored
from adapters.clinic.outcomes import Call
from adapters.clinic.records import find_person, load_clinic
from engine import Value


def record_verification(connection: sqlite3.Connection, call: Call) -> Value:
    """The record Verification. Raises ActionFailed `not_found`."""
    person = find_person(connection, call.args.text("subject"))
    method = call.args.text("method").strip() or "none"
    outcome, covers = call.args.text("outcome"), call.args.texts("covers")
    row = connection.execute(
        """INSERT INTO verification (at, actor, session, subject, method, outcome, covers)
           VALUES (?, ?, ?, ?, ?, ?, ?) RETURNING n""",
        (
            *(stored(call.now), call.context.actor, call.context.session, person.id, method, outcome),
            json.dumps(covers),
        ),
    ).fetchone()
    return {
        "id": f"verification-{row[0]}",
        "subject": person.id,
        "method": method,
        "outcome": outcome,
        "covers": list[Value](covers),
        "by": call.context.actor,
        "at": handed_out(stored(call.now), load_clinic(connection).zone),
    }
