"""Hostile texts from the clinic's system on the real program's screen: shown literally, obeyed by nothing."""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.wiring import create_clinic
from tests.adapters.console.real_screen import RealScreen, real_screen

OURS = re.compile(
    r"\x1b\[[\d;]*m"  # colours
    r"|\x1b\[[\d;]*[ABCDGHJK]"  # moving, erasing
    r"|\x1b\[\?(?:1|7|12|25|2004)[hl]"  # keys, wrapping, cursor, pasting in one piece
    r"|\x1b\[6n|\x1b\[0 q|\x1b\[>4;[01]m"  # where the cursor is, its form
)
OBEYED = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
NAMES = {
    "Ana Souza": "Evil \x1b[2J\x1b[H\x1b]0;owned\x07\x1b]52;c;ZXZpbA==\x07 One",
    "Bruno Keller": "Two \u202egnp.exe\u2066x",
    "Carla Nunes": "Three {{ 7 * 7 }}{% raw %} <b>&amp; **x** [[a → b]]",
    "Tom Becker": "Four\rover\x08\x08\x7f",
    "Eva Novak": "Five \x9b31m\u200bhidden\u2028line",
    "Hugo Lambert": "יעל כהן",
    "Ivy Walker": "محمد علي",
    "Jonas Weber": "山田 太郎",
}
MIXED = 2
"""Whose address has a Cyrillic letter in it."""
CITIES = {
    "Ana Souza": "a\r\nb\n  1  Forged choice",
    "Jonas Weber": "東京都千代田区丸の内一丁目九番一号。北口",
}


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[RealScreen]:
    """A console of forty columns, and a clinic whose records somebody has filled with such texts."""
    path = tmp_path / "data" / "unstuck" / "clinic.db"
    path.parent.mkdir(parents=True)
    create_clinic(path, None)
    clinic = sqlite3.connect(path)
    with clinic:
        for name, city in CITIES.items():
            clinic.execute("UPDATE person SET city = ? WHERE name = ?", (city, name))
        for number, (name, hostile) in enumerate(NAMES.items()):
            address = f"{'аna' if number == MIXED else f'p{number}'}@hostile.example"
            clinic.execute("UPDATE person SET name = ?, email = ? WHERE name = ?", (hostile, address, name))
    clinic.close()
    with real_screen(tmp_path, 40, 60, "email-not-received", "--as", "agent") as screen:
        screen.shows("Who is the client?")
        yield screen


def harmless(screen: RealScreen) -> None:
    """Nothing was sent but text, line ends and the sequences that the console itself uses."""
    left = OURS.sub("", "".join(screen.written)).replace("\r", "").replace("\n", "")
    bad = [place for place, char in enumerate(left) if unicodedata.category(char) in OBEYED]
    assert not bad, [left[place : place + 12] for place in bad[:5]]
    assert screen.screen.title == ""


def test_names_and_places_are_shown_literally_and_obeyed_by_nothing(screen: RealScreen) -> None:
    screen.press("hostile.example\r")
    screen.shows("Which of them is it?")
    screen.shows("None of these")
    for words in (
        "Evil ␛[2J␛[H␛]0;owned␇␛]52;c;ZXZpbA==␇ One",
        "Two ⟦U+202E⟧gnp.exe⟦U+2066⟧x",
        "Three {{ 7 * 7 }}{% raw %} <b>&amp; **x** [[a → b]]",
        "Four over␈␈␡",
        "Five ⟦U+009B⟧31m⟦U+200B⟧hidden line",
        "יעל כהן",
        "محمد علي",
        "山田 太郎",
    ):
        assert screen.has(words), "\n".join(screen.lines())
    assert not [line for line in screen.lines() if line.lstrip().startswith("1  Forged choice")]
    assert max(len(line) for line in screen.lines()) <= 40
    harmless(screen)


def test_a_conversation_about_such_a_person_stays_whole(screen: RealScreen) -> None:
    screen.press("evil\r")
    screen.shows("Is it this client?")
    screen.press("1\r")
    screen.shows("Leave it as it is")
    screen.shows("Switches online access on for Evil ␛[2J␛[H␛]0;owned␇")
    screen.press("/note \u202enote {{ 7 * 7 }}\r")
    screen.shows("Noted.")
    screen.press("/summary\r")
    screen.shows("⟦U+202E⟧note {{ 7 * 7 }}")
    harmless(screen)


def test_right_to_left_and_wide_names_stand_where_they_should(screen: RealScreen) -> None:
    for typed, name in (("יעל", "יעל כהן"), ("山田", "山田 太郎")):
        screen.press(f"{typed}\r")
        screen.shows("Is it this client?")
        assert screen.has(f"1 {name}")
        screen.press("none\r")
        screen.shows("Search again")
        screen.press("1\r")
        screen.shows("Who is the client?")
    harmless(screen)


def test_an_address_in_two_alphabets_is_flagged_where_it_is_confirmed(screen: RealScreen) -> None:
    screen.press("three\r")
    screen.shows("Is it this client?")
    screen.press("1\r")
    screen.shows("Leave it as it is")
    screen.press("1\r")
    screen.shows("Is it exactly right?")
    screen.shows("“аna” mixes alphabets: “а” is Cyrillic")
    assert screen.has("а (cyrillic small letter a)")
    harmless(screen)
