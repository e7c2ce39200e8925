"""`unstuck audit`: whether the record of who did what is as it was written, and the record itself."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from adapters.audit.chain import Link
    from adapters.audit.trail import AuditTrail
    from adapters.stores.sqlite import SqliteStore

DONE, FINDINGS = 0, 1

store_option = click.option("--store", metavar="URL", help="Where sessions are kept, as sqlite:///PATH.")


@click.group()
def audit() -> None:
    """The record of who did what to whom, on whose authority."""


@audit.command()
@store_option
def verify(store: str | None) -> int:
    """Look over every entry, and compare their end with the head. Ends with 1 and names the first bad one.

    The head lies beside the store, or in the file that UNSTUCK_AUDIT_HEAD names. Whoever puts back older
    copies of store, mark and head together cannot be found by this.
    """
    from adapters.wiring import audit_looked_over

    with _opened(store) as (kept, _):
        checked = audit_looked_over(kept)
    if checked.flaw is not None:
        _say(checked.flaw.what)
        _say(f"Before that, {_entries(checked.entries)} sound, up to number {checked.end.number}.")
        return FINDINGS
    _say(f"The audit is as it was written: {_entries(checked.entries)}, up to number {checked.end.number}.")
    return DONE


@audit.command()
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A new file; otherwise it is printed.")
@store_option
def export(output: Path | None, store: str | None) -> int:
    """Write the entries as JSON lines: number, seal, entry. People in it are pseudonyms.

    That this was done is noted down first. Ends with 1 if the audit is not as it was written; the entries
    from the first bad one on are marked as unproven.
    """
    from adapters.audit.scribe import lines
    from adapters.commands.sessions import _write_new
    from adapters.wiring import audit_looked_over, note_down

    with _opened(store) as (kept, _):
        checked = audit_looked_over(kept)
        if checked.flaw is None:
            note_down(kept, "export audit")
        before, links = _links(kept)
        sound_to = checked.end.number if checked.flaw is not None else before[0] + len(links)
        told = "".join(lines(links, sound_to))
    if output is None:
        sys.stdout.write(told)
    else:
        _write_new(output, told)
        _say(f"Wrote {_entries(len(links))} to {output}.")
    return DONE if checked.flaw is None else FINDINGS


@audit.command("new-head")
@click.option("--yes", is_flag=True, help="Do it; otherwise it is only said what would be done.")
@store_option
def new_head(yes: bool, store: str | None) -> int:
    """Make another head where it was lost, or where an older copy of the store was put back on purpose.

    What was cut off before that can no longer be told, so it is noted down who did it.
    """
    from adapters.wiring import audit_looked_over, note_down

    with _opened(store) as (kept, trail):
        checked = audit_looked_over(kept, against_head=False)
        if checked.flaw is not None:
            _say(checked.flaw.what)
            return FINDINGS
        if not yes:
            _say(f"The head would stand at number {checked.end.number}. Add --yes to make it.")
            return DONE
        trail.begin_anew(checked.end)
        note_down(kept, "new audit head")
    _say("The audit has a new head.")
    return DONE


@contextmanager
def _opened(url: str | None) -> Iterator[tuple[SqliteStore, AuditTrail]]:
    """The store, which must be there, and its audit."""
    from adapters.stores.trouble import not_there
    from adapters.wiring import open_store_behind, store_path, trail_of

    path = store_path(url)
    if not path.exists():
        raise not_there(path)
    with open_store_behind(path) as kept:
        yield kept, trail_of(kept)


def _links(kept: SqliteStore) -> tuple[tuple[int, bytes], list[Link]]:
    from adapters.audit.chain import Link

    before, entries = kept.audited()
    return before, [Link(*each) for each in entries]


def _entries(count: int) -> str:
    return "1 entry" if count == 1 else f"{count} entries"


def _say(text: str) -> None:
    from adapters.console.screen import say

    say(sys.stdout, text)
