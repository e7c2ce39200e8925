"""`unstuck config`: a file of preferences for the console, and what is in force."""

from __future__ import annotations

import os
import sys

import click


@click.command()
@click.option("--show", is_flag=True, help="Show what is in force, and where each setting comes from.")
def config(show: bool) -> int:
    """Write a file of preferences for the console, in which every setting is explained.

    It is written to $XDG_CONFIG_HOME/unstuck/config.toml (or ~/.config/unstuck/config.toml). A file that is
    there already is never overwritten. Options of `unstuck chat` come before the environment (NO_COLOR), the
    environment before the file.
    """
    from adapters.console.screen import say

    say(sys.stdout, _in_force() if show else _written())
    return 0


def _written() -> str:
    from adapters.preferences import config_file, template
    from adapters.problems import PlainProblem

    path = config_file()
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(template())
    except FileExistsError:
        raise PlainProblem(
            f"{path} is there already.", "`unstuck config --show` shows what it says."
        ) from None
    except OSError as error:
        raise PlainProblem(f"{path} cannot be written ({error.strerror}).", "Check the folder.") from error
    return f"Wrote {path}.\nEverything in it is explained; nothing is changed yet."


def _in_force() -> str:
    from adapters.preferences import MEANINGS, config_file, in_toml, read_file
    from adapters.tables import table

    preferences, named = read_file()
    rows = []
    for name in MEANINGS:
        value, source = getattr(preferences, name), config_file().name if name in named else "default"
        if name == "color" and os.environ.get("NO_COLOR"):
            value, source = False, "NO_COLOR"
        rows.append((name, in_toml(value), source))
    there = "" if config_file().exists() else " (not there; `unstuck config` writes it)"
    return f"{table(('setting', 'value', 'from'), rows)}\n\n{config_file()}{there}"
