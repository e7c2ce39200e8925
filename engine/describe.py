"""What a call does, in words for a person, made from its declaration and its real parameters.

Pure words: knows nothing of flows, sessions or screens.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

from engine.actions import Action, SideEffect
from engine.display import one_line
from engine.values import Value

_PLACE = re.compile(r"\{(\w+)\}")
_NOBODY = "this person"
_POSSESSIVE = re.compile(r"\{subject\}'s")
YOU = "you"
"""The name of whoever reads it themself."""


def describe(
    action: Action, args: Mapping[str, Value], subject_name: str = "", able: Container[str] = ()
) -> str:
    """The exact effect of a call before it is made: "Switches online access on for Ana Souza."

    Parameters that are omitted or unknown are not mentioned, nor are side effects that are not among the
    capabilities `able` (as `action.effect`). `subject_name` may be empty where no name is known, and `YOU`
    where it is whoever reads it. An action without a sentence is described by its own doc.
    """
    also = _also([each.words for each in _side_effects(action, args, able)])
    return _filled((action.sentence or action.doc).replace("{also}", also), action, args, subject_name)


def describe_done(
    action: Action, args: Mapping[str, Value], subject_name: str = "", able: Container[str] = ()
) -> str:
    """The same once it has happened: "Switched online access on for Ana Souza" (no full stop)."""
    also = _also([each.done for each in _side_effects(action, args, able) if each.done])
    words = action.done or action.doc.rstrip(".")
    return _filled(words.replace("{also}", also), action, args, subject_name)


def with_stop(text: str) -> str:
    """A sentence with its full stop, also where it comes from elsewhere and may end already."""
    return text if text.rstrip("*_`\"'”)").endswith((".", "!", "?", "…", ":")) else f"{text}."


def describe_secret(action: Action, args: Mapping[str, Value], member: str, subject_name: str = "") -> str:
    """What the secret `member` of the result is called when it is shown: "The password for Ana Souza"."""
    return _filled(action.reveal, action, args, subject_name) if action.reveal else member.replace("_", " ")


def found_words(action: Action, result: Value) -> str:
    """What a read found, as far as its action tells it: "state bounced, status 5.1.1"."""
    found = result if isinstance(result, dict) else {}
    told = {name: one_line(as_written(found.get(name))) for name in action.tells}
    values = ((name.replace("_", " "), value or "unknown") for name, value in told.items())
    return ", ".join(f"{name} {value}" for name, value in values)


def _filled(template: str, action: Action, args: Mapping[str, Value], subject_name: str) -> str:
    """`template` with its places filled in one pass, so that a value is never read as a place, nor passes for
    a line of its own."""
    if subject_name == YOU:
        template = _POSSESSIVE.sub("your", template)
    words = {
        "subject": one_line(subject_name) or _NOBODY,
        "clauses": _clauses(action, args),
        **{
            param.name: one_line(as_written(args.get(param.name)))
            for param in action.params
            if param.name != "subject"
        },
    }
    return _PLACE.sub(lambda place: words.get(place.group(1), place.group(0)), template)


def _side_effects(action: Action, args: Mapping[str, Value], able: Container[str]) -> list[SideEffect]:
    return [
        each
        for each in action.side_effects
        if f"{action.name}.{each.name}" in able
        and all(as_written(args.get(name)) == value for name, value in each.only.items())
    ]


def _also(said: list[str]) -> str:
    """What follows after the main clause: " and X", ", X, and Y"; nothing for none."""
    if len(said) < 2:
        return "".join(f" and {each}" for each in said)
    return "".join(f", {each}" for each in said[:-1]) + f", and {said[-1]}"


def _clauses(action: Action, args: Mapping[str, Value]) -> str:
    """What the clauses say about the given parameters, joined by "and"; "nothing" if none applies."""
    said = [
        clause.words.get(as_written(value), one_line(f"{clause.param} {as_written(value)}"))
        for clause in action.clauses
        if (value := args.get(clause.param)) is not None
    ]
    return " and ".join(said) or "nothing"


def as_written(value: Value) -> str:
    """A value as a flow would write it: `true`, `5`, a text as it is; nothing for an unknown one.

    Lists and records have no short form, and are only counted or passed over.
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int() | float():
            return str(value)
        case list():
            return f"{len(value)} entries"
        case dict():
            return "a record"
