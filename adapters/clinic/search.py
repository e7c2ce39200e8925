"""Finding clients: every client that matches, never "the first hit".

A query is any part of a name, an address or an id, of the client or of one of the contacts. Capitals and
accents make no difference. Several words must all occur.
"""

from __future__ import annotations

import sqlite3
from datetime import date

from adapters.clinic.addresses import masked
from adapters.clinic.arguments import Arguments
from adapters.clinic.names import folded
from adapters.clinic.port import ActionFailed
from adapters.clinic.records import Clinic, Person, find_person, kind_of, persons, practitioners_of
from engine import Failure, Value

MOST = 20


def find_clients(connection: sqlite3.Connection, args: Arguments, clinic: Clinic, today: date) -> Value:
    """FoundClients: the best matches first, at most 20, with `truncated` where there are more."""
    words = folded(args.text("query")).split()
    if not words:
        raise ActionFailed(Failure.INVALID_INPUT, "Give a part of a name, an address or an id to look for.")
    found = {
        person.client_id or person.id
        for person in persons(connection)
        if all(word in _searched(person) for word in words)
    }
    clients = [find_person(connection, id) for id in found]
    born = args.text_or_none("birth_date")
    if born is not None:
        clients = [client for client in clients if client.birth_date == born]
    clients.sort(key=lambda client: (not _exact(client, " ".join(words)), folded(client.name), client.place))
    return {
        "clients": [_reference(connection, client, clinic, today) for client in clients[:MOST]],
        "truncated": len(clients) > MOST,
    }


def _searched(person: Person) -> str:
    return folded(f"{person.name} {person.email or ''} {person.id}")


def _exact(person: Person, query: str) -> bool:
    return query in (folded(person.name), folded(person.email), folded(person.id))


def _reference(connection: sqlite3.Connection, client: Person, clinic: Clinic, today: date) -> Value:
    return {
        "id": client.id,
        "name": client.name,
        "first_name": client.first_name,
        "kind": kind_of(connection, client, clinic, today),
        "birth_year": int(client.birth_date[:4]) if client.birth_date else None,
        "city": client.city,
        "email_masked": masked(client.email),
        "practitioners": practitioners_of(connection, client),
    }
