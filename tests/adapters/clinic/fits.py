"""Whether a result has exactly the declared members, each of its declared type."""

from __future__ import annotations

from datetime import date, datetime

from engine import (
    ChoiceType,
    DateType,
    IdType,
    ListType,
    MomentType,
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


def misfits(value: Value, kind: Type | None, path: str = "result") -> list[str]:
    """The paths at which the value is not what was declared."""
    match kind:
        case None:
            return [] if value is None else [path]
        case OptionalType(of=inner):
            return [] if value is None else misfits(value, inner, path)
        case RecordType(members=members):
            if not isinstance(value, dict) or set(value) != {name for name, _ in members}:
                return [path]
            return [bad for name, inner in members for bad in misfits(value[name], inner, f"{path}.{name}")]
        case ListType(of=item):
            if not isinstance(value, list):
                return [path]
            return [bad for n, one in enumerate(value) for bad in misfits(one, item, f"{path}.{n}")]
        case ChoiceType(options=options):
            return [] if value in options else [path]
        case TruthType():
            return [] if isinstance(value, bool) else [path]
        case NumberType():
            return [] if isinstance(value, int | float) and not isinstance(value, bool) else [path]
        case DateType():
            return [] if isinstance(value, str) and date.fromisoformat(value) else [path]
        case MomentType():
            good = isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
            return [] if good else [path]
        case SecretType():
            return [] if secret_id(value) else [path]
        case TextType() | IdType():
            return [] if isinstance(value, str) and value else [path]
        case _:
            return [path]
