"""`unstuck person find | export | erase`: all that is kept about one person."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, TypeVar

import click

if TYPE_CHECKING:
    from adapters.audit.scribe import Scribe
    from adapters.gates.book import Entry
    from adapters.gates.book_file import SqliteBook
    from adapters.person_search import Found
    from adapters.stores.hidden import HiddenStore
    from adapters.stores.port import AuditEntry
    from adapters.stores.sqlite import SqliteStore

DONE, FINDINGS = 0, 1
EVERY = 1_000_000_000

P = ParamSpec("P")
R = TypeVar("R")


@dataclass
class Kept:
    """What is kept about a person, and the places it is kept in."""

    who: str
    behind: SqliteStore
    store: HiddenStore
    book: SqliteBook
    mail: Path | None
    found: Found
    gates: list[Entry]
    letters: list[Path]
    audit: list[AuditEntry]


def places(command: Callable[P, R]) -> Callable[P, R]:
    """The person, and where to look."""

    @click.argument("who")
    @click.option("--mail", metavar="URL", help="smtp://HOST:PORT or maildir:PATH.")
    @click.option("--store", metavar="URL", help="Where sessions are kept, as sqlite:///PATH.")
    @wraps(command)
    def with_places(*args: P.args, **kwargs: P.kwargs) -> R:
        return command(*args, **kwargs)

    return with_places


@click.group()
def person() -> None:
    """All that unstuck keeps about one person; the clinic's own record is not touched.

    WHO is an id, or a name, an address or a number as it was written.
    """


@person.command()
@places
def find(who: str, store: str | None, mail: str | None) -> int:
    """Say where something about WHO is kept. Ends with 1 if there is nothing."""
    with _kept(who, store, mail, "find person") as kept:
        _tell(kept)
        return DONE if _anything(kept) else FINDINGS


@person.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A new file; otherwise it is printed.")
@places
def export(who: str, store: str | None, mail: str | None, output: Path | None) -> int:
    """Write all that is kept about WHO as JSON lines; others in the same conversations are in it, too."""
    from adapters.commands.sessions import _write_new

    with _kept(who, store, mail, "export person") as kept:
        text = "".join(_lines(kept))
    if output is None:
        sys.stdout.write(text)
    else:
        _write_new(output, text)
        _say(f"Wrote {output}.")
    return DONE


@person.command()
@click.option("--yes", is_flag=True, help="Do it; otherwise it is only said what would be done.")
@places
def erase(who: str, store: str | None, mail: str | None, yes: bool) -> int:
    """Remove all that is kept about WHO for good: conversations, verifications, messages.

    Nothing of it is left in the files, their logs or free pages; backups are not reached. The audit keeps
    its entries under a pseudonym, without a name or a value. The gates remember for two days, encrypted,
    which address was changed and who was verified: erase again after that. Ends with 1 if something could
    not be read, and so may be left.
    """
    from adapters.mail.outbox import remove
    from adapters.problems import PlainProblem
    from adapters.retention import needed_since
    from adapters.wiring import forget_tokens, utc_now

    with _kept(who, store, mail, "erase person" if yes else "find person") as kept:
        _tell(kept)
        if len(kept.found.ids) > 1:
            raise PlainProblem("That may be more than one person.", "Name one of them by the id.")
        if not yes:
            _say("Nothing was done yet. Add --yes to erase it.")
            return DONE
        # The conversations go last: by them the rest is found again if this is broken off.
        if kept.mail is not None:
            remove(kept.mail, kept.letters)
        ids, since = _ids(kept.found, kept.who), needed_since(utc_now())
        kept.book.purge(subjects=ids, sessions=kept.found.sessions, needed_since=since)
        forget_tokens(kept.behind, kept.found.sessions)
        kept.behind.purge(kept.found.sessions)
        left = sum(len(kept.book.all_about(id)) for id in ids)
    _say("It is erased.")
    if left:
        _say(f"The gates need {left} of what they remember for two days: erase again after that.")
    return FINDINGS if kept.found.unreadable else DONE


@contextmanager
def _kept(who: str, store: str | None, mail: str | None, action: str) -> Iterator[Kept]:
    """What is kept about the person. That somebody looks is audited first, and
    for whom they found before they see it."""
    from adapters.mail.outbox import telling
    from adapters.person_search import search, tells_of
    from adapters.wiring import (
        mail_folder,
        note_down,
        open_book,
        open_clerk,
        open_store_behind,
        over_keys,
        store_path,
    )

    who = who.encode("utf-8", "replace").decode()
    with ExitStack() as stack:
        behind = stack.enter_context(open_store_behind(store_path(store)))
        clerk = open_clerk(behind)
        note_down(behind, action, subject=who)
        kept = over_keys(behind)
        book = open_book(behind)
        stack.callback(book.close)
        found = search(kept, who, [each.session for each in kept.sessions(EVERY)])
        for id in found.ids:
            if id != who:
                note_down(behind, action, subject=id)
        gates = [each for id in _ids(found, who) for each in book.all_about(id)]
        folder = mail_folder(mail)
        post = telling(folder, lambda text: tells_of(text, found.words)) if folder else []
        audit = _audit_about(behind, clerk, _ids(found, who))
        yield Kept(who, behind, kept, book, folder, found, gates, post, audit)


def _ids(found: Found, who: str) -> tuple[str, ...]:
    """The ids to look for: where no record tells one, what was given may be one."""
    return found.ids or (who,)


def _audit_about(behind: SqliteStore, clerk: Scribe, ids: tuple[str, ...]) -> list[AuditEntry]:
    """The entries under a pseudonym of the person."""
    names = [clerk.pseudonym(id).encode("ascii") for id in ids]
    return [each for each in behind.audited()[1] if any(name in each.body for name in names)]


def _anything(kept: Kept) -> bool:
    return bool(kept.found.sessions or kept.gates or kept.letters)


def _tell(kept: Kept) -> None:
    found = kept.found
    _say(f"Ids: {', '.join(found.ids) or 'none'}")
    _say(f"Conversations: {', '.join(found.sessions) or 'none'}")
    _say(f"Verifications, changes and emails that the gates remember: {len(kept.gates)}")
    _say(f"Messages in the mail folder: {len(kept.letters)}")
    _say(f"Entries of the audit, under a pseudonym: {len(kept.audit)}")
    if found.unreadable:
        _say(f"These could not be read, and may tell of anybody: {', '.join(found.unreadable)}")


def _lines(kept: Kept) -> Iterator[str]:
    from msgspec.structs import asdict

    from adapters.audit.chain import Link
    from adapters.audit.scribe import lines
    from adapters.session_export import exported, line
    from adapters.wiring import tokens_held

    for told in exported(kept.store, kept.found.sessions):
        yield line(told)
    for entry in kept.gates:
        yield line({"kind": "gates", **asdict(entry), "covers": sorted(entry.covers), "about": entry.kind})
    for path in kept.letters:
        yield line({"kind": "message", "message": path.read_bytes().decode("utf-8", "replace")})
    for token in tokens_held(kept.behind, kept.found.sessions):
        yield line({"kind": "token", "session": token.session, "embed": token.embed, "until": token.ends_at})
    yield from lines([Link(*each) for each in kept.audit], EVERY)


def _say(text: str) -> None:
    from adapters.console.screen import say

    say(sys.stdout, text)
