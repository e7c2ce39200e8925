"""What a terminal may get, and what a person may not be shown as something else."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.sanitise import MARKS, shown

UNTOUCHED = [
    "Ana Souza",
    "José Muñoz-Peña, Łódź, Đặng Thị Mỹ",
    "日本語 中文 한국어",
    "שלום עולם",
    "مرحبا بالعالم",
    "می\u200cخواهم",
    "क्\u200dष",
    "👩\u200d👩\u200d👧 🏳️\u200d🌈 👍🏽 🇨🇦 ❤️ 1️⃣",
    "\U0001fae8 (an emoji younger than this Python)",
    "e\u0301 o\u0302\u0301",
    "100 % – “quoted” … → ✓ ½ €",
    "葛\U000e0100城",
    "{{ 7 * 7 }} <b>bold</b> **x** [a](https://b.example)",
]

MADE_VISIBLE = {
    "\x1b[2J": "␛[2J",
    "a\rb": "a␍b",
    "a\nb": "a␊b",
    "a\tb": "a␉b",
    "\x00\x07\x08\x7f": "␀␇␈␡",
    "\x9b31m": "⟦U+009B⟧31m",
    "\u202egnp.exe": "⟦U+202E⟧gnp.exe",
    "\u2066x\u2069": "⟦U+2066⟧x⟦U+2069⟧",
    "a\u200bb": "a⟦U+200B⟧b",
    "admin\u200d@x": "admin⟦U+200D⟧@x",
    "a\u200cb": "a⟦U+200C⟧b",
    "\ufeffx": "⟦U+FEFF⟧x",
    "a\u2028b\u2029c": "a⟦U+2028⟧b⟦U+2029⟧c",
    "\ue000\U0010ffff": "⟦U+E000⟧⟦U+10FFFF⟧",
    "\ud800": "⟦U+D800⟧",
    "\U000e0041": "⟦U+E0041⟧",
    "a\ufe0f": "a⟦U+FE0F⟧",
    "so\u00adft": "so⟦U+00AD⟧ft",
    "\u3164\u2800\u115f": "⟦U+3164⟧⟦U+2800⟧⟦U+115F⟧",
    "\u0301x": "◌\u0301x",
    "z" + "\u0335" * 17: "z" + "\u0335" * 5 + "⟦+12 marks⟧",
}

IN_ASCII = {
    "José": "Jos<U+00E9>",
    "\x1b[0m": "<ESC>[0m",
    "\x7f": "<DEL>",
    "\u202e": "<U+202E>",
    "a → b “c” …": 'a -> b "c" ...',
}


@pytest.mark.parametrize("text", UNTOUCHED)
def test_everyday_text_of_any_language_is_untouched(text: str) -> None:
    assert shown(text) == text


@pytest.mark.parametrize(("text", "expected"), MADE_VISIBLE.items())
def test_what_acts_or_hides_is_made_visible(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.parametrize(("text", "expected"), IN_ASCII.items())
def test_ascii_says_it_in_ascii(text: str, expected: str) -> None:
    assert shown(text, ascii=True) == expected


any_text = st.text(st.characters(exclude_categories=()), max_size=40)


@given(any_text)
def test_no_text_holds_a_control_or_a_lone_surrogate_afterwards(text: str) -> None:
    categories = {unicodedata.category(char) for char in shown(text)}
    assert not categories & {"Cc", "Cs", "Co", "Zl", "Zp"}
    shown(text).encode("utf-8")


@given(any_text)
def test_no_letter_carries_a_tower_of_marks(text: str) -> None:
    run = 0
    for char in shown(text):
        run = run + 1 if unicodedata.category(char) == "Mn" and not "\ufe00" <= char <= "\ufe0f" else 0
        assert run <= MARKS


@given(any_text)
def test_ascii_holds_printable_ascii_only(text: str) -> None:
    assert all(" " <= char <= "~" for char in shown(text, ascii=True))


def test_every_character_of_unicode_is_either_harmless_or_signed() -> None:
    hidden = [
        code
        for code in range(0x110000)
        if (char := chr(code)) == shown(char)
        and unicodedata.category(char) in ("Cc", "Cs", "Co", "Zl", "Zp", "Cf")
        and not unicodedata.name(char, "").startswith(("ARABIC", "SYRIAC", "KAITHI"))
    ]
    assert hidden == []
