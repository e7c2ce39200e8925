"""Stored sessions as JSON lines, for other programs. Reads what the store gives; opens nothing.

The first line says what it is; then for each session one line of kind `session`, one `event` for each event
in order, and one `call` for each call as it stands. A session that is damaged has one line, `damaged`.
Secrets are in none of them: the store has none.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator

import msgspec

from adapters.problems import Unusable
from adapters.stores.port import Store

FORMAT = 1


def exported(store: Store, sessions: Iterable[str]) -> Iterator[dict[str, object]]:
    """The lines, as objects. Raises UnknownSession."""
    yield {"kind": "unstuck-export", "format": FORMAT}
    for session in sessions:
        try:
            lines = list(_lines(store, session))
        except Unusable:
            lines = [{"kind": "damaged", "session": session}]
        yield from lines


def line(told: dict[str, object]) -> str:
    """One object as a line, in ASCII, so that nothing in it acts on a terminal."""
    return json.dumps(told, ensure_ascii=True, separators=(",", ":")).replace("\x7f", "\\u007f") + "\n"


def _lines(store: Store, session: str) -> Iterator[dict[str, object]]:
    kept = store.load(session)
    about: dict[str, object] = msgspec.structs.asdict(kept)
    del about["state"]
    yield {"kind": "session", **about}
    for number, body in store.events(session):
        yield {"kind": "event", "session": session, "number": number, "event": _value(body)}
    for call in store.ledger(session):
        yield {
            "kind": "call",
            "session": session,
            **{name: getattr(call, name) for name in ("key", "action", "subject", "step", "status", "at")},
            "args": _value(call.args),
            "result": _value(call.result),
        }


def _value(data: bytes) -> object:
    """What was stored: JSON as it is, nothing as null, anything else in base64."""
    if not data:
        return None
    try:
        found: object = json.loads(data)
    except ValueError:
        return {"base64": b64encode(data).decode()}
    return found
