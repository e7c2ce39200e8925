"""The description of the HTTP API in OpenAPI 3.1, made from the catalogue and the table of routes."""

from __future__ import annotations

from typing import assert_never

from adapters.clinic.actions import CAPABILITIES, CATALOG
from adapters.clinic.served.faults import FAULTS
from adapters.clinic.served.routes import ROUTES, STATUS, VERSION_PARAM, Route
from engine import (
    ALWAYS_POSSIBLE,
    FAILURES,
    Action,
    ChoiceType,
    DateType,
    Effect,
    Failure,
    IdType,
    ListType,
    MomentType,
    NothingType,
    NumberType,
    OptionalType,
    Param,
    RecordType,
    SecretType,
    TextType,
    TruthType,
    Type,
    Value,
)

_ERROR: dict[str, Value] = {
    "type": "object",
    "required": ["error", "message"],
    "properties": {
        "error": {"enum": [each.value for each in Failure]},
        "message": {"type": "string"},
        "result": {"description": "what did happen, where something may have"},
        "retry_after": {"type": "integer", "description": "seconds"},
    },
}


def description() -> dict[str, Value]:
    """The whole document."""
    paths: dict[str, Value] = {}
    for route in ROUTES:
        at = paths.setdefault(route.path.replace(":path", ""), {})
        if isinstance(at, dict):
            at[route.method.lower()] = _operation(route)
    schemas: dict[str, Value] = {name: _record(kind) for name, kind in CATALOG.records.items()}
    paths["/v1/look-backs"] = {"post": _look_back()}
    paths["/v1/capabilities"] = {"get": _capabilities()}
    paths["/v1/faults"] = {"put": _faults()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "An embedded clinic of unstuck", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": {**schemas, "Error": _ERROR},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"token": []}],
    }


def _operation(route: Route) -> dict[str, Value]:
    action = CATALOG.actions[route.action]
    found: dict[str, Value] = {
        "operationId": action.name,
        "summary": action.doc,
        "parameters": [each for param in action.params for each in _parameter(route, param)],
        "responses": _responses(action, route),
    }
    parameters = found["parameters"]
    if action.effect is Effect.READ:
        return found
    if isinstance(parameters, list):
        parameters.append(_header("Idempotency-Key", "the same key again returns the first answer"))
    body = [param for param in action.params if _in_body(route, param)]
    found["requestBody"] = {"content": {"application/json": {"schema": _object(body)}}}
    return found


def _parameter(route: Route, param: Param) -> list[Value]:
    if param.name == VERSION_PARAM:
        return [_header("If-Match", param.doc)]
    where = "path" if param.name in route.in_path() else "query" if param.name in route.query else None
    if where is None:
        return []
    schema, required = _schema(param.type), param.required or where == "path"
    return [{"name": param.name, "in": where, "required": required, "schema": schema}]


def _header(name: str, doc: str) -> dict[str, Value]:
    return {
        "name": name,
        "in": "header",
        "required": True,
        "description": doc,
        "schema": {"type": "string"},
    }


def _in_body(route: Route, param: Param) -> bool:
    return param.name != VERSION_PARAM and param.name not in (*route.in_path(), *route.query)


def _object(params: list[Param]) -> dict[str, Value]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [param.name for param in params if param.required],
        "properties": {param.name: {**_schema(param.type), "description": param.doc} for param in params},
    }


def _responses(action: Action, route: Route) -> dict[str, Value]:
    told = [param for param in action.params if param.name in route.told]
    result = _result(action.result)
    good: Value = {"application/json": {"schema": {"allOf": [result, _told(told)]} if told else result}}
    found: dict[str, Value] = {"200": {"description": "done", "content": good}}
    by_status: dict[int, list[Failure]] = {}
    for failure in sorted(action.failures | ALWAYS_POSSIBLE):
        by_status.setdefault(STATUS[failure], []).append(failure)
    refused: Value = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    for status, failures in sorted(by_status.items()):
        words = "; ".join(f"{each.value}: {FAILURES[each].sentence}" for each in failures)
        found[str(status)] = {"description": words, "content": refused}
    return found


def _told(params: list[Param]) -> dict[str, Value]:
    """What an answer repeats of what was asked."""
    return {
        "type": "object",
        "properties": {
            param.name: {**_schema(param.type), "description": "as it was asked for"} for param in params
        },
    }


def _capabilities() -> dict[str, Value]:
    names: Value = {"type": "array", "items": {"enum": [*sorted(CAPABILITIES)]}}
    answer: Value = {"type": "object", "properties": {"capabilities": names}}
    good: Value = {"description": "these", "content": {"application/json": {"schema": answer}}}
    return {
        "operationId": "capabilities",
        "summary": "Which actions it can do, what they do besides, and of which it can be asked what became.",
        "responses": {"200": good},
    }


def _faults() -> dict[str, Value]:
    fault: Value = {"enum": [*FAULTS], "description": "; ".join(f"{n}: {of.doc}" for n, of in FAULTS.items())}
    action: Value = {
        "enum": ["*", *CATALOG.actions],
        "description": "`*`, or left out: every one",
    }
    body: Value = {"type": "object", "properties": {"fault": fault, "action": action}}
    return {
        "operationId": "play_fault",
        "summary": "Plays a fault from now on, on purpose; without one, none any more.",
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"200": {"description": "planned"}, "422": {"description": "there is no such fault"}},
    }


def _look_back() -> dict[str, Value]:
    words: list[Value] = ["happened", "did_not_happen", "cannot_tell"]
    found: Value = {"enum": words}
    answer: Value = {"type": "object", "properties": {"found": found, "result": {}}}
    needed: list[Value] = ["action", "args"]
    body: Value = {
        "type": "object",
        "required": needed,
        "properties": {"action": {"type": "string"}, "args": {"type": "object"}},
    }
    return {
        "operationId": "look_back",
        "summary": "Says, without acting, what became of the call under a key.",
        "parameters": [_header("Idempotency-Key", "the key of the call that is looked for")],
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {
            "200": {"description": "found out", "content": {"application/json": {"schema": answer}}}
        },
    }


def _result(kind: Type | None) -> dict[str, Value]:
    return {} if kind is None else _schema(kind)


def _record(kind: RecordType) -> dict[str, Value]:
    members: dict[str, Value] = {name: _schema(of) for name, of in kind.members}
    return {"type": "object", "required": [*members], "properties": members}


def _schema(kind: Type) -> dict[str, Value]:
    match kind:
        case OptionalType(of=inner):
            return {"anyOf": [_schema(inner), {"type": "null"}]}
        case RecordType(name=name):
            return {"$ref": f"#/components/schemas/{name}"}
        case ListType(of=item):
            return {"type": "array", "items": _schema(item)}
        case ChoiceType(options=options):
            return {"enum": [*options]}
        case TruthType():
            return {"type": "boolean"}
        case NumberType():
            return {"type": "number"}
        case DateType():
            return {"type": "string", "format": "date"}
        case MomentType():
            return {"type": "string", "format": "date-time"}
        case SecretType():
            return {"type": "string", "writeOnly": False}
        case TextType() | IdType():
            return {"type": "string"}
        case NothingType():
            return {"type": "null"}
        case _:
            assert_never(kind)
