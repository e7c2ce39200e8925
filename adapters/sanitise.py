"""The one sanitiser: makes any text safe and honest to print on a terminal.

A character that a terminal obeys, or that a reader cannot see, comes out as a visible sign; everything a
person would type comes out as it is. Knows Unicode only: nothing of screens, colours or line widths.

    control characters      their pictures: ␛ ␍ ␊ ␉ ␀ …, the second set as ⟦U+009B⟧
    invisible ones          bidi controls, zero width, fillers, tags, unassigned, private, lone: ⟦U+202E⟧
    combining marks         at most `MARKS` on one letter, the rest counted: ⟦+12 marks⟧
"""

from __future__ import annotations

import re
import unicodedata

MARKS = 5

# What can pass without a closer look: printable ASCII, and the letters and signs of everyday text that are
# neither marks nor invisible.
_EVERYDAY = re.compile(
    r"[ -~\u00a0-\u00ac\u00ae-\u02ff\u0370-\u0377\u0400-\u0482\u2010-\u2027\u2190-\u25ff]*"
)

_ZWNJ, _ZWJ, _TEXT_FORM, _EMOJI_FORM, _KEYCAP = "\u200c", "\u200d", "\ufe0e", "\ufe0f", "\u20e3"

# Cf by category, yet drawn: the Arabic, Syriac and Kaithi signs that enclose the number after them.
_VISIBLE_FORMATS = frozenset(
    "\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2\U000110bd\U000110cd"
)

# Letters, marks and symbols by category, yet drawn as nothing.
_INVISIBLE = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0")

# Written instead of what ASCII lacks, where the meaning stays.
_PLAINER = {
    "\u00a0": " ",
    "\u2010": "-",
    "\u2011": "-",
    "\u2013": "-",
    "\u2014": "-",
    "\u2018": "'",
    "\u2019": "'",
    "\u201c": '"',
    "\u201d": '"',
    "\u2026": "...",
    "\u2022": "*",
    "\u2192": "->",
}


def shown(text: str, *, ascii: bool = False) -> str:
    """`text` as it may go to a terminal: one line, with nothing hidden in it.

    Line ends are made visible too: whoever lays a text out splits it into lines first. With `ascii` the
    result holds printable ASCII only (`<U+00E9>` for é, `<ESC>` for the escape character).
    """
    safe = text if _EVERYDAY.fullmatch(text) else "".join(_limited(visible(text)))
    return "".join(map(_in_ascii, safe)) if ascii else safe


def visible(text: str) -> list[str]:
    """The characters of `text`, each as itself or as a visible sign."""
    return [char if _is_plain(char, text, place) else _sign(char) for place, char in enumerate(text)]


def _is_plain(char: str, text: str, place: int) -> bool:
    """Whether the character may be printed as it is, seen between its neighbours."""
    if " " <= char <= "~":
        return True
    category = unicodedata.category(char)
    before = text[place - 1] if place else ""
    after = text[place + 1] if place + 1 < len(text) else ""
    if char in (_ZWJ, _ZWNJ):
        return _joins(char, before, after)
    if char in _INVISIBLE:
        return False
    if "\ufe00" <= char <= "\ufe0f" or "\U000e0100" <= char <= "\U000e01ef":
        return _selects(char, before)
    if category == "Cf":
        return char in _VISIBLE_FORMATS
    if category == "Cn":
        return _is_picture(char)
    return category not in ("Cc", "Cs", "Co", "Zl", "Zp")


def _joins(char: str, before: str, after: str) -> bool:
    """Whether a joiner or non-joiner does its proper work: in an emoji of several, or in a script that
    shapes its letters."""
    if char == _ZWJ and (_is_picture(before) or before == _EMOJI_FORM):
        return _is_picture(after)
    return _shapes(before) and _shapes(after)


def _shapes(char: str) -> bool:
    """Whether the character belongs to a script in which joiners are part of the spelling."""
    return (
        "\u0620" <= char <= "\u08ff" or "\u0900" <= char <= "\u0dff" or "\u1780" <= char <= "\u18aa"
    ) and unicodedata.category(char)[0] in "LM"


def _selects(char: str, before: str) -> bool:
    """Whether a variation selector follows something that has variants."""
    if char in (_TEXT_FORM, _EMOJI_FORM):
        return _is_picture(before) or (before != "" and before in "#*0123456789")
    return before != "" and unicodedata.name(before, "").startswith("CJK ")


def _is_picture(char: str) -> bool:
    """Whether the character is, or is set aside to become, an emoji or another pictograph."""
    return (
        "\U0001f000" <= char <= "\U0001faff"
        or "\u2190" <= char <= "\u2bff"
        or (char != "" and char in "\u00a9\u00ae\u203c\u2049\u2122\u2139\u3030\u303d\u3297\u3299")
    )


def _sign(char: str) -> str:
    """The visible sign for a character that must not be printed."""
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)
    return "\u2421" if code == 0x7F else f"\u27e6U+{code:04X}\u27e7"


def _limited(parts: list[str]) -> list[str]:
    """The same without towers of combining marks; a mark with nothing under it gets a dotted circle."""
    result: list[str] = []
    marks = 0
    for part in parts:
        if unicodedata.category(part[0]) not in ("Mn", "Me") or part in (_TEXT_FORM, _EMOJI_FORM, _KEYCAP):
            result.extend(_counted(marks))
            marks = 0
            result.append(part)
            continue
        if not result:
            result.append("\u25cc")
        marks += 1
        if marks <= MARKS:
            result.append(part)
    return result + _counted(marks)


def _counted(marks: int) -> list[str]:
    """The sign for the marks beyond the limit."""
    return [f"\u27e6+{marks - MARKS} marks\u27e7"] if marks > MARKS else []


def _in_ascii(char: str) -> str:
    """One visible character in ASCII."""
    code = ord(char)
    if code < 0x80:
        return char
    if char in _PLAINER:
        return _PLAINER[char]
    if char in "\u27e6\u27e7":
        return "<" if char == "\u27e6" else ">"
    if 0x2400 <= code <= 0x2421:
        return f"<{_CONTROL_NAMES[code - 0x2400]}>"
    return f"<U+{code:04X}>"


_CONTROL_NAMES = (
    *"NUL SOH STX ETX EOT ENQ ACK BEL BS HT LF VT FF CR SO SI DLE DC1 DC2 DC3 DC4 NAK SYN ETB".split(),
    *"CAN EM SUB ESC FS GS RS US SP DEL".split(),
)
