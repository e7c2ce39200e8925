"""`unstuck privacy`: what is kept of whom, where, for how long and under which key, on one Markdown page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import click

COPY = "privacy.md"
"""The copy of the page that lies beside this file, for whoever reads and does not run it."""


@click.command()
def privacy() -> int:
    """Print what is kept of people, where, for how long, under which key, who sees it, and what leaves."""
    import sys

    from adapters.console.screen import say

    say(sys.stdout, page().rstrip("\n"))
    return 0


def page() -> str:
    """The page as Markdown. Its tables are made from the code."""
    from adapters import privacy as facts

    parts = [
        _HEAD,
        _section("Files", _FILES, ("file", "what is in it", "how it is protected", "kept as"), facts.FILES),
        _section("Columns", _COLUMNS, ("file", "table", "column", "kept"), facts.columns()),
        _section("For how long", _RETENTION, ("kind", "what", "days", "least"), facts.retention()),
        _section(
            "Keys",
            _KEYS,
            ("purpose", "made of", "what for", "changed by"),
            ((name, *row) for name, row in facts.KEYS.items()),
        ),
        _section("Who can see what", _LOOKS, facts.look_columns(), facts.looks()),
        _section("What the audit keeps", _AUDIT, ("action", "value", "kept"), facts.audited()),
        _section("What leaves the machine", _LEAVES, ("by", "what"), facts.LEAVES.items()),
        _section("What was tested", _TESTED, ("promise", "test"), facts.TESTED),
        _LIMITS,
    ]
    return "\n".join(parts)


def _section(title: str, words: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [
        f"## {title}",
        "",
        words.strip(),
        "",
        _line(heads),
        _line(["---"] * len(heads)),
        *map(_line, rows),
    ]
    return "\n".join(lines) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


_HEAD = """\
# What unstuck keeps of people

For whoever answers for privacy at a clinic. `unstuck privacy` prints this page; its tables are made from the
program itself.
"""

_FILES = """
Everything is in one folder (`$XDG_DATA_HOME/unstuck` or `~/.local/share/unstuck`), unless `--store`,
`--clinic` or `--mail` name another place. Nothing about real people is written to temporary files. The
embedded clinic is the sample, or a clinic's own record; it is not encrypted, and what is in it is the
clinic's to keep or remove. "Kept as" is the kind of data in the table of days, or whose it is.
"""

_COLUMNS = """
What is personal is encrypted, each conversation with the key it began with. The same text in the same
column of one conversation looks the same, and nothing else can be told of it. Staff are named by their user
name on this computer.
"""

_RETENTION = """
Set in `retention.yaml` in the folder of settings (`--config`), in lines like `mail: 7`, which `unstuck
check --config DIR` looks at. `unstuck sessions purge --outdated --yes` removes what is older: from the
files, their logs and free pages. Let it run every day. `unstuck person find`, `export` and `erase` do the
same for one person; the audit keeps its entries about them, under a pseudonym.
"""

_KEYS = """
The store's key is in `sessions.db.key`; the data keys are in `sessions.db.data-keys`, or in the variable
`UNSTUCK_DATA_KEYS`. Keep copies of them apart from the store and its backups: without them nothing is read.
"""

_LOOKS = """
By the shipped policy, which a clinic changes with `policy.yaml` (`unstuck policy matrix --config DIR` shows
its own). `self` is one's own record only, `-` never. Whoever can read the store and its keys on this
computer can read every conversation with `unstuck sessions show` or `export`; each time is in the audit.
"""

_AUDIT = """
Every call to the clinic's system, every look, refusal and shown secret, and every look at or export of what
is kept, with who it was, when, on which authority and how it ended. Before a change its intent is on the
disk. A pseudonym is the same for the same person under the same key; a digest shows that a known value was
this one.
"""

_LEAVES = """
Nothing else goes to another computer: no statistics, no reports, no look for updates. What a person copies
from their screen, exports or records is theirs to protect; `/summary` offers the ticket's text to the
clipboard of the terminal.
"""

_TESTED = """
With real files and processes, at every change of the program; paths are those below `tests/`.
"""

_LIMITS = """\
## What this cannot do

- Somebody who can read the store and the files of its keys reads everything; give the folder to one user.
- Somebody who puts back older copies of store, mark and audit head together is not found. The variable
  `UNSTUCK_AUDIT_HEAD` puts the head on another disk.
- Backups, exports, copies of the folder, what the disk keeps of overwritten bytes, and memory that the
  system writes to disk are not reached by a purge. Encrypt the disk and its swap space.
- What the gates need (a changed address, a verification, an email sent) stays encrypted for two days,
  whatever is purged or erased: no purge gets around the call back that is needed after such a change.
- A conversation about several people is removed with the first of them who is erased.
"""
