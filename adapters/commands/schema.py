"""`unstuck schema`: the JSON Schema of a kind of file, for editors."""

from __future__ import annotations

import click

KINDS = ("flow", "vocabulary", "replay", "policy", "clinic", "limits", "retention", "embeds", "rest")


@click.command()
@click.argument("kind", type=click.Choice(KINDS), default="flow")
def schema(kind: str) -> int:
    """Print the JSON Schema of a KIND of file, by which an editor completes and checks while you write.

    Keep it in a file, and name that in the first line of a flow:

    \b
    unstuck schema > unstuck-flow.json
    # yaml-language-server: $schema=unstuck-flow.json
    """
    import json
    import sys

    from adapters.console.screen import say
    from adapters.schemas import schema_of

    say(sys.stdout, json.dumps(schema_of(kind), indent=1, ensure_ascii=False))
    return 0
