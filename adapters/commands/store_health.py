"""Looks over a session store and what lies beside it: keys, audit, calls that were cut off, what the gates
remember, and the clock by which it was kept. Nothing is made or changed; what cannot be opened is said once.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.commands.outdated import EVERY, too_old
from adapters.found import Found, conversations, named
from adapters.gates.book_file import NAME as BOOK
from adapters.keys import open_ring
from adapters.leases import FileLeases
from adapters.problems import PlainProblem, Unusable
from adapters.retention import Retention
from adapters.stores.hidden import HiddenStore, is_hidden
from adapters.stores.sqlite import SqliteStore
from adapters.wiring import audit_looked_over, key_files, leases_path, open_book, open_store_behind


def looked_over(path: Path, retention: Retention | None, now: datetime) -> Iterator[Found]:
    """Everything about the store in this file; `retention` says how long data may be kept, None where that
    cannot be told. Raises nothing that a person could do something about."""
    if not path.exists():
        yield Found(
            "store", "note", f"There is no session store at {path} yet.", "The first conversation makes it."
        )
        yield _clock("", now)
        return
    yield from _modes(path)
    try:
        with open_store_behind(path) as store:
            yield from _opened(store, retention, now)
    except PlainProblem as problem:
        yield Found("store", "bad", problem.message, problem.advice)
        yield _clock("", now)


def _opened(store: SqliteStore, retention: Retention | None, now: datetime) -> Iterator[Found]:
    yield _health(store)
    looks = [("audit", _audit), ("data keys", _data_keys), ("calls", _calls), ("gates", _gates)]
    for what, look in looks:
        try:
            yield from look(store)
        except PlainProblem as problem:
            yield Found(what, "bad", problem.message, problem.advice)
    if retention is not None:
        yield _retained(store, retention, now)
    newest = max((each.updated_at for each in store.sessions(20) if not each.damaged), default="")
    yield _clock(newest, now)


def _modes(path: Path) -> Iterator[Found]:
    for each in key_files(path):
        if stat.S_IMODE(each.stat().st_mode) & 0o077:
            yield Found("keys", "bad", f"Others may read {each}.", f"chmod 600 {each}")
        else:
            yield Found("keys", "good", f"{each} is for its owner only; keep a copy apart from the store.")


def _health(store: SqliteStore) -> Found:
    health = store.health()
    if health.good:
        return Found("store", "good", f"{conversations(health.sessions)} at {store.path}, none damaged.")
    told = [f"damaged: {named(health.damaged)}"] if health.damaged else []
    told += ["flows kept of damaged versions"] if health.versions else []
    told += [] if health.sound else ["the file's structure is damaged"]
    told += [] if health.complete else ["conversations are missing, or older than they were"]
    advice = "Put a backup back, or save what is whole: `unstuck sessions recover NEW-FILE`."
    return Found("store", "bad", f"The session store {store.path}: {'; '.join(told)}.", advice)


def _audit(store: SqliteStore) -> Iterator[Found]:
    checked = audit_looked_over(store)
    if checked.flaw is None:
        words = f"The audit is as it was written, up to number {checked.end.number}."
        yield Found("audit", "good", words)
    else:
        yield Found("audit", "bad", checked.flaw.what, "`unstuck audit verify` says more, and what to do.")


def _data_keys(store: SqliteStore) -> Iterator[Found]:
    """Whether everything that is encrypted can be read."""
    if not is_hidden(store):
        return
    hidden = HiddenStore(store, open_ring(store.path, may_make=False))
    # One that cannot even be loaded is damaged, and told of as such.
    there = [each.session for each in store.sessions(EVERY) if not each.damaged]
    locked = [session for session in there if not _readable(hidden, session)]
    if locked:
        yield Found(
            "data keys",
            "bad",
            f"{conversations(len(locked))} cannot be read with the keys there are: {named(locked)}.",
            "Put the file of keys back from its copy; what is encrypted is left as it is.",
        )


def _readable(hidden: HiddenStore, session: str) -> bool:
    try:
        hidden.load(session)
    except Unusable:
        return False
    return True


def _calls(store: SqliteStore) -> Iterator[Found]:
    """Calls that were cut off, and those of which nobody knows what became of them."""
    leases = FileLeases(leases_path(store.path))
    cut_off, unknown = [], []
    for each in store.sessions(EVERY):
        if each.damaged:
            continue
        standing = {entry.status for entry in store.ledger(each.session)}
        if standing & {"planned", "sent"} and not leases.is_held(each.session):
            cut_off.append(each.session)
        if "unknown" in standing:
            unknown.append(each.session)
    if cut_off:
        words = f"Cut off in the middle of a call: {conversations(len(cut_off))}, {named(cut_off)}."
        first = f"unstuck chat --resume {cut_off[0]}"
        yield Found("calls", "note", words, f"Take them up, as with `{first}`; it looks what became of it.")
    if unknown:
        words = f"Nobody knows what became of a call in {conversations(len(unknown))}: {named(unknown)}."
        advice = f"`unstuck sessions show {unknown[0]}` says which. Look in the clinic's own software."
        yield Found("calls", "note", words, advice)
    if not cut_off and not unknown:
        yield Found("calls", "good", "It is known of every call how it ended.")


def _gates(store: SqliteStore) -> Iterator[Found]:
    """Whether what the gates remember can be used; without it no call that changes something is made."""
    path = store.path.with_name(BOOK)
    if not path.exists():
        return
    with closing(open_book(store)) as book:
        book.about("", "", "")
    yield Found("gates", "good", f"What was verified and changed is remembered in {path}.")


def _retained(store: SqliteStore, retention: Retention, now: datetime) -> Found:
    old = len(too_old(store, retention, now))
    if not old:
        return Found("old data", "good", "No conversation is kept for longer than it may be.")
    words = f"Kept for longer than they may be: {conversations(old)}."
    return Found("old data", "bad", words, "`unstuck sessions purge --outdated --yes`, best every day.")


def _clock(newest: str, now: datetime) -> Found:
    if newest and datetime.fromisoformat(newest).astimezone(UTC) > now + timedelta(minutes=1):
        return Found(
            "clock",
            "bad",
            f"The clock says {now:%Y-%m-%d %H:%M} UTC, and a conversation was kept at {newest}.",
            "Set the clock; verifications and approvals are timed by it.",
        )
    return Found("clock", "good", f"It is {now:%Y-%m-%d %H:%M} UTC.")
