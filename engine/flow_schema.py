"""A JSON Schema of flow files and of the vocabulary, made from the declarations by which they are read.

Editors complete and check by it while a flow is being written. It accepts every file without findings; what
only the whole flow tells (where targets lead, types, facts) is left to the checks. Draft 7, because editors
know that best.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping

from engine.actions import FAILURES, Action, Catalog, Effect
from engine.compiler import HEADER
from engine.json_schema import Schema, mapping, named, needed, reference, written
from engine.schema import ANSWER_FIELDS, FACT, ID, Field, Shape
from engine.steps.base import StepKind
from engine.steps.kinds import KINDS
from engine.type_names import WORDS
from engine.types import in_words
from engine.vocabulary import VOCABULARY_FIELDS

_BLANK = r"\s+"


def flow_schema(catalog: Catalog) -> Schema:
    """The JSON Schema of a flow file that may call the actions of `catalog`, without the dialect's name."""
    kinds: Schema = {_kind_name(kind): _kind(kind, catalog) for kind in KINDS.values()}
    top = _properties(HEADER)
    # What the header's declaration leaves to the compiler is spelled out here.
    top |= {
        "flow": {**_doc("flow"), **named(ID)},
        "exits": {**_doc("exits"), "type": "array", "items": named(ID)},
        "steps": {**_doc("steps"), **reference("steps")},
        "inputs": {**_doc("inputs"), **mapping(FACT, reference("type"))},
        "results": {**_doc("results"), **mapping(FACT, reference("type"))},
        "on": {**_doc("on"), **_failures({"type": "string"})},
    }
    return {
        **_object(top, needed(HEADER), "A conversation as a decision tree."),
        "definitions": {
            "step": {"anyOf": [reference(name) for name in kinds]},
            "steps": {"type": "array", "minItems": 1, "items": reference("step")},
            "target": {"anyOf": [{"type": "string"}, reference("steps")]},
            "answer": {"anyOf": [written(), _of(ANSWER_FIELDS, "An answer with more than its label.")]},
            "failures": _failures(reference("target")),
            "type": _type_name(catalog),
            **kinds,
        },
    }


def vocabulary_schema() -> Schema:
    """The JSON Schema of a vocabulary file, without the dialect's name."""
    labels: Schema = {"labels": {**_doc("labels", VOCABULARY_FIELDS), **mapping(FACT, written())}}
    properties = _properties(VOCABULARY_FIELDS) | labels
    words = "What the clinic software calls its own buttons and pages."
    return _object(properties, needed(VOCABULARY_FIELDS), words)


def _kind(kind: StepKind, catalog: Catalog) -> Schema:
    """The schema of the steps of one kind."""
    properties = _properties(kind.all_fields)
    required = [*needed(kind.all_fields), *(["id"] if kind.needs_id else [])]
    rules: Schema = {}
    if kind.key == "do":
        on = next(each.doc for each in kind.fields if each.name == "on")
        properties |= {"do": _actions(catalog), "on": {"description": on, **reference("failures")}}
        rules = {"allOf": [_call(action) for action in catalog.actions.values()]}
    if kind.key == "visit":
        rules = {"dependencies": {"each": ["as"], "as": ["each"]}}
    return {"title": f"{kind.key} …", **_object(properties, required, kind.doc), **rules}


def _actions(catalog: Catalog) -> Schema:
    """The names of all actions, with what each does."""
    actions = sorted(catalog.actions.values(), key=lambda action: action.name)
    return {
        "description": "The action.",
        "enum": [action.name for action in actions],
        "enumDescriptions": [action.doc for action in actions],
    }


def _call(action: Action) -> Schema:
    """What calling one action demands: its parameters, and an id where it changes something."""
    values: Schema = {
        param.name: {**written("null"), "description": f"{param.doc or param.name} ({in_words(param.type)})"}
        for param in action.params
    }
    given = [param.name for param in action.params if param.required]
    changes = action.effect is not Effect.READ
    return {
        "if": {"type": "object", "properties": {"do": {"const": action.name}}, "required": ["do"]},
        "then": {
            "properties": {
                "with": {"properties": values, "required": [*given], "additionalProperties": False}
            },
            "required": [*(["with"] if given else []), *(["id"] if changes else [])],
        },
    }


def _of(fields: Iterable[Field], description: str) -> Schema:
    """A mapping with these fields."""
    fields = tuple(fields)
    return _object(_properties(fields), needed(fields), description)


def _object(properties: Schema, required: Iterable[str], description: str) -> Schema:
    return {
        "description": description.strip(),
        "type": "object",
        "properties": properties,
        "required": [*required],
        "additionalProperties": False,
    }


def _properties(fields: Iterable[Field]) -> Schema:
    return {each.name: {"description": each.doc, **_SHAPES[each.shape](each)} for each in fields}


def _doc(name: str, fields: Iterable[Field] = HEADER) -> Schema:
    return {"description": next(each.doc for each in fields if each.name == name)}


def _kind_name(kind: StepKind) -> str:
    return f"step-{kind.key.replace(' ', '-')}"


def _failures(target: Schema) -> Schema:
    """A mapping of kinds of failure to where they lead."""
    kinds: Schema = {
        each.value: {"description": facts.sentence, **target} for each, facts in FAILURES.items()
    }
    return {"type": "object", "properties": kinds, "additionalProperties": False}


def _type_name(catalog: Catalog) -> Schema:
    """How a type is written: a word, or words before one."""
    one = "|".join(re.escape(word) for word in (*WORDS, *catalog.records))
    before = f"((optional|list{_BLANK}of){_BLANK})*"
    either = f"({before}({one}))({_BLANK}or{_BLANK}{before}({one}))*"
    others = f"{before}(one|id){_BLANK}of{_BLANK}.+"
    return {
        "description": "A type: text, Client, optional date, list of Contact, one of yes, no …",
        "anyOf": [
            {"enum": [*WORDS, *catalog.records]},
            {"type": "string", "pattern": f"^\\s*({either}|{others})\\s*$"},
        ],
    }


def _word(field: Field) -> Schema:
    if field.words:
        return {"enum": [*field.words]}
    return named(ID) if field.name == "id" else written()


_SHAPES: Mapping[Shape, Callable[[Field], Schema]] = {
    Shape.TEXT: lambda _: written(),
    Shape.EXPRESSION: lambda _: written(),
    Shape.VALUES: lambda _: {"type": "object", "additionalProperties": written("null")},
    Shape.FACT: lambda _: named(FACT),
    Shape.SAVES: lambda _: mapping(FACT, {"type": "string"}),
    Shape.WORD: _word,
    Shape.WORDS: lambda field: {
        "type": "array",
        "items": _word(field),
        **({"minItems": 1} if field.words else {}),
    },
    Shape.FLAG: lambda _: {"type": "boolean"},
    Shape.BOUND: lambda _: written(),
    Shape.PATTERN: lambda _: written(),
    Shape.TARGET: lambda _: reference("target"),
    Shape.ROUTES: lambda _: {
        "anyOf": [reference("target"), {"type": "object", "additionalProperties": reference("target")}]
    },
    Shape.CASES: lambda _: {"type": "object", "additionalProperties": reference("target")},
    Shape.ANSWERS: lambda _: {**mapping(ID, reference("answer")), "minProperties": 1},
    Shape.REMARK: lambda _: {},
}
