"""Names compared and made into ids, without capitals and accents."""

from __future__ import annotations

import unicodedata
from collections.abc import Container


def folded(text: str | None) -> str:
    """Text for comparing: "Zoë  Müller" and "ZOE MULLER" are alike."""
    parts = unicodedata.normalize("NFKD", (text or "").casefold())
    kept = "".join(part for part in parts if not unicodedata.combining(part))
    return " ".join(kept.split())


def slug(name: str, taken: Container[str] = ()) -> str:
    """An id made from a name: `ana-souza`; `ana-souza-2` and so on where that is taken."""
    letters = "".join(char if char.isalnum() else " " for char in folded(name))
    plain = "-".join(letters.split()) or "person"
    number = 2
    found = plain
    while found in taken:
        found = f"{plain}-{number}"
        number += 1
    return found
