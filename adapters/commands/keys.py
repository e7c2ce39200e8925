"""`unstuck keys`: the keys that conversations are encrypted with."""

from __future__ import annotations

import click


@click.group()
def keys() -> None:
    """The keys that conversations are encrypted with."""


@keys.command("rotate")
@click.option("--store", metavar="URL", help="Where sessions are kept, as sqlite:///PATH.")
def rotate_keys(store: str | None) -> int:
    """Add a new key, which conversations that begin from now on are encrypted with.

    The older keys stay: what was written with them is still read. Take a key out of the file by hand once the
    last conversation of its time is purged, and keep a copy of the file apart from the store.
    """
    import sys

    from adapters.console.screen import say
    from adapters.keys import keys_path, rotate
    from adapters.wiring import note_down, open_store_behind, store_path

    path = store_path(store)
    if path.exists():
        with open_store_behind(path) as kept:
            note_down(kept, "rotate keys")
    name = rotate(path)
    say(
        sys.stdout, f"New conversations use the key {name}. Copy {keys_path(path)} to where its copy is kept."
    )
    return 0
