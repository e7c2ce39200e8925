"""The OpenAPI description of the API, made from its table of operations and its bodies."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from importlib.metadata import version

import msgspec

from adapters.view import Json
from adapters.web.bodies import Problem
from adapters.web.operations import EVENTS, JSON, OPERATIONS, Operation
from adapters.web.refused import MEDIA_TYPE

_ABOUT = (
    "A conversation is begun, and every reply holds its turn: what was said and done, and the one question"
    " that waits. Everything about it is asked with the token it began with, as a bearer token."
)
_KEY = (
    "A name for this request. The same key and body again get the same reply, and nothing is done twice; with"
    " another body it is refused (422)."
)
_EVENTS = (
    "`turn` with its number (`seq`, and `ended`) at once and when there is another one; `working` with the"
    " `seconds` so far while something is being done. The stream ends after half a minute; ask again."
)

_LEADS_ON: Mapping[str, str] = {"start": "/turn", "show": "/turn", "answer": "", "back": ""}
"""The operations whose reply holds a turn, and where it stands in it."""


def description() -> dict[str, Json]:
    """The document, by OpenAPI 3.1."""
    kinds = [kind for each in OPERATIONS for kind in (each.body, each.reply) if kind is not None]
    named = [*dict.fromkeys(kinds), Problem]
    _, schemas = msgspec.json.schema_components(named, ref_template="#/components/schemas/{name}")
    paths: dict[str, Json] = {}
    for each in OPERATIONS:
        at = paths.setdefault(each.path, {})
        if isinstance(at, dict):
            at[each.method.lower()] = _operation(each)
    return {
        "openapi": "3.1.0",
        "info": {"title": "unstuck: conversations", "version": version("unstuck"), "description": _ABOUT},
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(each: Operation) -> dict[str, Json]:
    responses: dict[str, Json] = {str(each.done): _reply(each)}
    if each.name in ("widget", "words"):
        responses["304"] = {"description": "It is as it was (If-None-Match)."}
    for status in each.statuses():
        responses[str(status)] = _refusal(status)
    told: dict[str, Json] = {"operationId": each.name, "summary": each.summary, "responses": responses}
    parameters = _parameters(each)
    if parameters:
        told["parameters"] = parameters
    if each.body is not None:
        told["requestBody"] = {"required": True, "content": {JSON: {"schema": _ref(each.body)}}}
    if each.bearer:
        told["security"] = [{"token": []}]
    return told


def _reply(each: Operation) -> Json:
    schema: dict[str, Json] = {"schema": _ref(each.reply)} if each.reply is not None else {}
    told = _EVENTS if each.media == EVENTS else each.summary
    found: dict[str, Json] = {"description": told, "content": {each.media: schema}}
    if each.name in _LEADS_ON:
        found["links"] = _links(_LEADS_ON[each.name])
    return found


def _links(turn: str) -> Json:
    """How what was replied leads on to other operations; `turn` is where the turn stands in it."""
    at = f"$response.body#{turn}"
    seen: dict[str, Json] = {"seq": f"{at}/seq"}
    bodies: dict[str, dict[str, Json]] = {"answer": {"prompt": f"{at}/prompt/id", **seen}, "back": seen}
    links: dict[str, Json] = {}
    for other in OPERATIONS:
        if "{session}" in other.path and "{id}" not in other.path:
            link: dict[str, Json] = {
                "operationId": other.name,
                "parameters": {"session": f"{at}/session"},
            }
            if other.name in bodies:
                link["requestBody"] = dict(bodies[other.name])
            links[other.name] = link
    return links


def _refusal(status: int) -> Json:
    told: dict[str, Json] = {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": _ref(Problem)}},
    }
    if status in (429, 503):
        about: Json = {"description": "In how many seconds to come again.", "schema": {"type": "integer"}}
        told["headers"] = {"Retry-After": about}
    return told


def _parameters(each: Operation) -> list[Json]:
    found: list[Json] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in ("session", "id", "language")
        if f"{{{name}}}" in each.path
    ]
    if each.keyed:
        schema: Json = {"type": "string", "pattern": "^[!-~]{1,200}$"}
        found.append({"name": "Idempotency-Key", "in": "header", "description": _KEY, "schema": schema})
    if each.embed:
        found.append({"name": "embed", "in": "query", "schema": {"type": "string"}})
    return found


def _ref(kind: type[msgspec.Struct]) -> Json:
    return {"$ref": f"#/components/schemas/{kind.__name__}"}
