"""What a privacy officer asks: what is kept where, for how long, under which key, who sees it, what leaves.

Facts only, as rows of tables. What the code itself declares (tables and columns, days, actions, policy, what
the audit makes of a value) is taken from there; words are here, and what has no words yet is a KeyError, so
that nothing new can be kept in silence.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from typing import NamedTuple

from adapters.audit.port import Deed, Doer
from adapters.audit.scribe import Scribe
from adapters.clinic.actions import CATALOG
from adapters.gates import book_file
from adapters.gates.matrix import COLUMNS as AUDIENCES
from adapters.gates.matrix import matrix
from adapters.gates.policy_file import shipped_policy
from adapters.gates.policy_gate import PolicyGate
from adapters.retention import KINDS
from adapters.stores.hidden import HIDDEN_COLUMNS
from adapters.stores.schema import migrate
from adapters.stores.seal import KEY_SIZE, Seal
from adapters.web import tokens
from engine import (
    ChoiceType,
    Effect,
    ListType,
    NumberType,
    OptionalType,
    RecordType,
    TruthType,
    Type,
    Value,
)

Row = tuple[str, ...]

ENCRYPTED = "encrypted"


class File(NamedTuple):
    """A file that unstuck writes: how its name ends or what it is, what is in it, how that is protected, and
    the kind of data in `retention.yaml` that says how long (or what else ends it)."""

    name: str
    holds: str
    protected: str
    kept: str


FILES = (
    File("sessions.db", "conversations, and the audit", "columns encrypted, see below", "conversations"),
    File("sessions.db-wal, -shm", "what was written last of the same", "as in sessions.db", "conversations"),
    File("sessions.db.key", "the key that rows are sealed with", "readable by its owner only", "the store"),
    File(
        "sessions.db.data-keys",
        "the keys that columns are encrypted with",
        "readable by its owner only",
        "the store",
    ),
    File("sessions.db.mark", "how many commits there were", "nothing personal", "the store"),
    File(
        "sessions.db.wipe",
        "that a purge is not finished; it has no content",
        "nothing personal",
        "until it is",
    ),
    File("sessions.db.audit-head", "how far the audit goes", "nothing personal", "the store"),
    File("sessions.db.calls", "locks of calls under way; it has no content", "nothing personal", "the store"),
    File("gates.db", "what the gates remember", "columns encrypted, see below", "verifications"),
    File("gates.db-wal, -shm", "what was written last of the same", "as in gates.db", "verifications"),
    File(
        "web.db, -wal, -shm",
        "who holds which conversation by `unstuck serve`: hashes of tokens",
        "columns encrypted, see below",
        "a day, or as its conversation",
    ),
    File("clinic.db, -wal, -shm", "the embedded clinic's own record of its people", "in clear", "the clinic"),
    File("mail/", "messages as they were sent, where no server takes them", "in clear", "mail"),
    File("what --log-file names", "ids, kinds and durations", "no name and no text", "whoever names it"),
    File("backups", "a copy of sessions.db", "as in sessions.db; keys are not in it", "whoever makes it"),
    File(
        "exports, recordings", "what was asked for", "in clear; a recording has stand-ins", "whoever makes it"
    ),
)
"""Files beside each other in the data folder first, then those that somebody asks for."""

IN_CLEAR: Mapping[str, str] = {
    "store.*": "counts and seals of the whole store",
    "versions.*": "the flows in use, by the hash of their content",
    "version_files.*": "the flows in use",
    "sessions.session": "the conversation's random id",
    "sessions.flow": "which flow",
    "sessions.version": "which version of it",
    "sessions.audience": "as what they hold it",
    "sessions.started_at": "a moment",
    "sessions.updated_at": "a moment",
    "events.session": "the conversation's id",
    "ledger.session": "the conversation's id",
    "ledger.action": "the name of an action",
    "ledger.status": "how far the call got",
    "ledger.at": "a moment",
    "replies.session": "the conversation's id",
    "replies.request_key": "what the client calls its request",
    "audit.body": "pseudonyms and keyed digests, see below",
    "audit.*": "place and seal in the chain",
    "audit_begins_after.*": "place and seal in the chain",
    "entry.kind": "passed, failed, change, send or void",
    "entry.what": "a method or an action",
    "entry.session": "the conversation's id",
    "entry.at": "a moment",
    "entry.covers": "names of actions",
    "holders.hash": "the hash of a token",
    "holders.session": "the conversation's id",
    "holders.embed": "on which pages",
    "holders.flow": "which flow",
    "holders.*": "moments",
    "used.*": "the name that a host gave a token that was used, and a moment",
}
"""What stands in columns that are not encrypted; `*` is every other one of that table."""

_ACCOUNTS = frozenset(
    "number revision seq touched events entries replies mac state_mac events_mac entries_mac replies_mac"
    " checksum".split()
)

KEYS: Mapping[str, Row] = {
    "unstuck columns": ("data keys", "encrypts what conversations hold (AES-SIV)", "`unstuck keys rotate`"),
    "unstuck seal": ("store's key", "seals every row (keyed BLAKE2b)", "lives as long as the store"),
    "unstuck gates": (
        "store's key",
        "encrypts people the gates remember (AES-SIV)",
        "as the store's key",
    ),
    "unstuck tokens": ("store's key", "encrypts who holds a conversation (AES-SIV)", "as the store's key"),
    "unstuck web": ("store's key", "keyed hashes for `unstuck serve`", "as the store's key"),
    "unstuck audit": ("store's key", "chains the audit (HMAC-SHA-256)", "as the store's key"),
    "unstuck scribe": (
        "store's key",
        "pseudonyms and digests in the audit (HMAC-SHA-256)",
        "as the store's key",
    ),
    "unstuck key name": ("data keys", "the name of a key, beside what it encrypted", "with the key"),
}
"""By the purpose that each key is derived for (BLAKE2b): of which key, for what, and how long."""

LEAVES: Mapping[str, str] = {
    "adapters.web": "the turns of a conversation, to whoever holds it, by `unstuck serve`",
    "adapters.serving": "the same: it opens the port that `unstuck serve` listens at",
    "adapters.patience": "nothing: it lets go of connections to that port on which no request comes",
    "adapters.browser_front": "made-up people of replays, to a browser on this machine, by `unstuck test`",
    "adapters.clinic.rest": "calls, with their parameters, to the hosts named in `--clinic rest:FILE.yaml`",
    "adapters.clinic.served": "records of the embedded clinic, to callers of `unstuck clinic serve`",
    "adapters.mail.smtp": "messages to people and the clinic's desk, to the server in `--mail smtp://HOST:PORT`",
}
"""The modules that speak to other computers, and what they tell them."""

TESTED: tuple[tuple[str, str], ...] = (
    (
        "A person's name, address, number, birth date and a note stand in clear in no file"
        " (store, its log, log file, temporary files, backup), and nowhere after they were erased",
        "adapters/test_planted_person.py"
        "::test_a_person_stands_in_clear_nowhere_and_after_erasing_nowhere_at_all",
    ),
    (
        "The same of somebody who is signed in over the web",
        "adapters/test_planted_person.py"
        "::test_a_person_who_is_signed_in_over_the_web_stands_in_clear_nowhere",
    ),
    (
        "A process that is killed in the middle leaves nobody in clear, in nine encodings",
        "adapters/test_planted_person.py::test_a_process_that_is_killed_leaves_nobody_in_clear",
    ),
    (
        "Of an erased person not even the encrypted form is left, in file, log or free pages",
        "adapters/test_planted_person.py::test_of_an_erased_person_not_even_the_encrypted_form_is_left",
    ),
    (
        "What is older than the settings allow goes, of every kind",
        "adapters/test_planted_person.py::test_what_is_outdated_goes_and_what_is_not_stays",
    ),
    (
        "1,000 random edits, deletions, insertions and swaps in the audit are found, the first named",
        "adapters/audit/test_tampering.py::test_a_thousand_random_changes_are_found_and_the_first_is_named",
    ),
    (
        "A cut end is found against the head, and stops every write",
        "adapters/audit/test_tampering.py::test_a_cut_tail_is_found_against_the_head_and_stops_every_write",
    ),
    (
        "What cannot be audited is not done: no room, a read-only head, no table",
        "adapters/audit/test_tampering.py::test_nothing_is_kept_that_cannot_be_audited",
    ),
    (
        "A full disk stops every change before it is made",
        "adapters/audit/test_tampering.py::test_a_full_disk_stops_a_conversation_before_anything_is_changed",
    ),
    (
        "One event stays one line of JSON in the log, whatever is in its fields",
        "adapters/test_logs.py::test_one_event_stays_one_line",
    ),
    (
        "One deed stays one line of JSON in the audit, whatever is in its fields",
        "adapters/audit/test_scribe.py::test_one_entry_is_one_line_of_plain_json",
    ),
    (
        "Every column that this page calls encrypted is, in every row",
        "adapters/test_privacy.py::test_what_is_called_encrypted_is",
    ),
    (
        "Every file that a conversation leaves is on this page",
        "adapters/test_privacy.py::test_every_file_that_is_left_is_on_the_page",
    ),
    (
        "No other module speaks to other computers",
        "adapters/test_privacy.py::test_nothing_else_leaves_the_machine",
    ),
    ("A planted secret is in no file, log, reply or process listing", "adapters/test_canaries.py"),
)
"""What was tested, and the test."""


def columns() -> Iterator[Row]:
    """File, table, columns, and that they are encrypted or what stands in them."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        migrate(db, Seal(bytes(KEY_SIZE)), 0)
        yield from _columns(db, "sessions.db", HIDDEN_COLUMNS)
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.executescript(book_file.SCHEMA)
        yield from _columns(db, "gates.db", {"entry": book_file.HIDDEN_COLUMNS})
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.executescript(tokens.TABLES)
        yield from _columns(db, "web.db", {"holders": tokens.HIDDEN_COLUMNS})


def _columns(db: sqlite3.Connection, file: str, hidden: Mapping[str, tuple[str, ...]]) -> Iterator[Row]:
    tables = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    for (table,) in tables.fetchall():
        kept: dict[str, list[str]] = {}
        for (column,) in db.execute("SELECT name FROM pragma_table_info(?)", (table,)).fetchall():
            how = ENCRYPTED if column in hidden.get(table, ()) else _clear(table, column)
            kept.setdefault(how, []).append(column)
        for how, names in sorted(kept.items(), key=lambda each: each[0] != ENCRYPTED):
            yield file, table, ", ".join(names), how


def _clear(table: str, column: str) -> str:
    told = IN_CLEAR.get(f"{table}.{column}") or IN_CLEAR.get(f"{table}.*")
    if told is not None:
        return told
    if column in _ACCOUNTS:
        return "a count or a seal"
    raise KeyError(f"{table}.{column} is kept in clear: say in IN_CLEAR what stands there")


def retention() -> Iterator[Row]:
    """Kind of data, what it is, days by default, and the least."""
    for name, kind in KINDS.items():
        yield name, kind.what, str(kind.days), str(kind.least)


def looks() -> Iterator[Row]:
    """For every action that only reads: what it shows, and what each audience needs for it."""
    policy = shipped_policy()
    for action, _, *cells in matrix(lambda book: PolicyGate(policy, CATALOG, book), CATALOG):
        declared = CATALOG.actions.get(action)
        if declared is not None and declared.effect is Effect.READ:
            yield action, ", ".join(_members(declared.result)), *cells


def look_columns() -> Row:
    """The headings of `looks`."""
    return "look", "shows", *AUDIENCES[2:]


def _members(kind: Type | None) -> tuple[str, ...]:
    match kind:
        case OptionalType(of=of) | ListType(of=of):
            return _members(of)
        case RecordType(members=members):
            return tuple(each for name, of in members for each in _members(of) or (name,))
    return ()


def audited() -> Iterator[Row]:
    """For every parameter of an action: what the audit keeps of a value, as the scribe itself writes it."""
    scribe = Scribe(bytes(KEY_SIZE), CATALOG)
    for action in CATALOG.actions.values():
        for param in action.params:
            sample = _sample(param.type)
            deed = Deed("intent", "", Doer(""), action.name, params={param.name: sample})
            yield action.name, param.name, _in_words(scribe.entry(deed).decode("ascii"))


def _in_words(entry: str) -> str:
    kept = entry.partition('"params":')[2]
    for sign, words in (('"p-', "a pseudonym"), ('"h-', "a keyed digest"), (':"secret"', "nothing of it")):
        if sign in kept:
            return words
    return "as it is"


def _sample(kind: Type) -> Value:
    match kind:
        case OptionalType(of=of):
            return _sample(of)
        case ListType(of=of):
            return [_sample(of)]
        case RecordType(members=members):
            return {name: _sample(of) for name, of in members}
        case ChoiceType(options=options):
            return options[0]
        case TruthType():
            return True
        case NumberType():
            return 1
    return "x"
