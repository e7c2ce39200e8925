"""From what a caller says to the flows that fit: a full-text index in memory, nothing learned or stored.

Words are compared by their stems ("arrives" finds "arrived"). A word no flow has is looked for inside
other words through trigrams ("box" finds "inbox"), then among words spelt nearly like it ("emial"). A
title weighs more than a symptom, a symptom more than the texts of the steps.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import msgspec

LONGEST_QUERY = 500
CLOSE = 0.5
"""A flow is offered when it has at least this part of what the best one has."""
SURE = 0.5
"""A single flow is certain when its title and symptoms hold at least this share of the words."""
ALIKE = 0.8
"""How alike two spellings must be (difflib's ratio) to count as one word."""

_TABLES = """
    CREATE VIRTUAL TABLE flow USING fts5(
        name UNINDEXED, title, symptoms, texts, tokenize = 'porter unicode61 remove_diacritics 2');
    CREATE VIRTUAL TABLE spelling USING fts5(word, tokenize = 'trigram');
"""
_RANKED = "SELECT name, -bm25(flow, 0.0, 6.0, 4.0, 1.0) FROM flow WHERE flow MATCH ? ORDER BY 2 DESC, name"
_EMPTY_WORDS = frozenset(
    "a an and any are at be but by can could did do does each for from get got "
    "had has have he her him his how i if in is it its me my not of on or other our "
    "please she so still that the their them then there they this to us was we were what when where which "
    "who why will with would you your".split()
)
_FORMS = {
    **dict.fromkeys(("mail", "mails"), "email"),
    **dict.fromkeys(("came", "coming"), "come"),
    **dict.fromkeys(("forgot", "forgotten"), "forget"),
    **dict.fromkeys(("sent",), "send"),
    **dict.fromkeys(("lost", "losing"), "lose"),
    **dict.fromkeys(("chose", "chosen"), "choose"),
    **dict.fromkeys(
        ("cannot", "cant", "couldnt", "didnt", "doesnt", "dont", "hasnt", "isnt", "never", "no", "wont"),
        "not",
    ),
}
"""What no stemmer knows to be one word for callers: "no mail came" is "the email did not come"."""


class Subject(msgspec.Struct, frozen=True):
    """What is indexed of one flow."""

    name: str
    title: str
    symptoms: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()


class Match(msgspec.Struct, frozen=True):
    """A flow that fits; `sure` if nobody needs to be asked whether it is the right one."""

    name: str
    sure: bool


def find(subjects: Sequence[Subject], said: str) -> tuple[Match, ...]:
    """The flows that fit what was said, the best first; those far behind the best are left out. Empty if
    nothing fits. Any text may be given."""
    words = _telling(_words(said[:LONGEST_QUERY]))
    if not words:
        return ()
    base = sqlite3.connect(":memory:")
    try:
        heard = _filled(base, subjects)
        closeness = {one.name: _closeness(one, said[:LONGEST_QUERY]) for one in subjects}
        return _matches(base, list(dict.fromkeys(_known(base, heard, word) for word in words)), closeness)
    finally:
        base.close()


def _words(text: str) -> list[str]:
    """The words of a text, each once; e-mail and email are one word to callers."""
    joined = re.sub(r"(?<=\w)['’](?=\w)|(?<=\b\w)-(?=\w)", "", text.casefold())
    return list(dict.fromkeys(_FORMS.get(word, word) for word in re.findall(r"[^\W_]+", joined)))


def _telling(words: list[str]) -> list[str]:
    """The words that say something."""
    return [word for word in words if word not in _EMPTY_WORDS]


def _filled(base: sqlite3.Connection, subjects: Sequence[Subject]) -> list[str]:
    """Fill the indexes; the words of all titles and symptoms."""
    base.executescript(_TABLES)
    heard: dict[str, None] = {}
    for one in subjects:
        columns = [_words(one.title), _words("\n".join(one.symptoms)), _words("\n".join(one.texts))]
        base.execute("INSERT INTO flow VALUES (?, ?, ?, ?)", (one.name, *map(" ".join, columns)))
        heard |= dict.fromkeys(_telling(columns[0] + columns[1]))
    base.executemany("INSERT INTO spelling VALUES (?)", [(word,) for word in heard])
    return list(heard)


def _known(base: sqlite3.Connection, heard: list[str], word: str) -> str:
    """The word itself where some flow has it, else the word of a title or symptom most like it."""
    if base.execute("SELECT 1 FROM flow WHERE flow MATCH ? LIMIT 1", (_any_of([word]),)).fetchone():
        return word
    within = base.execute(
        "SELECT word FROM spelling WHERE spelling MATCH ? LIMIT 1", (_any_of([word]),)
    ).fetchone()
    if within:
        return str(within[0])
    return next(iter(get_close_matches(word, heard, n=1, cutoff=ALIKE)), word)


def _closeness(subject: Subject, said: str) -> float:
    """How much of what was said, small words and all, stands in the title or in one symptom, and how little
    else (Jaccard's index): "did not get the email" is told by its small words alone."""
    mine = set(_words(said))
    lines = [set(_words(line)) for line in (subject.title, *subject.symptoms)]
    return max(len(mine & line) / len(mine | line) for line in lines)


def _matches(base: sqlite3.Connection, words: list[str], closeness: Mapping[str, float]) -> tuple[Match, ...]:
    """Flows whose title or symptoms hold as many of the words as any, then those that rank like the best.

    The rank alone would not do: with few flows, BM25 hardly tells a title from a text.
    """
    ranked = [(str(name), float(score)) for name, score in base.execute(_RANKED, (_any_of(words),))]
    shares = {name: _share(base, name, words) for name, _ in ranked}
    most = max(shares.values(), default=0.0)
    near = [(name, score) for name, score in ranked if shares[name] >= CLOSE * most]
    best = max((score for _, score in near), default=0.0)
    names = [name for name, score in near if score >= CLOSE * best]
    names.sort(key=lambda name: (shares[name], closeness[name]), reverse=True)
    return tuple(Match(name, len(names) == 1 and shares[name] >= SURE) for name in names)


def _share(base: sqlite3.Connection, name: str, words: list[str]) -> float:
    """The part of the words that stand in the flow's title or symptoms."""
    query = "SELECT count(*) FROM flow WHERE name = ? AND flow MATCH ?"
    there = [base.execute(query, (name, f"{{title symptoms}} : {_any_of([word])}")) for word in words]
    return sum(int(found.fetchone()[0]) for found in there) / len(words)


def _any_of(words: list[str]) -> str:
    """The words as a query, quoted: nothing a caller says is query syntax."""
    return " OR ".join(f'"{word}"' for word in words)
