"""The arguments of one call, checked against the declaration of its action before anything else happens."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date
from typing import assert_never

import msgspec

from adapters.clinic.port import ActionFailed
from engine import (
    Action,
    ChoiceType,
    DateType,
    Failure,
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
    Value,
    secret_id,
)


class Arguments(msgspec.Struct, frozen=True):
    """Arguments that fit their action. Unknown (null) ones count as omitted."""

    values: Mapping[str, Value]

    def text(self, name: str) -> str:
        """A text that must be there. Raises ActionFailed `invalid_input` where it is not."""
        value = self.text_or_none(name)
        if value is None:
            raise ActionFailed(Failure.INVALID_INPUT, f"`{name}` is missing.")
        return value

    def text_or_none(self, name: str) -> str | None:
        """A text, or None where it was omitted."""
        value = self.values.get(name)
        return value if isinstance(value, str) else None

    def truth(self, name: str) -> bool | None:
        """True, false, or None where it was omitted."""
        value = self.values.get(name)
        return value if isinstance(value, bool) else None

    def texts(self, name: str) -> list[str]:
        """A list of texts; empty where it was omitted."""
        value = self.values.get(name)
        return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []

    def digest(self, action: Action) -> bytes:
        """Equal for equal calls of one action, whatever the order of the arguments."""
        body = json.dumps([action.name, dict(self.values)], sort_keys=True, ensure_ascii=True)
        return hashlib.blake2b(body.encode("ascii"), digest_size=16).digest()


def checked_arguments(action: Action, args: Mapping[str, Value]) -> Arguments:
    """The arguments, if they fit. Raises ActionFailed `invalid_input` naming all that do not."""
    given = {name: _storable(value) for name, value in args.items() if value is not None}
    wrong = [f"there is no `{name}`" for name in given if action.param(name) is None]
    for param in action.params:
        if param.name in given:
            if not _fits(given[param.name], param.type):
                wrong.append(f"`{param.name}` does not have the right form")
        elif param.required:
            wrong.append(f"`{param.name}` is missing")
    if wrong:
        raise ActionFailed(Failure.INVALID_INPUT, f"{action.name}: {', '.join(wrong)}.")
    return Arguments(given)


def _storable(value: Value) -> Value:
    """The value with what no file can hold (lone surrogates, NUL) replaced in its texts."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode("utf-8").replace("\0", "\N{REPLACEMENT CHARACTER}")
        case list():
            return [_storable(item) for item in value]
        case _:
            return value


def _fits(value: Value, kind: Type) -> bool:
    match kind:
        case OptionalType(of=inner):
            return value is None or _fits(value, inner)
        case TextType() | IdType() | MomentType():
            return isinstance(value, str)
        case ChoiceType(options=options):
            return value in options
        case TruthType():
            return isinstance(value, bool)
        case NumberType():
            return isinstance(value, int | float) and not isinstance(value, bool)
        case DateType():
            return isinstance(value, str) and _is_date(value)
        case ListType(of=item):
            return isinstance(value, list) and all(_fits(one, item) for one in value)
        case RecordType():
            return isinstance(value, dict)
        case SecretType():
            return secret_id(value) is not None
        case NothingType():
            return value is None
        case _:
            assert_never(kind)


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
