"""Notes of what a value was found not to be, kept among the paths that are known.

A note that a choice cannot be one of its words, such as `account.state != active`, follows from `if` and
`choose` as "it is there" does. Ways that meet keep the notes that both have.
Truths have the words `true` and `false`. Nothing here knows expressions or steps.
"""

from __future__ import annotations

from collections.abc import Iterable, Set

from engine.types import ChoiceType, TruthType, Type, present

_NOT = " != "


def words_of(kind: Type) -> tuple[str, ...]:
    """The words a value of this type can be; none for types whose values cannot be listed."""
    match present(kind):
        case ChoiceType(options=options):
            return options
        case TruthType():
            return ("true", "false")
        case _:
            return ()


def notes(path: str, words: Iterable[str]) -> frozenset[str]:
    """The notes that the value at `path` is none of these words."""
    return frozenset(f"{path}{_NOT}{word}" for word in words)


def is_ruled_out(path: str, word: str, known: Set[str]) -> bool:
    """Whether the value at `path` was found not to be this word."""
    return f"{path}{_NOT}{word}" in known


def remaining(path: str, words: Iterable[str], known: Set[str]) -> tuple[str, ...]:
    """The words that the value at `path` can still be."""
    return tuple(word for word in words if not is_ruled_out(path, word, known))


def left_of(kind: Type, path: str | None, known: Set[str]) -> Type:
    """A choice without the words that were ruled out where it stands; any other type as it is."""
    if path is None or not isinstance(kind, ChoiceType):
        return kind
    return ChoiceType(remaining(path, kind.options, known) or kind.options)


def parts_of(note: str) -> tuple[str, str]:
    """The path that a note or a known path is about, and the word that is ruled out (empty if none is)."""
    path, _, word = note.partition(_NOT)
    return path, word


def fact_of(note: str) -> str:
    """The fact that a note or a known path is about."""
    return note.split(" ", 1)[0].split(".", 1)[0]
