"""Draws all pictures anew: `make pictures`."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.pictures.scenes import FOLDER, SCENES, THEMES, drawn


def main() -> None:
    """Write every scene in every theme."""
    FOLDER.mkdir(exist_ok=True)
    for name in SCENES:
        for theme in THEMES:
            with TemporaryDirectory(prefix="unstuck-picture-") as folder:
                path = FOLDER / f"{name}-{theme}.svg"
                path.write_text(drawn(name, theme, Path(folder)), encoding="utf-8")
                print(path)


if __name__ == "__main__":
    main()
