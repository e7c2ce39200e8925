"""What is wrong with a file a person wrote: fields first, and a sentence built from them.

A diagnostic is a value; nothing in the pipeline raises for an author's mistake. The stable codes are
declared in `engine.codes`. How diagnostics look on a screen is not known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise

import msgspec

from engine.other_words import meant_by
from engine.source import Place

FEW = 10
"""So many words at most are compared closely with a misspelled one."""
SHORT = 6
"""A word of so many letters at most is a short one."""


class Severity(StrEnum):
    """How bad: an error stops a flow from being run, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


class Diagnostic(msgspec.Struct, frozen=True):
    """One finding.

    `code` is a key of `engine.codes.CODES`; `message` says what was found; `expected` what would have
    been right; `repair` the likeliest change, as an instruction to the author.
    """

    code: str
    severity: Severity
    place: Place
    message: str
    expected: str | None = None
    repair: str | None = None

    def __str__(self) -> str:
        tail = "".join(f" {part}" for part in (self.expected, self.repair) if part)
        return f"{self.place}: {self.code} {self.message}{tail}"


def in_reading_order(findings: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The findings without repeats, by file, line and column, as a person would come across them."""
    unique = dict.fromkeys(findings)
    return tuple(sorted(unique, key=lambda d: (d.place.source.path, d.place.line, d.place.column, d.code)))


def has_errors(findings: Iterable[Diagnostic]) -> bool:
    """Whether any finding stops a flow from being run."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def closest(word: str, known: Iterable[str]) -> str | None:
    """The known word that was likely meant by `word`: what people call so, or what is written much alike;
    None if nothing is."""
    return _closest(word, tuple(known))


@lru_cache(maxsize=1_000)
def _closest(word: str, known: tuple[str, ...]) -> str | None:
    """The same; kept, because several checks come across one and the same misspelled word."""
    from difflib import get_close_matches

    meant = meant_by(word, known)
    if meant is not None:
        return meant
    # What is much longer has the letters by chance, as `abandoned` has those of `done`.
    likeliest = _likeliest(word, known)
    candidates = [each for each in likeliest if len(each) <= 2 * len(word) or each.startswith(word)]
    near = get_close_matches(word, candidates, n=1, cutoff=0.6)
    plainer = word.lower().replace("-", "_")
    if not near and plainer != word:
        near = get_close_matches(plainer, candidates, n=1, cutoff=0.6)
    return near[0] if near else None


def _likeliest(word: str, known: tuple[str, ...]) -> Sequence[str]:
    """Those of many words that share the most pairs of letters with `word`: comparing each of them closely
    would make a file with many misspellings take the square of its size."""
    if len(known) <= FEW:
        return known
    from heapq import nlargest

    mine = _signs(word)
    return nlargest(FEW, known, key=lambda each: (len(mine & _signs(each)), -abs(len(each) - len(word))))


@lru_cache(maxsize=10_000)
def _signs(word: str) -> frozenset[str]:
    """The pairs of neighbouring letters of a word, as far as a name is long; of a short word its letters as
    well, because two that changed places leave no pair as it was."""
    pairs = map("".join, pairwise(word[:40]))
    return frozenset([*pairs, *word] if len(word) <= SHORT else pairs)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """The repair "Did you mean `x`?" for the known word closest to `word`, or None if none is close."""
    near = closest(word, known)
    return f"Did you mean `{near}`?" if near is not None else None
