"""What people call the words of the flow language, in other tools and every day: to tell what was meant."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

_MEANT: Final[Mapping[str, tuple[str, ...]]] = {
    "action": ("do",),
    "args": ("with",),
    "arguments": ("with",),
    "button": ("label",),
    "buttons": ("answers",),
    "call": ("do",),
    "choice": ("answers", "choose"),
    "choices": ("answers",),
    "condition": ("if",),
    "default": ("else",),
    "escalate": ("escalated", "hand over"),
    "finish": ("end",),
    "go to": ("then", "go"),
    "goto": ("then", "go"),
    "input": ("ask",),
    "jump": ("then", "go"),
    "message": ("say",),
    "name": ("flow", "label", "id"),
    "next": ("then", "go"),
    "option": ("answers",),
    "options": ("answers",),
    "otherwise": ("else",),
    "parameters": ("with",),
    "print": ("say",),
    "question": ("ask",),
    "roles": ("audience",),
    "show": ("say",),
    "stop": ("stopped", "end"),
    "store": ("save",),
    "subflow": ("visit",),
    "tell": ("say",),
    "text": ("say", "label", "ask"),
    "when": ("if",),
    "where": ("if",),
}


def meant_by(word: str, known: Collection[str]) -> str | None:
    """The known word that people often mean by `word`, or None."""
    plain = word.lower().replace("_", " ").replace("-", " ")
    return next((each for each in _MEANT.get(plain, ()) if each in known), None)
