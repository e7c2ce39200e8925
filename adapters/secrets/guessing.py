"""How easily a secret is guessed: by lists of the passwords that are tried first, and by what others know.

No rules of composition: any characters will do.
"""

from __future__ import annotations

import re

HARD = 4
"""From this score on an attacker needs more than 10^10 guesses."""

LONGEST_READ = 72
"""Longer ones are looked at up to here only, which takes long enough."""

SHORTEST_WORD = 3
LEAST_OF_ONES_OWN = 8
"""So many characters must be left once the known words are taken out."""


def uncommon(value: str, known: tuple[str, ...]) -> bool:
    """Whether `value` is not among the passwords that are tried first, nor made of `known` words (names,
    addresses) or of patterns."""
    # Slow to import, and seldom needed.
    from zxcvbn import zxcvbn

    parts = {word.casefold() for each in known for word in (each, *re.split(r"[\W_]+", each))}
    words = sorted((word for word in parts if len(word) >= SHORTEST_WORD), key=len, reverse=True)
    left = value.casefold()
    for word in words:
        left = left.replace(word, "")
    if len(left) < LEAST_OF_ONES_OWN:
        return False
    score: int = zxcvbn(value[:LONGEST_READ], user_inputs=words)["score"]
    return score >= HARD
