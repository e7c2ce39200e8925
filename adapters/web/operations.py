"""Every address of the API: what is asked there, what comes back, and what it may be refused with.

The routes and the OpenAPI description are both made from this table.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

import msgspec

from adapters import turn_json
from adapters.web import bodies

Name: TypeAlias = Literal[
    "start",
    "show",
    "answer",
    "back",
    "change",
    "stop",
    "resume",
    "renew",
    "reveal",
    "events",
    "flows",
    "describe",
    "health",
    "ready",
    "metrics",
    "widget",
    "words",
]

JSON = "application/json"
EVENTS = "text/event-stream"
SCRIPT = "text/javascript"
TEXT = "text/plain"


class Operation(NamedTuple):
    """One thing that can be asked. `refusals` are those of its own: those that every address has, and those
    of a body and of a token, come of themselves (`statuses`)."""

    name: Name
    method: Literal["GET", "POST"]
    path: str
    summary: str
    reply: type[msgspec.Struct] | None = None
    body: type[msgspec.Struct] | None = None
    done: int = 200
    refusals: tuple[int, ...] = ()
    bearer: bool = False
    media: str = JSON
    embed: bool = False
    bounded: bool = True

    @property
    def keyed(self) -> bool:
        """Whether it takes an Idempotency-Key."""
        return self.name in ("answer", "back", "change", "stop")

    def statuses(self) -> tuple[int, ...]:
        """Everything that it can be refused with."""
        found = set(self.refusals)
        if self.bounded:
            found |= {403, 429, 503}
        if self.bearer:
            found |= {401, 404}
        if self.body is not None:
            found |= {400, 408, 413, 415, 422}
        if self.keyed:
            found |= {409}
        return tuple(sorted(found))


_ALL, _ONE = "/v1/sessions", "/v1/sessions/{session}"
_TURN, _STEP = turn_json.Turn, bodies.Step
OPERATIONS = (
    Operation("start", "POST", _ALL, "Begin a conversation", bodies.Begun, bodies.Start, 201, (401, 404)),
    Operation("show", "GET", _ONE, "The conversation until now", bodies.Conversation, bearer=True),
    Operation(
        "answer",
        "POST",
        f"{_ONE}/answers",
        "Answer the question that waits",
        _TURN,
        bodies.Answer,
        bearer=True,
    ),
    Operation("back", "POST", f"{_ONE}/back", "Go back to the question before", _TURN, _STEP, bearer=True),
    Operation(
        "change",
        "POST",
        f"{_ONE}/change",
        "Answer an earlier question again",
        bodies.Conversation,
        bodies.Change,
        bearer=True,
    ),
    Operation("stop", "POST", f"{_ONE}/stop", "Give the conversation up", _TURN, _STEP, bearer=True),
    Operation(
        "resume",
        "POST",
        f"{_ONE}/resume",
        "Wait for what is being done, or go on with what was cut off",
        bodies.Conversation,
        _STEP,
        bearer=True,
    ),
    Operation(
        "renew",
        "POST",
        f"{_ONE}/token",
        "A new token for who is still signed in",
        bodies.Renewed,
        bodies.Renewal,
        refusals=(401, 404),
    ),
    Operation("reveal", "POST", f"{_ONE}/reveals/{{id}}", "A secret, once", bodies.Revealed, bearer=True),
    Operation("events", "GET", f"{_ONE}/events", "What is being done", bearer=True, media=EVENTS),
    Operation(
        "flows",
        "GET",
        "/v1/flows",
        "What a visitor can begin",
        bodies.Flows,
        refusals=(404,),
        embed=True,
    ),
    Operation("describe", "GET", "/openapi.json", "This description"),
    Operation("health", "GET", "/healthz", "Whether the process is alive", bodies.Health, bounded=False),
    Operation(
        "ready",
        "GET",
        "/readyz",
        "Whether conversations can be kept",
        bodies.Health,
        refusals=(503,),
        bounded=False,
    ),
    Operation("metrics", "GET", "/metrics", "Counts for Prometheus", media=TEXT, bounded=False),
    Operation("widget", "GET", "/widget.js", "The help widget", media=SCRIPT, bounded=False),
    Operation(
        "words",
        "GET",
        "/widget/{language}.json",
        "What the widget itself says in a language",
        refusals=(404,),
        bounded=False,
    ),
)
