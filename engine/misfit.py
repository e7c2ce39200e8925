"""Whether a value that came from outside fits the type that was declared for it.

The words name members and kinds only, never the value itself: it may be private.
"""

from __future__ import annotations

import math
import re
from datetime import date, datetime
from typing import assert_never

from engine.scalars import LARGEST_NUMBER
from engine.types import (
    ChoiceType,
    DateType,
    IdType,
    ListType,
    MomentType,
    NothingType,
    NumberType,
    OptionalType,
    RecordType,
    SecretType,
    TextType,
    TruthType,
    Type,
    in_words,
)
from engine.values import Value, secret_id

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9-]{10}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?:Z|[+-][0-9]{2}:[0-9]{2})")
_HALF = re.compile("[\ud800-\udfff]")


def misfit(value: Value, kind: Type) -> str | None:
    """The first way in which `value` breaks `kind`, with the path of the member; None if it fits.

    A record may have more members than declared, and may lack those that are optional. Never raises.
    """
    return _misfit(value, kind, "")


def trimmed(value: Value, kind: Type) -> Value:
    """`value` with the declared members only, in the declared order; missing optional ones become None.

    Meant for values that fit; what does not fit stays as it is. Never raises.
    """
    match kind:
        case OptionalType(of=inner):
            return None if value is None else trimmed(value, inner)
        case ListType(of=item) if isinstance(value, list):
            return [trimmed(each, item) for each in value]
        case RecordType(members=members) if isinstance(value, dict):
            return {
                name: trimmed(value.get(name), of)
                for name, of in members
                if name in value or isinstance(of, OptionalType)
            }
        case SecretType() if isinstance(value, dict):
            return {name: each for name, each in value.items() if name in ("$secret", "checks")}
        case _:
            return value


def _misfit(value: Value, kind: Type, path: str) -> str | None:
    match kind:
        case OptionalType(of=inner):
            return None if value is None else _misfit(value, inner, path)
        case ListType(of=item) if isinstance(value, list):
            return _in_list(value, item, path)
        case RecordType() if isinstance(value, dict):
            return _in_record(value, kind, path)
        case _:
            if _fits(value, kind):
                return None
            where = f"`{path}` " if path else "The value "
            return f"{where}should be {in_words(kind)}, but is {_what(value, kind)}."


def _in_list(value: list[Value], item: Type, path: str) -> str | None:
    found = (_misfit(each, item, f"{path}[{number}]") for number, each in enumerate(value))
    return next((words for words in found if words is not None), None)


def _in_record(value: dict[str, Value], kind: RecordType, path: str) -> str | None:
    for name, of in kind.members:
        inner = f"{path}.{name}" if path else name
        if name in value:
            words = _misfit(value[name], of, inner)
        else:
            words = None if isinstance(of, OptionalType) else f"`{inner}` is missing."
        if words is not None:
            return words
    return None


def _fits(value: Value, kind: Type) -> bool:
    """Whether a value fits a type that has nothing inside (or fails to be a list or record at all)."""
    match kind:
        case TextType():
            return _is_text(value)
        case IdType():
            return _is_text(value) and value != ""
        case ChoiceType(options=options):
            return isinstance(value, str) and value in options
        case NumberType():
            return _is_number(value)
        case TruthType():
            return isinstance(value, bool)
        case DateType():
            return isinstance(value, str) and _is_date(value)
        case MomentType():
            return isinstance(value, str) and _is_moment(value)
        case SecretType():
            return secret_id(value) is not None
        case NothingType():
            return value is None
        case RecordType() | ListType():
            return False
        case OptionalType():
            return value is None or _fits(value, kind.of)
        case _:
            assert_never(kind)


def _is_text(value: Value) -> bool:
    """Whether it is text that can be stored: half characters cannot."""
    return isinstance(value, str) and _HALF.search(value) is None


def _is_number(value: Value) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return abs(value) <= LARGEST_NUMBER if isinstance(value, int) else math.isfinite(value)


def _is_date(value: str) -> bool:
    try:
        return _DATE.fullmatch(value) is not None and date.fromisoformat(value) is not None
    except ValueError:
        return False


def _is_moment(value: str) -> bool:
    try:
        return _MOMENT.fullmatch(value) is not None and datetime.fromisoformat(value) is not None
    except ValueError:
        return False


def _what(value: Value, kind: Type) -> str:
    """What the value is instead, in words that do not show it."""
    if value is None:
        return "unknown"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return "a number that cannot be kept" if isinstance(kind, NumberType) else "a number"
    if isinstance(value, str):
        return _what_text(value, kind)
    if isinstance(value, list):
        return "a list"
    return "a record"


def _what_text(value: str, kind: Type) -> str:
    if _HALF.search(value):
        return "text with half a character in it"
    if not value:
        return "empty text"
    if isinstance(kind, ChoiceType):
        return "another word"
    return "text of another form" if isinstance(kind, DateType | MomentType) else "text"
