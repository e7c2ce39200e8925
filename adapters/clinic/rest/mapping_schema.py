"""The JSON Schema of a mapping file, for editors. What a mapping means is read in `mapping_file`.

Expressions and what an answer holds are not told here: `unstuck check` looks at those.
"""

from __future__ import annotations

from collections.abc import Mapping

from adapters.clinic.rest.auth_reader import AUTH, AUTH_WORDS, HEADER, KINDS, LOGIN
from adapters.clinic.rest.mapping_file import ACTION, LOOK_BACK, TOP
from adapters.clinic.rest.request_reader import ERROR, METHODS, MOST_PAGES, PAGES, REQUEST
from adapters.json_schema import Schema, closed, list_of, one_of, text, told, truth
from engine import Action, Catalog, Failure, Value

_EXPRESSION: Schema = {"type": ["string", "number", "boolean", "null"]}
_VALUE: Schema = {"$ref": "#/definitions/value"}
_VALUES: Schema = {"type": "object", "additionalProperties": _VALUE}
_ERRORS: Schema = list_of({"$ref": "#/definitions/error"})
_SECRET: Schema = {"$ref": "#/definitions/secret"}


def mapping_schema(catalog: Catalog) -> Schema:
    """A mapping of the actions of `catalog` (without the name of the dialect)."""
    actions = {name: _action(action) for name, action in catalog.actions.items()}
    parts: dict[str, Schema] = {
        "rest": told("What the other system is called", text()),
        "base": told("The address that all paths begin with: https, or this machine itself", text()),
        "deadline": told("How many seconds a call may take", _number(0.1, 60)),
        "auth": told("How calls are authorised: one of these ways", _auth()),
        "idempotency": told("The header with the key of a call that changes something", _header_name()),
        "headers": told("Headers that every request has", _VALUES),
        "errors": told("What answers mean that something went wrong; the first that fits", _ERRORS),
        "look_back": told("How to see what became of a call whose answer was lost", _look_back()),
        "actions": told("What each action becomes", closed(actions)),
    }
    definitions: Schema = {"value": _value(), "error": _error(), "secret": _secret()}
    top = closed({key: parts[key] for key in TOP}, ("base", "actions"))
    return {**top, "definitions": definitions}


def _action(action: Action) -> Schema:
    parts: dict[str, Schema] = {
        **_request_parts(),
        "calls": told("Several requests, one after the other", list_of(_one_request())),
        "result": told("What the action gives, made of the answers", _VALUE),
        "effects": told(
            "What the system does besides, of what people are told",
            list_of(one_of([each.name for each in action.side_effects])),
        ),
        "look_back": told("How to see what became of this action, instead of that of the file", _look_back()),
    }
    needed = ("result",) if action.result is not None else ()
    return told(f"{action.doc} (risk {action.risk})", closed({key: parts[key] for key in ACTION}, needed))


def _request_parts() -> dict[str, Schema]:
    pages: dict[str, Schema] = {
        "rows": told("The list in the answer that is continued", _EXPRESSION),
        "next": told("What the next page is asked for by, if there is one", _VALUE),
        "more": told("Whether there are more, after so many as were `seen`", _EXPRESSION),
        "most": told("At most so many pages", {"type": "integer", "minimum": 1, "maximum": MOST_PAGES}),
    }
    path: Schema = told("The path after `base`; `{{ }}` puts values in", {"type": "string", "pattern": "^/"})
    parts: dict[str, Schema] = {
        **dict.fromkeys(METHODS, path),
        "query": told("What follows the path, by name", _VALUES),
        "headers": told("Headers of this request", _VALUES),
        "body": told("What is sent", _VALUE),
        "form": told("Whether the body is sent as a form, and not as JSON", truth()),
        "if": told("When the request is made at all", _EXPRESSION),
        "expect": told("What must hold of the answer", _EXPRESSION),
        "errors": told("Further answers that mean that something went wrong", _ERRORS),
        "pages": told(
            "How a long answer is continued",
            {**closed({key: pages[key] for key in PAGES}, ("rows",)), "oneOf": _needs("next", "more")},
        ),
        "save": told("The name under which later requests know the answer; `body` if it is not said", text()),
        "reads": told("Whether the request changes nothing, although it is no `get`", truth()),
    }
    return {key: parts[key] for key in REQUEST}


def _one_request() -> Schema:
    return {**closed(_request_parts()), "oneOf": _needs(*METHODS)}


def _look_back() -> Schema:
    parts: dict[str, Schema] = {
        **_request_parts(),
        "happened": told("A condition that shows that the call took effect", _EXPRESSION),
        "did_not_happen": told("A condition that shows that it did not", _EXPRESSION),
        "result": told("The result of the call, if it took effect", _VALUE),
    }
    return {**closed({key: parts[key] for key in LOOK_BACK}, ("happened",)), "oneOf": _needs(*METHODS)}


def _error() -> Schema:
    status: Schema = {"type": "integer", "minimum": 100, "maximum": 599}
    parts: dict[str, Schema] = {
        "status": told("The number of the answer, or several", {"anyOf": [status, list_of(status)]}),
        "if": told("A condition on the answer", _EXPRESSION),
        "error": told("What went wrong then", one_of([each.value for each in Failure])),
        "named": told("Where the answer names the error by itself", _EXPRESSION),
        "message": told("What the answer says of it", _VALUE),
        "result": told("What did happen nevertheless", _VALUE),
        "retry_after": told("After how many seconds it can be tried again", _EXPRESSION),
    }
    when: Value = {"anyOf": _needs("status", "if")}
    what: Value = {"anyOf": _needs("error", "named")}
    return {**closed({key: parts[key] for key in ERROR}), "allOf": [when, what]}


def _auth() -> Schema:
    extra: Mapping[str, Schema] = {
        "header": told("The header in which the key goes", _header_name()),
        "query": told("The name in the query under which the key goes", text()),
        "token_url": told("The address that gives tokens out", text()),
        "scope": told("What the token is asked for", text()),
    }
    ways: dict[str, Schema] = {"login": told("By a request of its own", _login())}
    for kind, secrets in AUTH.items():
        named: dict[str, Schema] = {name: told(f"Where the {name} is", _SECRET) for name in secrets}
        more = {name: extra[name] for name in AUTH_WORDS.get(kind, ())}
        needed = [*secrets, *(["token_url"] if "token_url" in more else [])]
        ways[kind] = closed({**named, **more}, needed)
    ways["api_key"] = {**ways["api_key"], "oneOf": _needs("header", "query")}
    ways["bearer"] = {"anyOf": [_SECRET, ways["bearer"]]}
    return {**closed({kind: ways[kind] for kind in KINDS}), "maxProperties": 1}


def _login() -> Schema:
    named: Schema = {"type": "object", "additionalProperties": _SECRET, "minProperties": 1}
    parts: dict[str, Schema] = {
        **_request_parts(),
        "secrets": told("The secrets that the request may use, by name", named),
        "cookies": told("Whether the cookies of the answer go with later requests", truth()),
        "send": told("Headers that go with later requests, made of the answer", _VALUES),
        "minutes": told("After how many minutes to log in anew", _number(1, 1440)),
    }
    return {
        **closed({key: parts[key] for key in LOGIN}, ("secrets",)),
        "oneOf": _needs(*METHODS),
        "anyOf": _needs("cookies", "send"),
    }


def _secret() -> Schema:
    """Where a secret is: no secret stands in the file."""
    env = {"env": told("The variable of the environment that has it", text())}
    file = {"file": told("The file that has it", text())}
    return {"anyOf": [closed(env, env), closed(file, file)]}


def _value() -> Schema:
    """What a value is made of. A record may have any names, those of the forms too."""
    forms: dict[str, Schema] = {
        "of": told("With `words` or `match`: the value that is looked at", {}),
        "words": told("Each word of theirs with one of ours", {}),
        "cases": told("A list of `{if: CONDITION, value: VALUE}`; the first that holds", {}),
        "else": told("The value where nothing fits", {}),
        "each": told(
            "The rows of which a list is made; `where` picks among them, `item` says what each is", {}
        ),
        "template": told("A text with `{{ }}` in it", {}),
        "match": told("A pattern (RE2); what its group finds", {}),
        "look_over": told("An address to be looked over", {}),
    }
    record: Schema = {"type": "object", "properties": {**forms}, "additionalProperties": _VALUE}
    return {"anyOf": [_EXPRESSION, list_of(_VALUE), record]}


def _header_name() -> Schema:
    return {"type": "string", "pattern": f"^{HEADER.pattern}$"}


def _number(least: float, most: float) -> Schema:
    return {"type": "number", "minimum": least, "maximum": most}


def _needs(*keys: str) -> list[Value]:
    """One alternative for each of these keys: that it is there."""
    return [{"required": [key]} for key in keys]
