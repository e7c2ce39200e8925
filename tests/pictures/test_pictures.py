"""The README's pictures are what the program shows now, and right for wide characters."""

from __future__ import annotations

import re
from pathlib import Path
from unicodedata import normalize
from xml.etree import ElementTree

import pyte
import pytest

from tests.pictures.scenes import FOLDER, SCENES, THEMES, drawn
from tests.pictures.svg import CELL, DARK, LIGHT, picture

TEXT = re.compile(r'<text x="([\d.]+)" y="(\d+)" textLength="([\d.]+)"[^>]*>([^<]*)</text>')


def texts(raw: str, columns: int = 40) -> list[tuple[float, float, str]]:
    """Column, width in columns and text of what stands in the picture of this output."""
    screen = pyte.Screen(columns, 2)
    pyte.Stream(screen).feed(raw)
    found = TEXT.findall(picture(screen, DARK, "A screen"))
    return [(round(float(x) / CELL, 1), round(float(width) / CELL, 1), text) for x, _, width, text in found]


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", SCENES)
def test_a_picture_is_what_the_program_shows(name: str, theme: str, tmp_path: Path) -> None:
    kept = (FOLDER / f"{name}-{theme}.svg").read_text(encoding="utf-8")
    assert drawn(name, theme, tmp_path) == kept, "`make pictures` draws them anew; look at them then"


def test_every_picture_is_in_the_readme_and_small() -> None:
    readme = (FOLDER.parents[2] / "README.md").read_text(encoding="utf-8")
    for path in FOLDER.iterdir():
        assert f"adapters/console/pictures/{path.name}" in readme
        assert path.stat().st_size < 16_000
        assert "http" not in path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        ElementTree.parse(path)


def test_wide_characters_take_two_columns_and_what_follows_stands_where_it_should() -> None:
    assert texts("a 日本 b") == [(0, 1, "a"), (2, 2, "日"), (4, 2, "本"), (7, 1, "b")]


def test_marks_stay_on_their_letter() -> None:
    ((column, width, text),) = texts("e\u0301tude")
    assert (column, width, normalize("NFC", text)) == (0, 5, "étude")


def test_gaps_stay_gaps() -> None:
    assert texts("one two   three") == [(0, 7, "one two"), (10, 5, "three")]


def test_what_looks_like_markup_is_text() -> None:
    assert texts("<b>&amp;") == [(0, 8, "&lt;b&gt;&amp;amp;")]


def test_both_palettes_have_all_the_names_that_the_terminal_uses() -> None:
    for code in (*range(30, 38), *range(90, 98)):
        screen = pyte.Screen(4, 1)
        pyte.Stream(screen).feed(f"\x1b[{code}mx")
        assert picture(screen, DARK, "") != picture(screen, LIGHT, "")
