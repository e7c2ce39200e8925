"""Saves from a damaged store every session that is whole, into a new store with the same key.

What is whole is told by the MACs alone: of the rows found in the pages (see `pages`), each either proves
itself or is left behind. Of a session the newest head is taken for which everything that it counts is there.
"""

from __future__ import annotations

import glob
import os
import secrets
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

import msgspec

from adapters.on_disk import sync
from adapters.stores.backup import into_one_file, unless_something_is_there
from adapters.stores.key_file import KeyFile, key_path
from adapters.stores.mark_file import mark_path, marked
from adapters.stores.pages import Record, records
from adapters.stores.rows import (
    EVENT_COLUMNS,
    HEAD_COLUMNS,
    LEDGER_COLUMNS,
    REPLY_COLUMNS,
    Damaged,
    Head,
    Row,
    blob,
    entry_of,
    event_row,
    head_of,
    ledger_row,
    number,
    reply_of,
    reply_row,
    session_of,
    text,
    version_mac,
)
from adapters.stores.seal import Chain, Seal
from adapters.stores.sqlite_file import StoreFile
from adapters.stores.totals import Totals, totals_of
from adapters.stores.trouble import exists_already, in_plain_words, not_there
from adapters.stores.writer import Writing

SESSION_ORDER = (
    "session, flow, version, actor, audience, started_at, updated_at, revision, seq, waiting, touched,"
    " events, entries, state_mac, mac, state, replies, events_mac, entries_mac, replies_mac"
)
"""The columns of `sessions` in the order in which its records hold them."""

_HEAD_AT = [SESSION_ORDER.split(", ").index(name) for name in f"{HEAD_COLUMNS}, state".split(", ")]


class Recovered(msgspec.Struct, frozen=True):
    """The sessions that were saved, those of which something was found but not all, and the versions of flows
    that were used by a saved session and are lost. `older` names the saved sessions that had gone on since;
    `complete` is whether the store and its mark show that nothing is missing."""

    saved: tuple[str, ...]
    lost: tuple[str, ...]
    versions: tuple[str, ...]
    older: tuple[str, ...] = ()
    complete: bool = True


_Kept: TypeAlias = tuple[Head, Row, tuple[Record, ...], tuple[Record, ...], tuple[Record, ...]]


def recover(path: Path, target: Path) -> Recovered:
    """Save what is whole of the store at `path` into a new one at `target`. The store itself is only read.
    Raises Unusable where that is impossible."""
    with in_plain_words(path):
        if not path.exists():
            raise not_there(path)
        key = KeyFile(path, may_make=False)
        key.close()
    with in_plain_words(target):
        unless_something_is_there(target)
        _unless_other_key(key, key_path(target))
    seal = Seal(key.key)
    found = _Found(seal, _acknowledged(path, seal))
    with in_plain_words(path):
        for record in records(path):
            found.take(record)
    with in_plain_words(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        return _written_whole(target, key, found)


def _unless_other_key(key: KeyFile, path: Path) -> None:
    """Raise Unusable if there is a file where the key goes, unless it is this key: then a recovery was cut
    off."""
    if path.exists() and path.read_bytes() != key.path.read_bytes():
        raise exists_already(path)


def _written_whole(target: Path, key: KeyFile, found: _Found) -> Recovered:
    """Write all of it under another name first, so that the store is there whole or not at all."""
    temporary = target.with_name(f"{target.name}.{secrets.token_hex(4)}")
    try:
        shutil.copy(key.path, key_path(temporary))
        recovered = _write(temporary, found)
        into_one_file(temporary)
        key_path(temporary).replace(key_path(target))
        try:
            os.link(temporary, target)
        except FileExistsError:
            raise exists_already(target) from None
        mark_path(temporary).replace(mark_path(target))
        sync(target.parent)
    finally:
        for left in target.parent.glob(f"{glob.escape(temporary.name)}*"):
            left.unlink()
    return recovered


def _write(target: Path, found: _Found) -> Recovered:
    sessions = found.whole_sessions()
    used = {kept[0].version for kept in sessions}
    versions = {version: found.version_mac(version) for version in used}
    file = StoreFile(target)
    try:
        with file.writing() as writing:
            for version, mac in versions.items():
                # A version that is lost is kept as a damaged one: its sessions refer to it.
                _insert(writing, "versions", "version, mac", (version, mac or b""))
                for place, source in found.files.get(version, {}).items():
                    _insert(writing, "version_files", "version, path, source", (version, place, source))
            for kept in sessions:
                _write_session(writing, file.seal, kept)
    finally:
        file.close()
    saved = tuple(kept[0].session for kept in sessions)
    lost_versions = (version for version, mac in versions.items() if mac is None)
    heads = [kept[0] for kept in sessions]
    return Recovered(
        saved,
        tuple(sorted(found.seen - set(saved))),
        tuple(sorted(lost_versions)),
        tuple(sorted(head.session for head in heads if found.went_on_after(head))),
        found.all_of(heads),
    )


def _acknowledged(path: Path, seal: Seal) -> int:
    """How many commits of the store were acknowledged, 0 if that is not known."""
    try:
        return marked(mark_path(path).read_bytes(), seal)
    except OSError:
        return 0


def _write_session(writing: Writing, seal: Seal, kept: _Kept) -> None:
    head, row, events, entries, replies = kept
    _insert(writing, "sessions", f"{HEAD_COLUMNS}, state", row)
    for table, columns, rows in (
        ("events", EVENT_COLUMNS, events),
        ("ledger", LEDGER_COLUMNS, entries),
        ("replies", REPLY_COLUMNS, replies),
    ):
        for each in rows:
            _insert(writing, table, columns, each)
    counted = writing.totals.counted(seal, None, head)
    # What is touched next must come after all that is here.
    writing.totals = msgspec.structs.replace(counted, commits=max(writing.totals.commits, head.touched))


def _insert(writing: Writing, table: str, columns: str, row: Row) -> None:
    marks = ", ".join("?" * len(row))
    writing.db.execute(f"INSERT INTO {table} ({columns}) VALUES ({marks})", tuple(row))


class _Found:
    """The rows that proved themselves, by what they belong to. `seen` names the sessions of all of them."""

    def __init__(self, seal: Seal, acknowledged: int) -> None:
        self._seal = seal
        self._acknowledged = acknowledged
        self._totals = Totals()
        self._heads: dict[str, dict[int, tuple[Head, Row]]] = {}
        self._rows: dict[tuple[str, str], dict[int, dict[bytes, Record]]] = {}
        self._versions: dict[str, set[bytes]] = {}
        self.files: dict[str, dict[str, str]] = {}
        self.seen: set[str] = set()

    def take(self, record: Record) -> None:
        """Keep a record if it is a row of the store."""
        with suppress(Damaged):
            match len(record):
                case 20:
                    self._take_head([record[at] for at in _HEAD_AT])
                case 4:
                    event = event_row(self._seal, text(record[0]), number(record[1]), blob(record[2]))
                    self._take_row("events", record, event[-1])
                case 11:
                    entry = entry_of(self._seal, record)
                    self._take_row("ledger", record, ledger_row(self._seal, *_place(record), entry)[1])
                case 6 if isinstance(record[0], str):
                    reply = reply_of(self._seal, record)
                    self._take_row("replies", record, reply_row(self._seal, *_place(record), reply)[1])
                case 6:
                    totals = totals_of(self._seal, record[1:])
                    self._totals = max(self._totals, totals, key=lambda each: each.commits)
                case 3:
                    self.files.setdefault(text(record[0]), {})[text(record[1])] = text(record[2])
                case 2:
                    self._versions.setdefault(text(record[0]), set()).add(blob(record[1]))

    def whole_sessions(self) -> list[_Kept]:
        """Each session as it was last of which everything is there."""
        newest = (self._newest_whole(session) for session in sorted(self._heads))
        return sorted((kept for kept in newest if kept is not None), key=lambda kept: kept[0].touched)

    def went_on_after(self, head: Head) -> bool:
        """Whether there are traces of later commits of the session."""
        chains = {"events": head.events, "ledger": head.entries, "replies": head.replies}
        return any(revision > head.revision for revision in self._heads[head.session]) or any(
            position > chain.length
            for table, chain in chains.items()
            for position in self._rows.get((table, head.session), {})
        )

    def all_of(self, heads: Sequence[Head]) -> bool:
        """Whether these are all sessions of the store, as they were after the last commit that was
        acknowledged. Where no mark says which that was, nobody can tell."""
        there = Totals()
        for head in heads:
            there = there.counted(self._seal, None, head)
        known = self._totals
        as_kept = (there.sessions, there.tally) == (known.sessions, known.tally)
        return as_kept and known.commits >= self._acknowledged > 0

    def version_mac(self, version: str) -> bytes | None:
        """The MAC of a version whose files are all there."""
        mac = version_mac(self._seal, version, self.files.get(version, {}))
        return mac if mac in self._versions.get(version, ()) else None

    def _take_head(self, row: Row) -> None:
        head = head_of(self._seal, row)
        session_of(self._seal, row)
        self.seen.add(head.session)
        self._heads.setdefault(head.session, {})[head.revision] = head, row

    def _take_row(self, table: str, record: Record, mac: bytes) -> None:
        if record[-1] != mac:
            raise Damaged
        session, position = _place(record)
        self.seen.add(session)
        self._rows.setdefault((table, session), {}).setdefault(position, {})[mac] = record

    def _newest_whole(self, session: str) -> _Kept | None:
        for _, (head, row) in sorted(self._heads[session].items(), reverse=True):
            with suppress(Damaged):
                events = self._chained("events", session, head.events)
                entries = self._chained("ledger", session, head.entries)
                return head, row, events, entries, self._chained("replies", session, head.replies)
        return None

    def _chained(self, table: str, session: str, wanted: Chain) -> tuple[Record, ...]:
        """The rows that a head counts. Raises Damaged unless they are all there."""
        there = self._rows.get((table, session), {})
        chain, found = Chain(), []
        for position in range(1, wanted.length + 1):
            if len(there.get(position, {})) != 1:
                # None, or two from different lives of the store, of which no one can tell.
                raise Damaged
            ((mac, record),) = there[position].items()
            chain = chain.followed_by(self._seal, (mac,))
            found.append(record)
        if chain != wanted:
            raise Damaged
        return tuple(found)


def _place(record: Record) -> tuple[str, int]:
    return text(record[0]), number(record[1])
