"""The same conversation as somebody would write it by hand: a Python generator with compiled Jinja2
templates, which yields each question with what is said before it, and takes the same answers.

It keeps no state that could be stored, checks nothing beforehand and has no way back.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Generator, Mapping
from typing import NamedTuple, TypeAlias

from jinja2 import Environment, Template

from tests.bench.texts import ANSWERS, CHOICES, FACTS, TEXTS, Raw

LONGEST = 4_096
TRUTHS = {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}
YES_NO = {"yes": "Yes", "no": "No"}


class Question(NamedTuple):
    """What is shown: what was said, the question, and the choices."""

    said: tuple[str, ...]
    kind: str
    text: str
    choices: Mapping[str, str]


Conversation: TypeAlias = Generator[Question, Raw, str]


def templates() -> dict[str, Template]:
    """Every text, compiled."""
    environment = Environment()
    return {name: environment.from_string(text) for name, text in TEXTS.items()}


def conversation(texts: Mapping[str, Template]) -> Conversation:
    """The conversation; what it returns at its end was said last."""
    facts: dict[str, str | bool] = dict(FACTS)
    while True:
        said = (texts["news"].render(facts),)
        place = yield from choose(said, texts["place"].render(facts))
        if place == "stop":
            return texts["bye"].render(facts)
        facts["place"] = place
        said = (texts["ready"].render(facts),)
        facts["again"] = yield from yes_or_no(said, texts["again"].render(facts))
        said = (texts["record"].render(facts),)
        facts["note"] = yield from words(said, texts["remark"].render(facts))


def choose(said: tuple[str, ...], text: str) -> Generator[Question, Raw, str]:
    """Ask until the id or the label of a choice is given."""
    while True:
        raw = yield Question(said, "choice", text, CHOICES)
        found = choice_meant(raw, CHOICES)
        if found is not None:
            return found
        said = ("Please choose one of these.",)


def yes_or_no(said: tuple[str, ...], text: str) -> Generator[Question, Raw, bool]:
    """Ask until it is yes or no."""
    while True:
        raw = yield Question(said, "yes-no", text, YES_NO)
        if isinstance(raw, bool):
            return raw
        word = choice_meant(raw, YES_NO) or raw.strip().casefold()
        if word in TRUTHS:
            return TRUTHS[word]
        said = ("Please answer yes or no.",)


def words(said: tuple[str, ...], text: str) -> Generator[Question, Raw, str]:
    """Ask until a text without hidden characters is given."""
    while True:
        raw = yield Question(said, "text", text, {})
        if isinstance(raw, str):
            typed = raw.strip()
            if typed and len(typed) <= LONGEST and (typed.isprintable() or not any(map(hidden, typed))):
                return typed
        said = ("Please type a text on one line.",)


def choice_meant(raw: Raw, choices: Mapping[str, str]) -> str | None:
    """The id of the choice whose id or label this is."""
    if not isinstance(raw, str):
        return None
    typed = raw.strip()
    if typed in choices:
        return typed
    wanted = plain(typed)
    found = [name for name, label in choices.items() if plain(label) == wanted]
    return found[0] if len(found) == 1 else None


def plain(text: str) -> str:
    """A label without what does not matter."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def hidden(character: str) -> bool:
    """Whether a character controls, hides or reorders."""
    category = unicodedata.category(character)
    return category in ("Cc", "Cs", "Zl", "Zp") or (category == "Cf" and character not in "\u200c\u200d")


def hold(texts: Mapping[str, Template]) -> int:
    """Hold one conversation; the number of turns."""
    held = conversation(texts)
    next(held)
    try:
        for answer in ANSWERS:
            held.send(answer)
    except StopIteration:
        pass
    return len(ANSWERS) + 1


def told(texts: Mapping[str, Template]) -> tuple[str, ...]:
    """Everything that a person would see of one conversation."""
    held = conversation(texts)
    found = _words(next(held))
    try:
        for answer in ANSWERS:
            found += _words(held.send(answer))
    except StopIteration as end:
        found.append(str(end.value))
    return tuple(found)


def _words(question: Question) -> list[str]:
    return [*question.said, question.text, *question.choices.values()]
