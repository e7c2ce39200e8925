"""`unstuck record SESSION`: a conversation that is kept becomes a replay."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from adapters.commands.completion import session_names

DONE, FINDINGS = 0, 1


@click.command()
@click.argument("session", shell_complete=session_names)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A new file; otherwise it is printed.")
@click.option(
    "--after", multiple=True, metavar="SESSION", help="One that the gates remembered; may be given often."
)
@click.option("--config", type=click.Path(path_type=Path), help="Folder of deployment settings.")
@click.option("--flows", type=click.Path(path_type=Path), help="Your own folder of flows.")
@click.option("--store", metavar="URL", help="Where sessions are kept, as sqlite:///PATH.")
def record(
    session: str,
    output: Path | None,
    after: tuple[str, ...],
    config: Path | None,
    flows: Path | None,
    store: str | None,
) -> int:
    """Make a replay of a conversation, with the people it met.

    Names, addresses, numbers, birth dates and what somebody typed in their own words are replaced by
    stand-ins, the same everywhere; secrets were never kept. With --config, the clinic's own policy goes with
    it, without the names of those who have a role in it; with --after come conversations held before it, in
    whose light the gates saw it. The replay is held at once: ends with 1 if it
    goes otherwise than the conversation went, and says where. It is written all the same.
    """
    from adapters.recording import default_path
    from adapters.recording import record as recorded
    from adapters.wiring import open_library, open_to_read, own_policy

    name, *earlier = (each.encode("utf-8", "replace").decode() for each in (session, *after))
    path = output or default_path(name)
    with open_to_read(store) as (kept, note):
        for each in (name, *earlier):
            note("record", kept.load(each).session)
        recording = recorded(kept, open_library(flows, config), name, str(path), own_policy(config), earlier)
    if output is None:
        sys.stdout.write(recording.text)
    else:
        _write_new(output, recording.text)
        _say(f"Wrote {output}. Look it over before you give it away. Hold it with: unstuck test {output}")
    if recording.parted:
        _say(f"Held as it is, it goes otherwise than the conversation went:\n{recording.parted}")
    return FINDINGS if recording.parted else DONE


def _write_new(path: Path, text: str) -> None:
    """Write a new file for its owner only. Raises PlainProblem."""
    from adapters.problems import PlainProblem

    try:
        with os.fdopen(
            os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8"
        ) as file:
            file.write(text)
    except FileExistsError:
        raise PlainProblem(f"There is a file {path} already.", "Name another one with -o.") from None
    except OSError as error:
        raise PlainProblem(f"{path} cannot be written ({error.strerror}).", "Name another file.") from error


def _say(text: str) -> None:
    from adapters.console.screen import say

    say(sys.stderr, text)
