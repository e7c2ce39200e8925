"""What people change in the clinic's own software, as a people file says it, laid over those who are there.

People are matched by their names, within a client those of the contacts; where several have one name, the
first that is written is the first that is there, and so on. Whoever is not there yet is added.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from adapters.clinic.by_hand import ByHand, change_by_hand
from adapters.clinic.deliveries import is_hopeless, last_mail, record_state, suppress
from adapters.clinic.moments import stored
from adapters.clinic.names import folded, slug
from adapters.clinic.people import ClientEntry, ContactEntry, DeliveryEntry, People, PersonEntry, given
from adapters.clinic.populate import Filling, filling, implied_delivery


def lay_over(connection: sqlite3.Connection, people: People, now: datetime) -> None:
    """Make every change, and add whoever is new.

    Raises ActionFailed as `change_by_hand`, and PlainProblem where somebody new contradicts themself.
    """
    laying = _Laying(connection, now)
    for client in people.clients:
        laying.client(client)


class _Laying:
    """People while they are laid over those who are there. `_used` are the ids that were matched."""

    def __init__(self, connection: sqlite3.Connection, now: datetime) -> None:
        self._connection = connection
        self._now = now
        self._used: set[str] = set()

    def client(self, entry: ClientEntry) -> None:
        """Change a client and the contacts, or add them."""
        there = self._there(entry.name, None)
        if there is None:
            there = self._new_id(entry.name)
            self._filling().add_client(there, entry)
        else:
            self._change(there, entry)
        self._used.add(there)
        for contact in entry.contacts:
            self._contact(contact, there)

    def _contact(self, entry: ContactEntry, client: str) -> None:
        there = self._there(entry.name, client)
        if there is None:
            there = self._new_id(entry.name)
            self._filling().add_contact(there, entry, client)
        else:
            self._change(there, entry)
        self._used.add(there)

    def _change(self, id: str, entry: PersonEntry) -> None:
        account = given(entry.account, None)
        changes = ByHand(entry.email, entry.online_access, entry.email_notifications)
        if account is not None:
            changes = replace(changes, account=account.state)
        if isinstance(entry, ContactEntry):
            changes = replace(changes, consent=entry.consent, primary=entry.primary)
        if isinstance(entry, ClientEntry):
            changes = replace(changes, practitioners=entry.practitioners)
        if changes != ByHand():
            change_by_hand(self._connection, id, changes, self._now)
        delivery = given(entry.delivery, None)
        if delivery is not None:
            self._deliver(id, delivery)

    def _deliver(self, id: str, entry: DeliveryEntry) -> None:
        """What becomes of the newest setup email now."""
        mail = last_mail(self._connection, id, "invitation")
        if mail is None:
            return
        state, status = implied_delivery(entry)
        record_state(self._connection, mail.id, state, status, self._now)
        if status is not None and (state in ("suppressed", "complained") or is_hopeless(state, status)):
            suppress(self._connection, mail.to_address, status, stored(self._now))

    def _there(self, name: str, client: str | None) -> str | None:
        """The first of that name that was not matched yet; of a client, or among the contacts of one."""
        rows: Iterable[tuple[str, str]] = self._connection.execute(
            "SELECT id, name FROM person WHERE client_id IS ? ORDER BY place", (client,)
        )
        return next((id for id, own in rows if folded(own) == folded(name) and id not in self._used), None)

    def _new_id(self, name: str) -> str:
        return slug(name, {str(id) for (id,) in self._connection.execute("SELECT id FROM person")})

    def _filling(self) -> Filling:
        return filling(self._connection, self._now)
