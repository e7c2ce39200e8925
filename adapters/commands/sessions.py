"""`unstuck sessions export | purge | backup | recover`: what an operator does with the conversations kept."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from adapters.commands.completion import session_names

if TYPE_CHECKING:
    from adapters.stores.port import SessionSummary
    from adapters.stores.sqlite import SqliteStore

DONE, FINDINGS = 0, 1
EVERY = 1_000_000_000

store_option = click.option("--store", metavar="URL", help="Where sessions are kept, as sqlite:///PATH.")
new_file = click.argument("file", type=click.Path(path_type=Path))


@click.command()
@click.argument("names", nargs=-1, metavar="[SESSION]...", shell_complete=session_names)
@click.option("--all", "every", is_flag=True, help="All conversations.")
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A new file; otherwise it is printed.")
@store_option
def export(names: tuple[str, ...], every: bool, output: Path | None, store: str | None) -> int:
    """Write conversations as JSON lines: the session, its events, its calls. No secret is in them.

    Ends with 1 if one of them is damaged.
    """
    from adapters.session_export import exported, line
    from adapters.wiring import open_to_read

    if every == bool(names):
        raise click.UsageError("Name conversations, or say --all.")
    with open_to_read(store) as (kept, note):
        there = [each.session for each in kept.sessions(EVERY)]
        chosen = there if every else _plain(names)
        note("export", *(name for name in chosen if name in there))
        damaged, lines = 0, []
        for told in exported(kept, chosen):
            damaged += told["kind"] == "damaged"
            lines.append(line(told))
    if output is None:
        sys.stdout.writelines(lines)
    else:
        _write_new(output, "".join(lines))
        written = len(chosen) - damaged
        _say(f"Wrote {written} {_conversations(written)} to {output}.")
    if damaged:
        _complain(f"{damaged} {_conversations(damaged)} could not be read; the others are written.")
    return FINDINGS if damaged else DONE


@click.command()
@click.argument("names", nargs=-1, metavar="[SESSION]...", shell_complete=session_names)
@click.option("--ended", is_flag=True, help="All that have ended.")
@click.option("--older-than", type=click.IntRange(0), metavar="DAYS", help="Only those left alone so long.")
@click.option("--open", "also_open", is_flag=True, help="Also those that have not ended.")
@click.option("--outdated", is_flag=True, help="All data of every kind that is kept longer than it may be.")
@click.option("--config", type=click.Path(path_type=Path), help="Folder of settings: retention.yaml.")
@click.option("--mail", metavar="URL", help="smtp://HOST:PORT or maildir:PATH, for --outdated.")
@click.option("--yes", is_flag=True, help="Do it; otherwise it is only said what would be done.")
@store_option
def purge(
    names: tuple[str, ...],
    ended: bool,
    older_than: int | None,
    also_open: bool,
    outdated: bool,
    config: Path | None,
    mail: str | None,
    yes: bool,
    store: str | None,
) -> int:
    """Remove conversations for good: nothing of them is left in the store, its log or its free pages, nor in
    what the gates remember, but for what they need for two days more. Copies and backups are not reached, nor
    are messages that were sent: `--outdated` and `unstuck person erase` remove those.

    With --outdated, every kind of data goes that is older than retention.yaml (or the default) allows.
    """
    if outdated:
        if names or ended or older_than is not None or also_open:
            raise click.UsageError("--outdated goes by the settings alone.")
        return _purge_outdated(store, config, mail, yes)
    from adapters.retention import needed_since
    from adapters.session_words import list_of
    from adapters.wiring import forget_tokens, note_down, open_book, utc_now

    if not names and not ended and older_than is None:
        raise click.UsageError("Name conversations, or say --ended or --older-than DAYS.")
    with _opened(store) as kept:
        chosen = _chosen(kept, _plain(names), older_than, also_open)
        if not yes:
            _say(list_of(_in_few_words(kept, chosen)) if chosen else "There is nothing to purge.")
            _say("Nothing was done yet. Add --yes to purge them." if chosen else "")
            return DONE
        note_down(kept, "purge", *(each.session for each in chosen))
        sessions = [each.session for each in chosen]
        with closing(open_book(kept)) as book:
            book.purge(sessions=sessions, needed_since=needed_since(utc_now()))
        forget_tokens(kept, sessions)
        kept.purge(sessions)
    _say(f"Purged {len(chosen)} {_conversations(len(chosen))}.")
    return DONE


@click.command()
@new_file
@store_option
def backup(file: Path, store: str | None) -> int:
    """Copy the store to a new FILE while it is in use, and look the copy over.

    Ends with 1 if the store, and so the copy, is damaged.
    """
    from adapters.keys import keys_path
    from adapters.stores.key_file import key_path
    from adapters.wiring import note_down

    with _opened(store) as kept:
        note_down(kept, "backup")
        health = kept.back_up(file)
        secret = (key_path(kept.path), keys_path(kept.path))
    _say(f"Copied {health.sessions} {_conversations(health.sessions)} to {file}.")
    _say(f"It is read with the keys in {secret[0]} and {secret[1]}: keep copies of them in another place.")
    _say(f"To use the copy, put them beside it as {key_path(file)} and {keys_path(file)}.")
    if not health.good:
        _complain("The store and this copy are damaged: `unstuck sessions recover NEW-FILE` saves the rest.")
    return DONE if health.good else FINDINGS


@click.command()
@new_file
@store_option
def recover(file: Path, store: str | None) -> int:
    """Save every conversation that is whole from a damaged store into a new store in FILE.

    The damaged store is only read. Ends with 1 if something could not be saved.
    """
    from adapters.keys import keys_path
    from adapters.stores.recovery import recover as saved_from
    from adapters.wiring import store_path

    found = saved_from(store_path(store).resolve(), file.resolve())
    _say(f"Saved {len(found.saved)} {_conversations(len(found.saved))} to {file}.")
    for session in found.lost:
        _say(f"Not whole, and left behind: {session}")
    for session in found.older:
        _say(f"Saved as it was earlier: {session}. Look at the clinic what was done since, before going on.")
    for version in found.versions:
        _say(f"Lost are the flows of version {version[:12]}.")
    old, new = keys_path(store_path(store)), keys_path(file)
    _say(f"Copy {old} to {new}, and look: unstuck sessions list --store sqlite:///{file}")
    _say("The audit stays in the old store: keep that.")
    if found.complete:
        return FINDINGS if found.versions else DONE
    _say(
        "Whether this is all that there was cannot be told: a conversation may be missing without being"
        " named, or saved as it was earlier."
    )
    return FINDINGS


def _purge_outdated(store: str | None, config: Path | None, mail: str | None, yes: bool) -> int:
    from adapters.commands.outdated import Outdated
    from adapters.wiring import note_down, open_retention

    retention = open_retention(config)
    with _opened(store) as kept, closing(Outdated(kept, mail, retention)) as old:
        for line in old.told():
            _say(line)
        if not yes:
            _say("Nothing was done yet. Add --yes to purge it.")
            return DONE
        note_down(kept, "purge outdated")
        old.purge()
    _say("It is purged.")
    return DONE


def _opened(url: str | None) -> SqliteStore:
    from adapters.wiring import open_store_behind, store_path

    return open_store_behind(store_path(url))


def _chosen(
    store: SqliteStore, names: Sequence[str], older_than: int | None, also_open: bool
) -> list[SessionSummary]:
    """Those that are meant. Raises PlainProblem where one that was named does not exist or has not ended."""
    from datetime import timedelta

    from adapters.problems import PlainProblem
    from adapters.stores.port import ENDED, UnknownSession
    from adapters.wiring import utc_now

    there = {each.session: each for each in store.sessions(EVERY)}
    for name in names:
        if name not in there:
            raise UnknownSession(name)
        if not also_open and not there[name].damaged and not there[name].waiting.startswith(ENDED):
            raise PlainProblem(f"The conversation {name} has not ended.", "Add --open to purge it.")
    until = ""
    if older_than is not None:
        until = (utc_now() - timedelta(days=older_than)).strftime("%Y-%m-%dT%H:%M:%SZ")
    return [
        each
        for each in (there[name] for name in (names or there))
        if (older_than is None or each.updated_at <= until)
        and (names or also_open or each.waiting.startswith(ENDED))
    ]


def _in_few_words(store: SqliteStore, summaries: Sequence[SessionSummary]) -> list[SessionSummary]:
    """With what is encrypted in clear; without the keys it is left out, and they can be purged all the
    same."""
    from msgspec.structs import replace

    from adapters.problems import Unusable
    from adapters.stores.port import ENDED
    from adapters.wiring import over_keys

    try:
        clear = {each.session: each for each in over_keys(store).sessions(EVERY)}
    except Unusable:
        clear = {}
    return [
        clear.get(each.session)
        or replace(each, actor="?", waiting=each.waiting if each.waiting.startswith(ENDED) else "")
        for each in summaries
    ]


def _plain(names: Sequence[str]) -> list[str]:
    """Bytes that are no text become question marks: nothing could be stored under them."""
    return [name.encode("utf-8", "replace").decode() for name in dict.fromkeys(names)]


def _write_new(path: Path, text: str) -> None:
    """Write a new file for its owner only. Raises PlainProblem."""
    import os

    from adapters.problems import PlainProblem

    try:
        with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(text)
    except FileExistsError:
        raise PlainProblem(f"There is a file {path} already.", "Name another one.") from None
    except OSError as error:
        raise PlainProblem(f"{path} cannot be written ({error.strerror}).", "Name another file.") from error


def _conversations(count: int) -> str:
    return "conversation" if count == 1 else "conversations"


def _say(text: str) -> None:
    from adapters.console.screen import say

    if text:
        say(sys.stdout, text)


def _complain(text: str) -> None:
    from adapters.console.screen import say

    say(sys.stderr, text)
