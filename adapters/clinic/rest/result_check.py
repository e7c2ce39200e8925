"""What a mapping makes of an answer, looked over: members missing or unknown, and words that are not ours.

Only what is written is looked at: what an answer holds is known when it comes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine import (
    ChoiceType,
    Diagnostic,
    ListType,
    Mapping,
    Node,
    OptionalType,
    RecordType,
    Scalar,
    Sequence,
    Type,
    did_you_mean,
    finding,
)

_WORD = re.compile(r"'([^']*)'")
_FORMS = ("of", "cases", "template", "match", "look_over")


def unfit_results(node: Node, kind: Type, what: str) -> Iterator[Diagnostic]:
    """The findings about `node`, from which `what` (in words) of the type `kind` is made."""
    kind = kind.of if isinstance(kind, OptionalType) else kind
    match node, kind:
        case Mapping(), ListType(of=of) if (item := node.get("item")) is not None:
            yield from unfit_results(item, of, what)
        case Sequence(items=items), ListType(of=of):
            for each in items:
                yield from unfit_results(each, of, what)
        case Mapping(), ChoiceType():
            yield from _chosen(node, kind, what)
        case Mapping(), RecordType() if not any(node.get(form) is not None for form in _FORMS):
            yield from _members(node, kind)
        case Scalar(text=text), ChoiceType(options=options):
            word = _WORD.fullmatch(text.strip())
            if word is not None and word[1] not in options:
                yield _no_word(node, word[1], kind, what)


def _members(node: Mapping, kind: RecordType) -> Iterator[Diagnostic]:
    names = [name for name, _ in kind.members]
    for key, of in node.entries:
        member = kind.member(key.text)
        if member is None:
            said = f"`{key.text}`: {kind.name} has no such member."
            free = [name for name in names if node.get(name) is None]
            repair = did_you_mean(key.text, free)
            yield finding("U570", key.place, said, f"It has {', '.join(names)}.", repair)
        else:
            yield from unfit_results(of, member, f"`{key.text}`")
    for name, member in kind.members:
        if node.get(name) is None and not isinstance(member, OptionalType):
            repair = f"Every {kind.name} has it; say what it is made of."
            yield finding("U572", node.place, f"`{name}` is missing.", None, repair)


def _chosen(node: Mapping, kind: ChoiceType, what: str) -> Iterator[Diagnostic]:
    """The words that a list of words, or cases, can come to."""
    words = node.get("words")
    for _, value in words.entries if isinstance(words, Mapping) else ():
        if isinstance(value, Scalar) and value.value not in kind.options:
            yield _no_word(value, value.text, kind, what)
    cases = node.get("cases")
    for case in cases.items if isinstance(cases, Sequence) else ():
        then = case.get("value") if isinstance(case, Mapping) else None
        if then is not None:
            yield from unfit_results(then, kind, what)
    otherwise = node.get("else")
    if otherwise is not None:
        yield from unfit_results(otherwise, kind, what)


def _no_word(node: Scalar, word: str, kind: ChoiceType, what: str) -> Diagnostic:
    said = f"`{word}` is no word for {what}."
    return finding(
        "U571", node.place, said, f"It is one of {', '.join(kind.options)}.", did_you_mean(word, kind.options)
    )
