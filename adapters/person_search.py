"""Finds what is kept about one person: in which conversations, and under which ids and addresses.

A person is named by an id of theirs, or by their name, an address or a number just as it was written. Every
conversation is decrypted and read for that: nothing about people is kept in a form that could be searched.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from adapters.problems import Unusable
from adapters.stores.port import Store

_OWN = ("id", "subject", "name", "email", "login_email", "phone")
"""The members of a record that tell whose it is; other people's ids stand in other members."""


class Found(msgspec.Struct, frozen=True):
    """The conversations that hold something about the person, and those that could not be read; the ids of
    those whose records fit (more than one where several people share a name or an address); and all words
    that the person is called by in them."""

    sessions: tuple[str, ...]
    unreadable: tuple[str, ...]
    ids: tuple[str, ...]
    words: tuple[str, ...]


def search(store: Store, who: str, sessions: Iterable[str]) -> Found:
    """Look for the person in these conversations. Raises Unusable."""
    there = {session: _values(store, session) for session in sessions}
    ids, words = _names(who, [record for values in there.values() for record in _records(values or ())])
    holding = [name for name, values in there.items() if values is not None and _tells_of(values, words)]
    unreadable = [name for name, values in there.items() if values is None]
    return Found(tuple(holding), tuple(unreadable), ids, words)


def tells_of(text: str, words: Iterable[str]) -> bool:
    """Whether any of these words stands in the text as a whole, in whatever case and spacing."""
    return _pattern(words).search(_plain(text)) is not None


def _names(who: str, records: Iterable[Mapping[str, object]]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The ids of the people who are called that, and the words that the records call them by."""
    ids, words = dict[str, None](), {who: None}
    for record in records:
        own = {name: value for name in _OWN if isinstance(value := record.get(name), str) and value}
        id = own.get("id", own.get("subject"))
        if id is not None and _plain(who) in map(_plain, own.values()):
            ids[id] = None
            words |= dict.fromkeys(own.values())
    return tuple(ids), tuple(words)


def _values(store: Store, session: str) -> list[object] | None:
    """All that is kept of a conversation, or None where that cannot be read."""
    try:
        bodies = [store.load(session).state, *(body for _, body in store.events(session))]
        calls = store.ledger(session)
        bodies += [each for call in calls for each in (call.args, call.result) if each]
        return [*(json.loads(body) for body in bodies), *(call.subject for call in calls)]
    except (Unusable, ValueError):
        return None


def _tells_of(values: Iterable[object], words: Iterable[str]) -> bool:
    pattern = _pattern(words)
    return any(pattern.search(_plain(text)) for text in _texts(values))


def _pattern(words: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(rf"(?<!\w){re.escape(_plain(word))}(?!\w)" for word in words))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for name, each in value.items():
            yield str(name)
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def _records(value: object) -> Iterator[Mapping[str, object]]:
    if isinstance(value, Mapping):
        yield value
    inside = (
        value.values() if isinstance(value, Mapping) else value if isinstance(value, list | tuple) else ()
    )
    for each in inside:
        yield from _records(each)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
