"""How an author writes a type in `inputs` and `results`, and what it means."""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.diagnostics import did_you_mean
from engine.types import (
    DATE,
    MOMENT,
    NUMBER,
    SECRET,
    TEXT,
    TRUTH,
    ChoiceType,
    IdType,
    ListType,
    RecordType,
    Type,
    join,
    optional,
)

WORDS: Mapping[str, Type] = {
    "text": TEXT,
    "number": NUMBER,
    "yes/no": TRUTH,
    "date": DATE,
    "moment": MOMENT,
    "secret": SECRET,
}
LONGEST = 2_000
"""A type that takes more characters than this is none: nobody reads it, and it would nest too deeply."""

_OR = re.compile(r"\s+or\s+")
_COMMA = re.compile(r"\s*,\s*")


def type_named(name: str, records: Mapping[str, RecordType]) -> Type | None:
    """The type an author wrote, or None if there is no such type.

    `text`, `number`, `yes/no`, `date`, `moment`, `secret`, a record's name, `optional T`, `list of T`,
    `id of client or contact`, `one of a, b, c`, and `A or B` for what two records have in common.
    """
    if len(name) > LONGEST:
        return None
    words = " ".join(name.split())
    for prefix, wrap in (("optional ", optional), ("list of ", ListType)):
        if words.startswith(prefix):
            inner = type_named(words.removeprefix(prefix), records)
            return None if inner is None else wrap(inner)
    if words.startswith("one of "):
        return ChoiceType(tuple(_COMMA.split(words.removeprefix("one of "))))
    if words.startswith("id of "):
        return IdType(frozenset(_OR.split(words.removeprefix("id of "))))
    if words in WORDS:
        return WORDS[words]
    if " or " in words:
        return _shared([type_named(part, records) for part in _OR.split(words)])
    return records.get(words)


def repair(name: str, records: Mapping[str, RecordType]) -> str | None:
    """The type that was probably meant."""
    return did_you_mean(name.split()[-1] if name.split() else name, [*WORDS, *records])


def _shared(kinds: list[Type | None]) -> Type | None:
    result: Type | None = kinds[0]
    for kind in kinds[1:]:
        result = None if result is None or kind is None else join(result, kind)
    return result
