"""Characters that deceive: those nobody can see, and those that look like others.

Knows Unicode only. Must not know files, answers or addresses.
"""

from __future__ import annotations

import re
import unicodedata

# Controls (a tab and the line ends are judged by the caller), format characters that hide or reorder text,
# fillers, non-characters, lone surrogates and tag characters.
_UNSEEN = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ud800-\udfff\ufdd0-\ufdef\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\U000e0000-\U000e007f"
)
_CONTROLS = "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f"

HIDDEN_IN_FILE = re.compile(f"[{_CONTROLS}{_UNSEEN}]")
HIDDEN_IN_VALUE = re.compile(f"[{_CONTROLS}\r{_UNSEEN}]")
HIDDEN_IN_LINE = re.compile(f"[{_CONTROLS}\t\n\r{_UNSEEN}]")
ODD_SPACE = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")

_NAMES = {
    "\x00": "a NUL character",
    "\t": "a tab",
    "\n": "a line break",
    "\r": "a carriage return",
    "\x1b": "an escape character",
    "\u00a0": "a no-break space",
    "\u202f": "a narrow no-break space",
    "\u200b": "a zero-width space",
    "\ufeff": "a byte order mark",
    "\u00ad": "a soft hyphen",
}

# The letters of other scripts that are drawn like a Latin one (the likeliest of Unicode's confusables).
_LOOKS_LATIN = dict(
    zip(
        "аеорсухѕіјԁһԛԝӏьгАВЕКМНОРСТХУЅІЈԌοαρνικτυΑΒΕΖΗΙΚΜΝΟΡΤΥΧօոսհց",
        "aeopcyxsijdhqwlbrABEKMHOPCTXYSIJGoapviktuABEZHIKMNOPTYXonuhg",
        strict=True,
    )
)


def name_of(character: str) -> str:
    """How one unseen character is named to a person: in words, with its code point."""
    code = f"U+{ord(character):04X}"
    if character in _NAMES:
        return f"{_NAMES[character]} ({code})"
    if 0xD800 <= ord(character) <= 0xDFFF:
        return f"half a character ({code})"
    known = unicodedata.name(character, "").lower()
    return f"a hidden character ({code}{', ' + known if known else ''})"


def visible(text: str) -> str:
    """The text with every unseen character (tabs and line ends too) written as its code point, `<U+202E>`."""
    return HIDDEN_IN_LINE.sub(lambda found: f"<U+{ord(found.group()):04X}>", text)


def script_of(character: str) -> str | None:
    """The script a letter belongs to (`Latin`, `Cyrillic`), None for what is no letter.

    Taken from the first word of the character's Unicode name, which is right for the alphabets that have
    look-alikes.
    """
    if not character.isalpha():
        return None
    if character.isascii():
        return "Latin"
    return unicodedata.name(character, "unknown").split()[0].capitalize()


def scripts_of(text: str) -> tuple[str, ...]:
    """The scripts of the text's letters, without repeats, in the order in which they come."""
    found = (script_of(character) for character in unicodedata.normalize("NFKC", text))
    return tuple(dict.fromkeys(script for script in found if script is not None))


def mixed_scripts(text: str) -> bool:
    """Whether Latin letters stand among letters of an alphabet that has look-alikes of them."""
    scripts = scripts_of(text)
    return "Latin" in scripts and any(script in scripts for script in ("Cyrillic", "Greek", "Armenian"))


def looks_like(text: str) -> str:
    """The text with every look-alike written as the Latin letter it is taken for."""
    return "".join(_LOOKS_LATIN.get(character, character) for character in text)


def looks_latin(text: str) -> bool:
    """Whether the text has letters of another alphabet and all of its letters look like Latin ones."""
    foreign = [character for character in text if character.isalpha() and not character.isascii()]
    return bool(foreign) and all(character in _LOOKS_LATIN for character in foreign)
