"""`unstuck doctor`: whether everything that conversations need is in order, and what to do where not."""

from __future__ import annotations

import sys
from pathlib import Path

import click

_SIGNS = {"good": "ok", "note": "note", "bad": "BAD"}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="A list of objects: what, state, said, do.")
@click.option("--config", type=click.Path(path_type=Path), help="Folder of deployment settings.")
@click.option("--mail", metavar="URL", help="smtp://HOST:PORT or maildir:PATH.")
@click.option("--store", metavar="URL", help="Where sessions are kept, as sqlite:///PATH.")
@click.option("--clinic", metavar="URL", help="The clinic's system: sqlite:///PATH, rest:FILE.yaml.")
@click.option("--flows", type=click.Path(path_type=Path), help="Your own folder of flows.")
def doctor(
    as_json: bool,
    config: Path | None,
    mail: str | None,
    store: str | None,
    clinic: str | None,
    flows: Path | None,
) -> int:
    """Look over versions, flows, policy, store, audit, keys, calls, clock, disk, clinic and mail, and say
    what to do.

    Ends with 0 if nothing is bad, with 1 otherwise.
    """
    import msgspec

    from adapters.console.screen import say
    from adapters.doctor import examine
    from adapters.wiring import Options

    found = examine(Options(flows, clinic, store, mail, config))
    if as_json:
        say(sys.stdout, msgspec.json.encode(found).decode())
    else:
        for each in found:
            say(sys.stdout, f"{_SIGNS[each.state]:5}{each.what:10}{each.said}")
            if each.do:
                say(sys.stdout, f"{'':15}{each.do}")
    return 1 if any(each.state == "bad" for each in found) else 0
