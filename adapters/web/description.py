"""The OpenAPI description of the API, made from the declarations that check what comes in."""

from __future__ import annotations

from importlib.metadata import version
from typing import NamedTuple

import msgspec

from adapters.view import Json
from adapters.web.bodies import Answer, Change, Nothing, ProblemDetails, Renewal, Start

_TURN = "The turn after it: what was said and done, and what waits."


class _Operation(NamedTuple):
    method: str
    path: str
    summary: str
    body: type[msgspec.Struct] | None = None
    done: str = "200"
    refusals: tuple[str, ...] = ()
    bearer: bool = True


_SESSION = "/v1/sessions/{session}"
OPERATIONS = (
    _Operation("post", "/v1/sessions", "Begin a conversation", Start, "201", ("404",), False),
    _Operation("get", _SESSION, "The conversation until now"),
    _Operation("post", f"{_SESSION}/answers", "Answer the question that waits", Answer, refusals=("409",)),
    _Operation("post", f"{_SESSION}/back", "Go back to the question before", Nothing, refusals=("409",)),
    _Operation("post", f"{_SESSION}/change", "Answer an earlier question again", Change, refusals=("409",)),
    _Operation("post", f"{_SESSION}/stop", "Give the conversation up", Nothing, refusals=("409",)),
    _Operation("post", f"{_SESSION}/token", "A new token for who is signed in", Renewal, bearer=False),
    _Operation("post", f"{_SESSION}/reveals/{{id}}", "A secret, once"),
    _Operation("get", f"{_SESSION}/events", "What is being done, as server-sent events"),
    _Operation("get", "/v1/flows", "What a visitor can begin", bearer=False),
    _Operation("get", "/healthz", "Whether the process is alive", bearer=False),
    _Operation("get", "/readyz", "Whether conversations can be kept", refusals=("503",), bearer=False),
)


def description() -> dict[str, Json]:
    """The document, by OpenAPI 3.1."""
    kinds = (Start, Answer, Change, Nothing, Renewal, ProblemDetails)
    _, schemas = msgspec.json.schema_components(kinds, ref_template="#/components/schemas/{name}")
    paths: dict[str, Json] = {}
    for each in OPERATIONS:
        at = paths.setdefault(each.path, {})
        if isinstance(at, dict):
            at[each.method] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": {"title": "unstuck: conversations", "version": version("unstuck")},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(each: _Operation) -> dict[str, Json]:
    refused: Json = {
        "description": "Refused, with what to do.",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/ProblemDetails"}}},
    }
    media = "text/event-stream" if each.path.endswith("/events") else "application/json"
    codes = {"403", "429", *each.refusals}
    if each.bearer or each.path.endswith("/token"):
        codes |= {"401", "404"}
    if each.body is not None:
        codes |= {"400", "413", "415", "422"}
    told: dict[str, Json] = {
        "operationId": f"{each.method}{each.path.replace('/', '_').replace('{', '').replace('}', '')}",
        "summary": each.summary,
        "responses": {
            each.done: {"description": _TURN if each.bearer else each.summary, "content": {media: {}}},
            **dict.fromkeys(sorted(codes), refused),
        },
    }
    names = [name for name in ("session", "id") if f"{{{name}}}" in each.path]
    parameters: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in names
    ]
    if each.path.endswith("/answers"):
        about = "The same key and body again get the same reply, and nothing is done twice."
        key: Json = {"type": "string", "pattern": "^[!-~]{1,200}$"}
        parameters.append({"name": "Idempotency-Key", "in": "header", "description": about, "schema": key})
    if parameters:
        told["parameters"] = parameters
    if each.body is not None:
        schema: Json = {"$ref": f"#/components/schemas/{each.body.__name__}"}
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    if each.bearer:
        told["security"] = [{"token": []}]
    return told
