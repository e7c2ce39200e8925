"""Finds what is kept about one person: in which conversations, and under which ids and addresses.

A person is named by an id of theirs, or by their name, an address or a number just as it was written. Every
conversation is decrypted and read for that: nothing about people is kept in a form that could be searched.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from adapters.problems import Unusable
from adapters.stores.port import Store

_ADDRESSES = ("email", "login_email")


class Found(msgspec.Struct, frozen=True):
    """The conversations that hold something about the person, those that could not be read, and the ids and
    addresses that records in them give the person."""

    sessions: tuple[str, ...]
    unreadable: tuple[str, ...]
    ids: tuple[str, ...]
    addresses: tuple[str, ...]


def search(store: Store, who: str, sessions: Iterable[str]) -> Found:
    """Look for the person in these conversations. Raises Unusable."""
    there = {session: _values(store, session) for session in sessions}
    wanted = {_plain(who)}
    ids, addresses = {who}, {who} if "@" in who else set[str]()
    for values in there.values():
        for record in _records(values or ()):
            if any(_plain(value) in wanted for value in record.values() if isinstance(value, str)):
                own = record.get("id")
                ids |= {own} if isinstance(own, str) else set()
                told = (record.get(name) for name in _ADDRESSES)
                addresses |= {each for each in told if isinstance(each, str)}
    wanted |= {_plain(each) for each in (*ids, *addresses)}
    holding = [name for name, values in there.items() if values is not None and _tells_of(values, wanted)]
    unreadable = [name for name, values in there.items() if values is None]
    return Found(tuple(holding), tuple(unreadable), tuple(sorted(ids)), tuple(sorted(addresses)))


def _values(store: Store, session: str) -> list[object] | None:
    """All that is kept of a conversation, or None where that cannot be read."""
    try:
        bodies = [store.load(session).state, *(body for _, body in store.events(session))]
        calls = store.ledger(session)
        bodies += [each for call in calls for each in (call.args, call.result) if each]
        return [*(json.loads(body) for body in bodies), *(call.subject for call in calls)]
    except (Unusable, ValueError):
        return None


def _tells_of(values: Iterable[object], wanted: set[str]) -> bool:
    return any(each in text for text in map(_plain, _texts(values)) for each in wanted)


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
