"""`unstuck reference`: how to write a flow, and everything there is, on one Markdown page."""

from __future__ import annotations

from pathlib import Path

import click

TUTORIAL = Path(__file__).with_name("tutorial.md")


@click.command()
def reference() -> int:
    """Print how to write flows: a first part to follow, then everything there is."""
    import sys

    from adapters.console.screen import say

    say(sys.stdout, page().rstrip("\n"))
    return 0


def page() -> str:
    """The whole page as Markdown: the first part is written by hand, the second made from declarations."""
    from adapters.clinic.actions import CATALOG
    from engine import language_reference

    return f"{TUTORIAL.read_text(encoding='utf-8')}\n# Everything there is\n\n{language_reference(CATALOG)}"
