"""The types of facts: what the checker knows about a value before anything runs.

A value itself is plain JSON data: text and moments are `str`, numbers `int` or `float`, truths `bool`,
dates ISO `str`, records `dict`, lists `list`, a value the backend does not know `None`, a secret a
`SecretRef`. Types are frozen values; the union `Type` is closed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias, assert_never

import msgspec


class TextType(msgspec.Struct, frozen=True):
    """Any text."""


class NumberType(msgspec.Struct, frozen=True):
    """A whole or decimal number."""


class TruthType(msgspec.Struct, frozen=True):
    """True or false."""


class DateType(msgspec.Struct, frozen=True):
    """A calendar date, as ISO text (`2026-11-23`)."""


class MomentType(msgspec.Struct, frozen=True):
    """A moment, as ISO text in UTC (`2026-11-23T09:30:00Z`)."""


class IdType(msgspec.Struct, frozen=True):
    """An opaque id of the backend; `of` names what it may identify (client, contact, message …)."""

    of: frozenset[str]


class ChoiceType(msgspec.Struct, frozen=True):
    """One word out of a closed list."""

    options: tuple[str, ...]


class SecretType(msgspec.Struct, frozen=True):
    """A value nobody may see: it can be passed to an action, and nothing else."""


class NothingType(msgspec.Struct, frozen=True):
    """Only ever unknown (the literal `null`)."""


class RecordType(msgspec.Struct, frozen=True, eq=False):
    """A record; `members` keeps the declared order. Two records are compared by their members.

    `hidden` names the members that not everybody may see, each with the audiences that may not.
    """

    name: str
    members: tuple[tuple[str, Type], ...]
    hidden: tuple[tuple[str, frozenset[str]], ...] = ()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RecordType):
            return NotImplemented
        return (self.members, self.hidden) == (other.members, other.hidden)

    def __hash__(self) -> int:
        return hash((self.members, self.hidden))

    def member(self, name: str) -> Type | None:
        """The type of one member, or None if there is no such member."""
        return next((kind for key, kind in self.members if key == name), None)

    def hidden_from(self, name: str) -> frozenset[str]:
        """The audiences that may not see one member."""
        return next((audiences for key, audiences in self.hidden if key == name), frozenset())

    @property
    def names(self) -> tuple[str, ...]:
        """The member names in the declared order."""
        return tuple(key for key, _ in self.members)


class ListType(msgspec.Struct, frozen=True):
    """A list in which every item has the type `of`."""

    of: Type


class OptionalType(msgspec.Struct, frozen=True):
    """A value of type `of` that the backend, or the person, may not know. Never nested."""

    of: Type


Type: TypeAlias = (
    TextType
    | NumberType
    | TruthType
    | DateType
    | MomentType
    | IdType
    | ChoiceType
    | SecretType
    | NothingType
    | RecordType
    | ListType
    | OptionalType
)

TEXT = TextType()
NUMBER = NumberType()
TRUTH = TruthType()
DATE = DateType()
MOMENT = MomentType()
SECRET = SecretType()
NOTHING = NothingType()


def optional(kind: Type) -> Type:
    """`kind`, or unknown."""
    return kind if isinstance(kind, OptionalType | NothingType) else OptionalType(kind)


def present(kind: Type) -> Type:
    """`kind` without the possibility of being unknown."""
    return kind.of if isinstance(kind, OptionalType) else kind


def record(
    name: str, members: Mapping[str, Type], hidden: Mapping[str, frozenset[str]] | None = None
) -> RecordType:
    """A record type named `name` with these members, in this order; `hidden` says for some of them which
    audiences may not see them."""
    return RecordType(name, tuple(members.items()), tuple((hidden or {}).items()))


def in_words(kind: Type) -> str:
    """How a type is named to an author."""
    match kind:
        case TextType():
            return "text"
        case NumberType():
            return "a number"
        case TruthType():
            return "true or false"
        case DateType():
            return "a date"
        case MomentType():
            return "a moment in time"
        case IdType(of=of):
            return "an id of a " + " or ".join(sorted(of))
        case ChoiceType(options=(only,)):
            return f"the word `{only}`"
        case ChoiceType(options=options):
            return "one of " + ", ".join(options)
        case SecretType():
            return "a secret"
        case NothingType():
            return "nothing (null)"
        case RecordType(name=name):
            return f"a {name}"
        case ListType(of=RecordType(name=name)):
            return f"a list of {name} records"
        case ListType(of=item):
            return f"a list of {in_words(item)}"
        case OptionalType(of=inner):
            return f"{in_words(inner)}, or unknown"
        case _:
            assert_never(kind)


def fits(given: Type, wanted: Type) -> bool:
    """Whether a value of type `given` may stand where `wanted` is declared.

    Records fit structurally: every wanted member must be given, with a type that fits.
    """
    match wanted:
        case OptionalType(of=inner):
            return isinstance(given, NothingType) or fits(present(given), inner)
        case TextType():
            return isinstance(given, TextType | ChoiceType | DateType | MomentType | IdType)
        case IdType(of=of):
            return isinstance(given, IdType) and given.of <= of
        case ChoiceType(options=options):
            return isinstance(given, ChoiceType) and set(given.options) <= set(options)
        case RecordType(members=members):
            return isinstance(given, RecordType) and all(
                (own := given.member(name)) is not None and fits(own, kind) for name, kind in members
            )
        case ListType(of=item):
            return isinstance(given, ListType) and (isinstance(given.of, NothingType) or fits(given.of, item))
        case _:
            return given == wanted


def join(left: Type, right: Type) -> Type | None:
    """The narrowest type both fit, where two paths meet; None if they have nothing in common.

    Two records join to the members they share, so that a client and a contact can be handled alike.
    """
    if left == right:
        return left
    if isinstance(left, NothingType) or isinstance(right, NothingType):
        return optional(right if isinstance(left, NothingType) else left)
    if isinstance(left, OptionalType) or isinstance(right, OptionalType):
        inner = join(present(left), present(right))
        return None if inner is None else optional(inner)
    match left, right:
        case IdType(), IdType():
            return IdType(left.of | right.of)
        case ChoiceType(), ChoiceType():
            return ChoiceType(tuple(dict.fromkeys(left.options + right.options)))
        case ListType(), ListType():
            item = join(left.of, right.of)
            return None if item is None else ListType(item)
        case RecordType(), RecordType():
            shared: dict[str, Type] = {}
            for name, kind in left.members:
                other = right.member(name)
                both = join(kind, other) if other is not None else None
                if both is not None:
                    shared[name] = both
            name = left.name if left.name == right.name else f"{left.name} or {right.name}"
            hidden = {each: left.hidden_from(each) | right.hidden_from(each) for each in shared}
            kept = {each: audiences for each, audiences in hidden.items() if audiences}
            return record(name, shared, kept) if shared else None
    if fits(left, TEXT) and fits(right, TEXT):
        return TEXT
    return None
