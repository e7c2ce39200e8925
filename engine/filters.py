"""The filters of expressions: what each takes, what comes out, and what it does to a value.

A table: one row a filter. The functions are total: for a value that does not fit they give null, so that a
wrong answer of a backend cannot stop a conversation. They know nothing of flows or of Jinja2.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final, TypeAlias

import msgspec

from engine.diagnostics import did_you_mean
from engine.display import NOT_KNOWN, display, in_a_row
from engine.types import (
    DATE,
    MOMENT,
    NUMBER,
    TEXT,
    TRUTH,
    ChoiceType,
    DateType,
    ListType,
    MomentType,
    NothingType,
    NumberType,
    RecordType,
    TruthType,
    Type,
    fits,
    in_words,
    join,
    optional,
    present,
)
from engine.values import Value

Literal: TypeAlias = bool | int | float | str | None
SPELLED_CHARACTERS: Final = 320
LONGEST_TEXT: Final = 20_000
"""So many characters at most come out of a list that is made a text: a text that is put into a list and made
one again would double each time, and a few lines of a flow would fill the memory."""
_MONTHS: Final = (
    "January February March April May June July August September October November December".split()
)
_SYMBOLS: Final = {
    "@": "at sign",
    ".": "dot",
    "-": "dash",
    "_": "underscore",
    "+": "plus sign",
    "'": "apostrophe",
    " ": "space",
    ",": "comma",
    "/": "slash",
    "\\": "backslash",
    "&": "ampersand",
    "#": "number sign",
    "=": "equals sign",
    "!": "exclamation mark",
    "%": "percent sign",
}
_LOOK_ALIKES: Final = {
    "0": "zero",
    "1": "one",
    "l": "small letter L",
    "I": "capital letter i",
    "O": "capital letter o",
}


class Misuse(msgspec.Struct, frozen=True):
    """Why a filter cannot be used so. `argument` tells whether the argument, not the input, is wrong."""

    message: str
    expected: str | None = None
    repair: str | None = None
    argument: bool = False


class Filter(msgspec.Struct, frozen=True):
    """One filter. `arguments` are the least and the most literals it takes; `check` gives the type of the
    result for a present input; `apply` the value. `takes_unknown`: the input may be unknown. `hides`: what
    comes out does not show what went in."""

    name: str
    doc: str
    arguments: tuple[int, int]
    check: Callable[[Type, tuple[Literal, ...]], Type | Misuse]
    apply: Callable[[Value, tuple[Literal, ...]], Value]
    takes_unknown: bool = False
    hides: bool = False


Check: TypeAlias = Callable[[Type, tuple[Literal, ...]], Type | Misuse]


def showable(kind: Type) -> bool:
    """Whether a value of this type has a form in a text (records, secrets and unknown values have none)."""
    match kind:
        case ListType(of=item):
            return isinstance(item, NothingType) or (not isinstance(item, ListType) and showable(item))
        case NumberType() | TruthType():
            return True
        case _:
            return fits(kind, TEXT)


def _takes(wanted: tuple[Type, ...], gives: Type) -> Check:
    """The check of a filter with one simple input and one simple result."""

    def check(kind: Type, _: tuple[Literal, ...]) -> Type | Misuse:
        if any(fits(kind, each) for each in wanted):
            return gives
        names = " or ".join(in_words(each) for each in wanted)
        return Misuse(f"this is {in_words(kind)}", f"It takes {names}.")

    return check


def _takes_plain_text(kind: Type, _: tuple[Literal, ...]) -> Type | Misuse:
    if fits(kind, TEXT) and not isinstance(kind, DateType | MomentType):
        return TEXT
    return Misuse(f"this is {in_words(kind)}", "It takes text.")


def _takes_list(kind: Type, _: tuple[Literal, ...]) -> Type | Misuse:
    return NUMBER if isinstance(kind, ListType) else _no_list(kind)


def _picks_item(kind: Type, _: tuple[Literal, ...]) -> Type | Misuse:
    return optional(kind.of) if isinstance(kind, ListType) else _no_list(kind)


def _no_list(kind: Type) -> Misuse:
    return Misuse(f"this is {in_words(kind)}", "It takes a list.")


def _joins(kind: Type, args: tuple[Literal, ...]) -> Type | Misuse:
    if not isinstance(kind, ListType):
        return _no_list(kind)
    if not showable(kind):
        return Misuse(f"this is {in_words(kind)}", "It takes a list of texts or numbers.")
    if args and not isinstance(args[0], str):
        return Misuse(
            "what stands between the items is a text", repair="Write `| join(', ')`.", argument=True
        )
    return TEXT


def _selects(kind: Type, args: tuple[Literal, ...]) -> Type | Misuse:
    if not isinstance(kind, ListType):
        return _no_list(kind)
    item = present(kind.of)
    if not isinstance(item, RecordType):
        return Misuse(f"this is {in_words(kind)}", "It takes a list of records.")
    name = args[0]
    truths = [each for each, of in item.members if isinstance(present(of), TruthType)]
    if isinstance(name, str) and name in truths:
        return kind
    tail = f"Members that are true or false: {', '.join(truths) or 'none'}."
    if isinstance(name, str) and item.member(name) is not None:
        return Misuse(f"`{name}` is not true or false", tail, argument=True)
    repair = did_you_mean(name, truths) if isinstance(name, str) else None
    return Misuse(f"{in_words(item)} has no member {display(name)!r}", tail, repair, argument=True)


def _reads_truths(kind: Type, _: tuple[Literal, ...]) -> Type | Misuse:
    if not isinstance(kind, RecordType):
        return Misuse(f"this is {in_words(kind)}", "It takes a record.")
    if not any(isinstance(present(of), TruthType) for _, of in kind.members):
        return Misuse(f"{in_words(kind)} has no members that are true or false")
    return TEXT


def _stands_in(kind: Type, args: tuple[Literal, ...]) -> Type | Misuse:
    stand_in = args[0]
    inner = present(kind)
    if stand_in is None or not (showable(inner) or isinstance(inner, NothingType)):
        return Misuse(
            f"this is {in_words(kind)}" if stand_in is not None else "null stands in for nothing",
            "It takes what can be shown in a text, and a text to show instead.",
        )
    both = join(inner, literal_type(stand_in))
    if both is not None:
        return present(both)
    if isinstance(stand_in, str):
        return TEXT
    return Misuse(
        f"{display(stand_in)} cannot stand in for {in_words(inner)}",
        repair="Write a text, such as `| default('none')`.",
        argument=True,
    )


def literal_type(value: Literal) -> Type:
    """The type of a literal: a text is the choice of exactly itself, which fits text as well."""
    if value is None:
        return NothingType()
    if isinstance(value, bool):
        return TRUTH
    return ChoiceType((value,)) if isinstance(value, str) else NUMBER


def _lower(value: Value, _: tuple[Literal, ...]) -> Value:
    return value.lower() if isinstance(value, str) else None


def _upper(value: Value, _: tuple[Literal, ...]) -> Value:
    return value.upper() if isinstance(value, str) else None


def _count(value: Value, _: tuple[Literal, ...]) -> Value:
    return len(value) if isinstance(value, list) else None


def _first(value: Value, _: tuple[Literal, ...]) -> Value:
    return value[0] if isinstance(value, list) and value else None


def _last(value: Value, _: tuple[Literal, ...]) -> Value:
    return value[-1] if isinstance(value, list) and value else None


def _join(value: Value, args: tuple[Literal, ...]) -> Value:
    if not isinstance(value, list):
        return None
    between = args[0] if args and isinstance(args[0], str) else ", "
    words: list[str] = []
    length = 0
    for item in value:
        words.append(display(item))
        length += len(words[-1]) + len(between)
        if length > LONGEST_TEXT + len(between):
            break
    return _cut(between.join(words))


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else text[: LONGEST_TEXT - 1] + "…"


def _only(value: Value, args: tuple[Literal, ...]) -> Value:
    return _selected(value, args, True)


def _without(value: Value, args: tuple[Literal, ...]) -> Value:
    return _selected(value, args, False)


def _selected(value: Value, args: tuple[Literal, ...], wanted: bool) -> Value:
    if not isinstance(value, list) or not args or not isinstance(args[0], str):
        return None
    name = args[0]
    return [item for item in value if isinstance(item, dict) and (item.get(name) is True) is wanted]


def _masked(value: Value, _: tuple[Literal, ...]) -> Value:
    return masked(value) if isinstance(value, str) else None


def masked(address: str) -> str:
    """The first and the last letter of the part before the at sign, and the domain."""
    local, sign, domain = address.rpartition("@")
    if not sign:
        return f"{address[:1]}***"
    return f"{local[:1]}***{local[-1] if len(local) > 2 else ''}@{domain}"


def _spelled(value: Value, _: tuple[Literal, ...]) -> Value:
    return spelled(value) if isinstance(value, str) else None


def spelled(text: str) -> str:
    """The text character by character, so that it can be read out and not be mistaken."""
    tail = " - …" if len(text) > SPELLED_CHARACTERS else ""
    return " - ".join(_character(each) for each in text[:SPELLED_CHARACTERS]) + tail


def _character(character: str) -> str:
    """One character so that it cannot be mistaken on the phone, or on a screen."""
    if character in _SYMBOLS:
        return f"({_SYMBOLS[character]})"
    if character in _LOOK_ALIKES:
        return f"{character} ({_LOOK_ALIKES[character]})"
    if character.isascii() and character.isprintable():
        return f"{character} (capital)" if character.isupper() else character
    name = unicodedata.name(character, f"U+{ord(character):04X}").lower()
    return f"{character} ({name})" if character.isprintable() else f"({name})"


def _off_in_words(value: Value, _: tuple[Literal, ...]) -> Value:
    return _truths_in_words(value, False)


def _on_in_words(value: Value, _: tuple[Literal, ...]) -> Value:
    return _truths_in_words(value, True)


def _truths_in_words(value: Value, wanted: bool) -> Value:
    if not isinstance(value, dict):
        return None
    # By name: a record that was stored in between has its members in another order.
    names = sorted(name.replace("_", " ") for name, each in value.items() if each is wanted)
    return in_a_row(names) or "nothing"


def _date(value: Value, _: tuple[Literal, ...]) -> Value:
    """`2026-11-23` or a moment of that day as `23 November 2026`."""
    if not isinstance(value, str):
        return None
    try:
        return _day(date.fromisoformat(value[:10]))
    except ValueError:
        return value


def _moment(value: Value, _: tuple[Literal, ...]) -> Value:
    """`2026-11-23T09:30:00-05:00` as `23 November 2026, 09:30`: the time of the zone it is written in."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value
    return f"{_day(moment.date())}, {moment:%H:%M}"


def _day(day: date) -> str:
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def _default(value: Value, args: tuple[Literal, ...]) -> Value:
    stand_in = args[0] if args else NOT_KNOWN
    if value is None:
        return stand_in
    return _cut(display(value)) if isinstance(stand_in, str) and not isinstance(value, str) else value


_TABLE: Final = (
    Filter("lower", "in small letters", (0, 0), _takes_plain_text, _lower),
    Filter("upper", "in capital letters", (0, 0), _takes_plain_text, _upper),
    Filter("count", "how many items a list has", (0, 0), _takes_list, _count, hides=True),
    Filter("first", "the first item of a list, if there is one", (0, 0), _picks_item, _first),
    Filter("last", "the last item of a list, if there is one", (0, 0), _picks_item, _last),
    Filter("join", "the items of a list in one text", (0, 1), _joins, _join),
    Filter("only", "the records whose member is true", (1, 1), _selects, _only),
    Filter("without", "the records whose member is not true", (1, 1), _selects, _without),
    Filter(
        "masked", "an address that only its owner recognises", (0, 0), _takes_plain_text, _masked, hides=True
    ),
    Filter("spelled", "character by character", (0, 0), _takes_plain_text, _spelled),
    Filter("off_in_words", "the members of a record that are false", (0, 0), _reads_truths, _off_in_words),
    Filter("on_in_words", "the members of a record that are true", (0, 0), _reads_truths, _on_in_words),
    Filter("date", "a date in words", (0, 0), _takes((DATE, MOMENT), TEXT), _date),
    Filter("moment", "a date and a time in words", (0, 0), _takes((MOMENT,), TEXT), _moment),
    Filter("default", "what to use if it is unknown", (1, 1), _stands_in, _default, takes_unknown=True),
)

FILTERS: Final[Mapping[str, Filter]] = {each.name: each for each in _TABLE}
