"""What is kept longer than it may be, of every kind of data, and how it goes."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from adapters.mail.outbox import older, remove
from adapters.retention import needed_since, until
from adapters.stores.port import ENDED
from adapters.wiring import forget_tokens, mail_folder, open_book, utc_now

if TYPE_CHECKING:
    from adapters.retention import Retention
    from adapters.stores.sqlite import SqliteStore

EVERY = 1_000_000_000


class Outdated:
    """What `store`, the gates beside it and the mail folder hold that is too old. Raises Unusable."""

    def __init__(self, store: SqliteStore, mail: str | None, retention: Retention) -> None:
        self._store = store
        self._book = open_book(store)
        self._retention = retention
        self._now = utc_now()
        self.sessions = too_old(store, retention, self._now)
        self._folder = mail_folder(mail)
        before = (self._now - timedelta(days=retention.mail)).timestamp()
        self.letters = older(self._folder, before) if self._folder is not None else []
        self._first = self._first_entry()

    def told(self) -> Iterator[str]:
        """What there is, in lines."""
        days = self._retention
        yield (
            f"Conversations left alone for {days.conversations} days ({days.unfinished} if unfinished):"
            f" {len(self.sessions)}"
        )
        yield (
            f"Verifications, changes and emails remembered for {days.verifications} days: those before"
            f" {until(self._now, days.verifications)}"
        )
        yield f"Messages older than {days.mail} days: {len(self.letters)}"
        yield f"Entries of the audit older than {days.audit} days: {self._first[1]}"

    def purge(self) -> None:
        """Take all of it out for good."""
        if self._folder is not None:
            remove(self._folder, self.letters)
        before, since = until(self._now, self._retention.verifications), needed_since(self._now)
        self._book.purge(before, sessions=self.sessions, needed_since=since)
        forget_tokens(self._store, self.sessions)
        self._store.purge(self.sessions, self._first[0])

    def close(self) -> None:
        """Let go of what the gates remember."""
        self._book.close()

    def _first_entry(self) -> tuple[int, int]:
        """The number of the first entry of the audit that is young enough, and how many are before it."""
        old, count = until(self._now, self._retention.audit), 0
        before, entries = self._store.audited()
        for entry in entries:
            if _moment(entry.body) > old:
                break
            count += 1
        return before.number + 1 + count, count


def too_old(store: SqliteStore, retention: Retention, now: datetime) -> list[str]:
    """The conversations that were left alone for longer than they may be kept. Raises Unusable."""
    ended, others = until(now, retention.conversations), until(now, retention.unfinished)
    return [
        each.session
        for each in store.sessions(EVERY)
        if each.updated_at <= (ended if each.waiting.startswith(ENDED) else others)
    ]


def _moment(body: bytes) -> str:
    """When an entry was made; one that says nothing of that is kept."""
    try:
        told = json.loads(body)
    except ValueError:
        return "9"
    at = told.get("at") if isinstance(told, dict) else None
    return at if isinstance(at, str) else "9"
