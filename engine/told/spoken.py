"""Rules, what they read, and steps in the words of people who read no flows: "online access: off".

Made for people to look at; nothing is decided by it. `engine.told.why` has the words of authors.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import assert_never

from engine.actions import FAILURES, Action, Catalog, Failure, Spoken
from engine.expression_tree import (
    Both,
    Can,
    Compare,
    Constant,
    Either,
    Filtered,
    ListOf,
    Member,
    Name,
    Not,
    Operator,
    Test,
    Tree,
    path,
)
from engine.values import Value

UNKNOWN = "not known"
NAMELESS = Spoken("")
MOST_NAMES = 3
"""So many entries of a list are named."""
LONGEST_VALUE = 60
"""How many characters of a value are told."""

_NO_FINDINGS = frozenset({"exits", "audience", "today", "me"})
_MARKS = frozenset({"id", "version", "subject"})
"""Members that only computers read."""
_CAN = re.compile(r"can\('(\w+)'\)")
_COMPARED: Mapping[Operator, str] = {
    "==": "",
    "!=": "not ",
    "<": "less than ",
    "<=": "at most ",
    ">": "more than ",
    ">=": "at least ",
    "in": "one of ",
    "not in": "none of ",
}
_OPPOSITE: Mapping[Operator, Operator] = {
    "==": "!=",
    "!=": "==",
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
    "in": "not in",
    "not in": "in",
}
_FILTERS = {"count": "number of {of}", "only": "{of}", "lower": "{of}"}


def plain_id(id: str) -> str:
    """The id of an answer, an exit or a fact as words: `still-missing` is "still missing"."""
    return id.replace("_", " ").replace("-", " ")


def called(name: str, catalog: Catalog) -> Spoken:
    """What the fact or member with this dotted name is called, and what its truths are."""
    *around, last = name.split(".")
    known = catalog.spoken.get(last)
    if known is not None:
        return known
    # A word such as "state" says nothing without the record it is of; "login email" does.
    words = last if "_" in last.removesuffix("_id") or not around else f"{around[-1]}_{last}"
    return Spoken(plain_id(words.removesuffix("_id")))


def findings(reads: Mapping[str, Value], catalog: Catalog) -> list[str]:
    """What a rule read, one finding an entry: "online access: off". Of ids it is only told where there
    is none."""
    found = []
    for name, value in reads.items():
        last = name.rpartition(".")[2]
        if name in _NO_FINDINGS or (value is not None and (last in _MARKS or last.endswith("_id"))):
            continue
        asked = _CAN.fullmatch(name)
        if asked:
            found.append(f"allowed to {_doing(catalog.actions[asked.group(1)])}: {'yes' if value else 'no'}")
        else:
            spoken = called(name, catalog)
            found.append(f"{spoken.name}: {value_words(value, spoken)}")
    return found


def value_words(value: Value, spoken: Spoken = NAMELESS) -> str:
    """A value as people say it: records and lists by the names in them."""
    match value:
        case None:
            words = UNKNOWN
        case bool():
            words = spoken.yes if value else spoken.no
        case str():
            words = plain_id(value) if re.fullmatch(r"[a-z]+(_[a-z]+)*", value) else value
        case list():
            words = _list_words(value)
        case dict():
            words = _name_of(value) or "known"
        case _:
            words = str(value)
    return words if len(words) <= LONGEST_VALUE else words[: LONGEST_VALUE - 1] + "…"


def condition_words(tree: Tree, catalog: Catalog, holds: bool = True) -> str:
    """What has to be so that a condition holds, or that it does not."""
    match tree:
        case Not(of=of):
            return condition_words(of, catalog, not holds)
        case Both(left=left, right=right) | Either(left=left, right=right):
            word = " and " if isinstance(tree, Both) == holds else " or "
            return word.join(_side(each, type(tree), catalog, holds) for each in (left, right))
        case Compare(operator=operator, left=left, right=right):
            sign = _COMPARED[operator if holds else _OPPOSITE[operator]]
            return f"{_term(left, catalog)}: {sign}{_term(right, catalog)}"
        case Test(of=of, name=name):
            spoken = _spoken(of, catalog)
            return f"{spoken.name}: {_tested(name, holds, spoken)}"
        case Can(action=action):
            return f"{'' if holds else 'not '}allowed to {_doing(catalog.actions[action])}"
        case Name() | Member() | Filtered() | Constant() | ListOf():
            return f"{'' if holds else 'not '}{_term(tree, catalog)}"
        case _:
            assert_never(tree)


def subject_words(tree: Tree, catalog: Catalog) -> str:
    """What an expression is about: "account state"."""
    return _term(tree, catalog)


def action_words(action: Action) -> str:
    """What an action does, in a few words without a full stop: "Reads one client's record"."""
    return re.split(r"[.:;,](?:\s|$)", action.doc)[0]


def failure_words(word: str) -> str:
    """A way in which calls end, in a few words; other words as they are."""
    known = {failure.value: failure for failure in Failure}
    if word not in known:
        return plain_id(word)
    sentence = FAILURES[known[word]].sentence.rstrip(".")
    return sentence[0].lower() + sentence[1:]


def _side(side: Tree, of: type[Tree], catalog: Catalog, holds: bool) -> str:
    """One side of an "and" or an "or", in brackets where it is the other of the two."""
    words = condition_words(side, catalog, holds)
    return f"({words})" if isinstance(side, Both | Either) and not isinstance(side, of) else words


def _tested(test: str, holds: bool, spoken: Spoken) -> str:
    # "Not true" is not "false": it may be unknown as well.
    words = {"true": spoken.yes, "false": spoken.no, "known": "known", "unknown": UNKNOWN, "empty": "none"}
    opposite = {"known": UNKNOWN, "unknown": "known", "empty": "some"}
    return words[test] if holds else opposite.get(test, f"not {words[test]}")


def _spoken(tree: Tree, catalog: Catalog) -> Spoken:
    name = path(tree)
    return called(name, catalog) if name is not None else Spoken(_term(tree, catalog))


def _term(tree: Tree, catalog: Catalog) -> str:
    match tree:
        case Constant(value=value):
            return value_words(value)
        case ListOf(items=items):
            return _one_of([_term(item, catalog) for item in items])
        case Filtered(of=of, name=name):
            return _FILTERS.get(name, "{of}").format(of=_term(of, catalog))
        case _ if (fact := path(tree)) is not None:
            return called(fact, catalog).name
        case _:
            return condition_words(tree, catalog)


def _one_of(words: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), *words[-1:]]))


def _doing(action: Action) -> str:
    return plain_id(action.name)


def _list_words(items: list[Value]) -> str:
    if not items:
        return "none"
    names = [_name_of(each) if isinstance(each, dict) else value_words(each) for each in items[:MOST_NAMES]]
    if not all(names):
        return f"{len(items)} found"
    more = len(items) - len(names)
    return ", ".join([*names, *([f"{more} more"] if more else [])])


def _name_of(record: Mapping[str, Value]) -> str:
    name = record.get("name")
    return name if isinstance(name, str) else ""


def as_sentence(parts: Iterable[str]) -> str:
    """Findings as sentences: "Online access: off. Email notifications: on."; "" without any."""
    return " ".join(f"{part[:1].upper()}{part[1:]}." for part in parts)
