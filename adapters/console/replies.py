"""What a person typed, understood: an answer to the prompt, a command, or neither. Pure, and the same
for every way of typing.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TypeAlias

import msgspec

from engine import Choice, Prompt, Value

COMMANDS: dict[str, str] = {
    "/back": "answer the question before this one again",
    "/change": "answer an earlier question again; what does not depend on it stays",
    "/why": "why this is asked",
    "/why-not": "why the conversation did not come to a step: /why-not send",
    "/map": "where we are in the tree",
    "/note": "write a note for the record: /note she will call again at three",
    "/notes": "the notes so far",
    "/summary": "what was asked and done, as a text for the ticket",
    "/handover": "hand the case over to the clinic's support: /handover she has to leave now",
    "/skip": "go on without an answer, where the question is optional",
    "/restart": "stop this conversation and begin it anew",
    "/stop": "give this conversation up for good",
    "/help": "what can be typed",
    "/quit": "leave; the conversation is kept",
}
OWN_QUESTION, START = "!own", "!start"
"""The ids of the questions that the console itself puts, no step of any flow: between things of its own, and
what the caller says."""

_AT_START = {
    "/help": "what can be typed, here and later",
    "/quit": "leave; nothing was begun",
}
_AT_OWN = {
    "/back": "leave it, and go on with the conversation",
    "/quit": "leave; the conversation is kept",
}
WITH_TEXT = frozenset({"/note", "/why-not", "/handover"})
"""The commands behind which something can be written."""
BARE = frozenset({"back", "why", "help", "quit"})
LISTS = frozenset({"choice", "yes-no", "one", "several"})
_YES_NO = (Choice("yes", "Yes"), Choice("no", "No"))


class Answer(msgspec.Struct, frozen=True):
    """An answer for the driver; `echo` is how it is shown as said."""

    value: Value
    echo: str


class Order(msgspec.Struct, frozen=True):
    """A command (a key of `COMMANDS`) with the text behind it."""

    command: str
    text: str = ""


class Puzzle(msgspec.Struct, frozen=True):
    """Neither: why, in words for the person, and what was typed."""

    why: str
    typed: str


Reply: TypeAlias = Answer | Order | Puzzle


def commands_at(prompt: Prompt) -> Mapping[str, str]:
    """The commands there are at this question, and what each does."""
    return {OWN_QUESTION: _AT_OWN, START: _AT_START}.get(prompt.id, COMMANDS)


def those_there(prompt: Prompt) -> str:
    """A sentence that says which commands there are here."""
    there = commands_at(prompt)
    return (
        "Type /help for those there are." if there is COMMANDS else f"Here there are {' and '.join(there)}."
    )


def choices_of(prompt: Prompt) -> tuple[Choice, ...]:
    """The choices to show; a yes/no question always has its two."""
    return prompt.choices or (_YES_NO if prompt.kind == "yes-no" else ())


def understand(prompt: Prompt, typed: str) -> Reply:
    """What `typed` says at this prompt. At a secret nothing is a command, and nothing is stripped."""
    # Bytes that were no text arrive as lone surrogates, which nothing could store.
    typed = typed.encode("utf-8", "replace").decode()
    if prompt.kind == "secret":
        return Answer(typed, "(not shown)") if typed else _nothing(prompt)
    words = typed.strip()
    if words.startswith("/") and not words.startswith("//"):
        return _order(words, prompt)
    if not words:
        return _nothing(prompt)
    if prompt.kind == "several":
        return _several(prompt, words)
    if prompt.kind in LISTS:
        return _one(prompt, words)
    plain = words[1:] if words.startswith("//") else words
    return Answer(_number(plain) if prompt.kind == "number" else plain, plain)


def chosen(prompt: Prompt, choice: Choice) -> Answer:
    """The answer that takes this choice."""
    value: Value = choice.id
    if prompt.kind == "yes-no" and choice.id in ("yes", "no"):
        value = choice.id == "yes"
    return Answer([choice.id] if prompt.kind == "several" else value, choice.label)


def taken(prompt: Prompt, picked: tuple[Choice, ...]) -> Answer:
    """The answer that takes all these choices of a prompt for several."""
    return Answer([choice.id for choice in picked], ", ".join(choice.label for choice in picked))


def fitting(prompt: Prompt, typed: str) -> tuple[Choice, ...]:
    """The choices `typed` may mean, narrowest sense first: its number, its id or whole label, the
    beginning of either, the beginnings of words in label and detail. The ids of records are nobody's
    words, so that their beginnings say nothing."""
    choices = choices_of(prompt)
    words = typed.strip().casefold()
    if words.isascii() and words.isdigit() and 1 <= int(words[:6]) <= len(choices):
        return (choices[int(words[:6]) - 1],)
    by_id = prompt.kind in ("choice", "yes-no")
    for sense in (_is, _begins_by_id if by_id else _begins, _holds):
        found = tuple(choice for choice in choices if sense(choice, words))
        if found:
            return found
    return ()


def _is(choice: Choice, words: str) -> bool:
    return words in (choice.id.casefold(), choice.label.strip().casefold())


def _begins(choice: Choice, words: str) -> bool:
    return choice.label.strip().casefold().startswith(words)


def _begins_by_id(choice: Choice, words: str) -> bool:
    return choice.id.casefold().startswith(words) or _begins(choice, words)


def _holds(choice: Choice, words: str) -> bool:
    known = re.findall(r"[^\s,;()]+", f"{choice.label} {choice.detail}".casefold())
    return all(any(other.startswith(word) for other in known) for word in words.split())


def commands_for(word: str, there: Collection[str] = COMMANDS) -> tuple[str, ...]:
    """The commands of those that are `there` that `word` (with its stroke) may mean: itself, else those that
    begin so, else those that have its letters in that order."""
    word = word.casefold()
    if word in there:
        return (word, *(each for each in there if each != word and each.startswith(word)))
    begun = tuple(each for each in there if each.startswith(word))
    return begun or tuple(each for each in there if _within(word, each))


def _within(word: str, command: str) -> bool:
    letters = iter(command)
    return all(letter in letters for letter in word)


def _order(words: str, prompt: Prompt) -> Reply:
    word, _, text = words.partition(" ")
    text = text.strip()
    there = commands_at(prompt)
    meant = [each for each in there if each.startswith(word.casefold())]
    if word.casefold() not in there and len(meant) != 1:
        wide = f"It may be {' or '.join(meant)}." if meant else those_there(prompt)
        return Puzzle(f"There is no command {word}. {wide}", words)
    command = word.casefold() if word.casefold() in there else meant[0]
    if command == "/note" and not text:
        return Puzzle("Write the note behind the command: /note she will call again.", words)
    if command == "/skip":
        return Answer(None, "(skipped)") if prompt.optional else _nothing(prompt)
    return Order(command, text)


def _nothing(prompt: Prompt) -> Reply:
    if prompt.optional:
        return Answer(None, "(skipped)")
    if prompt.kind == "several":
        return Puzzle("Please choose: type numbers with commas, such as 1, 2, or the beginning of words.", "")
    if prompt.kind in LISTS:
        return Puzzle(f"Please choose: {_how(choices_of(prompt))}.", "")
    return Puzzle("Please type an answer; this one cannot be skipped.", "")


def _one(prompt: Prompt, words: str) -> Reply:
    choices = choices_of(prompt)
    found = fitting(prompt, words)
    if len(found) == 1:
        return chosen(prompt, found[0])
    if found:
        return Puzzle(f"“{words}” fits {_named(choices, found)}. {_how(choices).capitalize()}.", words)
    if words.casefold() in BARE and f"/{words.casefold()}" in commands_at(prompt):
        return Order(f"/{words.casefold()}")
    return Puzzle(f"“{words}” is none of the choices. Please choose: {_how(choices)}.", words)


def _several(prompt: Prompt, words: str) -> Reply:
    choices = choices_of(prompt)
    picked: dict[str, Choice] = {}
    parts = [part for part in re.split(r"[,;]", words) if part.strip()]
    if len(parts) == 1 and re.fullmatch(r"[\d\s]+", words):
        parts = words.split()
    for part in parts:
        found = fitting(prompt, part)
        if not found and words.casefold() in BARE:
            return Order(f"/{words.casefold()}")
        if len(found) != 1:
            fits = f"fits {_named(choices, found)}" if found else "is none of the choices"
            return Puzzle(f"“{part.strip()}” {fits}. Type numbers with commas: 1, 3.", words)
        picked[found[0].id] = found[0]
    return taken(prompt, tuple(picked.values())) if picked else _nothing(prompt)


def _named(choices: tuple[Choice, ...], found: tuple[Choice, ...]) -> str:
    """The found choices with their numbers."""
    named = [f"{choices.index(choice) + 1} {choice.label}" for choice in found[:5]]
    return "; ".join(named) + (" and more" if len(found) > 5 else "")


def _how(choices: tuple[Choice, ...]) -> str:
    return f"type a number from 1 to {len(choices)}, or the beginning of the words"


def _number(words: str) -> Value:
    """Digits as a number; anything else as typed, for the engine to say what is wrong with it."""
    if re.fullmatch(r"[+-]?\d{1,15}", words, re.ASCII):
        return int(words)
    return float(words) if re.fullmatch(r"[+-]?\d{1,15}\.\d{1,15}", words, re.ASCII) else words
